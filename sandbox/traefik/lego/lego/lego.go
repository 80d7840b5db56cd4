// Package lego takes the place of the ACME client of the same path. The module
// proxy does not serve the SDKs of some of its DNS providers, so that nothing
// that links it can be built. This one has the names that the gateway is
// compiled against, and always fails: the sandbox gets no certificates by ACME.
package lego

import (
	"context"
	"crypto/x509"
	"errors"
	"net/http"
	"time"

	"github.com/go-acme/lego/v5/acme"
	"github.com/go-acme/lego/v5/certificate"
	"github.com/go-acme/lego/v5/challenge"
	"github.com/go-acme/lego/v5/challenge/dns01"
	"github.com/go-acme/lego/v5/challenge/http01"
	"github.com/go-acme/lego/v5/challenge/tlsalpn01"
	"github.com/go-acme/lego/v5/registration"
)

// DirectoryURLLetsEncrypt is the default server.
const DirectoryURLLetsEncrypt = "https://acme-v02.api.letsencrypt.org/directory"

var errNotBuiltIn = errors.New("the ACME client is not built in")

// Config of a client.
type Config struct {
	CADirURL, UserAgent string
	HTTPClient          *http.Client
	Certificate         struct{ Timeout time.Duration }
}

// Client always fails.
type Client struct {
	Certificate  Certifier
	Challenge    Solvers
	Registration Registrar
}

// Certifier of a client.
type Certifier struct{}

// Solvers of a client.
type Solvers struct{}

// Registrar of a client.
type Registrar struct{}

// NewConfig returns an empty configuration.
func NewConfig(any) *Config { return &Config{} }

// NewClient fails.
func NewClient(*Config) (*Client, error) { return nil, errNotBuiltIn }

// CreateCertPool fails.
func CreateCertPool([]string, bool) (*x509.CertPool, error) { return nil, errNotBuiltIn }

// Obtain fails.
func (Certifier) Obtain(context.Context, certificate.ObtainRequest) (*certificate.Resource, error) {
	return nil, errNotBuiltIn
}

// Renew fails.
func (Certifier) Renew(context.Context, certificate.Resource, *certificate.RenewOptions) (*certificate.Resource, error) {
	return nil, errNotBuiltIn
}

// SetDNS01Provider fails.
func (Solvers) SetDNS01Provider(challenge.Provider, ...dns01.ChallengeOption) error {
	return errNotBuiltIn
}

// SetHTTP01Provider fails.
func (Solvers) SetHTTP01Provider(challenge.Provider, ...http01.ChallengeOption) error {
	return errNotBuiltIn
}

// SetTLSALPN01Provider fails.
func (Solvers) SetTLSALPN01Provider(challenge.Provider, ...tlsalpn01.ChallengeOption) error {
	return errNotBuiltIn
}

// Register fails.
func (Registrar) Register(context.Context, registration.RegisterOptions) (*acme.ExtendedAccount, error) {
	return nil, errNotBuiltIn
}

// RegisterWithExternalAccountBinding fails.
func (Registrar) RegisterWithExternalAccountBinding(context.Context, registration.RegisterEABOptions) (*acme.ExtendedAccount, error) {
	return nil, errNotBuiltIn
}
