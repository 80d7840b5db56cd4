package bootstrap_test

import (
	"context"
	"encoding/base64"
	"errors"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"

	"github.com/groundwork-dev/groundwork/internal/bootstrap"
	"github.com/groundwork-dev/groundwork/internal/cluster/apitest"
	"github.com/groundwork-dev/groundwork/internal/config"
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
	f.webhook = address + " " + secret.Reveal()
	return true, nil
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

// TestExpiredTokenIsReplaced: fault 10, as far as a rerun goes.
func TestExpiredTokenIsReplaced(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	if _, err := w.run(t, func(o *bootstrap.Options, _ *bootstrap.Deps) { o.Token = "an-old-token-0123" }); err != nil {
		t.Fatal(err)
	}
	if _, err := w.run(t, nil); err != nil {
		t.Fatal(err)
	}
	data := w.api.Get("/api/v1/namespaces/flux-system/secrets/flux-system")["data"].(apitest.Object)
	if token, _ := base64.StdEncoding.DecodeString(data["password"].(string)); string(token) != "test-token-0123456789" {
		t.Fatal("the old token is still there")
	}
}
