//go:build e2e

package requested

import (
	"fmt"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"testing"

	"github.com/groundwork-dev/groundwork/internal/imagepin"
	"github.com/groundwork-dev/groundwork/test/e2e/sandboxed"
)

const (
	repository = "/repos/platform/requested"
	image      = "ghcr.io/acme/requested"
	branch     = "flux/dev-web"
	program    = `package main

import (
	"net/http"
	"os"
)

var version string

func main() {
	panic(http.ListenAndServe(os.Getenv("LISTEN"), http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(version)) })))
}
`
	platformYAML = `apiVersion: groundwork.dev/v1alpha1
kind: Platform
metadata: {name: e2e}
spec:
  repository: {url: https://forge.sandbox.test/platform/requested.git, provider: gitea}
  aws: {accountID: "123456789012", region: eu-central-1, zones: [eu-central-1a]}
  clusters:
    dev: {size: small, domain: dev.e2e.test, components: {}}
  apps:
    web:
      image: ghcr.io/acme/requested:1.0.0
      port: 8080
      replicas: {min: 1, max: 2}
      resources: {requests: {cpu: 20m, memory: 32Mi}}
      delivery: {automate: [dev], via: pullRequest}
  governance:
    owners: {platform: ["@olga"]}
    branches: [{name: main, reviews: 1, checks: [test]}]
`
)

// story is one app on its way.
type story struct {
	dir, commit string // the checkout, and the commit that is built
	olga        func(*http.Request)
}

// TestRequested tells the story in its order.
func TestRequested(t *testing.T) {
	s := begin(t)
	s.request(t, 0, "image automation has pushed no branch")

	s.build(t, "main-2-"+s.commit)
	first := s.pushed(t, "main-2-"+s.commit)
	s.request(t, 0, "opened: web on dev", "not merged yet: ", "status checks")
	one := s.only(t)
	s.request(t, 0, "kept: web on dev", "/pulls/"+fmt.Sprint(one)) // once
	s.green(t, first)
	s.request(t, 0, "kept: web on dev", "not merged yet: ", "approvals")
	s.approve(t, one, first)
	if out := s.workflow(t, "somebody/requested"); strings.Contains(out, "web on dev") || s.only(t) != one {
		t.Errorf("a fork's run starts the job\n%s", out)
	}
	sandboxed.Says(t, s.workflow(t, "platform/requested"), "merged: web on dev")
	if tag := s.onMain(t).Tag; tag != "main-2-"+s.commit || s.head(t) != "" {
		t.Errorf("main has %s, and the branch is at %q", tag, s.head(t))
	}
	s.must(t, "kubectl", "-n", "web", "wait", "deployment/web", "--for=jsonpath={.spec.template.spec.containers[0].image}="+s.onMain(t).Image(), "--timeout=3m")
	s.request(t, 0, "image automation has pushed no branch")

	// Two builds before anybody looks: the request is about the second.
	s.build(t, "main-3-"+s.commit)
	before := s.pushed(t, "main-3-"+s.commit)
	s.request(t, 0, "opened: web on dev")
	s.build(t, "main-4-"+s.commit)
	second := s.pushed(t, "main-4-"+s.commit)
	if parent := s.must(t, "git", "rev-parse", second+"^"); parent != before {
		t.Errorf("image automation began its branch anew, at %s: then nobody has to delete it", parent)
	}
	two := s.only(t)
	s.request(t, 0, "kept: web on dev", "/pulls/"+fmt.Sprint(two))
	s.green(t, second)
	s.approve(t, two, second)

	s.smuggles(t, second)
	s.request(t, 0, "merged: web on dev")
	if tag := s.onMain(t).Tag; tag != "main-4-"+s.commit {
		t.Errorf("main has %s", tag)
	}
	if changed := s.must(t, "git", "diff", "--name-only", s.commit, "origin/main", "--", "apps"); changed != imagepin.Path("dev", "web") {
		t.Errorf("the requests changed\n%s", changed)
	}
}

// begin makes a repository with an app in it, hands dev to Git and protects main.
func begin(t *testing.T) *story {
	t.Helper()
	s := &story{dir: t.TempDir()}
	api(t, http.MethodPost, "/orgs/platform/repos", map[string]any{"name": "requested", "default_branch": "main", "private": true}, nil)
	s.olga = newOwner(t, "olga")
	s.must(t, "git", "init", "--quiet", "--initial-branch", "main")
	s.must(t, "git", "remote", "add", "origin", sandboxed.Forge+"/platform/requested.git")
	sandboxed.Write(t, s.dir, map[string]string{"go.mod": "module example.com/web\n\ngo 1.26\n", "cmd/web/main.go": program, "platform.yaml": platformYAML, ".gitignore": "dist/\nbin/\n"})
	s.must(t, shared.Bootstrap, "generate")
	s.must(t, "git", "add", "--all")
	s.must(t, "git", "commit", "--quiet", "--message", "first")
	s.must(t, "git", "push", "--quiet", "origin", "main")
	s.commit = s.must(t, "git", "rev-parse", "--short=12", "HEAD")
	s.build(t, "1.0.0")
	s.must(t, shared.Bootstrap, "run", "--cluster", "dev", "--webhook-url", "http://webhook-receiver.flux-system.svc.cluster.local")
	s.must(t, "git", "pull", "--quiet", "--ff-only", "origin", "main")
	s.commit = s.must(t, "git", "rev-parse", "--short=12", "HEAD")
	s.must(t, shared.Bootstrap, "govern")
	return s
}

