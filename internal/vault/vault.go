// Package vault talks to one Vault over its HTTP API, directly or through a
// port of its pod that the Kubernetes API server forwards.
package vault

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"time"

	"github.com/hashicorp/vault/api"

	"github.com/groundwork-dev/groundwork/internal/redact"
)

const (
	// requestTimeout bounds one request. Making keys in a hardware module takes
	// Vault some time.
	requestTimeout   = time.Minute
	handshakeTimeout = 10 * time.Second
	// retries of a request that may be repeated, while Vault is busy.
	retries      = 2
	minRetryWait = 250 * time.Millisecond
	maxRetryWait = 4 * time.Second
)

// Options say where a Vault is.
type Options struct {
	// Address is https://host:port; http is taken for loopback addresses alone.
	Address string
	// Name is how errors call the Vault; the address when empty.
	Name string
	// CA are the certificates that Vault is trusted by, in PEM; those of the
	// system when empty.
	CA []byte
	// ServerName is what Vault's certificate must be for, when it is not the
	// address's host.
	ServerName string
}

// Client is one Vault.
type Client struct {
	address, name string
	http          *http.Client
}

// Open prepares the client; it does not call Vault yet. Variables of the
// environment such as VAULT_ADDR, VAULT_TOKEN and VAULT_SKIP_VERIFY mean
// nothing to it.
func Open(o Options) (*Client, error) {
	u, err := url.Parse(o.Address)
	if err != nil || u.Host == "" || u.Path != "" && u.Path != "/" {
		return nil, fmt.Errorf("%q is not the address of a Vault: want https://host:port", o.Address)
	}
	if ip := net.ParseIP(u.Hostname()); u.Scheme != "https" && (u.Scheme != "http" || ip == nil || !ip.IsLoopback()) {
		return nil, fmt.Errorf("%s is not encrypted, and Vault's keys would travel on it: want https", o.Address)
	}
	trust := &tls.Config{MinVersion: tls.VersionTLS12, ServerName: o.ServerName}
	if len(o.CA) > 0 {
		trust.RootCAs = x509.NewCertPool()
		if !trust.RootCAs.AppendCertsFromPEM(o.CA) {
			return nil, errors.New("the file of the certificate authority that Vault is trusted by holds no certificate in PEM")
		}
	}
	transport := &http.Transport{
		Proxy: http.ProxyFromEnvironment, TLSClientConfig: trust, ForceAttemptHTTP2: true,
		TLSHandshakeTimeout: handshakeTimeout, IdleConnTimeout: requestTimeout,
	}
	if o.Name == "" {
		o.Name = o.Address
	}
	// A redirect would carry the token somewhere else, and is no answer either.
	stay := func(to *http.Request, _ []*http.Request) error { return &redirectError{to.URL.Host} }
	return &Client{o.Address, o.Name, &http.Client{Transport: transport, CheckRedirect: stay}}, nil
}

// redirectError says that Vault named another address.
type redirectError struct{ to string }

func (e *redirectError) Error() string {
	return "it sends on to " + e.to + ": speak to the active node, or let the nodes reach each other"
}

// again reports whether a request is repeated.
func again(ctx context.Context, response *http.Response, err error) (bool, error) {
	if _, ok := errors.AsType[*redirectError](err); ok {
		return false, err
	}
	return api.DefaultRetryPolicy(ctx, response, err)
}

// client is the API with a token, which may be empty.
func (c *Client) client(token redact.Secret, retries int) (*api.Client, error) {
	client, err := api.NewClient(&api.Config{
		Address: c.address, HttpClient: c.http, Timeout: requestTimeout, MaxRetries: retries,
		MinRetryWait: minRetryWait, MaxRetryWait: maxRetryWait, CheckRetry: again, DisableRedirects: true,
	})
	if err != nil {
		return nil, fmt.Errorf("preparing the connection to Vault: %w", err)
	}
	client.ClearNamespace()
	client.SetToken(token.Reveal())
	return client, nil
}

// Name says where Vault is.
func (c *Client) Name() string { return c.name }

// Status is what Vault says of itself to everybody.
type Status struct {
	Initialized, Sealed, Active, AutoUnseal bool
	SealType, ClusterID, Version            string
}

