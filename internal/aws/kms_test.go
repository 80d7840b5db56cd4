package aws_test

import (
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/groundwork-dev/groundwork/internal/aws"
	"github.com/groundwork-dev/groundwork/internal/redact"
)

// fakeKMS speaks the protocol of KMS, JSON 1.1 with the operation in a header.
// It seals by reversing, and knows one key and one encryption context.
func fakeKMS(t *testing.T) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var in struct {
			KeyID             string `json:"KeyId"`
			Plaintext         []byte
			CiphertextBlob    []byte
			EncryptionContext map[string]string
		}
		body, _ := io.ReadAll(r.Body)
		if err := json.Unmarshal(body, &in); err != nil {
			t.Error(err)
		}
		w.Header().Set("Content-Type", "application/x-amz-json-1.1")
		if !strings.Contains(r.Header.Get("Authorization"), "/eu-west-1/kms/aws4_request") {
			t.Errorf("signed for another region: %s", r.Header.Get("Authorization"))
		}
		if !strings.HasSuffix(in.KeyID, "/known") || in.EncryptionContext["groundwork.dev/vault"] != "dev" {
			w.WriteHeader(http.StatusBadRequest)
			_, _ = io.WriteString(w, `{"__type":"NotFoundException","message":"no such key"}`)
			return
		}
		out := map[string]any{"KeyId": in.KeyID}
		switch r.Header.Get("X-Amz-Target") {
		case "TrentService.Encrypt":
			out["CiphertextBlob"] = reversed(in.Plaintext)
		case "TrentService.Decrypt":
			out["Plaintext"] = reversed(in.CiphertextBlob)
		}
		_ = json.NewEncoder(w).Encode(out)
	}))
	t.Cleanup(server.Close)
	return server.URL
}

func reversed(b []byte) []byte {
	out := make([]byte, len(b))
	for i, c := range b {
		out[len(b)-1-i] = c
	}
	return out
}

func TestKey(t *testing.T) {
	t.Setenv("AWS_ENDPOINT_URL_KMS", fakeKMS(t))
	t.Setenv("AWS_ACCESS_KEY_ID", "id")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "key")
	t.Setenv("AWS_CONFIG_FILE", "/dev/null")
	for _, c := range []struct{ id, region string }{
		{"arn:aws:kms:eu-west-1:123456789012:key/known", "us-east-1"},
		{"alias/known", "eu-west-1"},
	} {
		key, err := aws.OpenKey(t.Context(), c.id, c.region, map[string]string{"groundwork.dev/vault": "dev"})
		if err != nil {
			t.Fatal(err)
		}
		text, err := key.Encrypt(t.Context(), "secret")
		if err != nil {
			t.Fatal(err)
		}
		if data, err := base64.StdEncoding.DecodeString(text); err != nil || string(data) != "terces" {
			t.Errorf("ciphertext %q, %v", data, err)
		}
		if plain, err := key.Decrypt(t.Context(), text); err != nil || plain != redact.Secret("secret") {
			t.Errorf("decrypted: %q, %v", plain.Reveal(), err)
		}
	}
	key, err := aws.OpenKey(t.Context(), "alias/other", "eu-west-1", nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := key.Encrypt(t.Context(), "secret"); err == nil || !strings.Contains(err.Error(), "KMS key alias/other") || !strings.Contains(err.Error(), "no such key") {
		t.Errorf("a key that is not there: %v", err)
	}
}
