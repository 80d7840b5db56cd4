//go:build e2e

package vault

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
)

// TestSnapshotBringsTheKeysBack does what docs/vault.md says about a lost
// storage: a snapshot goes into a Vault that was initialised to take it, and the
// first escrow's keys are valid again.
func TestSnapshotBringsTheKeysBack(t *testing.T) {
	t.Parallel()
	c := newCeremony(t, startVault(t))
	c.ok(c.init())
	keys := c.record().RecoveryKeys
	token := c.makeRoot(c.decrypt(0, keys[0].Text), c.decrypt(1, keys[1].Text))
	snapshot := raw(t, c.server.address, token, http.MethodGet, "sys/storage/raft/snapshot", nil)
	if _, err := ask(c.server.address, token, "POST", "auth/token/revoke-self", nil); err != nil {
		t.Fatal(err)
	}
	c.wipe()
	temporary := *c
	temporary.escrow = filepath.Join(c.dir, "temporary.json")
	temporary.ok(temporary.init())
	keys = temporary.record().RecoveryKeys
	token = temporary.makeRoot(c.decrypt(0, keys[0].Text), c.decrypt(1, keys[1].Text))
	raw(t, c.server.address, token, http.MethodPost, "sys/storage/raft/snapshot-force", snapshot)
	// Vault reloads itself: its status says when the first one is back.
	if err := until(func() error {
		if r := c.run("", c.target("vault", "status")...); r.code != 0 {
			return fmt.Errorf("%s", r)
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if r := temporary.run("", temporary.target("vault", "status")...); r.code != 1 || !strings.Contains(r.stderr, "holds the keys of Vault") {
		t.Errorf("the temporary escrow is taken for this Vault's: %s", r)
	}
	// The snapshot is of a moment with a root token, which is valid again too.
	first := c.record().RecoveryKeys
	token = c.makeRoot(c.decrypt(1, first[1].Text), c.decrypt(2, first[2].Text))
	if _, err := ask(c.server.address, token, "GET", "sys/policies/acl/external-secrets", nil); err != nil {
		t.Error(err)
	}
}

func raw(t *testing.T, address, token, method, path string, body []byte) []byte {
	t.Helper()
	request, err := http.NewRequest(method, address+"/v1/"+path, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("X-Vault-Token", token)
	response, err := shared.client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	data, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode >= 400 {
		t.Fatalf("%s %s: %d, %v", method, path, response.StatusCode, err)
	}
	return data
}