func (s *story) must(t *testing.T, name string, args ...string) string {
	t.Helper()
	return shared.Must(t, s.dir, name, args...)
}

// build brings an image to the registry.
func (s *story) build(t *testing.T, tag string) {
	t.Helper()
	out := filepath.Join(t.TempDir(), "web.tar")
	s.must(t, shared.Bootstrap, "image", "build", "--app", "web", "--platform", "linux/amd64", "--version-variable", "main.version", "--tag", tag, "--out", out)
	s.must(t, shared.Bootstrap, "image", "push", "--layout", out, "--image", image)
}

// pushed has Flux look for images, and waits until a build is on its branch. It
// returns the branch's last commit.
func (s *story) pushed(t *testing.T, tag string) string {
	t.Helper()
	s.must(t, "kubectl", "-n", "flux-system", "annotate", "--overwrite", "imagerepositories.image.toolkit.fluxcd.io/web", "reconcile.fluxcd.io/requestedAt="+tag)
	await(t, tag+" on "+branch, func() bool {
		head := s.head(t)
		return head != "" && strings.Contains(s.must(t, "git", "show", head+":"+imagepin.Path("dev", "web")), tag)
	})
	t.Logf("the branch is\n%s", s.must(t, "git", "log", "--graph", "--oneline", "origin/main", "origin/"+branch))
	return s.head(t)
}

// head is the branch's last commit, empty without the branch.
func (s *story) head(t *testing.T) string {
	t.Helper()
	s.must(t, "git", "fetch", "--quiet", "--prune", "origin")
	return strings.TrimSpace(shared.Run(t, s.dir, "git", "rev-parse", "--quiet", "--verify", "origin/"+branch).Stdout)
}

func (s *story) onMain(t *testing.T) imagepin.Pin {
	t.Helper()
	s.must(t, "git", "fetch", "--quiet", "--prune", "origin")
	path := imagepin.Path("dev", "web")
	pin, err := imagepin.Read(path, []byte(s.must(t, "git", "show", "origin/main:"+path)))
	if err != nil {
		t.Fatal(err)
	}
	return pin
}

// request runs the command, which has to end with a code and say what it did.
func (s *story) request(t *testing.T, code int, parts ...string) {
	t.Helper()
	r := shared.Run(t, s.dir, shared.Bootstrap, "image", "request", "--app", "web", "--cluster", "dev", "--merge")
	t.Logf("image request: exit %d\n%s%s", r.Code, r.Stdout, r.Stderr)
	if r.Code != code {
		t.Fatalf("exit %d, want %d", r.Code, code)
	}
	sandboxed.Says(t, r.Stdout+r.Stderr, parts...)
}

// only is the number of the one open request.
func (s *story) only(t *testing.T) int {
	t.Helper()
	var open []struct{ Number int }
	api(t, http.MethodGet, repository+"/pulls?state=open", nil, &open)
	if len(open) != 1 {
		t.Fatalf("open requests %+v", open)
	}
	return open[0].Number
}

func (s *story) green(t *testing.T, commit string) {
	t.Helper()
	api(t, http.MethodPost, repository+"/statuses/"+commit, map[string]any{"context": "test", "state": "success"}, nil)
}

func (s *story) approve(t *testing.T, number int, commit string) {
	t.Helper()
	status, answer, err := shared.CallForge(t.Context(), s.olga, http.MethodPost, fmt.Sprintf("%s/pulls/%d/reviews", repository, number),
		map[string]any{"event": "APPROVED", "body": "fine", "commit_id": commit}, nil)
	if err != nil || status/100 != 2 {
		t.Fatalf("approving: %d %s, %v", status, answer, err)
	}
}

// smuggles has somebody add to the branch, on a request that was approved, and
// takes it back.
func (s *story) smuggles(t *testing.T, good string) {
	t.Helper()
	s.must(t, "kubectl", "-n", "flux-system", "patch", "imageupdateautomations.image.toolkit.fluxcd.io/web", "--type=merge", "--patch", `{"spec":{"suspend":true}}`)
	s.must(t, "git", "checkout", "--quiet", "--detach", good)
	sandboxed.Write(t, s.dir, map[string]string{"apps/dev/web/smuggled.yaml": "a: b\n"})
	s.must(t, "git", "add", "apps")
	s.must(t, "git", "commit", "--quiet", "--message", "smuggled")
	s.must(t, "git", "push", "--quiet", "origin", "HEAD:refs/heads/"+branch)
	bad := s.must(t, "git", "rev-parse", "HEAD")
	s.green(t, bad)
	s.approve(t, s.only(t), bad)
	s.request(t, 4, "is refused: it changes apps/dev/web/smuggled.yaml, beside the image of web", "fix: ")
	// As whoever may push would mend it: the request is closed with the branch.
	api(t, http.MethodDelete, repository+"/branches/"+url.PathEscape(branch), nil, nil)
	s.request(t, 0, "image automation has pushed no branch")
	s.must(t, "git", "checkout", "--quiet", "main")
	s.must(t, "kubectl", "-n", "flux-system", "patch", "imageupdateautomations.image.toolkit.fluxcd.io/web", "--type=merge", "--patch", `{"spec":{"suspend":false}}`)
	tag := "main-4-" + s.commit
	head := s.pushed(t, tag)
	s.request(t, 0, "opened: web on dev")
	if parent := s.must(t, "git", "rev-parse", head+"^"); parent != s.must(t, "git", "rev-parse", "origin/main") {
		t.Errorf("the branch that was begun anew is on %s", parent)
	}
	s.green(t, head)
	s.approve(t, s.only(t), head)
}
