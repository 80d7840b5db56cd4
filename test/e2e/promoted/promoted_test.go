//go:build e2e

package promoted

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/groundwork-dev/groundwork/internal/imagepin"
	"github.com/groundwork-dev/groundwork/internal/testsupport"
	"github.com/groundwork-dev/groundwork/test/e2e/sandboxed"
)

const (
	repository = "/repos/platform/promoted"
	branch     = "promote/web-prod"
	sources    = `package main

import (
	"net/http"
	"os"
	"strings"
)

var version string

func main() {
	panic(http.ListenAndServe(os.Getenv("LISTEN"), http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(version, "main-9-") && r.URL.Path == "/readyz" {
			http.Error(w, "never", http.StatusServiceUnavailable)
		}
	})))
}
`
	platformYAML = `apiVersion: groundwork.dev/v1alpha1
kind: Platform
metadata: {name: e2e}
spec:
  repository: {url: %s, provider: gitea}
  aws: {accountID: "123456789012", region: eu-central-1, zones: [eu-central-1a]}
  clusters:
    dev: {size: small, domain: dev.e2e.test, components: {}}
    prod: {size: small, domain: prod.e2e.test, components: {}}
  apps:
    web:
      image: %s
      port: 8080
      replicas: {min: 1, max: 2}
      resources: {requests: {cpu: 20m, memory: 32Mi}}
      delivery: {}
`
)

// story is one app on its way.
type story struct {
	*sandboxed.Sandbox
	dir             string // the checkout
	private, public string // the keys' files
}

// built is an image in the registry.
type built struct{ tag, digest string }

// request is what the forge says of one.
type request struct {
	Number int    `json:"number"`
	Title  string `json:"title"`
	Body   string `json:"body"`
	Head   struct {
		SHA string `json:"sha"`
	} `json:"head"`
}

// TestPromoted tells the story in its order.
func TestPromoted(t *testing.T) {
	s := &story{Sandbox: shared, dir: t.TempDir()}
	s.private, s.public = testsupport.WriteKey(t, t.TempDir(), "cosign")
	first := s.begin(t)
	s.nothing(t)
	second := s.build(t, 2, "second version")
	s.sign(t, second)
	s.dev(t, second)
	s.opens(t, first, second)
	third := s.build(t, 3, "third version")
	s.sign(t, third)
	s.dev(t, third)
	s.supersedes(t, second, third)
	s.checks(t)
	s.races(t)
	s.merges(t)
	s.refuses(t, third)
}

func (s *story) promote(t *testing.T, more ...string) sandboxed.Result {
	t.Helper()
	args := append([]string{"promote", "--app", "web", "--from", "dev", "--to", "prod", "--key", s.public, "--healthy-for", "0s"}, more...)
	r := s.Run(t, s.dir, s.Bootstrap, args...)
	t.Logf("promote %s: exit %d\n%s%s", strings.Join(more, " "), r.Code, r.Stdout, r.Stderr)
	return r
}

func (s *story) open(t *testing.T) []request {
	t.Helper()
	var open []request
	s.ask(t, http.MethodGet, repository+"/pulls?state=open", nil, &open)
	return open
}

// only is the one open request.
func (s *story) only(t *testing.T) request {
	t.Helper()
	open := s.open(t)
	if len(open) != 1 {
		t.Fatalf("%d open requests: %+v", len(open), open)
	}
	return open[0]
}

// status is the state and words of the check on a commit.
func (s *story) status(t *testing.T, commit string) (state, description string) {
	t.Helper()
	var all []struct{ Status, Context, Description string }
	s.ask(t, http.MethodGet, repository+"/statuses/"+commit+"?sort=recentupdate", nil, &all)
	for _, one := range all {
		if one.Context == "promotion/evidence" {
			return one.Status, one.Description
		}
	}
	return "", ""
}

func (s *story) nothing(t *testing.T) {
	t.Helper()
	r := s.promote(t)
	if r.Code != 0 || len(s.open(t)) != 0 {
		t.Fatalf("with nothing to promote: exit %d", r.Code)
	}
	sandboxed.Says(t, r.Stdout, "Nothing to promote")
}

