// Package aws is what bootstrap itself asks of AWS: KMS keys, one that encrypts
// what is put in escrow and one that signs images.
package aws

import (
	"context"
	"encoding/base64"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/arn"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/kms"

	"github.com/groundwork-dev/groundwork/internal/redact"
)

// Key is a KMS key that encrypts a few bytes at a time.
type Key struct {
	client  *kms.Client
	id      string
	context map[string]string
}

// OpenKey returns the key with an id, ARN or alias/name, with the credentials
// that the AWS tools would take. The region is that of an ARN, else the given
// one, else what those tools would take. The encryption context binds what is
// encrypted to its purpose: it is not secret, and who decrypts must give the
// same.
func OpenKey(ctx context.Context, id, region string, encryptionContext map[string]string) (*Key, error) {
	var options []func(*config.LoadOptions) error
	if parsed, err := arn.Parse(id); err == nil {
		region = parsed.Region
	}
	if region != "" {
		options = append(options, config.WithRegion(region))
	}
	c, err := config.LoadDefaultConfig(ctx, options...)
	if err != nil {
		return nil, fmt.Errorf("reading the AWS configuration: %w", err)
	}
	return &Key{kms.NewFromConfig(c), id, encryptionContext}, nil
}

// Name is the key's id as it was given.
func (k *Key) Name() string { return k.id }

// Kind is kms.
func (*Key) Kind() string { return "kms" }

// Encrypt returns the ciphertext in base64. The secret is at most 4096 bytes.
func (k *Key) Encrypt(ctx context.Context, secret redact.Secret) (string, error) {
	out, err := k.client.Encrypt(ctx, &kms.EncryptInput{KeyId: aws.String(k.id), Plaintext: []byte(secret.Reveal()), EncryptionContext: k.context})
	if err != nil {
		return "", fmt.Errorf("encrypting with KMS key %s: %w", k.id, err)
	}
	return base64.StdEncoding.EncodeToString(out.CiphertextBlob), nil
}

// Decrypt reads what Encrypt returned.
func (k *Key) Decrypt(ctx context.Context, ciphertext string) (redact.Secret, error) {
	data, err := base64.StdEncoding.DecodeString(ciphertext)
	if err != nil {
		return "", fmt.Errorf("reading a ciphertext of KMS key %s: %w", k.id, err)
	}
	out, err := k.client.Decrypt(ctx, &kms.DecryptInput{KeyId: aws.String(k.id), CiphertextBlob: data, EncryptionContext: k.context})
	if err != nil {
		return "", fmt.Errorf("decrypting with KMS key %s: %w", k.id, err)
	}
	return redact.Secret(out.Plaintext), nil
}
