//go:build e2e

package vault

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/groundwork-dev/groundwork/internal/escrow"
)

// proxy stands before a Vault and counts what changes it.
type proxy struct {
	*httptest.Server
	mu     sync.Mutex
	writes int
	// at is called before and after the request of that number reaches Vault,
	// and may end it there.
	at func(number int, request string, after bool) (end bool)
}

func newProxy(t *testing.T, vault string) *proxy {
	t.Helper()
	p := &proxy{}
	p.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		number := 0
		if r.Method != http.MethodGet {
			p.mu.Lock()
			p.writes++
			number = p.writes
			p.mu.Unlock()
		}
		ends := func(after bool) bool {
			return p.at != nil && number > 0 && p.at(number, r.Method+" "+r.URL.Path, after)
		}
		body, _ := io.ReadAll(r.Body)
		if ends(false) {
			return
		}
		request, _ := http.NewRequest(r.Method, vault+r.URL.String(), bytes.NewReader(body))
		request.Header = r.Header.Clone()
		response, err := shared.client.Do(request)
		if err != nil {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		defer response.Body.Close()
		answer, _ := io.ReadAll(response.Body)
		if ends(true) {
			return
		}
		maps.Copy(w.Header(), response.Header)
		w.WriteHeader(response.StatusCode)
		_, _ = w.Write(answer)
	}))
	t.Cleanup(p.Close)
	return p
}

// TestKilled kills the process, for real, before and after each request that
// changes Vault, and then does what a person would, or is told to.
func TestKilled(t *testing.T) {
	t.Parallel()
	const most = 40
	for _, after := range []bool{false, true} {
		t.Run(fmt.Sprintf("after=%t", after), func(t *testing.T) {
			t.Parallel()
			ends := map[string]int{}
			for number := 1; ; number++ {
				if number > most {
					t.Fatalf("more than %d requests", most)
				}
				c := newCeremony(t, startVault(t))
				request := c.killedAt(number, after)
				if request == "" {
					break
				}
				end := c.recovers()
				t.Logf("killed at %s: %s", request, end)
				ends[end]++
				c.stop()
			}
			t.Logf("%v", ends)
			stranded, itself := 0, 1
			if after {
				stranded, itself = 1, 0
			}
			if ends["started again"] != stranded || ends["by itself"] != itself || ends["with the root token"] < 6 {
				t.Errorf("ends: %v", ends)
			}
		})
	}
}

