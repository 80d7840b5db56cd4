//go:build e2e

// Package vault proves the first minutes of a Vault on the real server, with
// raft storage and a transit seal that a second Vault gives: through the command
// line alone, killed where a kill hurts.
package vault

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const (
	repoRoot     = "../../.."
	transitToken = "transit-root"
	// patience bounds each wait for a condition.
	patience = time.Minute
)

// suite is what all tests share.
type suite struct {
	vault, bootstrap string // programs
	transit          string // address of the Vault whose key unseals the others
	ca, cert, key    string // files; the certificate is for 127.0.0.1 and vault-0.vault-internal
	client           *http.Client
}

var shared suite

func TestMain(m *testing.M) {
	code, err := run(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, "e2e:", err)
		code = 1
	}
	os.Exit(code)
}

func run(m *testing.M) (code int, err error) {
	dir, err := os.MkdirTemp("", "groundwork-vault-")
	if err != nil {
		return 1, err
	}
	defer os.RemoveAll(dir)
	shared.vault, shared.bootstrap = filepath.Join(dir, "vault"), filepath.Join(dir, "bootstrap")
	module := filepath.Join(repoRoot, "sandbox", "vault")
	layout := filepath.Join(dir, "layout")
	if err := errors.Join(
		os.Mkdir(layout, 0o755),
		build(module, "run", "./layout", layout),
		build(module, "build", "-modfile", filepath.Join(layout, "go.mod"), "-tags", "minimal", "-ldflags", "-s -w", "-o", shared.vault, "."),
		build(repoRoot, "build", "-o", shared.bootstrap, "./cmd/bootstrap"),
		shared.certify(dir),
	); err != nil {
		return 1, err
	}
	stop, err := shared.startTransit(dir)
	if err != nil {
		return 1, err
	}
	defer stop()
	return m.Run(), nil
}

func build(dir string, args ...string) error {
	cmd := exec.Command("go", args...)
	cmd.Dir, cmd.Env = dir, append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS=-trimpath -mod=readonly", "GOWORK=off")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("go %s: %w\n%s", strings.Join(args, " "), err, out)
	}
	return nil
}

// certify makes a certificate authority, and a certificate of Vault's by it.
func (s *suite) certify(dir string) error {
	authority := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	server := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "vault"}, NotBefore: authority.NotBefore, NotAfter: authority.NotAfter,
		DNSNames: []string{"vault-0.vault-internal"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	caKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	key, err2 := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err := errors.Join(err, err2); err != nil {
		return err
	}
	caDER, err := x509.CreateCertificate(rand.Reader, authority, authority, caKey.Public(), caKey)
	certDER, err2 := x509.CreateCertificate(rand.Reader, server, authority, key.Public(), caKey)
	keyDER, err3 := x509.MarshalPKCS8PrivateKey(key)
	if err := errors.Join(err, err2, err3); err != nil {
		return err
	}
	s.ca, s.cert, s.key = filepath.Join(dir, "ca.pem"), filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(pemOf("CERTIFICATE", caDER))
	s.client = &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}}, Timeout: patience}
	return errors.Join(
		os.WriteFile(s.ca, pemOf("CERTIFICATE", caDER), 0o600),
		os.WriteFile(s.cert, pemOf("CERTIFICATE", certDER), 0o600),
		os.WriteFile(s.key, pemOf("PRIVATE KEY", keyDER), 0o600),
	)
}

func pemOf(kind string, der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})
}

// startTransit starts the Vault that holds the key of the others' seal.
func (s *suite) startTransit(dir string) (stop func(), err error) {
	address, err := freeAddress()
	if err != nil {
		return nil, err
	}
	log, err := os.Create(filepath.Join(dir, "transit.log"))
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(s.vault, "server", "-dev", "-dev-no-store-token", "-dev-root-token-id="+transitToken, "-dev-listen-address="+address)
	cmd.Stdout, cmd.Stderr, cmd.Env = log, log, []string{"HOME=" + dir}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	stop = func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	}
	s.transit = "http://" + address
	err = until(func() error { _, err := ask(s.transit, transitToken, "GET", "sys/mounts", nil); return err })
	if err == nil {
		_, err = ask(s.transit, transitToken, "POST", "sys/mounts/transit", map[string]any{"type": "transit"})
	}
	if err == nil {
		_, err = ask(s.transit, transitToken, "POST", "transit/keys/unseal", nil)
	}
	if err != nil {
		stop()
		return nil, fmt.Errorf("starting the Vault of the seal: %w", err)
	}
	return stop, nil
}

