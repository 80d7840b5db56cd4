package bootstrap_test

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"

	"golang.org/x/crypto/ssh"

	"github.com/groundwork-dev/groundwork/internal/bootstrap"
	"github.com/groundwork-dev/groundwork/internal/cluster/apitest"
	"github.com/groundwork-dev/groundwork/internal/config"
	"github.com/groundwork-dev/groundwork/internal/forge"
	"github.com/groundwork-dev/groundwork/internal/redact"
)

// keyForge remembers the deploy keys and webhooks that it is given.
type keyForge struct {
	mergingForge
	keys     map[string]string // by title
	readOnly bool
	webhook  string
}

func (f *keyForge) EnsureDeployKey(_ context.Context, title, key string, readOnly bool) (bool, error) {
	f.readOnly = readOnly
	if f.keys[title] != "" && strings.Join(strings.Fields(f.keys[title])[:2], " ") != strings.Join(strings.Fields(key)[:2], " ") {
		return false, errors.New("another key has that title")
	}
	created := f.keys[title] == ""
	if created {
		f.keys[title] = key
	}
	return created, nil
}

func (f *keyForge) EnsureWebhook(_ context.Context, address string, secret redact.Secret) (bool, error) {
	had := f.webhook
	f.webhook = address + " " + secret.Reveal()
	return had != f.webhook, nil
}

// TestDeployKey: fault 17. The key is made once, kept, and named after its
// cluster; the private half leaves the run only into the Secret.
func TestDeployKey(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	host := &keyForge{keys: map[string]string{}}
	bySSH := func(o *bootstrap.Options, d *bootstrap.Deps) {
		o.Repository.Auth = config.AuthSSH
		o.WebhookURL = "https://hooks.example.com/"
		d.Forge = host
		d.HostKeys = func(context.Context) ([]byte, []string, error) {
			return []byte("forge ssh-ed25519 AAAA\n"), []string{"SHA256:x"}, nil
		}
	}
	report, err := w.run(t, bySSH)
	if err != nil {
		t.Fatal(err)
	}
	const path = "/api/v1/namespaces/flux-system/secrets/flux-system"
	first := w.api.Get(path)["data"].(apitest.Object)
	private, err := base64.StdEncoding.DecodeString(first["identity"].(string))
	if err != nil {
		t.Fatal(err)
	}
	signer, err := ssh.ParsePrivateKey(private)
	if err != nil || signer.PublicKey().Type() != "ssh-ed25519" {
		t.Fatalf("the private key: %v", err)
	}
	if host.keys["groundwork demo/dev"] != report.DeployKey || !host.readOnly || strings.Contains(report.DeployKey, "PRIVATE") {
		t.Fatalf("registered %v", host.keys)
	}
	if address, secret, _ := strings.Cut(host.webhook, " "); address != "https://hooks.example.com/hook/abc" || len(secret) != 64 {
		t.Fatalf("webhook %s", address)
	}
	if _, err := w.run(t, bySSH); err != nil {
		t.Fatal(err)
	}
	if again := w.api.Get(path)["data"].(apitest.Object); again["identity"] != first["identity"] || len(host.keys) != 1 {
		t.Fatal("the second run made another key")
	}
}

// secretToken is the token that the cluster has.
func (w *world) secretToken(t *testing.T) string {
	t.Helper()
	return w.secretValue(t, "password")
}

// secretValue is what the cluster's Secret for the repository holds, "" for
// nothing.
func (w *world) secretValue(t *testing.T, key string) string {
	t.Helper()
	data, _ := w.api.Get("/api/v1/namespaces/flux-system/secrets/flux-system")["data"].(apitest.Object)
	encoded, _ := data[key].(string)
	value, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil {
		t.Fatal(err)
	}
	return string(value)
}

