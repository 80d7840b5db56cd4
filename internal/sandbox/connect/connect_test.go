package connect_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/groundwork-dev/groundwork/internal/sandbox/connect"
)

func TestProxy(t *testing.T) {
	t.Parallel()
	// Whatever is dialed leads here; the answer says what was dialed.
	for _, tc := range []struct {
		name, url, dialed string
		tls               bool
	}{
		{name: "address", url: "http://10.1.2.3:8080/x", dialed: "10.1.2.3:8080"},
		{name: "cluster", url: "http://web.default.svc.cluster.local/x", dialed: "10.96.0.7:80"},
		{name: "short cluster", url: "http://web.default.svc/x", dialed: "10.96.0.7:80"},
		{name: "internet", url: "http://ghcr.io/x", dialed: "10.89.0.1:80"},
		{name: "tunnel", url: "https://ghcr.io/x", dialed: "10.89.0.1:443", tls: true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			inside := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				fmt.Fprint(w, r.Host+r.URL.Path)
			}))
			if tc.tls {
				inside.StartTLS()
			} else {
				inside.Start()
			}
			t.Cleanup(inside.Close)
			dialed := make(chan string, 1)
			network := &connect.Network{
				Upstream: "10.89.0.1",
				Resolve: func(_ context.Context, host string) ([]string, error) {
					if host != "web.default.svc.cluster.local" {
						return nil, errors.New("unknown " + host)
					}
					return []string{"10.96.0.7"}, nil
				},
				Dial: func(ctx context.Context, network, address string) (net.Conn, error) {
					dialed <- address
					return new(net.Dialer).DialContext(ctx, network, inside.Listener.Addr().String())
				},
			}
			outside := httptest.NewServer(&connect.Proxy{Dial: network.DialContext})
			t.Cleanup(outside.Close)
			at, err := url.Parse(outside.URL)
			if err != nil {
				t.Fatal(err)
			}
			transport := &http.Transport{Proxy: http.ProxyURL(at)}
			if tc.tls {
				transport.TLSClientConfig = inside.Client().Transport.(*http.Transport).TLSClientConfig.Clone()
				transport.TLSClientConfig.ServerName = "example.com"
			}
			t.Cleanup(transport.CloseIdleConnections)
			answer, err := (&http.Client{Transport: transport}).Get(tc.url)
			if err != nil {
				t.Fatal(err)
			}
			defer answer.Body.Close()
			body, err := io.ReadAll(answer.Body)
			_, want, _ := strings.Cut(tc.url, "://")
			if err != nil || string(body) != want {
				t.Errorf("answer %q, %v, want %q", body, err, want)
			}
			if got := <-dialed; got != tc.dialed {
				t.Errorf("dialed %s, want %s", got, tc.dialed)
			}
		})
	}
}

func TestProxyIsNoServer(t *testing.T) {
	t.Parallel()
	w := httptest.NewRecorder()
	(&connect.Proxy{}).ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/", nil))
	if w.Code != http.StatusBadRequest {
		t.Errorf("status %d", w.Code)
	}
}
