// Package upstream is the internet of a sandbox: one HTTP handler that plays,
// by host name, the registries that images and charts come from, the chart
// repositories, and the forge.
package upstream

import (
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"path"
	"strings"
)

// Server answers for every host of the internet.
type Server struct {
	// Registry holds images under <host>/<repository>.
	Registry *Registry
	// Charts holds <host>/<path…>; nil has none.
	Charts fs.FS
	// ForgeHost is the forge's name, Forge where it really listens.
	ForgeHost string
	Forge     *url.URL
	// Self are addresses of this server, where a registry's host comes by the
	// query parameter ns, as containerd asks a mirror.
	Self string
}

// Handler returns the server as a handler.
func (s *Server) Handler() http.Handler {
	forge := &httputil.ReverseProxy{
		FlushInterval: -1,
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(s.Forge)
			r.Out.Host = r.In.Host
			r.SetXForwarded()
			// A neighbour has ended the encryption already.
			if scheme := r.In.Header.Get("X-Forwarded-Proto"); scheme != "" {
				r.Out.Header.Set("X-Forwarded-Proto", scheme)
			}
		},
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host := hostOf(r.Host)
		switch {
		case host == s.ForgeHost:
			forge.ServeHTTP(w, r)
		case r.URL.Path == "/v2" || strings.HasPrefix(r.URL.Path, "/v2/"):
			if ns := r.URL.Query().Get("ns"); host == s.Self && ns != "" {
				host = ns
			}
			s.Registry.serve(w, r, host)
		default:
			s.chart(w, r, host)
		}
	})
}

func (s *Server) chart(w http.ResponseWriter, r *http.Request, host string) {
	name := path.Join(host, path.Clean("/"+r.URL.Path))
	if s.Charts != nil && fs.ValidPath(name) && (r.Method == http.MethodGet || r.Method == http.MethodHead) {
		if info, err := fs.Stat(s.Charts, name); err == nil && info.Mode().IsRegular() {
			http.ServeFileFS(w, r, s.Charts, name)
			return
		}
	}
	http.Error(w, fmt.Sprintf("the sandbox has nothing at https://%s%s: it serves images, charts and one forge (%s) only",
		host, r.URL.Path, s.ForgeHost), http.StatusNotFound)
}

// hostOf is a Host header without its port.
func hostOf(header string) string {
	if host, _, err := net.SplitHostPort(header); err == nil {
		return strings.ToLower(host)
	}
	return strings.ToLower(header)
}
