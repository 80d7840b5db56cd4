package gitrepo

import (
	"bufio"
	"context"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"sync"

	"github.com/go-git/go-git/v5/plumbing/transport"
	"golang.org/x/net/http/httpproxy"
	"golang.org/x/net/proxy"
)

// teachHTTPProxies adds the proxies that speak CONNECT to those that the SSH
// client knows; its library keeps them for the whole process.
var teachHTTPProxies = sync.OnceValue(func() bool {
	dial := func(at *url.URL, forward proxy.Dialer) (proxy.Dialer, error) { return connectDialer{at, forward}, nil }
	proxy.RegisterDialerType("http", dial)
	proxy.RegisterDialerType("https", dial)
	return true
})

// sshProxy is the proxy that the environment names for an SSH repository: the
// one of HTTPS_PROXY, unless NO_PROXY excepts the host. ALL_PROXY, which the SSH
// client reads by itself, goes first. HTTPS needs nothing: its client reads the
// environment.
func sshProxy(endpoint *transport.Endpoint) transport.ProxyOptions {
	if endpoint.Protocol != "ssh" || !teachHTTPProxies() || os.Getenv("ALL_PROXY")+os.Getenv("all_proxy") != "" {
		return transport.ProxyOptions{}
	}
	port := endpoint.Port
	if port == 0 {
		port = 22
	}
	host := net.JoinHostPort(endpoint.Host, fmt.Sprint(port))
	found, err := httpproxy.FromEnvironment().ProxyFunc()(&url.URL{Scheme: "https", Host: host})
	if err != nil || found == nil {
		return transport.ProxyOptions{}
	}
	return transport.ProxyOptions{URL: found.String()}
}

// connectDialer dials through an HTTP proxy by CONNECT. Many of them let
// nothing but port 443 pass: then it dials past the proxy.
type connectDialer struct {
	proxy   *url.URL
	forward proxy.Dialer
}

func (d connectDialer) Dial(network, address string) (net.Conn, error) {
	return d.DialContext(context.Background(), network, address)
}

// DialContext is Dial that ends with ctx.
func (d connectDialer) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	conn, err := d.connect(ctx, network, address)
	if _, refused := errors.AsType[*refusedByProxyError](err); !refused {
		return conn, err
	}
	conn, direct := d.dial(ctx, network, address)
	if direct != nil {
		return nil, errors.Join(direct, err)
	}
	return conn, nil
}

func (d connectDialer) dial(ctx context.Context, network, address string) (net.Conn, error) {
	if with, ok := d.forward.(proxy.ContextDialer); ok {
		return with.DialContext(ctx, network, address)
	}
	return d.forward.Dial(network, address)
}

type refusedByProxyError struct{ proxy, address, status string }

func (e *refusedByProxyError) Error() string {
	return fmt.Sprintf("proxy %s does not connect to %s: %s", e.proxy, e.address, e.status)
}

func (d connectDialer) connect(ctx context.Context, network, address string) (net.Conn, error) {
	at := d.proxy.Host
	if d.proxy.Port() == "" {
		at = net.JoinHostPort(d.proxy.Hostname(), map[string]string{"http": "80", "https": "443"}[d.proxy.Scheme])
	}
	raw, err := d.dial(ctx, network, at)
	if err != nil {
		return nil, fmt.Errorf("reaching proxy %s: %w", at, err)
	}
	stop := context.AfterFunc(ctx, func() { raw.Close() })
	defer stop()
	conn := raw
	if d.proxy.Scheme == "https" {
		conn = tls.Client(raw, &tls.Config{ServerName: d.proxy.Hostname(), MinVersion: tls.VersionTLS12})
	}
	tunnel, err := d.handshake(ctx, conn, at, address)
	if err != nil {
		conn.Close()
		return nil, err
	}
	return tunnel, nil
}

// handshake asks the proxy at the other end of conn for a tunnel.
func (d connectDialer) handshake(ctx context.Context, conn net.Conn, at, address string) (net.Conn, error) {
	request := (&http.Request{
		Method: http.MethodConnect, URL: &url.URL{Opaque: address}, Host: address, Header: http.Header{},
	}).WithContext(ctx)
	if user := d.proxy.User; user != nil {
		password, _ := user.Password()
		request.Header.Set("Proxy-Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(user.Username()+":"+password)))
	}
	if err := request.Write(conn); err != nil {
		return nil, fmt.Errorf("asking proxy %s: %w", at, err)
	}
	buffered := bufio.NewReader(conn)
	response, err := http.ReadResponse(buffered, request)
	if err != nil {
		return nil, fmt.Errorf("asking proxy %s: %w", at, err)
	}
	if response.StatusCode != http.StatusOK {
		response.Body.Close()
		return nil, &refusedByProxyError{at, address, response.Status}
	}
	return &tunnelled{conn, buffered}, nil
}

// tunnelled is a connection of which some may have been read already: an SSH
// server speaks first.
type tunnelled struct {
	net.Conn
	buffered *bufio.Reader
}

func (t *tunnelled) Read(p []byte) (int, error) { return t.buffered.Read(p) }
