package aws

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
)

// SigningKeyScheme begins the name of a KMS key where a file may stand, too:
// awskms:///<id, ARN or alias/name>, as cosign has it.
const SigningKeyScheme = "awskms:///"

// SigningKey is a P-256 key in KMS that signs. Its private half never leaves
// AWS. It is a crypto.Signer.
type SigningKey struct {
	public *ecdsa.PublicKey
	// sign signs a SHA-256.
	sign func(digest []byte) ([]byte, error)
}

// OpenSigningKey returns the key of an awskms:/// name. ctx bounds its
// signatures, too.
func OpenSigningKey(ctx context.Context, name string) (*SigningKey, error) {
	id, ok := strings.CutPrefix(name, SigningKeyScheme)
	if !ok || id == "" {
		return nil, fmt.Errorf("%q: want %s<id, ARN or alias/name>", name, SigningKeyScheme)
	}
	key, err := OpenKey(ctx, id, "", nil)
	if err != nil {
		return nil, err
	}
	out, err := key.client.GetPublicKey(ctx, &kms.GetPublicKeyInput{KeyId: aws.String(id)})
	if err != nil {
		return nil, fmt.Errorf("reading the public half of KMS key %s: %w", id, err)
	}
	parsed, err := x509.ParsePKIXPublicKey(out.PublicKey)
	if err != nil {
		return nil, fmt.Errorf("reading the public half of KMS key %s: %w", id, err)
	}
	public, ok := parsed.(*ecdsa.PublicKey)
	if !ok || public.Curve != elliptic.P256() || out.KeyUsage != types.KeyUsageTypeSignVerify {
		return nil, fmt.Errorf("KMS key %s is a %s for %s, want ECC_NIST_P256 for SIGN_VERIFY", id, out.KeySpec, out.KeyUsage)
	}
	return &SigningKey{public, func(digest []byte) ([]byte, error) {
		signed, err := key.client.Sign(ctx, &kms.SignInput{
			KeyId: aws.String(id), Message: digest, MessageType: types.MessageTypeDigest, SigningAlgorithm: types.SigningAlgorithmSpecEcdsaSha256,
		})
		if err != nil {
			return nil, fmt.Errorf("signing with KMS key %s: %w", id, err)
		}
		return signed.Signature, nil
	}}, nil
}

// Public is the same as Verifier, for a crypto.Signer.
func (k *SigningKey) Public() crypto.PublicKey { return k.public }

// Verifier is the public half.
func (k *SigningKey) Verifier() *ecdsa.PublicKey { return k.public }

// Sign signs a SHA-256; the random numbers are KMS' own.
func (k *SigningKey) Sign(_ io.Reader, digest []byte, opts crypto.SignerOpts) ([]byte, error) {
	if opts.HashFunc() != crypto.SHA256 {
		return nil, errors.New("a P-256 key in KMS signs a SHA-256 alone")
	}
	return k.sign(digest)
}
