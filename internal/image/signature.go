package image

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
)

// What cosign's specs/SIGNATURE_SPEC.md calls things, and what
// containers/image's docs/containers-signature.5.md calls the payload's parts.
const (
	// SignatureType is the media type of a signature's layer, whose content is
	// the payload.
	SignatureType = "application/vnd.dev.cosign.simplesigning.v1+json"
	// AnnotationSignature is the layer's annotation with the signature, base64.
	AnnotationSignature = "dev.cosignproject.cosign/signature"

	payloadType = "cosign container image signature"
)

// What a registry may send at most of a signature: bytes of a payload, and of
// its base64 signature.
const (
	MaxPayload   = 64 << 10
	maxSignature = 1 << 10
)

// SignatureTag is the tag under which cosign keeps the signatures of a digest:
// sha256-<hex>.sig.
func SignatureTag(digest string) string { return strings.Replace(digest, ":", "-", 1) + ".sig" }

// Signature is a signed statement about an image.
type Signature struct {
	// Payload is the statement, JSON.
	Payload []byte
	// Base64 is an ECDSA signature of the payload's SHA-256, in ASN.1.
	Base64 string
}

// payload says: this digest, under this name.
type payload struct {
	Critical critical `json:"critical"`
	// Optional are a signer's own remarks; nothing here depends on them.
	Optional json.RawMessage `json:"optional"`
}

type critical struct {
	Identity struct {
		Name string `json:"docker-reference"`
	} `json:"identity"`
	Image struct {
		Digest string `json:"docker-manifest-digest"`
	} `json:"image"`
	Type string `json:"type"`
}

// Sign states that a digest is the image of that name, under a P-256 key. A key
// in memory signs the same thing the same way every time (RFC 6979); one that a
// service holds may not.
func Sign(key crypto.Signer, r Reference) (Signature, error) {
	if r.Digest == "" {
		return Signature{}, fmt.Errorf("signing %s: it names no digest", r)
	}
	p := payload{Optional: json.RawMessage("null")}
	p.Critical.Identity.Name, p.Critical.Image.Digest, p.Critical.Type = r.Name, r.Digest, payloadType
	data, err := json.Marshal(p)
	if err != nil {
		return Signature{}, fmt.Errorf("signing %s: %w", r, err)
	}
	sum := sha256.Sum256(data)
	signed, err := key.Sign(nil, sum[:], crypto.SHA256)
	if err != nil {
		return Signature{}, fmt.Errorf("signing %s: %w", r, err)
	}
	return Signature{Payload: data, Base64: base64.StdEncoding.EncodeToString(signed)}, nil
}

// Check says what is wrong with a signature as one of an image by a key: it is
// not by that key, or states something else. The payload is read only when it
// is the key's.
func (s Signature) Check(key *ecdsa.PublicKey, r Reference) error {
	signed, err := base64.StdEncoding.DecodeString(s.Base64)
	if err != nil || len(s.Base64) > maxSignature {
		return errors.New("the signature is no base64 text")
	}
	sum := sha256.Sum256(s.Payload)
	if !ecdsa.VerifyASN1(key, sum[:], signed) {
		return errors.New("it is by another key, or its payload was changed")
	}
	got, err := parsePayload(s.Payload)
	switch {
	case err != nil:
		return err
	case got.Digest != r.Digest:
		return fmt.Errorf("it is about %s", got.Digest)
	case got.Name != r.Name:
		return fmt.Errorf("it is about the image %s", got.Name)
	}
	return nil
}

// parsePayload reads the payload of a signature, from whoever sent it.
func parsePayload(data []byte) (Reference, error) {
	if len(data) > MaxPayload {
		return Reference{}, fmt.Errorf("reading the payload: it has more than %d bytes", MaxPayload)
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	var p payload
	if err := d.Decode(&p); err != nil {
		return Reference{}, fmt.Errorf("reading the payload: %w", err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return Reference{}, errors.New("reading the payload: something follows it")
	}
	if p.Critical.Type != payloadType {
		return Reference{}, fmt.Errorf("reading the payload: its type is %q, want %q", p.Critical.Type, payloadType)
	}
	r, err := ParseReference(p.Critical.Identity.Name + "@" + p.Critical.Image.Digest)
	if err != nil {
		return Reference{}, fmt.Errorf("reading the payload: %w", err)
	}
	return r, nil
}
