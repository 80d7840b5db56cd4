package aws_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/groundwork-dev/groundwork/internal/aws"
)

// signingKMS speaks the protocol of KMS for a key of its own, on a curve.
func signingKMS(t *testing.T, curve elliptic.Curve) {
	t.Helper()
	key, err := ecdsa.GenerateKey(curve, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	public, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var in struct {
			KeyID                         string `json:"KeyId"`
			Message                       []byte
			MessageType, SigningAlgorithm string
		}
		body, _ := io.ReadAll(r.Body)
		if err := json.Unmarshal(body, &in); err != nil || in.KeyID != "alias/images" {
			t.Errorf("asked %s: %v", body, err)
		}
		out := map[string]any{"KeyId": in.KeyID}
		switch r.Header.Get("X-Amz-Target") {
		case "TrentService.GetPublicKey":
			out["PublicKey"], out["KeyUsage"], out["KeySpec"] = public, "SIGN_VERIFY", "ECC_NIST_"+strings.ReplaceAll(curve.Params().Name, "-", "")
		case "TrentService.Sign":
			if in.MessageType != "DIGEST" || in.SigningAlgorithm != "ECDSA_SHA_256" {
				t.Errorf("asked for %s of a %s", in.SigningAlgorithm, in.MessageType)
			}
			out["Signature"], _ = ecdsa.SignASN1(rand.Reader, key, in.Message)
		}
		w.Header().Set("Content-Type", "application/x-amz-json-1.1")
		_ = json.NewEncoder(w).Encode(out)
	}))
	t.Cleanup(server.Close)
	t.Setenv("AWS_ENDPOINT_URL_KMS", server.URL)
	t.Setenv("AWS_REGION", "eu-west-1")
	t.Setenv("AWS_ACCESS_KEY_ID", "id")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "key")
	t.Setenv("AWS_CONFIG_FILE", "/dev/null")
}

func TestSigningKey(t *testing.T) {
	signingKMS(t, elliptic.P256())
	key, err := aws.OpenSigningKey(t.Context(), "awskms:///alias/images")
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256([]byte("an image"))
	signed, err := key.Sign(nil, sum[:], crypto.SHA256)
	if err != nil {
		t.Fatal(err)
	}
	if !ecdsa.VerifyASN1(key.Verifier(), sum[:], signed) {
		t.Error("the signature is not by the key")
	}
	if _, err := key.Sign(nil, sum[:], crypto.SHA512); err == nil {
		t.Error("it signed another hash")
	}
	for _, name := range []string{"", "cosign.key", "awskms:///", "awskms://localhost:4566/alias/images"} {
		if _, err := aws.OpenSigningKey(t.Context(), name); err == nil {
			t.Errorf("%q was taken for a key", name)
		}
	}
}

func TestSigningKeyOfAnotherKind(t *testing.T) {
	signingKMS(t, elliptic.P384())
	if _, err := aws.OpenSigningKey(t.Context(), "awskms:///alias/images"); err == nil || !strings.Contains(err.Error(), "want ECC_NIST_P256") {
		t.Errorf("got %v", err)
	}
}