// killedAt runs init and kills it at the request of that number; it returns the
// request, empty when the run was over before.
func (c *ceremony) killedAt(number int, after bool) (request string) {
	c.t.Helper()
	p := newProxy(c.t, c.server.address)
	direct := c.address
	c.address = p.URL
	defer func() { c.address = direct }()
	cmd := c.command(c.initArgs("--age-recipients", c.recipients)...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	dead := make(chan struct{})
	p.at = func(n int, r string, afterwards bool) bool {
		if n != number || afterwards != after {
			return false
		}
		request = r
		_ = cmd.Process.Signal(syscall.SIGKILL)
		<-dead // nothing more may reach it
		return true
	}
	if err := cmd.Start(); err != nil {
		c.t.Fatal(err)
	}
	err := cmd.Wait()
	close(dead)
	if request == "" && err != nil {
		c.t.Fatalf("%v\n%s", err, stderr.String())
	}
	return request
}

// recovers runs again, and says what it took.
func (c *ceremony) recovers() string {
	c.t.Helper()
	r := c.init()
	if r.code == 0 {
		c.finished()
		return "by itself"
	}
	if r.code != 4 {
		c.t.Fatalf("the next run: %s", r)
	}
	if status := c.run("", c.target("vault", "status")...); status.code != 1 {
		c.t.Errorf("status sees nothing wrong: %s", status)
	}
	if c.record().Phase == escrow.Started {
		if !strings.Contains(r.stderr, "its keys were not stored") || !strings.Contains(r.stderr, "mv "+c.escrow) || !strings.Contains(r.stderr, "start again") || !c.initialized() {
			c.t.Fatalf("the next run: %s", r)
		}
		if err := os.Rename(c.escrow, c.escrow+".lost"); err != nil {
			c.t.Fatal(err)
		}
		c.wipe()
		c.ok(c.init())
		c.finished()
		return "started again"
	}
	if !strings.Contains(r.stderr, "vault escrow --root-token") || !strings.Contains(r.stderr, "--root-token-file -") {
		c.t.Fatalf("the next run: %s", r)
	}
	c.ok(c.run(c.rootToken(1)+"\n", c.initArgs("--root-token-file", "-")...))
	c.finished()
	return "with the root token"
}

// TestInterruptedWhileVaultAnswers presses Ctrl-C while Vault makes its keys.
func TestInterruptedWhileVaultAnswers(t *testing.T) {
	t.Parallel()
	c := newCeremony(t, startVault(t))
	p := newProxy(t, c.server.address)
	c.address = p.URL
	cmd := c.command(c.initArgs("--age-recipients", c.recipients)...)
	p.at = func(_ int, request string, after bool) bool {
		if strings.HasSuffix(request, "/sys/init") && after {
			for range 2 { // a second one ends other commands at once
				_ = cmd.Process.Signal(os.Interrupt)
			}
		}
		return false
	}
	r := finish(t, cmd)
	if r.code != 130 || c.record().Phase != escrow.Stored {
		t.Fatalf("%s\n%s", r, c.record().Phase)
	}
	c.address = c.server.address
	c.ok(c.run(c.rootToken(0), c.initArgs("--root-token-file", "-")...))
	c.finished()
}

// TestKeyService has a KMS key keep everything: a run that was killed is gone on
// with without a person.
func TestKeyService(t *testing.T) {
	t.Parallel()
	c := newCeremony(t, startVault(t))
	c.env = []string{"AWS_ENDPOINT_URL_KMS=" + keyService(t), "AWS_ACCESS_KEY_ID=id", "AWS_SECRET_ACCESS_KEY=key", "AWS_REGION=eu-central-1", "AWS_CONFIG_FILE=/dev/null"}
	p := newProxy(t, c.server.address)
	arguments := []string{"--kms-key", "alias/escrow", "--recovery-shares", "3"}
	c.address = p.URL
	cmd := c.command(c.initArgs(arguments...)...)
	dead := make(chan struct{})
	p.at = func(number int, _ string, after bool) bool {
		if number != 4 || !after {
			return false
		}
		_ = cmd.Process.Signal(syscall.SIGKILL)
		<-dead
		return true
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	close(dead)
	c.address = c.server.address
	if c.record().Phase != escrow.Stored {
		t.Fatalf("killed too early or too late: %s", c.record().Phase)
	}
	c.ok(c.run("", c.initArgs(arguments...)...))
	record := c.record()
	if record.Phase != escrow.Done || record.Threshold != 2 {
		t.Fatalf("the escrow: %+v", record)
	}
}

// keyService speaks the protocol of KMS and turns each byte over.
func keyService(t *testing.T) string {
	t.Helper()
	turn := func(data []byte) []byte {
		out := bytes.Clone(data)
		for i := range out {
			out[i] ^= 0xff
		}
		return out
	}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var in struct{ Plaintext, CiphertextBlob []byte }
		if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
			t.Error(err)
		}
		out := map[string]any{"KeyId": "alias/escrow"}
		if strings.HasSuffix(r.Header.Get("X-Amz-Target"), ".Encrypt") {
			out["CiphertextBlob"] = turn(in.Plaintext)
		} else {
			out["Plaintext"] = turn(in.CiphertextBlob)
		}
		w.Header().Set("Content-Type", "application/x-amz-json-1.1")
		_ = json.NewEncoder(w).Encode(out)
	}))
	t.Cleanup(s.Close)
	return s.URL
}
