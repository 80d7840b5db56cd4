package receiver_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/groundwork-dev/groundwork/internal/receiver"
	"github.com/groundwork-dev/groundwork/internal/redact"
)

func TestNotify(t *testing.T) {
	t.Parallel()
	token := redact.Secret(strings.Repeat("token", 4))
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		mac := hmac.New(sha256.New, []byte(token.Reveal()))
		mac.Write(body)
		if r.Method != http.MethodPost || r.Header.Get("X-Signature") != "sha256="+hex.EncodeToString(mac.Sum(nil)) {
			http.Error(w, "bad signature", http.StatusBadRequest)
			return
		}
	}))
	t.Cleanup(server.Close)
	if err := receiver.Notify(t.Context(), server.Client(), server.URL+"/hook/x", token); err != nil {
		t.Error(err)
	}
	err := receiver.Notify(t.Context(), server.Client(), server.URL+"/hook/x", "another token")
	if err == nil || !strings.Contains(err.Error(), "400 Bad Request: bad signature") || strings.Contains(err.Error(), "another") {
		t.Errorf("with another token: %v", err)
	}
}

func TestCheck(t *testing.T) {
	t.Parallel()
	for address, ok := range map[string]bool{
		"https://flux.example.com/hook/0af1":                          true,
		"http://webhook-receiver.flux-system.svc.cluster.local/hook/": true,
		"":                                 false,
		"flux.example.com/hook/0af1":       false,
		"https:///hook/x":                  false,
		"https://flux.example.com":         false,
		"ftp://flux.example.com/hook/0af1": false,
	} {
		if err := receiver.Check(address); (err == nil) != ok {
			t.Errorf("%q: %v", address, err)
		}
	}
}
