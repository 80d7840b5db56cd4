package image

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"

	"github.com/secure-systems-lab/go-securesystemslib/encrypted"

	"github.com/groundwork-dev/groundwork/internal/redact"
)

// MaxKey bounds a key's file, in bytes.
const MaxKey = 64 << 10

// ParsePrivateKey reads a P-256 key: PEM with PKCS #8, SEC 1, or what `cosign
// generate-key-pair` writes, which needs the password. No error holds anything
// of the file.
func ParsePrivateKey(data []byte, password redact.Secret) (*ecdsa.PrivateKey, error) {
	block, err := onePEM(data)
	if err != nil {
		return nil, err
	}
	der := block.Bytes
	switch block.Type {
	case "EC PRIVATE KEY":
		key, err := x509.ParseECPrivateKey(der)
		if err != nil {
			return nil, errors.New("it is no EC private key")
		}
		return key, onP256(&key.PublicKey)
	case "ENCRYPTED SIGSTORE PRIVATE KEY", "ENCRYPTED COSIGN PRIVATE KEY":
		if der, err = encrypted.Decrypt(der, []byte(password.Reveal())); err != nil {
			return nil, errors.New("its password is wrong, or the file is damaged")
		}
	case "PRIVATE KEY":
	default:
		return nil, fmt.Errorf("it holds a %s, want a private key", block.Type)
	}
	parsed, err := x509.ParsePKCS8PrivateKey(der)
	if err != nil {
		return nil, errors.New("it is no PKCS #8 private key")
	}
	key, ok := parsed.(*ecdsa.PrivateKey)
	if !ok {
		return nil, errors.New("it is no ECDSA key; make one with `openssl ecparam -genkey -name prime256v1 -noout`")
	}
	return key, onP256(&key.PublicKey)
}

// ParsePublicKey reads a P-256 key: PEM with PKIX, as `cosign public-key` and
// `openssl ec -pubout` write it.
func ParsePublicKey(data []byte) (*ecdsa.PublicKey, error) {
	block, err := onePEM(data)
	if err != nil {
		return nil, err
	}
	if block.Type != "PUBLIC KEY" {
		return nil, fmt.Errorf("it holds a %s, want a PUBLIC KEY", block.Type)
	}
	parsed, err := x509.ParsePKIXPublicKey(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("it is no public key: %w", err)
	}
	key, ok := parsed.(*ecdsa.PublicKey)
	if !ok {
		return nil, errors.New("it is no ECDSA key")
	}
	return key, onP256(key)
}

func onePEM(data []byte) (*pem.Block, error) {
	if len(data) > MaxKey {
		return nil, fmt.Errorf("it has more than %d bytes", MaxKey)
	}
	// What openssl writes before a key says only which curve it is on.
	for {
		block, rest := pem.Decode(data)
		if block == nil {
			return nil, errors.New("it is no PEM file with a key")
		}
		if block.Type != "EC PARAMETERS" {
			return block, nil
		}
		data = rest
	}
}

func onP256(key *ecdsa.PublicKey) error {
	if key.Curve != elliptic.P256() {
		return fmt.Errorf("it is on the curve %s, want P-256", key.Curve.Params().Name)
	}
	return nil
}
