// Package podforward reaches a port of a pod through the API server, as kubectl
// port-forward does: no network policy has to let it in.
package podforward

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"

	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/portforward"
	"k8s.io/client-go/transport/spdy"
)

// Open listens on a loopback port and has the API server forward it to a
// port of a pod, until ctx ends or stop is called. It returns host:port.
func Open(ctx context.Context, config *rest.Config, namespace, pod string, port int) (address string, stop func(), err error) {
	roundTripper, upgrader, err := spdy.RoundTripperFor(config)
	if err != nil {
		return "", nil, fmt.Errorf("preparing to reach pod %s/%s: %w", namespace, pod, err)
	}
	base, _, err := rest.DefaultServerUrlFor(config)
	if err != nil {
		return "", nil, fmt.Errorf("preparing to reach pod %s/%s: %w", namespace, pod, err)
	}
	target := base.JoinPath("api/v1/namespaces", namespace, "pods", pod, "portforward")
	dialer := spdy.NewDialer(upgrader, &http.Client{Transport: roundTripper}, http.MethodPost, target)
	ctx, cancel := context.WithCancel(ctx)
	ready, ended := make(chan struct{}), make(chan struct{})
	var said bytes.Buffer
	forwarder, err := portforward.NewOnAddresses(dialer, []string{"127.0.0.1"}, []string{fmt.Sprintf("0:%d", port)}, ctx.Done(), ready, io.Discard, &said)
	if err != nil {
		cancel()
		return "", nil, fmt.Errorf("preparing to reach pod %s/%s: %w", namespace, pod, err)
	}
	var failed error
	go func() {
		defer close(ended)
		failed = forwarder.ForwardPorts()
	}()
	select {
	case <-ended:
		cancel()
		return "", nil, fmt.Errorf("reaching port %d of pod %s/%s through the API server: %w %s", port, namespace, pod, failed, strings.TrimSpace(said.String()))
	case <-ctx.Done():
		cancel()
		return "", nil, context.Cause(ctx)
	case <-ready:
	}
	ports, err := forwarder.GetPorts()
	if err != nil {
		cancel()
		return "", nil, fmt.Errorf("reaching pod %s/%s: %w", namespace, pod, err)
	}
	return fmt.Sprintf("127.0.0.1:%d", ports[0].Local), func() {
		cancel()
		<-ended
	}, nil
}

// mostOfAnswer is how much of an answer is read.
const mostOfAnswer = 8 << 20

// Get sends a GET by plain HTTP to a port of a pod.
func Get(ctx context.Context, config *rest.Config, namespace, pod string, port int, path string) (status int, body []byte, err error) {
	address, stop, err := Open(ctx, config, namespace, pod, port)
	if err != nil {
		return 0, nil, err
	}
	defer stop()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+address+path, http.NoBody)
	if err != nil {
		return 0, nil, err
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}} // no proxy leads to the way
	answer, err := client.Do(request)
	if err != nil {
		return 0, nil, fmt.Errorf("asking port %d of pod %s/%s: %w", port, namespace, pod, err)
	}
	defer answer.Body.Close()
	body, err = io.ReadAll(io.LimitReader(answer.Body, mostOfAnswer))
	return answer.StatusCode, body, err
}
