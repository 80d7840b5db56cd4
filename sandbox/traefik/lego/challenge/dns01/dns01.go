// Package dns01 takes the place of the ACME client's own.
package dns01

import (
	"strings"
	"time"
)

// ChallengeOption configures nothing.
type ChallengeOption func()

// Options of a client.
type Options struct {
	RecursiveNameservers []string
	Timeout              time.Duration
}

// Client of name servers.
type Client struct{}

// NewClient returns a client that does nothing.
func NewClient(*Options) *Client { return &Client{} }

// SetDefaultClient does nothing.
func SetDefaultClient(*Client) {}

// CondOptions returns an option that does nothing.
func CondOptions(bool, ...ChallengeOption) ChallengeOption { return func() {} }

// DisableAuthoritativeNssPropagationRequirement returns an option that does nothing.
func DisableAuthoritativeNssPropagationRequirement() ChallengeOption { return func() {} }

// DisableRecursiveNSsPropagationRequirement returns an option that does nothing.
func DisableRecursiveNSsPropagationRequirement() ChallengeOption { return func() {} }

// PropagationWait returns an option that does nothing.
func PropagationWait(time.Duration, bool) ChallengeOption { return func() {} }

// UnFqdn takes the last dot off a name.
func UnFqdn(name string) string { return strings.TrimSuffix(name, ".") }