func freeAddress() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}

// until waits for a condition.
func until(condition func() error) error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	ticker := time.NewTicker(100 * time.Millisecond)
	defer ticker.Stop()
	for {
		err := condition()
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("after %s: %w", patience, err)
		case <-ticker.C:
		}
	}
}

// ask calls Vault's API past the code under test.
func ask(address, token, method, path string, body any) (map[string]any, error) {
	data, err := json.Marshal(body)
	if err != nil {
		return nil, err
	}
	request, err := http.NewRequest(method, address+"/v1/"+path, bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	request.Header.Set("X-Vault-Token", token)
	response, err := shared.client.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	data, err = io.ReadAll(response.Body)
	if err != nil {
		return nil, err
	}
	if response.StatusCode >= 400 {
		return nil, fmt.Errorf("%s %s: %d %s", method, path, response.StatusCode, data)
	}
	answer := map[string]any{}
	if len(data) > 0 {
		err = json.Unmarshal(data, &answer)
	}
	return answer, err
}

// server is a Vault with raft storage that was never initialised.
type server struct {
	t       *testing.T
	dir     string
	address string
	cluster string
	seal    string
	cmd     *exec.Cmd
}

func startVault(t *testing.T) *server {
	t.Helper()
	return startSealed(t, fmt.Sprintf("seal \"transit\" {\n address = %q\n token = %q\n key_name = \"unseal\"\n mount_path = \"transit/\"\n disable_renewal = \"true\"\n}\n", shared.transit, transitToken))
}

func startSealed(t *testing.T, seal string) *server {
	t.Helper()
	s := &server{t: t, dir: t.TempDir(), seal: seal}
	address, err := freeAddress()
	cluster, err2 := freeAddress()
	if err := errors.Join(err, err2); err != nil {
		t.Fatal(err)
	}
	s.address, s.cluster = "https://"+address, "https://"+cluster
	s.start()
	t.Cleanup(s.stop)
	return s
}

func (s *server) start() {
	s.t.Helper()
	raft := filepath.Join(s.dir, "raft")
	config := fmt.Sprintf(`disable_mlock = true
api_addr = %q
cluster_addr = %q
storage "raft" {
 path = %q
 node_id = "vault-0"
 performance_multiplier = 1
}
listener "tcp" {
 address = %q
 cluster_address = %q
 tls_cert_file = %q
 tls_key_file = %q
}
`, s.address, s.cluster, raft, strings.TrimPrefix(s.address, "https://"), strings.TrimPrefix(s.cluster, "https://"), shared.cert, shared.key) + s.seal
	if err := errors.Join(os.MkdirAll(raft, 0o755), os.WriteFile(filepath.Join(s.dir, "vault.hcl"), []byte(config), 0o600)); err != nil {
		s.t.Fatal(err)
	}
	log, err := os.OpenFile(filepath.Join(s.dir, "vault.log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		s.t.Fatal(err)
	}
	defer log.Close()
	s.cmd = exec.Command(shared.vault, "server", "-config", filepath.Join(s.dir, "vault.hcl"))
	s.cmd.Stdout, s.cmd.Stderr, s.cmd.Env = log, log, []string{"HOME=" + s.dir}
	if err := s.cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	if err := until(func() error { _, err := ask(s.address, "", "GET", "sys/seal-status", nil); return err }); err != nil {
		text, _ := os.ReadFile(filepath.Join(s.dir, "vault.log"))
		s.t.Fatalf("starting Vault: %v\n%s", err, text)
	}
}

func (s *server) stop() {
	_ = s.cmd.Process.Kill()
	_ = s.cmd.Wait()
}

// wipe does what a person is told to do about a Vault whose keys were lost.
func (s *server) wipe() {
	s.t.Helper()
	s.stop()
	if err := os.RemoveAll(filepath.Join(s.dir, "raft")); err != nil {
		s.t.Fatal(err)
	}
	s.start()
}

func (s *server) initialized() bool {
	s.t.Helper()
	status, err := ask(s.address, "", "GET", "sys/seal-status", nil)
	if err != nil {
		s.t.Fatal(err)
	}
	return status["initialized"] == true
}