// opens has a request appear, with evidence, once dev was healthy for long enough.
func (s *story) opens(t *testing.T, before, b built) {
	t.Helper()
	young := s.promote(t, "--healthy-for", "1h")
	if young.Code != 4 || len(s.open(t)) != 0 {
		t.Fatalf("too young: exit %d", young.Code)
	}
	sandboxed.Says(t, young.Stderr, "healthy in dev for", "run it again in")
	dry := s.promote(t, "--dry-run", "--output", "json")
	var planned struct{ Result string }
	if err := json.Unmarshal([]byte(dry.Stdout), &planned); err != nil || dry.Code != 0 || planned.Result != "dry run" || len(s.open(t)) != 0 {
		t.Fatalf("dry run: %v %+v", err, planned)
	}
	if r := s.promote(t); r.Code != 0 {
		t.Fatalf("exit %d", r.Code)
	}
	one := s.only(t)
	sandboxed.Says(t, one.Title, "promote web to prod: "+b.tag)
	sandboxed.Says(t, one.Body, b.digest, before.tag, "### Rendered difference", "+", image+":"+b.tag+"@"+b.digest, "clusters/prod",
		"running | the digest, in all pods of", "healthy | since", "second version", "is by the key")
	if state, words := s.status(t, one.Head.SHA); state != "success" {
		t.Errorf("the status is %q %q", state, words)
	}
	var files []struct{ Filename string }
	s.ask(t, http.MethodGet, fmt.Sprintf("%s/pulls/%d/files", repository, one.Number), nil, &files)
	if len(files) != 1 || files[0].Filename != imagepin.Path("prod", "web") {
		t.Errorf("the request changes %+v", files)
	}
}

// supersedes has the workflow promote a newer image, which takes the request over.
func (s *story) supersedes(t *testing.T, before, b built) {
	t.Helper()
	was := s.only(t)
	s.workflow(t)
	one := s.only(t)
	sandboxed.Says(t, one.Title, b.tag)
	sandboxed.Says(t, one.Body, b.digest, "third version")
	if one.Number != was.Number || one.Head.SHA == was.Head.SHA {
		t.Errorf("the request was #%d at %s, is #%d at %s", was.Number, was.Head.SHA, one.Number, one.Head.SHA)
	}
	var comments []struct{ Body string }
	s.ask(t, http.MethodGet, fmt.Sprintf("%s/issues/%d/comments", repository, one.Number), nil, &comments)
	if len(comments) != 1 || !strings.Contains(comments[0].Body, before.tag) {
		t.Errorf("comments %+v", comments)
	}
	if state, _ := s.status(t, one.Head.SHA); state != "success" {
		t.Errorf("the status is %q", state)
	}
}

func (s *story) check(t *testing.T, name string) sandboxed.Result {
	t.Helper()
	r := s.Run(t, s.dir, s.Bootstrap, "promote", "--check", "--branch", name, "--from", "dev", "--key", s.public, "--healthy-for", "0s")
	t.Logf("check %s: exit %d\n%s%s", name, r.Code, r.Stdout, r.Stderr)
	return r
}

// checks judges branches anew: the request's, one that is no promotion, and one
// that somebody added to.
func (s *story) checks(t *testing.T) {
	t.Helper()
	sandboxed.Write(t, s.dir, map[string]string{"README": "elsewhere\n"})
	s.Must(t, s.dir, "git", "add", "README")
	s.Must(t, s.dir, "git", "commit", "--quiet", "--message", "something else")
	s.Must(t, s.dir, "git", "push", "--quiet", "origin", "main")
	if r := s.check(t, branch); r.Code != 0 {
		t.Errorf("the request's branch, with main elsewhere: exit %d", r.Code)
	}
	s.Must(t, s.dir, "git", "checkout", "--quiet", "-b", "feature")
	sandboxed.Write(t, s.dir, map[string]string{"notes": "x\n"})
	s.Must(t, s.dir, "git", "add", "notes")
	s.Must(t, s.dir, "git", "commit", "--quiet", "--message", "notes")
	s.Must(t, s.dir, "git", "push", "--quiet", "origin", "feature")
	head := s.Must(t, s.dir, "git", "rev-parse", "HEAD")
	s.Must(t, s.dir, "git", "checkout", "--quiet", "main")
	r := s.check(t, "feature")
	if state, words := s.status(t, head); r.Code != 0 || state != "success" || words != "not a promotion" {
		t.Errorf("no promotion: exit %d, %s %q", r.Code, state, words)
	}
	s.Must(t, s.dir, "git", "fetch", "--quiet", "origin", branch)
	s.Must(t, s.dir, "git", "checkout", "--quiet", "--detach", "FETCH_HEAD")
	sandboxed.Write(t, s.dir, map[string]string{"notes": "smuggled\n"})
	s.Must(t, s.dir, "git", "add", "notes")
	s.Must(t, s.dir, "git", "commit", "--quiet", "--message", "smuggled")
	s.Must(t, s.dir, "git", "push", "--quiet", "origin", "HEAD:"+branch)
	head = s.Must(t, s.dir, "git", "rev-parse", "HEAD")
	s.Must(t, s.dir, "git", "checkout", "--quiet", "main")
	if state, _ := s.status(t, head); state != "" {
		t.Errorf("the new head has the status %q already", state)
	}
	r = s.check(t, branch)
	if state, _ := s.status(t, head); r.Code != 4 || state != "failure" {
		t.Errorf("smuggled: exit %d, %s", r.Code, state)
	}
}