// TestTokenExpires: fault 10. The host refuses the first token after so many
// requests, from the first one to more than a run makes; the next token is
// there, so the run goes on with it, and the cluster gets the one that counts.
func TestTokenExpires(t *testing.T) {
	t.Parallel()
	const next, requests = "a-fresher-token-9876543210", 14
	var renewed atomic.Int32
	t.Cleanup(func() {
		if n := renewed.Load(); !t.Failed() && (n < 4 || n == requests) {
			t.Errorf("the token was renewed in %d of %d runs: the spread misses the run's beginning or its end", n, requests)
		}
	})
	for after := range requests {
		t.Run(fmt.Sprintf("after %d requests", after), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			var source *token
			_, err := w.run(t, func(_ *bootstrap.Options, d *bootstrap.Deps) {
				source = d.Token.(*token)
				w.git.Expire(after, next, func() { source.put(next) })
			})
			if err != nil {
				t.Fatal(err)
			}
			if w.commits() != "1" {
				t.Errorf("%s commits", w.commits())
			}
			if got := w.secretToken(t); got != source.Current().Reveal() {
				t.Errorf("the cluster has token %q, the run %q", got, source.Current().Reveal())
			}
			if source.Current() == next {
				renewed.Add(1)
			}
		})
	}
}

// TestTokenExpiresWithoutAnother: fault 10, with nothing fresher to read.
func TestTokenExpiresWithoutAnother(t *testing.T) {
	t.Parallel()
	const next = "a-fresher-token-9876543210"
	w := newWorld(t)
	w.git.Expire(3, next, nil)
	_, err := w.run(t, nil)
	var refused *bootstrap.TokenError
	if !errors.As(err, &refused) || refused.Step == "" || !strings.Contains(err.Error(), "the token file") || !strings.Contains(err.Error(), "same command again") {
		t.Fatalf("got %v", err)
	}
	if strings.Contains(err.Error(), "test-token") {
		t.Fatalf("the error shows the token: %v", err)
	}
	if _, err := w.run(t, func(_ *bootstrap.Options, d *bootstrap.Deps) {
		d.Token.(*token).put(next)
		_, _ = d.Token.Renew()
	}); err != nil {
		t.Fatal(err)
	}
	if w.commits() != "1" || w.secretToken(t) != next {
		t.Fatalf("%s commits, token %q", w.commits(), w.secretToken(t))
	}
}

// TestTokenExpiresAfterTheClusterHasIt: the run's last request to the forge is
// refused; the cluster gets the fresh token too.
func TestTokenExpiresAfterTheClusterHasIt(t *testing.T) {
	t.Parallel()
	const next = "a-fresher-token-9876543210"
	w := newWorld(t)
	_, err := w.run(t, func(o *bootstrap.Options, d *bootstrap.Deps) {
		o.WebhookURL = "https://hooks.example.com/"
		source := d.Token.(*token)
		d.Forge = &expiringForge{keyForge{}, source, func() {
			if got := w.secretToken(t); got != "test-token-0123456789" {
				t.Errorf("the cluster had %q", got)
			}
			source.put(next)
		}}
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := w.secretToken(t); got != next {
		t.Fatalf("the cluster has %q", got)
	}
}

// expiringForge refuses any token but the one that it is told last.
type expiringForge struct {
	keyForge
	token  *token
	expire func()
}

func (f *expiringForge) EnsureWebhook(ctx context.Context, address string, secret redact.Secret) (bool, error) {
	if f.expire != nil {
		f.expire()
		f.expire = nil
		return false, &forge.APIError{Doing: "listing the webhooks", Status: 401}
	}
	return f.keyForge.EnsureWebhook(ctx, address, secret)
}

// TestOtherTokenIsGiven: a later run's token replaces the cluster's.
func TestOtherTokenIsGiven(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	if _, err := w.run(t, func(_ *bootstrap.Options, d *bootstrap.Deps) { d.Token = &token{now: "an-old-token-0123"} }); err != nil {
		t.Fatal(err)
	}
	if _, err := w.run(t, nil); err != nil {
		t.Fatal(err)
	}
	if got := w.secretToken(t); got != "test-token-0123456789" {
		t.Fatalf("the cluster has %q", got)
	}
}

// TestWebhookIsThereAlready: a rerun says that it found the webhook.
func TestWebhookIsThereAlready(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	host := &keyForge{keys: map[string]string{}}
	for i, want := range []bootstrap.State{bootstrap.Done, bootstrap.Skipped} {
		report, err := w.run(t, func(o *bootstrap.Options, d *bootstrap.Deps) {
			o.WebhookURL, d.Forge = "https://hooks.example.com/", host
		})
		if err != nil {
			t.Fatal(err)
		}
		last := report.Steps[len(report.Steps)-1]
		if last.Step != "webhook" || last.State != want || last.Detail == "" {
			t.Errorf("run %d: %+v, want %s", i+1, last, want)
		}
	}
}
