package cli_test

import (
	"bytes"
	"io"
	"log"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/registry"

	"github.com/groundwork-dev/groundwork/internal/cli"
	"github.com/groundwork-dev/groundwork/internal/testsupport"
)

// TestImage takes a program to a registry by the command line: built twice it is
// the same image, it is signed once, and what is not right is refused.
func TestImage(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(registry.New(registry.WithReferrersSupport(true), registry.Logger(log.New(io.Discard, "", 0))))
	t.Cleanup(server.Close)
	dir := t.TempDir()
	for name, text := range map[string]string{
		"go.mod":          "module example.com/web\n\ngo 1.26\n",
		"cmd/web/main.go": "package main\n\nvar version string\n\nfunc main() { println(version) }\n",
	} {
		file := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	run := func(want int, args ...string) (stdout, stderr string) {
		t.Helper()
		var out, err bytes.Buffer
		code := cli.Main(cli.Streams{In: strings.NewReader(""), Out: &out, Err: &err}, append([]string{"image"}, args...))
		if code != want {
			t.Fatalf("image %s: exit %d, want %d\n%s%s", strings.Join(args, " "), code, want, out.String(), err.String())
		}
		return strings.TrimSpace(out.String()), err.String()
	}
	says := func(text string, parts ...string) {
		t.Helper()
		for _, part := range parts {
			if !strings.Contains(text, part) {
				t.Errorf("%q is not in:\n%s", part, text)
			}
		}
	}
	build := []string{"build", "-C", dir, "--app", "web", "--platform", "linux/amd64", "--version-variable", "main.version"}
	_, err := run(3, append(build, "--tag", "latest")...)
	says(err, "latest")
	_, err = run(3, append(build, "--tag", "1.2.3", "--variable", "main.message=two words")...)
	says(err, "--variable", "main.message=two words")
	first, _ := run(0, append(build, "--tag", "1.2.3")...)
	tar := filepath.Join(t.TempDir(), "web.tar")
	if second, _ := run(0, append(build, "--tag", "1.2.3", "--out", tar)...); second != first || !strings.HasPrefix(first, "sha256:") {
		t.Errorf("built twice, the image is %s and %s", first, second)
	}

	name := strings.TrimPrefix(server.URL, "http://") + "/acme/web"
	push := []string{"push", "--layout", tar, "--image", name}
	pinned, _ := run(0, append(push, "--untagged")...)
	if pinned != name+"@"+first {
		t.Errorf("pushed is %s, want %s@%s", pinned, name, first)
	}
	private, public := testsupport.WriteKey(t, t.TempDir(), "ours")
	_, another := testsupport.WriteKey(t, t.TempDir(), "another")
	_, err = run(4, "verify", "--key", public, pinned)
	says(err, "signature", "fix: ")
	_, err = run(3, "sign", "--key", private, name+":1.2.3")
	says(err, "has no digest")
	run(0, "sign", "--key", private, pinned)
	_, err = run(0, "sign", "--key", private, pinned)
	says(err, "has a signature by this key already")
	run(0, push...)
	out, _ := run(0, "verify", "--key", public, name+":1.2.3@"+first)
	says(out, "digest: ok", "signature: ok", "tag: ok", "sbom: ok")
	_, err = run(4, "verify", "--key", another, pinned)
	says(err, "is by another key")
	_, err = run(4, "verify", "--key", public, name+"@sha256:"+strings.Repeat("0", 64))
	says(err, "digest")

	// Another image under the same tag: it is not moved.
	changed, _ := run(0, "build", "-C", dir, "--app", "web", "--platform", "linux/arm64", "--tag", "1.2.3", "--out", tar)
	if changed == first {
		t.Fatal("another platform gives the same image")
	}
	_, err = run(4, push...)
	says(err, "1.2.3")
}
