//go:build aws

package awstest

import (
	"net/http"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
)

// front makes moto take one change of a zone's records at a time, as Route 53
// does. Moto replaces its list of them while others add to it, so that one of
// two changes at once may be lost.
func front(moto *url.URL) http.Handler {
	var records sync.Mutex
	proxy := &httputil.ReverseProxy{
		FlushInterval: -1,
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(moto)
			r.Out.Host = r.In.Host
		},
		// Without a word: it does not answer before it has started.
		ErrorHandler: func(w http.ResponseWriter, _ *http.Request, err error) {
			http.Error(w, err.Error(), http.StatusBadGateway)
		},
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost && strings.HasSuffix(strings.TrimSuffix(r.URL.Path, "/"), "/rrset") {
			records.Lock()
			defer records.Unlock()
		}
		proxy.ServeHTTP(w, r)
	})
}
