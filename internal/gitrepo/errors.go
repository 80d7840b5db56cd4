package gitrepo

import (
	"errors"
	"fmt"
	"strings"

	"github.com/go-git/go-git/v5/plumbing/transport"
	"golang.org/x/crypto/ssh/knownhosts"

	"github.com/groundwork-dev/groundwork/internal/redact"
)

// NotFastForwardError says that the branch moved since it was read.
type NotFastForwardError struct{ Branch, Reason string }

func (e *NotFastForwardError) Error() string {
	return fmt.Sprintf("branch %s moved on while this commit was made (%s)", e.Branch, e.Reason)
}

// NotFastForward marks the error for those who cannot import this package.
func (e *NotFastForwardError) NotFastForward() bool { return true }

// RejectedError says that the server's rules refuse the push.
type RejectedError struct{ Branch, Reason string }

func (e *RejectedError) Error() string {
	return fmt.Sprintf("the server refuses a push to %s: %s", e.Branch, e.Reason)
}

// Rejected marks the error for those who cannot import this package.
func (e *RejectedError) Rejected() bool { return true }

// LostError says that a push was answered with success but is not there, or
// that its answer was cut off and it is not there.
type LostError struct {
	Branch string
	Cause  error
}

func (e *LostError) Error() string {
	if e.Cause == nil {
		return fmt.Sprintf("the server accepted the push to %s, but the branch does not hold it", e.Branch)
	}
	return fmt.Sprintf("the push to %s did not arrive: %v", e.Branch, e.Cause)
}

func (e *LostError) Unwrap() error { return e.Cause }

// Lost marks the error for those who cannot import this package.
func (e *LostError) Lost() bool { return true }

// AccessError says that the server knows no such repository, or not for these
// credentials.
type AccessError struct{ Cause error }

func (e *AccessError) Error() string {
	if errors.Is(e.Cause, transport.ErrRepositoryNotFound) {
		return "no such repository, or the credentials may not see it: create it, or check spec.repository.url and the token's scope"
	}
	return "the server does not accept the credentials: check the token (is it expired? may it write this repository?) or the SSH key"
}

func (e *AccessError) Unwrap() error { return e.Cause }

// Denied marks the error for those who cannot import this package.
func (e *AccessError) Denied() bool { return true }

// Unauthorized reports, to those who cannot import this package, that the
// server answered 401 or 403: other credentials may do.
func (e *AccessError) Unauthorized() bool {
	return errors.Is(e.Cause, transport.ErrAuthenticationRequired) || errors.Is(e.Cause, transport.ErrAuthorizationFailed)
}

// HostKeyError says that a host shows another key than the one that is known.
type HostKeyError struct{ Cause error }

func (e *HostKeyError) Error() string {
	return "the SSH host shows a key that is not the one in known_hosts: somebody may be in between; if the host did change its key, compare the new fingerprint with the one that it publishes and correct known_hosts"
}

func (e *HostKeyError) Unwrap() error { return e.Cause }

// Refused marks the error for those who cannot import this package.
func (*HostKeyError) Refused() bool { return true }

// explain turns the transport's errors into those that say what to do.
func explain(err error) error {
	for _, known := range []error{
		transport.ErrAuthenticationRequired, transport.ErrAuthorizationFailed,
		transport.ErrInvalidAuthMethod, transport.ErrRepositoryNotFound,
	} {
		if errors.Is(err, known) {
			return &AccessError{err}
		}
	}
	if strings.Contains(err.Error(), "unable to authenticate") {
		return &AccessError{err}
	}
	var key *knownhosts.KeyError
	// A host whose new key is of another type has none of those asked for.
	for _, other := range []string{"knownhosts: key mismatch", "no common algorithm for host key"} {
		if errors.As(err, &key) || strings.Contains(err.Error(), other) {
			return &HostKeyError{err}
		}
	}
	return err
}

// masked is an error whose text has its secrets masked.
type masked struct {
	text  string
	cause error
}

func (m masked) Error() string { return m.text }
func (m masked) Unwrap() error { return m.cause }

func mask(err error, secrets []redact.Secret) error {
	text := redact.Text(err.Error(), secrets...)
	if text == err.Error() {
		return err
	}
	return masked{text, err}
}