// races starts two promotions at once where there is neither branch nor request.
func (s *story) races(t *testing.T) {
	t.Helper()
	for round := range 2 {
		s.ask(t, http.MethodPatch, fmt.Sprintf("%s/pulls/%d", repository, s.only(t).Number), map[string]any{"state": "closed"}, nil)
		s.Must(t, s.dir, "git", "push", "--quiet", "origin", ":"+branch)
		var output [2]bytes.Buffer
		var ended [2]func() error
		for i := range ended {
			cmd := s.Command(t.Context(), s.dir, s.Bootstrap, "promote", "--app", "web", "--from", "dev", "--to", "prod", "--key", s.public, "--healthy-for", "0s")
			cmd.Stdout, cmd.Stderr = &output[i], &output[i]
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			ended[i] = cmd.Wait
		}
		for i, wait := range ended {
			if err := wait(); err != nil {
				t.Errorf("round %d, process %d: %v\n%s", round, i, err, output[i].String())
			}
			t.Logf("round %d, process %d:\n%s", round, i, output[i].String())
		}
		one := s.only(t)
		if state, _ := s.status(t, one.Head.SHA); state != "success" {
			t.Errorf("round %d: the status is %q", round, state)
		}
	}
}

// merges the request, after which there is nothing to promote, and goes back.
func (s *story) merges(t *testing.T) {
	t.Helper()
	s.ask(t, http.MethodPost, fmt.Sprintf("%s/pulls/%d/merge", repository, s.only(t).Number), map[string]any{"Do": "merge"}, nil)
	s.nothing(t)
	s.Must(t, s.dir, "git", "pull", "--quiet", "--ff-only", "origin", "main")
	s.Must(t, s.dir, "git", "checkout", "--quiet", "-b", "back")
	s.Must(t, s.dir, "git", "revert", "--no-edit", "--mainline", "1", "HEAD")
	s.Must(t, s.dir, "git", "push", "--quiet", "origin", "back")
	head := s.Must(t, s.dir, "git", "rev-parse", "HEAD")
	s.Must(t, s.dir, "git", "checkout", "--quiet", "main")
	r := s.check(t, "back")
	if state, words := s.status(t, head); r.Code != 0 || state != "success" || !strings.Contains(words, "prod ran it before") {
		t.Errorf("the way back: exit %d, %s %q", r.Code, state, words)
	}
}

// refuses what is not right, and opens nothing.
func (s *story) refuses(t *testing.T, good built) {
	t.Helper()
	refused := func(what string, parts ...string) {
		t.Helper()
		r := s.promote(t)
		if r.Code != 4 {
			t.Errorf("%s: exit %d", what, r.Code)
		}
		sandboxed.Says(t, r.Stderr, append(parts, "fix: ")...)
	}
	s.move(t, built{good.tag, ""})
	refused("a missing digest", "pin: ", "without a digest")
	unsigned := s.build(t, 4, "unsigned version")
	s.move(t, unsigned)
	refused("unsigned", "signature: the image has none")
	s.sign(t, unsigned)
	s.retag(t, unsigned.tag, good.digest)
	refused("a moved tag", "tag: "+unsigned.tag+" points to "+good.digest)
	bad := s.build(t, 9, "version that is never ready")
	s.sign(t, bad)
	s.move(t, bad)
	s.await(t, bad)
	refused("unhealthy", "healthy: ")
	if open := s.open(t); len(open) != 0 {
		t.Errorf("a refused promotion opened %+v", open)
	}
}

// retag moves a tag, as somebody with the registry's password could.
func (s *story) retag(t *testing.T, tag, digest string) {
	t.Helper()
	const at = "https://ghcr.io/v2/acme/web/manifests/"
	get, err := http.NewRequestWithContext(t.Context(), http.MethodGet, at+digest, nil)
	if err != nil {
		t.Fatal(err)
	}
	got, err := s.HTTP.Do(get)
	if err != nil {
		t.Fatal(err)
	}
	defer got.Body.Close()
	put, err := http.NewRequestWithContext(t.Context(), http.MethodPut, at+tag, got.Body)
	if err != nil {
		t.Fatal(err)
	}
	put.Header.Set("Content-Type", got.Header.Get("Content-Type"))
	answer, err := s.HTTP.Do(put)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusCreated {
		t.Fatalf("moving the tag: %s", answer.Status)
	}
}
