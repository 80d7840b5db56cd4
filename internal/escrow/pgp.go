package escrow

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/ProtonMail/go-crypto/openpgp"
	"github.com/ProtonMail/go-crypto/openpgp/armor"
	"github.com/ProtonMail/go-crypto/openpgp/packet"

	"github.com/groundwork-dev/groundwork/internal/diag"
	"github.com/groundwork-dev/groundwork/internal/redact"
)

const (
	pgpBegin   = "-----BEGIN PGP "
	pgpMessage = "PGP MESSAGE"
)

// PGPKey is an operator's public OpenPGP key.
type PGPKey struct {
	entity *openpgp.Entity
	config *packet.Config
}

// PGPKeys reads a file of armored public keys, as gpg --armor --export writes
// it: one or more, each of which must be able to encrypt at now. The error is
// diag.Problems.
func PGPKeys(file string, data []byte, now time.Time) ([]PGPKey, error) {
	config := &packet.Config{Time: func() time.Time { return now }}
	var found []PGPKey
	var problems diag.Problems
	for _, block := range pgpBlocks(data) {
		at := diag.Position{File: file, Line: block.line}
		entities, err := openpgp.ReadArmoredKeyRing(bytes.NewReader(block.data))
		if err != nil {
			problems = append(problems, diag.Problem{Position: at, Message: "is not a public OpenPGP key: " + err.Error(), Hint: "want what gpg --armor --export prints, whole"})
			continue
		}
		for _, entity := range entities {
			key := PGPKey{entity, config}
			if problem := key.unusable(now); problem != nil {
				problem.Position = at
				problems = append(problems, *problem)
				continue
			}
			if slices.ContainsFunc(found, func(k PGPKey) bool { return k.Name() == key.Name() }) {
				problems = append(problems, diag.Problem{Position: at, Message: "key " + key.Name() + " again", Hint: "each operator is named once"})
				continue
			}
			found = append(found, key)
		}
	}
	if len(found) == 0 && len(problems) == 0 {
		problems = diag.Problems{{Position: diag.Position{File: file, Line: 1}, Message: "holds no armored OpenPGP key", Hint: "write it with gpg --armor --export ADDRESS"}}
	}
	return found, problems.Err()
}

type pgpBlock struct {
	line int
	data []byte
}

// pgpBlocks cuts a file where an armored block begins: a reader of armor takes
// the first alone, and knows no lines.
func pgpBlocks(data []byte) []pgpBlock {
	var blocks []pgpBlock
	line := 0
	for text := range bytes.Lines(data) {
		line++
		if bytes.HasPrefix(text, []byte(pgpBegin)) {
			blocks = append(blocks, pgpBlock{line: line})
		}
		if len(blocks) > 0 {
			last := &blocks[len(blocks)-1]
			last.data = append(last.data, text...)
		}
	}
	return blocks
}

func (k PGPKey) unusable(now time.Time) *diag.Problem {
	if k.entity.PrivateKey != nil {
		return &diag.Problem{Message: "is a private key", Hint: "give the public one: gpg --armor --export; nobody but the operator should have this one"}
	}
	if k.entity.Revoked(now) {
		return &diag.Problem{Message: "key " + k.Name() + " is revoked", Hint: "ask the operator for the current one"}
	}
	if _, ok := k.entity.EncryptionKey(now); !ok {
		return &diag.Problem{Message: "key " + k.Name() + " cannot encrypt, or has expired", Hint: "ask the operator for a current one with a subkey for encryption"}
	}
	return nil
}

// Name is the key's fingerprint in hex, and its user when it has one.
func (k PGPKey) Name() string {
	name := fmt.Sprintf("%X", k.entity.PrimaryKey.Fingerprint)
	if id := k.entity.PrimaryIdentity(); id != nil {
		name += " " + id.Name
	}
	return name
}

// Kind is pgp.
func (PGPKey) Kind() string { return "pgp" }

// Encrypt returns the secret as an armored message to the key alone.
func (k PGPKey) Encrypt(_ context.Context, secret redact.Secret) (string, error) {
	var out bytes.Buffer
	w, err := openpgp.Encrypt(&out, []*openpgp.Entity{k.entity}, nil, nil, k.config)
	if err != nil {
		return "", fmt.Errorf("encrypting to %s: %w", k.Name(), err)
	}
	if _, err := io.WriteString(w, secret.Reveal()); err != nil {
		return "", fmt.Errorf("encrypting to %s: %w", k.Name(), err)
	}
	if err := w.Close(); err != nil {
		return "", fmt.Errorf("encrypting to %s: %w", k.Name(), err)
	}
	return armored(out.Bytes())
}

// VaultKey is the key as Vault takes it: base64 of its packets.
func (k PGPKey) VaultKey() (string, error) {
	var out bytes.Buffer
	if err := k.entity.Serialize(&out); err != nil {
		return "", fmt.Errorf("writing key %s for Vault: %w", k.Name(), err)
	}
	return base64.StdEncoding.EncodeToString(out.Bytes()), nil
}

// FromVault turns a message that Vault encrypted to VaultKey, in base64, into
// what Encrypt returns.
func (PGPKey) FromVault(text string) (string, error) {
	data, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return "", fmt.Errorf("reading a recovery key that Vault encrypted: %w", err)
	}
	return armored(data)
}

func armored(message []byte) (string, error) {
	var out strings.Builder
	w, err := armor.Encode(&out, pgpMessage, nil)
	if err != nil {
		return "", fmt.Errorf("writing an OpenPGP message: %w", err)
	}
	if _, err := w.Write(message); err != nil {
		return "", fmt.Errorf("writing an OpenPGP message: %w", err)
	}
	if err := w.Close(); err != nil {
		return "", fmt.Errorf("writing an OpenPGP message: %w", err)
	}
	return out.String() + "\n", nil
}