// Status asks Vault for it.
func (c *Client) Status(ctx context.Context) (Status, error) {
	client, err := c.client("", retries)
	if err != nil {
		return Status{}, err
	}
	seal, err := client.Sys().SealStatusWithContext(ctx)
	if err != nil {
		return Status{}, c.explain("asking Vault for its state", err)
	}
	s := Status{
		Initialized: seal.Initialized, Sealed: seal.Sealed, AutoUnseal: seal.RecoverySeal,
		SealType: seal.Type, ClusterID: seal.ClusterID, Version: seal.Version,
	}
	if s.Sealed {
		return s, nil
	}
	leader, err := client.Sys().LeaderWithContext(ctx)
	if err != nil {
		return Status{}, c.explain("asking Vault for its leader", err)
	}
	s.Active = !leader.HAEnabled || leader.LeaderAddress != ""
	return s, nil
}

// Init initialises Vault and returns its recovery keys, in hex or, with pgpKeys,
// as OpenPGP messages in base64, and the root token. It asks once: a request
// that got lost may have been obeyed. An error that has Rejected() true says
// that Vault answered, and did not initialise.
func (c *Client) Init(ctx context.Context, shares, threshold int, pgpKeys []string) ([]redact.Secret, redact.Secret, error) {
	once, err := c.client("", 0)
	if err != nil {
		return nil, "", err
	}
	answer, err := once.Sys().InitWithContext(ctx, &api.InitRequest{RecoveryShares: shares, RecoveryThreshold: threshold, RecoveryPGPKeys: pgpKeys})
	if err != nil {
		return nil, "", c.explain("initialising Vault", err)
	}
	texts := answer.RecoveryKeys
	if len(pgpKeys) > 0 {
		texts = answer.RecoveryKeysB64
	}
	keys := make([]redact.Secret, len(texts))
	for i, text := range texts {
		keys[i] = redact.Secret(text)
	}
	return keys, redact.Secret(answer.RootToken), nil
}

// Read returns the data at path, nil when there is none.
func (c *Client) Read(ctx context.Context, token redact.Secret, path string) (map[string]any, error) {
	client, err := c.client(token, retries)
	if err != nil {
		return nil, err
	}
	secret, err := client.Logical().ReadWithContext(ctx, path)
	if err != nil {
		return nil, c.explain("reading "+path, err)
	}
	if secret == nil {
		return nil, nil
	}
	return secret.Data, nil
}

// Write writes data to path.
func (c *Client) Write(ctx context.Context, token redact.Secret, path string, data map[string]any) error {
	client, err := c.client(token, retries)
	if err != nil {
		return err
	}
	if _, err := client.Logical().WriteWithContext(ctx, path, data); err != nil {
		return c.explain("writing "+path, err)
	}
	return nil
}

// List returns the keys below path.
func (c *Client) List(ctx context.Context, token redact.Secret, path string) ([]string, error) {
	client, err := c.client(token, retries)
	if err != nil {
		return nil, err
	}
	secret, err := client.Logical().ListWithContext(ctx, path)
	if err != nil {
		return nil, c.explain("listing "+path, err)
	}
	if secret == nil {
		return nil, nil
	}
	list, _ := secret.Data["keys"].([]any)
	var keys []string
	for _, k := range list {
		if s, ok := k.(string); ok {
			keys = append(keys, s)
		}
	}
	return keys, nil
}

// Error is that Vault did not do what it was asked for.
type Error struct {
	What, Vault string
	// Code is the HTTP status of Vault's answer, zero when there was none.
	Code  int
	Cause error
}

func (c *Client) explain(what string, err error) error {
	e := &Error{What: what, Vault: c.name, Cause: err}
	if answer, ok := errors.AsType[*api.ResponseError](err); ok {
		e.Code = answer.StatusCode
		if len(answer.Errors) > 0 {
			e.Cause = fmt.Errorf("%d: %s", answer.StatusCode, answer.Errors[0])
		}
	}
	return e
}

func (e *Error) Error() string { return fmt.Sprintf("%s at %s: %v", e.What, e.Vault, e.Cause) }

func (e *Error) Unwrap() error { return e.Cause }

// Denied says that Vault refused the token.
func (e *Error) Denied() bool { return e.Code == http.StatusForbidden }

// Rejected says that Vault answered, and that the request was wrong.
func (e *Error) Rejected() bool { return e.Code >= 400 && e.Code < 500 }
