// Package challenge takes the place of the ACME client's own.
package challenge

import (
	"context"
	"time"
)

// Provider answers a challenge.
type Provider interface {
	Present(ctx context.Context, domain, token, keyAuth string) error
	CleanUp(ctx context.Context, domain, token, keyAuth string) error
}

// ProviderTimeout is a Provider that takes time.
type ProviderTimeout interface {
	Provider
	Timeout() (timeout, interval time.Duration)
}
