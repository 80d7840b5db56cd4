// Package connect is the one way into a sandbox: an HTTP proxy that accepts
// outside the sandbox's network and dials inside it. It speaks CONNECT and
// plain requests with an absolute address.
package connect

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httputil"
	"strings"
	"time"
)

// DialFunc opens a connection to host:port as the inside of a sandbox knows it.
type DialFunc func(ctx context.Context, network, address string) (net.Conn, error)

// Proxy dials inside the sandbox for clients outside.
type Proxy struct{ Dial DialFunc }

// Network dials in a network that is the sandbox's own.
type Network struct {
	// Upstream is the address that stands for every host of the internet.
	Upstream string
	// Resolve looks up names of the cluster. Names without a dot at the end.
	Resolve func(ctx context.Context, host string) ([]string, error)
	// Dial opens the connection; nil means the plain dialer.
	Dial DialFunc
}

// dialTimeout bounds one attempt; everything is on this machine.
const dialTimeout = 10 * time.Second

// Serve answers on the listener until the context ends.
func (p *Proxy) Serve(ctx context.Context, listener net.Listener) error {
	server := &http.Server{Handler: p, ReadHeaderTimeout: time.Minute}
	stop := context.AfterFunc(ctx, func() { _ = server.Close() })
	defer stop()
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serving the proxy: %w", err)
	}
	return nil
}

// ServeHTTP tunnels CONNECT and forwards plain requests.
func (p *Proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodConnect {
		p.tunnel(w, r)
		return
	}
	if r.URL.Host == "" {
		http.Error(w, "this is the proxy into a Groundwork sandbox: send CONNECT or an absolute address", http.StatusBadRequest)
		return
	}
	forward := &httputil.ReverseProxy{
		Rewrite:       func(out *httputil.ProxyRequest) { out.Out.Host = out.In.Host },
		FlushInterval: -1,
		Transport: &http.Transport{
			DialContext:       p.Dial,
			DisableKeepAlives: true,
		},
		ErrorHandler: func(w http.ResponseWriter, _ *http.Request, err error) {
			http.Error(w, err.Error(), http.StatusBadGateway)
		},
	}
	forward.ServeHTTP(w, r)
}

// DialContext opens a connection to host:port as the inside of the sandbox
// knows it: addresses as they are, names of the cluster through its DNS, any
// other name at the server that plays the internet.
func (p *Network) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, fmt.Errorf("reading address %q: %w", address, err)
	}
	addresses, err := p.lookup(ctx, host)
	if err != nil {
		return nil, fmt.Errorf("looking up %s inside the sandbox: %w", host, err)
	}
	dial := p.Dial
	if dial == nil {
		dial = (&net.Dialer{Timeout: dialTimeout}).DialContext
	}
	var errs []error
	for _, ip := range addresses {
		conn, err := dial(ctx, network, net.JoinHostPort(ip, port))
		if err == nil {
			return conn, nil
		}
		errs = append(errs, err)
	}
	return nil, fmt.Errorf("dialing %s inside the sandbox: %w", address, errors.Join(errs...))
}

func (p *Network) lookup(ctx context.Context, host string) ([]string, error) {
	host = strings.TrimSuffix(host, ".")
	switch {
	case net.ParseIP(host) != nil, host == "localhost":
		return []string{host}, nil
	case strings.HasSuffix(host, ".cluster.local"):
		return p.Resolve(ctx, host)
	case strings.HasSuffix(host, ".svc"):
		return p.Resolve(ctx, host+".cluster.local")
	}
	return []string{p.Upstream}, nil
}

func (p *Proxy) tunnel(w http.ResponseWriter, r *http.Request) {
	inside, err := p.Dial(r.Context(), "tcp", r.Host)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	defer inside.Close()
	outside, buffered, err := http.NewResponseController(w).Hijack()
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	defer outside.Close()
	if _, err := io.WriteString(outside, "HTTP/1.1 200 Connection established\r\n\r\n"); err != nil {
		return
	}
	done := make(chan struct{}, 2)
	copyHalf := func(to net.Conn, from io.Reader) {
		_, _ = io.Copy(to, from)
		if half, ok := to.(interface{ CloseWrite() error }); ok {
			_ = half.CloseWrite()
		}
		done <- struct{}{}
	}
	go copyHalf(inside, buffered.Reader)
	go copyHalf(outside, inside)
	<-done
	<-done
}
