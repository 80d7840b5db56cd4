package supervisor

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"github.com/groundwork-dev/groundwork/internal/sandbox/connect"
)

// What a sandbox offers to its neighbours, each at a socket.
const (
	offersInternet = "internet" // its forge and registries
	offersServices = "services" // the Services of its cluster
)

// BetweenDir is the folder of the sockets by which the sandboxes of a user
// reach each other; it lies beside their run folders.
func BetweenDir(run string) string { return filepath.Join(filepath.Dir(run), ".between") }

func socket(run, offer string) string {
	return filepath.Join(BetweenDir(run), filepath.Base(run)+"."+offer)
}

// neighbourService is a Service of another sandbox's cluster, at port 80:
// <service>.<namespace>.svc.<sandbox>.sandbox.test.
var neighbourService = regexp.MustCompile(`^([a-z0-9.-]+\.svc)\.([a-z0-9-]+)\.sandbox\.test$`)

// withNeighbours adds the Services of other sandboxes to an internet.
func (s *supervisor) withNeighbours(internet http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host, _, err := net.SplitHostPort(r.Host)
		if err != nil {
			host = r.Host
		}
		if m := neighbourService.FindStringSubmatch(host); m != nil {
			r.Host = m[1] + ".cluster.local"
			neighbour(filepath.Join(filepath.Dir(s.Run), m[2]), offersServices).ServeHTTP(w, r)
			return
		}
		internet.ServeHTTP(w, r)
	})
}

// neighbour asks another sandbox, whatever the request's host is.
func neighbour(run, offer string) http.Handler {
	return &httputil.ReverseProxy{
		FlushInterval: -1,
		Rewrite: func(r *httputil.ProxyRequest) {
			r.Out.URL.Scheme, r.Out.URL.Host = "http", "neighbour"
			r.Out.Host = r.In.Host
			r.SetXForwarded()
		},
		Transport: &http.Transport{
			DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
				return new(net.Dialer).DialContext(ctx, "unix", socket(run, offer))
			},
			DisableKeepAlives: true,
		},
		ErrorHandler: badGateway,
	}
}

func badGateway(w http.ResponseWriter, r *http.Request, err error) {
	http.Error(w, fmt.Sprintf("asking for %s in another sandbox: %v", r.Host, err), http.StatusBadGateway)
}

// offer serves neighbours.
func (s *supervisor) offer(ctx context.Context, internet http.Handler, dial connect.DialFunc) error {
	services := &httputil.ReverseProxy{
		FlushInterval: -1,
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(&url.URL{Scheme: "http", Host: r.In.Host})
			r.Out.Host = r.In.Host
		},
		Transport:    &http.Transport{DialContext: dial, DisableKeepAlives: true},
		ErrorHandler: badGateway,
	}
	for offer, handler := range map[string]http.Handler{offersInternet: internet, offersServices: onlyServices(services)} {
		listener, err := new(net.ListenConfig).Listen(ctx, "unix", socket(s.Run, offer))
		if err != nil {
			return fmt.Errorf("opening the sandbox to its neighbours (a path of 108 bytes or more is too long for a socket): %w", err)
		}
		server := &http.Server{Handler: handler, ReadHeaderTimeout: time.Minute}
		go s.fatal("neighbours", func() error { return server.Serve(listener) })
	}
	return nil
}

// onlyServices keeps neighbours from everything but the cluster's Services.
func onlyServices(services http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.HasSuffix(r.Host, ".svc.cluster.local") {
			http.Error(w, "no Service: "+r.Host, http.StatusNotFound)
			return
		}
		services.ServeHTTP(w, r)
	})
}

// leaveNeighbours removes the sockets of a sandbox.
func leaveNeighbours(run string) error {
	var errs []error
	for _, offer := range []string{offersInternet, offersServices} {
		if err := os.Remove(socket(run, offer)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}
