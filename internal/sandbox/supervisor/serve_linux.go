package supervisor

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"github.com/groundwork-dev/groundwork/internal/sandbox/connect"
	"github.com/groundwork-dev/groundwork/internal/sandbox/node"
	"github.com/groundwork-dev/groundwork/internal/sandbox/pki"
	"github.com/groundwork-dev/groundwork/internal/sandbox/place"
	"github.com/groundwork-dev/groundwork/internal/sandbox/upstream"
)

// serve starts what the supervisor itself answers: the internet, the placing
// of pods, and the door.
func (s *supervisor) serve(ctx context.Context) error {
	internet, err := s.internet()
	if err != nil {
		return err
	}
	internet = s.withNeighbours(internet)
	// On the host's loopback any port will do: everybody comes by the door.
	secure, plain := node.Loopback+":0", node.Loopback+":0"
	if s.RealNode {
		secure, plain = node.HostIP+":443", node.HostIP+":80"
	}
	at := map[string]string{}
	if at["443"], err = s.answer(ctx, secure, true, internet); err != nil {
		return err
	}
	if at["80"], err = s.answer(ctx, plain, false, internet); err != nil {
		return err
	}
	proxy := &connect.Proxy{}
	if s.RealNode {
		if _, err := s.answer(ctx, node.HostIP+":9443", true, place.Rules{Simulated: s.Simulated}); err != nil {
			return err
		}
		resolver := &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "udp", node.HostIP+":53")
		}}
		proxy.Dial = (&connect.Network{Upstream: node.HostIP, Resolve: resolver.LookupHost}).DialContext
	} else {
		if s.pods, err = newPods(s); err != nil {
			return err
		}
		proxy.Dial = (&services{client: s.pods.client, listening: s.pods.listening, apiServer: s.paths.At.APIServer, internet: at}).DialContext
	}
	if !s.RealNode {
		egress, err := new(net.ListenConfig).Listen(ctx, "unix", s.paths.EgressSocket())
		if err != nil {
			return fmt.Errorf("opening the API server's way to pods (a path of 108 bytes or more is too long for a socket): %w", err)
		}
		go s.fatal("proxy", func() error { return proxy.Serve(ctx, egress) })
	}
	if err := s.offer(ctx, internet, proxy.Dial); err != nil {
		return err
	}
	door, err := net.FileListener(os.NewFile(tunnelFD, "tunnel"))
	if err != nil {
		return fmt.Errorf("opening the sandbox's proxy: %w", err)
	}
	go s.fatal("proxy", func() error { return proxy.Serve(ctx, door) })
	return nil
}

// internet is what plays every host outside the cluster.
func (s *supervisor) internet() (http.Handler, error) {
	if s.Beside != "" {
		return neighbour(s.Beside, offersInternet), nil
	}
	images, err := upstream.NewRegistry(filepath.Join(s.Run, "blobs"))
	if err != nil {
		return nil, err
	}
	for _, image := range s.Images {
		if err := images.AddImage(image.Ref, image.Layout); err != nil {
			return nil, err
		}
	}
	server := &upstream.Server{
		Registry: images, ForgeHost: node.Forge, Self: node.HostIP,
		Forge: &url.URL{Scheme: "http", Host: s.paths.At.Forge},
	}
	if s.Charts != "" {
		server.Charts = os.DirFS(s.Charts)
	}
	return server.Handler(), nil
}

// answer serves a handler until ctx ends and returns where.
func (s *supervisor) answer(ctx context.Context, address string, secure bool, handler http.Handler) (string, error) {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	if err != nil {
		return "", fmt.Errorf("opening the sandbox's internet: %w", err)
	}
	server := &http.Server{Handler: handler, TLSConfig: tlsConfig(s.ca), ReadHeaderTimeout: time.Minute}
	go s.fatal("internet", func() error {
		if secure {
			return server.ServeTLS(listener, "", "")
		}
		return server.Serve(listener)
	})
	return listener.Addr().String(), nil
}

func tlsConfig(ca *pki.Authority) *tls.Config {
	return &tls.Config{GetCertificate: ca.Certificate, MinVersion: tls.VersionTLS12, NextProtos: []string{"h2", "http/1.1"}}
}
