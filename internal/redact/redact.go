// Package redact keeps secrets out of what people and machines read: a string
// type that never prints itself, and a scan of files that are about to be
// committed.
package redact

import (
	"encoding/base64"
	"fmt"
	"io"
	"log/slog"
	"net/url"
	"strings"
)

// mask stands where a secret would be.
const mask = "[redacted]"

// shortest is the length in bytes below which a secret is not searched for in
// other text: shorter ones would match by chance.
const shortest = 6

// Secret is a string that prints as [redacted], whatever prints it.
type Secret string

// Reveal returns the secret itself, for the one call that needs it.
func (s Secret) Reveal() string { return string(s) }

// Empty reports whether there is no secret.
func (s Secret) Empty() bool { return s == "" }

// String hides the secret.
func (s Secret) String() string {
	if s == "" {
		return ""
	}
	return mask
}

// Format hides the secret from every verb of fmt, %x and %#v included.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, s.String()) }

// MarshalText hides the secret from encoders, JSON and YAML among them.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// LogValue hides the secret from structured logs.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }

// Text returns text with every occurrence of the secrets masked, also where
// they are escaped as in a URL or encoded in base64.
func Text(text string, secrets ...Secret) string {
	for _, secret := range secrets {
		if len(secret) < shortest {
			continue
		}
		for _, form := range forms(secret) {
			text = strings.ReplaceAll(text, form, mask)
		}
	}
	return text
}

func forms(s Secret) []string {
	plain := s.Reveal()
	return []string{plain, url.QueryEscape(plain), url.PathEscape(plain), base64.StdEncoding.EncodeToString([]byte(plain))}
}
