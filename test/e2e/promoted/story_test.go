//go:build e2e

package promoted

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/groundwork-dev/groundwork/internal/imagepin"
	"github.com/groundwork-dev/groundwork/test/e2e/sandboxed"
)

// begin makes the repository with an app in it, and hands dev to Git.
func (s *story) begin(t *testing.T) built {
	t.Helper()
	s.ask(t, http.MethodPost, "/orgs/platform/repos", map[string]any{"name": "promoted", "default_branch": "main", "private": true}, nil)
	address := sandboxed.Forge + "/platform/promoted.git"
	s.Must(t, s.dir, "git", "init", "--quiet", "--initial-branch", "main")
	s.Must(t, s.dir, "git", "remote", "add", "origin", address)
	sandboxed.Write(t, s.dir, map[string]string{"go.mod": "module example.com/web\n\ngo 1.26\n", "cmd/web/main.go": sources, ".gitignore": "bin/\ndist/\n"})
	first := s.build(t, 1, "first version")
	s.sign(t, first)
	sandboxed.Write(t, s.dir, map[string]string{"platform.yaml": fmt.Sprintf(platformYAML, address, image+":"+first.tag+"@"+first.digest)})
	s.Must(t, s.dir, s.Bootstrap, "run", "--cluster", "dev", "--webhook-url", webhook)
	s.Must(t, s.dir, "git", "fetch", "--quiet")
	s.Must(t, s.dir, "git", "reset", "--quiet", "--hard", "origin/main")
	return first
}

// build commits and pushes, and brings an image of that commit to the registry,
// unsigned.
func (s *story) build(t *testing.T, number int, what string) built {
	t.Helper()
	sandboxed.Write(t, s.dir, map[string]string{"VERSION": what + "\n"})
	s.Must(t, s.dir, "git", "add", "--all")
	s.Must(t, s.dir, "git", "commit", "--quiet", "--message", what)
	s.Must(t, s.dir, "git", "push", "--quiet", "origin", "HEAD:main")
	tag := fmt.Sprintf("main-%d-%s", number, s.Must(t, s.dir, "git", "rev-parse", "--short=12", "HEAD"))
	out := filepath.Join(t.TempDir(), "web.tar")
	digest := s.Must(t, s.dir, s.Bootstrap, "image", "build", "--app", "web", "--platform", "linux/amd64", "--version-variable", "main.version", "--tag", tag, "--out", out)
	s.Must(t, s.dir, s.Bootstrap, "image", "push", "--layout", out, "--image", image)
	return built{tag, digest}
}

func (s *story) sign(t *testing.T, b built) {
	t.Helper()
	s.Must(t, s.dir, s.Bootstrap, "image", "sign", "--key", s.private, image+"@"+b.digest)
}

// move writes dev's line and pushes it.
func (s *story) move(t *testing.T, b built) {
	t.Helper()
	name := imagepin.Path("dev", "web")
	file := filepath.Join(s.dir, filepath.FromSlash(name))
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	text := string(data)
	pin, err := imagepin.Read(name, data)
	if err != nil {
		t.Fatal(err)
	}
	text = strings.ReplaceAll(text, "newTag: "+pin.Tag, "newTag: "+b.tag)
	switch {
	case b.digest == "":
		text = strings.ReplaceAll(text, "    digest: "+pin.Digest+"\n", "")
	case pin.Digest == "":
		text += "    digest: " + b.digest + "\n"
	default:
		text = strings.ReplaceAll(text, pin.Digest, b.digest)
	}
	sandboxed.Write(t, s.dir, map[string]string{name: text})
	s.Must(t, s.dir, "git", "commit", "--quiet", "--all", "--message", "dev: "+b.tag)
	s.Must(t, s.dir, "git", "push", "--quiet", "origin", "HEAD:main")
}

// dev moves dev to an image, and waits until it is what Flux has there.
func (s *story) dev(t *testing.T, b built) {
	t.Helper()
	s.move(t, b)
	s.await(t, b)
	s.Must(t, s.dir, "kubectl", "-n", "web", "rollout", "status", "deployment/web", "--timeout=2m")
}

// await waits until dev's Deployment has an image.
func (s *story) await(t *testing.T, b built) {
	t.Helper()
	want := image + ":" + b.tag + "@" + b.digest
	s.Must(t, s.dir, "kubectl", "-n", "web", "wait", "deployment/web", "--for=jsonpath={.spec.template.spec.containers[0].image}="+want, "--timeout=2m")
}
