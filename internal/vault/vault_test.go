package vault_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/groundwork-dev/groundwork/internal/vault"
)

// answering starts a server that answers everything with one status, and counts.
func answering(t *testing.T, status int, header ...string) (c *vault.Client, requests func() int) {
	t.Helper()
	seen := make(chan *http.Request, 99)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		seen <- r
		for i := 0; i < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.WriteHeader(status)
		fmt.Fprint(w, `{"errors": ["why not"]}`)
	}))
	t.Cleanup(server.Close)
	c, err := vault.Open(vault.Options{Address: server.URL, Name: "the Vault"})
	if err != nil {
		t.Fatal(err)
	}
	return c, func() int { return len(seen) }
}

func TestErrors(t *testing.T) {
	t.Parallel()
	for status, want := range map[int]string{
		http.StatusForbidden:  "denied=true rejected=true",
		http.StatusBadRequest: "denied=false rejected=true",
	} {
		c, _ := answering(t, status)
		_, err := c.Read(t.Context(), "hvs.secret", "sys/mounts")
		var denied interface{ Denied() bool }
		var rejected interface{ Rejected() bool }
		if !errors.As(err, &denied) || !errors.As(err, &rejected) {
			t.Fatalf("%d: %v", status, err)
		}
		if got := fmt.Sprintf("denied=%t rejected=%t", denied.Denied(), rejected.Rejected()); got != want {
			t.Errorf("%d: %s, want %s", status, got, want)
		}
		if text := err.Error(); !strings.Contains(text, "reading sys/mounts at the Vault") || !strings.Contains(text, "why not") || strings.Contains(text, "hvs.secret") {
			t.Errorf("%d: %s", status, text)
		}
	}
}

// TestInitAsksOnce: an answer that got lost may have been a yes.
func TestInitAsksOnce(t *testing.T) {
	t.Parallel()
	c, requests := answering(t, http.StatusServiceUnavailable)
	_, _, err := c.Init(t.Context(), 3, 2, nil)
	var rejected interface{ Rejected() bool }
	if !errors.As(err, &rejected) || rejected.Rejected() || requests() != 1 {
		t.Errorf("%v after %d requests", err, requests())
	}
}

// TestTokenStaysHere: a redirect would carry it to whoever is named.
func TestTokenStaysHere(t *testing.T) {
	t.Parallel()
	asked := make(chan struct{}, 9)
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked <- struct{}{} }))
	t.Cleanup(other.Close)
	c, _ := answering(t, http.StatusTemporaryRedirect, "Location", other.URL)
	if data, err := c.Read(t.Context(), "hvs.secret", "sys/mounts"); err == nil || !strings.Contains(err.Error(), "it sends on to 127.0.0.1") {
		t.Errorf("a redirect is taken for an answer: %v, %v", data, err)
	}
	if len(asked) != 0 {
		t.Error("the redirect was followed")
	}
}

func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"vault:8200":                    "want https://host:port",
		"https://vault:8200/v1/sys":     "want https://host:port",
		"http://vault.example.com:8200": "is not encrypted",
		"http://localhost:8200":         "is not encrypted", // a name may resolve to anything
		"ftp://127.0.0.1":               "is not encrypted",
	} {
		if _, err := vault.Open(vault.Options{Address: address}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", address, err, want)
		}
	}
	if _, err := vault.Open(vault.Options{Address: "https://vault:8200", CA: []byte("no PEM")}); err == nil {
		t.Error("a file without certificates is taken")
	}
}
