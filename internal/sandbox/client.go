package sandbox

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net/http"
	"net/url"
	"os"
)

// Host is the forge's name, Repository the address of its first, empty
// repository.
const (
	ForgeHost  = "forge.sandbox.test"
	Repository = "https://" + ForgeHost + "/platform/fleet.git"
)

// Env returns what a shell needs to use the sandbox, as NAME=value: KUBECONFIG,
// http_proxy, HTTPS_PROXY, SSL_CERT_FILE and GROUNDWORK_GIT_TOKEN.
func (b Sandboxes) Env(name string) ([]string, error) {
	s, err := b.State(name)
	if err != nil {
		return nil, err
	}
	return s.Env()
}

// Env is the state's own Env.
func (s *State) Env() ([]string, error) {
	token, err := s.Token()
	if err != nil {
		return nil, err
	}
	return []string{
		"KUBECONFIG=" + s.Kubeconfig(),
		"http_proxy=http://" + s.Proxy, // curl knows no other spelling
		"HTTPS_PROXY=http://" + s.Proxy,
		"SSL_CERT_FILE=" + s.Bundle(),
		"GROUNDWORK_GIT_TOKEN=" + token,
	}, nil
}

// Transport returns a round tripper into the sandbox: it goes through its
// proxy and trusts its authority.
func (s *State) Transport() (*http.Transport, error) {
	data, err := os.ReadFile(s.Bundle())
	if err != nil {
		return nil, fmt.Errorf("reading the sandbox's certificates: %w", err)
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(data) {
		return nil, fmt.Errorf("reading the sandbox's certificates: none in %s", s.Bundle())
	}
	return &http.Transport{
		Proxy:             http.ProxyURL(&url.URL{Scheme: "http", Host: s.Proxy}),
		TLSClientConfig:   &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12},
		ForceAttemptHTTP2: true,
	}, nil
}

// HTTPClient returns a client into the sandbox.
func HTTPClient(s *State) (*http.Client, error) {
	transport, err := s.Transport()
	if err != nil {
		return nil, err
	}
	return &http.Client{Transport: transport}, nil
}
