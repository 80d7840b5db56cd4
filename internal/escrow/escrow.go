// Package escrow is the record of a Vault's first minutes: how far its
// initialisation got and, encrypted to those who keep them, the keys that Vault
// hands out once and never again. It also encrypts: to age recipients and to
// OpenPGP keys.
package escrow

import (
	"bytes"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"

	"github.com/groundwork-dev/groundwork/internal/redact"
)

// Version is the version of the record's format.
const Version = 1

// MaxBytes is the size of a record in bytes; a Secret holds little more.
const MaxBytes = 1 << 20

// Phase is how far an initialisation got.
type Phase string

// The phases, in their order.
const (
	// Started: Vault was asked for its keys, or is about to be. No key is stored.
	Started Phase = "started"
	// Stored: the record holds the keys.
	Stored Phase = "stored"
	// Configured: Vault is set up; the root token is about to be revoked.
	Configured Phase = "configured"
	// Done: the root token is revoked, and its ciphertext gone.
	Done Phase = "done"
)

// Rank orders phases; zero is none that this version knows.
func (p Phase) Rank() int {
	for i, known := range []Phase{Started, Stored, Configured, Done} {
		if p == known {
			return i + 1
		}
	}
	return 0
}

// Record is what is stored. It holds no secret in the clear.
type Record struct {
	Version int   `json:"version"`
	Phase   Phase `json:"phase"`
	// Attempt tells the run that began from every other, in hex.
	Attempt   string    `json:"attempt"`
	StartedAt time.Time `json:"startedAt"`
	// Cluster is the name that the Vault's cluster has in platform.yaml, or the
	// Vault's address.
	Cluster string `json:"cluster"`
	// VaultClusterID is Vault's own name of itself, known once it is unsealed.
	VaultClusterID string `json:"vaultClusterID,omitempty"`
	// Shares is how many recovery keys there are, Threshold how many of them
	// together are one.
	Shares    int `json:"shares"`
	Threshold int `json:"threshold"`
	// RecoveryKeys are the shares, each to one holder; the plain text is hex.
	RecoveryKeys []Ciphertext `json:"recoveryKeys,omitempty"`
	// RootToken is the first root token, once to each holder, until it is
	// revoked; RootTokenSHA256 tells it from another token, in hex.
	RootToken       []Ciphertext `json:"rootToken,omitempty"`
	RootTokenSHA256 string       `json:"rootTokenSHA256,omitempty"`
}

// Ciphertext is a secret that one holder can read.
type Ciphertext struct {
	// Holder names the key that it is encrypted to; Kind is age, pgp or kms.
	Holder string `json:"holder"`
	Kind   string `json:"kind"`
	// Text is armored, or base64 of a KMS ciphertext.
	Text string `json:"text"`
}

// Marshal returns the record as JSON for people and machines.
func (r *Record) Marshal() ([]byte, error) {
	data, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("writing the escrow record: %w", err)
	}
	return append(data, '\n'), nil
}

// Parse reads a record that Marshal wrote. Where says in errors where data
// comes from.
func Parse(where string, data []byte) (*Record, error) {
	if len(data) > MaxBytes {
		return nil, fmt.Errorf("%s is not an escrow record: %d bytes, at most %d", where, len(data), MaxBytes)
	}
	var r Record
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(&r); err != nil {
		return nil, fmt.Errorf("%s is not an escrow record: %w", where, err)
	}
	switch {
	case r.Version != Version:
		return nil, fmt.Errorf("%s is an escrow record of version %d; this bootstrap knows version %d", where, r.Version, Version)
	case r.Phase.Rank() == 0:
		return nil, fmt.Errorf("%s is an escrow record of phase %q, which this bootstrap does not know", where, r.Phase)
	case r.Phase != Started && len(r.RecoveryKeys) == 0:
		return nil, fmt.Errorf("%s is an escrow record of phase %s without recovery keys: it was damaged; look for a copy", where, r.Phase)
	}
	return &r, nil
}

// Fingerprint is what tells a token without giving it away: tokens are random
// and long.
func Fingerprint(token redact.Secret) string {
	sum := sha256.Sum256([]byte(token.Reveal()))
	return hex.EncodeToString(sum[:])
}

// IsRootToken reports whether token is the one that the record holds.
func (r *Record) IsRootToken(token redact.Secret) bool {
	return subtle.ConstantTimeCompare([]byte(r.RootTokenSHA256), []byte(Fingerprint(token))) == 1
}
