// Package http01 takes the place of the ACME client's own.
package http01

import "time"

// PathPrefix begins the path of a challenge.
const PathPrefix = "/.well-known/acme-challenge/"

// ChallengeOption configures nothing.
type ChallengeOption func()

// SetDelay returns an option that does nothing.
func SetDelay(time.Duration) ChallengeOption { return func() {} }
