package forge_test

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"

	"github.com/groundwork-dev/groundwork/internal/config"
	"github.com/groundwork-dev/groundwork/internal/forge"
	"github.com/groundwork-dev/groundwork/internal/redact"
)

const (
	token = "a-token-0123456789"
	key   = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ demo/dev"
)

// exchange is one request that a test expects, and its answer. Method and
// path must match; body, when given, as JSON with at least these fields.
type exchange struct {
	request string
	body    map[string]any
	status  int
	answer  string
}

// server plays a forge; a request that is not the next expected one fails the
// test.
func server(t *testing.T, provider config.Provider, prefix string, exchanges ...exchange) forge.Forge {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got := r.Method + " " + strings.TrimPrefix(r.URL.Path, prefix)
		if len(exchanges) == 0 || exchanges[0].request != got {
			t.Errorf("unexpected request %s", got)
			http.Error(w, "unexpected", http.StatusTeapot)
			return
		}
		want := exchanges[0]
		exchanges = exchanges[1:]
		if auth := r.Header.Get("Authorization"); !strings.HasSuffix(auth, token) {
			t.Errorf("%s is authorized by %q", got, auth)
		}
		data, _ := io.ReadAll(r.Body)
		var body map[string]any
		_ = json.Unmarshal(data, &body)
		for field, value := range want.body {
			if !reflect.DeepEqual(body[field], value) {
				t.Errorf("%s: %s is %v, want %v", got, field, body[field], value)
			}
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(want.status)
		_, _ = io.WriteString(w, want.answer)
	}))
	t.Cleanup(func() {
		s.Close()
		for _, left := range exchanges {
			t.Errorf("no request %s", left.request)
		}
	})
	f, err := forge.Open(forge.Options{Provider: provider, URL: "https://forge.example.com/team/platform.git", Token: func() redact.Secret { return token }, API: s.URL})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// forges are those that scripts play, with the path that each puts before its
// API. GitHub is internal/forge/githubfake, in github_test.go.
func forges() map[config.Provider]string {
	return map[config.Provider]string{config.ProviderGitea: "/api/v1"}
}

func TestDeployKey(t *testing.T) {
	t.Parallel()
	const keys = "/repos/team/platform/keys"
	for provider, prefix := range forges() {
		t.Run(string(provider), func(t *testing.T) {
			t.Parallel()
			f := server(t, provider, prefix,
				exchange{"GET " + keys, nil, 200, `[{"id":1,"key":"ssh-ed25519 OTHER","title":"other cluster"}]`},
				exchange{"POST " + keys, map[string]any{"title": "groundwork demo/dev", "key": key, "read_only": true}, 201, `{"id":2}`},
				exchange{"GET " + keys, nil, 200, `[{"id":2,"key":"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ","read_only":true}]`},
				exchange{"GET " + keys, nil, 200, `[{"id":2,"key":"` + key + `","read_only":true,"title":"groundwork demo/dev"}]`},
			)
			if created, err := f.EnsureDeployKey(t.Context(), "groundwork demo/dev", key, true); !created || err != nil {
				t.Fatalf("first: %v, %v", created, err)
			}
			if created, err := f.EnsureDeployKey(t.Context(), "groundwork demo/dev", key, true); created || err != nil {
				t.Fatalf("again: %v, %v", created, err)
			}
			var readOnly *forge.ReadOnlyError
			if _, err := f.EnsureDeployKey(t.Context(), "groundwork demo/dev", key, false); !errors.As(err, &readOnly) {
				t.Fatalf("to push with a read-only key: %v", err)
			}
		})
	}
}

func TestWebhook(t *testing.T) {
	t.Parallel()
	const hooks = "/repos/team/platform/hooks"
	for provider, prefix := range forges() {
		t.Run(string(provider), func(t *testing.T) {
			t.Parallel()
			f := server(t, provider, prefix,
				exchange{"GET " + hooks, nil, 200, `[]`},
				exchange{"POST " + hooks, map[string]any{"active": true, "events": []any{"push"}}, 201, `{"id":1}`},
				exchange{"GET " + hooks, nil, 200, `[{"id":1,"config":{"url":"https://hook/1"}}]`},
			)
			for i := range 2 {
				if created, err := f.EnsureWebhook(t.Context(), "https://hook/1", "a-secret"); created != (i == 0) || err != nil {
					t.Fatalf("%d: %v, %v", i, created, err)
				}
			}
		})
	}
}

func TestRefusalsNameTheRemedy(t *testing.T) {
	t.Parallel()
	for provider, prefix := range forges() {
		for status, want := range map[int]string{401: "expired", 403: "needs write access", 404: "no such repository"} {
			t.Run(string(provider)+" "+http.StatusText(status), func(t *testing.T) {
				t.Parallel()
				f := server(t, provider, prefix, exchange{"GET /repos/team/platform/keys", nil, status, `{"message":"no ` + token + `"}`})
				_, err := f.EnsureDeployKey(t.Context(), "x", key, true)
				if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), token) {
					t.Fatalf("got %v", err)
				}
			})
		}
	}
}

func TestPlainGitSaysWhatToDo(t *testing.T) {
	t.Parallel()
	f, err := forge.Open(forge.Options{Provider: config.ProviderGit, URL: "ssh://git@git.example.com/srv/platform.git"})
	if err != nil {
		t.Fatal(err)
	}
	var manual *forge.ManualError
	if _, err := f.EnsureDeployKey(t.Context(), "demo/dev", key, true); !errors.As(err, &manual) || !strings.Contains(err.Error(), key) {
		t.Fatalf("got %v", err)
	}
	if _, err := f.CreateRequest(t.Context(), "a", "main", "", ""); !errors.As(err, &manual) || !strings.Contains(err.Error(), "merge branch a into main") {
		t.Fatalf("got %v", err)
	}
}

func TestAddresses(t *testing.T) {
	t.Parallel()
	for address, ok := range map[string]bool{
		"https://github.com/team/platform":            true,
		"ssh://git@forge.example.com:2222/team/p.git": true,
		"git@github.com:team/platform.git":            true,
		"https://github.com/team":                     false,
		"https://github.com/a/b/c":                    false,
	} {
		if _, err := forge.Open(forge.Options{Provider: config.ProviderGitHub, URL: address}); (err == nil) != ok {
			t.Errorf("%s: %v", address, err)
		}
	}
}
