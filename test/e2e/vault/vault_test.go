//go:build e2e

package vault

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ProtonMail/go-crypto/openpgp"
	"github.com/ProtonMail/go-crypto/openpgp/armor"
	"github.com/ProtonMail/go-crypto/openpgp/packet"

	"github.com/groundwork-dev/groundwork/internal/escrow"
	"github.com/groundwork-dev/groundwork/internal/vaultinit"
)

func TestInitialisedOnce(t *testing.T) {
	t.Parallel()
	c := newCeremony(t, startVault(t))
	if r := c.run("", c.target("vault", "status")...); r.code != 0 || !strings.Contains(r.stdout, "not initialised") {
		t.Fatalf("before: %s", r)
	}
	if r := c.init("--dry-run"); r.code != 0 || c.initialized() || exists(c.escrow) {
		t.Fatalf("the dry run: %s, initialised %t, escrow %t", r, c.initialized(), exists(c.escrow))
	}
	r := c.ok(c.init("--output", "json"))
	report := decodeJSON[vaultinit.Report](t, r.stdout)
	if !report.Changed || report.Phase != escrow.Done || report.Shares != 3 || report.Threshold != 2 {
		t.Errorf("report: %+v", report)
	}
	info, err := os.Stat(c.escrow)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("escrow file: %v, %v", info, err)
	}
	before, err := os.ReadFile(c.escrow)
	if err != nil {
		t.Fatal(err)
	}
	for _, said := range []string{r.stdout, r.stderr, string(before)} {
		if strings.Contains(said, "hvs.") {
			t.Errorf("a token is in: %s", said)
		}
	}
	again := c.ok(c.init())
	after, err := os.ReadFile(c.escrow)
	if err != nil || !bytes.Equal(before, after) || !strings.Contains(again.stdout, "Nothing to do") {
		t.Errorf("the second run: %s, %v", again, err)
	}
	if r := c.run("", c.target("vault", "status")...); r.code != 0 || !strings.Contains(r.stdout, "2 of 3 recovery keys") {
		t.Errorf("status: %s", r)
	}
	if log, err := os.ReadFile(filepath.Join(c.dir, "audit.log")); err != nil || !bytes.Contains(log, []byte("auth/token/revoke-self")) || bytes.Contains(log, []byte("hvs.")) {
		t.Errorf("the audit log lacks the end of the root token, or holds a token: %v", err)
	}
	c.finished()
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

func TestEscrowMissing(t *testing.T) {
	t.Parallel()
	c := newCeremony(t, startVault(t))
	c.ok(c.init())
	if err := os.Rename(c.escrow, c.escrow+".away"); err != nil {
		t.Fatal(err)
	}
	r := c.run("", c.target("vault", "status")...)
	if r.code != 1 || !strings.Contains(r.stderr, "initialised, but there is no escrow of its keys") || !strings.Contains(r.stderr, "find out who initialised it") {
		t.Errorf("status: %s", r)
	}
	if r := c.init(); r.code != 4 || !strings.Contains(r.stderr, "there is no escrow") || exists(c.escrow) {
		t.Errorf("init: %s", r)
	}
	if err := os.Rename(c.escrow+".away", c.escrow); err != nil {
		t.Fatal(err)
	}
	c.finished()
	// The record of a Vault whose storage was lost is never overwritten.
	c.wipe()
	if r := c.init(); r.code != 4 || !strings.Contains(r.stderr, "restore a raft snapshot") || c.initialized() {
		t.Errorf("after the storage was lost: %s", r)
	}
}

func TestWrongInput(t *testing.T) {
	t.Parallel()
	c := newCeremony(t, startVault(t))
	wrong := filepath.Join(c.dir, "wrong.txt")
	if err := os.WriteFile(wrong, []byte("# operators\n"+c.identities[0].String()+"\nage1broken\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	r := c.run("", c.initArgs("--age-recipients", wrong)...)
	if r.code != 3 || !strings.Contains(r.stderr, wrong+":2: is a private key") || !strings.Contains(r.stderr, wrong+":3: is not an age recipient") || strings.Contains(r.stderr, "AGE-SECRET-KEY-1") {
		t.Errorf("wrong recipients: %s", r)
	}
	if r := c.run("", c.initArgs()...); r.code != 4 || !strings.Contains(r.stderr, "nobody was named") {
		t.Errorf("no recipients: %s", r)
	}
	nowhere := *c
	nowhere.escrow = filepath.Join(c.dir, "no", "escrow.json")
	if r := nowhere.init(); r.code != 1 || !strings.Contains(r.stderr, "no/escrow.json") {
		t.Errorf("an escrow that cannot be written: %s", r)
	}
	if r := c.run("", "vault", "init", "--address", c.address, "--escrow-file", c.escrow, "--age-recipients", c.recipients); r.code != 1 || !strings.Contains(r.stderr, "certificate") {
		t.Errorf("a Vault that is not trusted: %s", r)
	}
	if r := c.run("", "vault", "init", "--address", "http://vault.example.com:8200", "--escrow-file", c.escrow, "--age-recipients", c.recipients); r.code != 3 || !strings.Contains(r.stderr, "want https") {
		t.Errorf("an address in the clear: %s", r)
	}
	if c.initialized() || exists(c.escrow) {
		t.Errorf("initialised %t, escrow %t", c.initialized(), exists(c.escrow))
	}
}

func TestWithoutAutoUnseal(t *testing.T) {
	t.Parallel()
	c := newCeremony(t, startSealed(t, ""))
	if r := c.init(); r.code != 4 || !strings.Contains(r.stderr, "does not unseal itself") || c.initialized() || exists(c.escrow) {
		t.Errorf("%s", r)
	}
}

// TestOpenPGP has Vault itself encrypt the shares: they never leave it in the
// clear.
func TestOpenPGP(t *testing.T) {
	t.Parallel()
	c := newCeremony(t, startVault(t))
	var keys openpgp.EntityList
	args := c.initArgs()
	for _, name := range []string{"anna", "ben", "cleo"} {
		entity, err := openpgp.NewEntity(name, "", name+"@example.com", &packet.Config{Time: func() time.Time { return time.Now().Add(-time.Hour) }})
		if err != nil {
			t.Fatal(err)
		}
		var file bytes.Buffer
		w, err := armor.Encode(&file, openpgp.PublicKeyType, nil)
		if err != nil {
			t.Fatal(err)
		}
		if err := entity.Serialize(w); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(c.dir, name+".asc")
		if err := os.WriteFile(path, file.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
		keys, args = append(keys, entity), append(args, "--pgp-key", path)
	}
	c.ok(c.run("", args...))
	var shares []string
	for i, k := range c.record().RecoveryKeys[:2] {
		block, err := armor.Decode(strings.NewReader(k.Text))
		if err != nil {
			t.Fatal(err)
		}
		message, err := openpgp.ReadMessage(block.Body, openpgp.EntityList{keys[i]}, nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		plain, err := io.ReadAll(message.UnverifiedBody)
		if err != nil {
			t.Fatal(err)
		}
		shares = append(shares, string(plain))
	}
	c.generateRoot(shares...)
}
