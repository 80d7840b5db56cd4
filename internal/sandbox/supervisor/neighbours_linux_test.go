package supervisor

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestNeighbours has one sandbox ask another for its forge and its Services.
func TestNeighbours(t *testing.T) {
	t.Parallel()
	dir, err := os.MkdirTemp("", "gw-") //nolint:usetesting // a socket's path is short
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	if err := os.Mkdir(BetweenDir(filepath.Join(dir, "dev")), 0o700); err != nil {
		t.Fatal(err)
	}
	inside := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, "service "+r.Host+r.URL.Path)
	}))
	t.Cleanup(inside.Close)
	var dialed []string
	dial := func(ctx context.Context, network, address string) (net.Conn, error) {
		dialed = append(dialed, address)
		return new(net.Dialer).DialContext(ctx, network, inside.Listener.Addr().String())
	}
	forge := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, "forge "+r.Host+r.URL.Path)
	})
	dev := &supervisor{Spec: &Spec{Run: filepath.Join(dir, "dev")}, ended: make(chan error, 4)}
	if err := dev.offer(t.Context(), dev.withNeighbours(forge), dial); err != nil {
		t.Fatal(err)
	}
	prod := &supervisor{Spec: &Spec{Run: filepath.Join(dir, "prod"), Beside: dev.Run}}
	internet, err := prod.internet()
	if err != nil {
		t.Fatal(err)
	}
	internet = prod.withNeighbours(internet)
	for url, want := range map[string]string{
		"http://forge.sandbox.test/x":           "forge forge.sandbox.test/x",
		"http://ghcr.io/v2/":                    "forge ghcr.io/v2/",
		"http://web.shop.svc.dev.sandbox.test/": "service web.shop.svc.cluster.local/",
		"http://web.shop.svc.qa.sandbox.test/":  "asking for web.shop.svc.cluster.local in another sandbox",
		// Not what is no Service, such as the host that the sandbox runs on.
		"http://127.0.0.1.svc.dev.sandbox.test/": "service 127.0.0.1.svc.cluster.local/",
	} {
		w := httptest.NewRecorder()
		internet.ServeHTTP(w, httptest.NewRequest(http.MethodGet, url, nil))
		if got := w.Body.String(); !strings.HasPrefix(got, want) {
			t.Errorf("%s: %q, want %q", url, got, want)
		}
	}
	for _, address := range dialed {
		if !strings.HasSuffix(address, ".svc.cluster.local:80") {
			t.Errorf("a neighbour reached %s", address)
		}
	}
	if err := leaveNeighbours(dev.Run); err != nil {
		t.Error(err)
	}
	if left, err := os.ReadDir(BetweenDir(dev.Run)); err != nil || len(left) > 0 {
		t.Errorf("left: %v, %v", left, err)
	}
}
