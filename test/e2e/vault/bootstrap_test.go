//go:build e2e

package vault

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"filippo.io/age"
	"filippo.io/age/armor"

	"github.com/groundwork-dev/groundwork/internal/escrow"
)

// result is how a command ended.
type result struct {
	stdout, stderr string
	code           int
}

func (r result) String() string {
	return fmt.Sprintf("exit %d\nstdout: %s\nstderr: %s", r.code, r.stdout, r.stderr)
}

// ceremony is one Vault's initialisation: its folder, operators and files.
type ceremony struct {
	*server
	address    string // what bootstrap is told, a proxy's perhaps
	escrow     string
	recipients string
	settings   string
	env        []string
	identities []*age.X25519Identity
}

func newCeremony(t *testing.T, s *server) *ceremony {
	t.Helper()
	c := &ceremony{
		server: s, address: s.address, escrow: filepath.Join(s.dir, "escrow.json"),
		recipients: filepath.Join(s.dir, "operators.txt"), settings: filepath.Join(s.dir, "settings.yaml"),
	}
	var lines strings.Builder
	lines.WriteString("# anna, ben, cleo\n")
	for range 3 {
		identity, err := age.GenerateX25519Identity()
		if err != nil {
			t.Fatal(err)
		}
		c.identities = append(c.identities, identity)
		lines.WriteString(identity.Recipient().String() + "\n")
	}
	defaults, err := exec.Command(shared.bootstrap, "vault", "init", "--settings", "-").Output()
	if err != nil {
		t.Fatal(err)
	}
	// What differs outside of a pod.
	text := string(defaults)
	for old, replaced := range map[string]string{
		"/vault/audit/audit.log":                                    filepath.Join(s.dir, "audit.log"),
		"config: {kubernetes_host: https://kubernetes.default.svc}": "config: {kubernetes_host: https://127.0.0.1:1, disable_local_ca_jwt: true}",
	} {
		if !strings.Contains(text, old) {
			t.Fatalf("the built-in settings have no %q", old)
		}
		text = strings.ReplaceAll(text, old, replaced)
	}
	if err := errors.Join(os.WriteFile(c.recipients, []byte(lines.String()), 0o600), os.WriteFile(c.settings, []byte(text), 0o600)); err != nil {
		t.Fatal(err)
	}
	return c
}

func (c *ceremony) command(args ...string) *exec.Cmd {
	cmd := exec.Command(shared.bootstrap, args...)
	// What a person's shell may hold must not matter.
	cmd.Env = append(append(os.Environ(), "VAULT_ADDR=https://127.0.0.1:1", "VAULT_TOKEN=hvs.other", "VAULT_NAMESPACE=other"), c.env...)
	cmd.Dir = c.dir
	return cmd
}

func (c *ceremony) target(args ...string) []string {
	target := []string{"--address", c.address, "--escrow-file", c.escrow}
	if strings.HasPrefix(c.address, "https:") {
		target = append(target, "--ca-file", shared.ca)
	}
	return append(args, target...)
}

func (c *ceremony) initArgs(args ...string) []string {
	return append(c.target("vault", "init", "--settings", c.settings), args...)
}

// init runs bootstrap vault init with the operators of the file.
func (c *ceremony) init(args ...string) result {
	return c.run("", append(c.initArgs("--age-recipients", c.recipients), args...)...)
}

func (c *ceremony) run(stdin string, args ...string) result {
	c.t.Helper()
	cmd := c.command(args...)
	cmd.Stdin = strings.NewReader(stdin)
	return finish(c.t, cmd)
}

func finish(t *testing.T, cmd *exec.Cmd) result {
	t.Helper()
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	if _, ok := errors.AsType[*exec.ExitError](err); err != nil && !ok {
		t.Fatal(err)
	}
	return result{stdout.String(), stderr.String(), cmd.ProcessState.ExitCode()}
}

// ok runs and fails the test unless it ends well.
func (c *ceremony) ok(r result) result {
	c.t.Helper()
	if r.code != 0 {
		text, _ := os.ReadFile(filepath.Join(c.dir, "vault.log"))
		c.t.Fatalf("%s\n%s", r, text)
	}
	return r
}

func (c *ceremony) record() *escrow.Record {
	c.t.Helper()
	data, err := os.ReadFile(c.escrow)
	if err != nil {
		c.t.Fatal(err)
	}
	record, err := escrow.Parse(c.escrow, data)
	if err != nil {
		c.t.Fatal(err)
	}
	return record
}

