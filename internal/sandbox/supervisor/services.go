package supervisor

import (
	"context"
	"fmt"
	"net"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"
)

// services dials what a sandbox without a network of its own would reach: the
// internet's stand-in, and Services whose pods have a process. It dials nothing
// else on this machine and nothing outside of it.
type services struct {
	client kubernetes.Interface
	// listening says where the process of a pod listens instead of a port of
	// its container.
	listening func(pod types.UID, port int32) (string, bool)
	apiServer string
	// internet is where the internet's ports really are.
	internet map[string]string
}

// DialContext opens a connection to host:port.
func (d *services) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	at, err := d.find(ctx, address)
	if err != nil {
		return nil, err
	}
	return new(net.Dialer).DialContext(ctx, network, at)
}

func (d *services) find(ctx context.Context, address string) (string, error) {
	if address == d.apiServer {
		return address, nil
	}
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return "", fmt.Errorf("reading address %q: %w", address, err)
	}
	host = strings.TrimSuffix(strings.TrimSuffix(host, "."), ".cluster.local")
	if name, ok := strings.CutSuffix(host, ".svc"); ok {
		name, namespace, _ := strings.Cut(name, ".")
		service, err := d.client.CoreV1().Services(namespace).Get(ctx, name, metav1.GetOptions{})
		if err != nil {
			return "", fmt.Errorf("dialing %s: %w", address, err)
		}
		return d.endpoint(ctx, service, port)
	}
	if net.ParseIP(host) != nil {
		service, err := d.byIP(ctx, host)
		if err != nil {
			return "", err
		}
		return d.endpoint(ctx, service, port)
	}
	if at, ok := d.internet[port]; ok && strings.Contains(host, ".") {
		return at, nil
	}
	return "", fmt.Errorf("the sandbox has nothing at %s", address)
}

func (d *services) byIP(ctx context.Context, ip string) (*corev1.Service, error) {
	list, err := d.client.CoreV1().Services("").List(ctx, metav1.ListOptions{FieldSelector: fields.OneTermEqualSelector("spec.clusterIP", ip).String()})
	if err != nil {
		return nil, fmt.Errorf("looking for the Service at %s: %w", ip, err)
	}
	if len(list.Items) == 0 {
		return nil, fmt.Errorf("the sandbox has no Service at %s", ip)
	}
	return &list.Items[0], nil
}

// endpoint finds where a process answers for a Service's port.
func (d *services) endpoint(ctx context.Context, service *corev1.Service, port string) (string, error) {
	slices, err := d.client.DiscoveryV1().EndpointSlices(service.Namespace).List(ctx, metav1.ListOptions{
		LabelSelector: discoveryv1.LabelServiceName + "=" + service.Name,
	})
	if err != nil {
		return "", fmt.Errorf("looking for the pods of Service %s/%s: %w", service.Namespace, service.Name, err)
	}
	for _, p := range service.Spec.Ports {
		if strconv.Itoa(int(p.Port)) != port {
			continue
		}
		for _, slice := range slices.Items {
			for _, e := range slice.Endpoints {
				if at, ok := d.listening(uidOf(&e), portOf(&slice, p.Name)); ok {
					return at, nil
				}
			}
		}
	}
	return "", fmt.Errorf("no process of the sandbox answers for port %s of Service %s/%s: its pods are simulated, or not ready", port, service.Namespace, service.Name)
}

// uidOf is the pod of an endpoint that is ready, none otherwise.
func uidOf(e *discoveryv1.Endpoint) types.UID {
	if e.TargetRef == nil || e.Conditions.Ready == nil || !*e.Conditions.Ready {
		return ""
	}
	return e.TargetRef.UID
}

// portOf is the pods' port of that name, 0 when there is none.
func portOf(slice *discoveryv1.EndpointSlice, name string) int32 {
	for _, p := range slice.Ports {
		if p.Port != nil && (p.Name == nil && name == "" || p.Name != nil && *p.Name == name) {
			return *p.Port
		}
	}
	return 0
}
