package forge

import (
	"context"
	"fmt"

	"github.com/groundwork-dev/groundwork/internal/redact"
)

// plain is a Git server without an API.
type plain struct{ url string }

// ManualError says what a person has to do at a server that has no API.
type ManualError struct{ What, How string }

func (e *ManualError) Error() string { return e.What + ": " + e.How }

// Manual marks the error for those who cannot import this package.
func (*ManualError) Manual() bool { return true }

func (p plain) EnsureDeployKey(_ context.Context, title, publicKey string, readOnly bool) (bool, error) {
	access := "read-only"
	if !readOnly {
		access = "read-write"
	}
	return false, &ManualError{
		fmt.Sprintf("the server of %s has no API to register the cluster's key %q at", p.url, title),
		fmt.Sprintf("give this key %s access to the repository: %s", access, publicKey),
	}
}

func (p plain) EnsureWebhook(_ context.Context, address string, _ redact.Secret) (bool, error) {
	return false, &ManualError{
		"the server of " + p.url + " has no API to register a webhook at",
		"have it POST to " + address + " after each push, signed with the token in Secret/flux-system of the cluster's Receiver",
	}
}
