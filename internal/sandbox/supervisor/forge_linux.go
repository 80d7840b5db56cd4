package supervisor

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/knownhosts"

	"github.com/groundwork-dev/groundwork/internal/sandbox/node"
	"github.com/groundwork-dev/groundwork/internal/sandbox/pki"
)

// The forge's administrator, its organisation and the first, empty repository.
const (
	forgeUser = "bootstrap"
	forgeOrg  = "platform"
	forgeRepo = "fleet"
)

// forge makes the administrator and an empty repository on a fresh forge, and
// leaves the administrator's token in the run folder.
func (s *supervisor) forge(ctx context.Context) error {
	if _, err := s.gitea(ctx, "admin", "user", "create", "--admin", "--must-change-password=false",
		"--username", forgeUser, "--password", rand.Text(), "--email", forgeUser+"@"+node.Forge); err != nil {
		return err
	}
	out, err := s.gitea(ctx, "admin", "user", "generate-access-token", "--username", forgeUser, "--token-name", "sandbox", "--scopes", "all", "--raw")
	if err != nil {
		return err
	}
	// Warnings come before the token, which is the last line.
	lines := strings.Split(strings.TrimSpace(out), "\n")
	token := lines[len(lines)-1]
	if err := os.WriteFile(filepath.Join(s.Run, "token"), []byte(token), 0o600); err != nil {
		return fmt.Errorf("writing the forge's token: %w", err)
	}
	if err := s.forgePost(ctx, token, "/api/v1/orgs", map[string]any{"username": forgeOrg, "visibility": "private"}); err != nil {
		return err
	}
	return s.forgePost(ctx, token, "/api/v1/orgs/"+forgeOrg+"/repos", map[string]any{"name": forgeRepo, "private": true, "default_branch": "main"})
}

// hostKey adds the forge's SSH host key, and the file that trusts it. Without a
// key, the forge would make one by itself, slowly, that nobody could know.
func (s *supervisor) hostKey(files map[string][]byte) error {
	if s.Beside != "" {
		return nil
	}
	key, err := pki.NewKey()
	if err != nil {
		return err
	}
	signer, err := ssh.ParsePrivateKey(key)
	if err != nil {
		return fmt.Errorf("making the forge's host key: %w", err)
	}
	files[s.paths.PKI(node.ForgeHostKey)] = key
	files[filepath.Join(s.Run, node.KnownHosts)] = []byte(knownhosts.Line([]string{node.Forge}, signer.PublicKey()) + "\n")
	return nil
}

func (s *supervisor) gitea(ctx context.Context, args ...string) (string, error) {
	program := s.paths.Gitea()
	cmd := exec.CommandContext(ctx, program.Argv[0], append(args, "--config", s.paths.GiteaConfig())...)
	cmd.Env = append(os.Environ(), program.Env...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		// Not the arguments: one of them is a password.
		return "", fmt.Errorf("gitea %s: %w\n%s", strings.Join(args[:3], " "), err, stderr.String())
	}
	return string(out), nil
}

func (s *supervisor) forgePost(ctx context.Context, token, path string, body any) error {
	data, err := json.Marshal(body)
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+s.paths.At.Forge+path, bytes.NewReader(data))
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "token "+token)
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return fmt.Errorf("asking the forge: %w", err)
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(resp.Body, 1<<16))
	if err == nil && resp.StatusCode != http.StatusCreated {
		err = fmt.Errorf("%s: %s", resp.Status, answer)
	}
	if err != nil {
		return fmt.Errorf("asking the forge for %s: %w", path, err)
	}
	return nil
}