// decrypt is what an operator does with age.
func (c *ceremony) decrypt(operator int, text string) string {
	c.t.Helper()
	r, err := age.Decrypt(armor.NewReader(strings.NewReader(text)), c.identities[operator])
	if err != nil {
		c.t.Fatal(err)
	}
	plain, err := io.ReadAll(r)
	if err != nil {
		c.t.Fatal(err)
	}
	return string(plain)
}

// rootToken is what operator does after an interruption.
func (c *ceremony) rootToken(operator int) string {
	c.t.Helper()
	r := c.ok(c.run("", c.target("vault", "escrow", "--root-token", "--holder", fmt.Sprint(operator+1))...))
	return c.decrypt(operator, r.stdout)
}

// generateRoot has Vault make a root token from recovery keys, which is how it
// shows that it takes them; then it is revoked.
func (c *ceremony) generateRoot(shares ...string) {
	c.t.Helper()
	token := c.makeRoot(shares...)
	c.isSetUp(token)
	if _, err := ask(c.server.address, token, "POST", "auth/token/revoke-self", nil); err != nil {
		c.t.Fatal(err)
	}
}

func (c *ceremony) makeRoot(shares ...string) (token string) {
	c.t.Helper()
	attempt, err := ask(c.server.address, "", "PUT", "sys/generate-root/attempt", nil)
	if err != nil {
		c.t.Fatal(err)
	}
	var progress map[string]any
	for _, share := range shares {
		if progress, err = ask(c.server.address, "", "PUT", "sys/generate-root/update", map[string]any{"key": share, "nonce": attempt["nonce"]}); err != nil {
			c.t.Fatal(err)
		}
	}
	if progress["complete"] != true {
		c.t.Fatalf("Vault does not take %d recovery keys as enough: %v", len(shares), progress)
	}
	encoded, err := base64.RawStdEncoding.DecodeString(progress["encoded_token"].(string))
	if err != nil {
		c.t.Fatal(err)
	}
	pad := attempt["otp"].(string)
	for i := range encoded {
		encoded[i] ^= pad[i]
	}
	return string(encoded)
}

// isSetUp looks at Vault with a root token: all that was asked for is there, and
// no other root token.
func (c *ceremony) isSetUp(token string) {
	c.t.Helper()
	read := func(method, path string) map[string]any {
		answer, err := ask(c.server.address, token, method, path, nil)
		if err != nil {
			c.t.Fatal(err)
		}
		data, _ := answer["data"].(map[string]any)
		return data
	}
	for path, want := range map[string]string{"sys/audit": "file/ stdout/", "sys/auth": "kubernetes/", "sys/mounts": "secret/"} {
		data := read("GET", path)
		for mount := range strings.FieldsSeq(want) {
			if data[mount] == nil {
				c.t.Errorf("%s lacks %s", path, mount)
			}
		}
	}
	if text := fmt.Sprint(read("GET", "sys/policies/acl/external-secrets")["policy"]); !strings.Contains(text, "secret/data/*") {
		c.t.Errorf("policy: %s", text)
	}
	role := read("GET", "auth/kubernetes/role/external-secrets")
	if fmt.Sprint(role["bound_service_account_names"], role["token_policies"]) != "[external-secrets] [external-secrets]" {
		c.t.Errorf("role: %v", role)
	}
	roots := 0
	for _, accessor := range read("LIST", "auth/token/accessors")["keys"].([]any) {
		answer, err := ask(c.server.address, token, "POST", "auth/token/lookup-accessor", map[string]any{"accessor": accessor})
		if err != nil {
			c.t.Fatal(err)
		}
		if strings.Contains(fmt.Sprint(answer["data"].(map[string]any)["policies"]), "root") {
			roots++
		}
	}
	if roots != 1 {
		c.t.Errorf("%d root tokens are valid, want the one that was just made", roots)
	}
}

// finished fails unless the escrow says done and the operators' keys open Vault.
func (c *ceremony) finished() {
	c.t.Helper()
	record := c.record()
	if record.Phase != escrow.Done || len(record.RootToken) != 0 || len(record.RecoveryKeys) != 3 || record.VaultClusterID == "" {
		c.t.Fatalf("the escrow: %+v", record)
	}
	c.generateRoot(c.decrypt(0, record.RecoveryKeys[0].Text), c.decrypt(2, record.RecoveryKeys[2].Text))
}

func decodeJSON[T any](t *testing.T, text string) (v T) {
	t.Helper()
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	return v
}
