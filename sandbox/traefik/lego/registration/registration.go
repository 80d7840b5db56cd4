// Package registration takes the place of the ACME client's own.
package registration

// RegisterOptions of an account.
type RegisterOptions struct{ TermsOfServiceAgreed bool }

// RegisterEABOptions of an account that another one vouches for.
type RegisterEABOptions struct {
	TermsOfServiceAgreed bool
	Kid, HmacEncoded     string
}
