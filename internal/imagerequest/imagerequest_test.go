package imagerequest_test

import (
	"context"
	"errors"
	"io/fs"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/groundwork-dev/groundwork/internal/imagepin"
	"github.com/groundwork-dev/groundwork/internal/imagerequest"
	"github.com/groundwork-dev/groundwork/internal/pullrequest"
)

const (
	branch = "flux/dev-web"
	head   = "1111111111111111111111111111111111111111"
	name   = "registry.example.com/acme/web"
)

func digest(of string) string { return "sha256:" + strings.Repeat(of, 64) }

// pin is the app's file; each word is a change of it.
func pin(newName, tag, digest string) string {
	return "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\nimages:\n  - name: " + name +
		"\n    newName: " + newName + "\n    newTag: " + tag + "\n    digest: \"" + digest + "\"\n"
}

// world is a repository and a forge.
type world struct {
	main, was, branch string // the file on main, where the branch left it, and on the branch
	others            []string
	merged            bool // somewhere on the branch is a merge
	at                string
	open              []pullrequest.Request
	answers           []pullrequest.Merge
	said              []string // what was changed at the forge and in the repository
	pauses            int
	moves             bool // the branch, before it is deleted
}

func newWorld() *world {
	w := &world{main: pin(name, "main-16-aaaaaaa", digest("a")), branch: pin(name, "main-17-bbbbbbb", digest("b")), at: head}
	w.was = w.main
	return w
}

func files(data string) fs.FS {
	if data == "" {
		return fstest.MapFS{}
	}
	return fstest.MapFS{imagepin.Path("dev", "web"): &fstest.MapFile{Data: []byte(data)}}
}

func (w *world) Fetch(_ context.Context, of string) (string, fs.FS, error) {
	if of == branch {
		return w.at, files(w.branch), nil
	}
	return "main", files(w.main), nil
}

func (w *world) Branched(_ context.Context, _, _, _ string) (fs.FS, []string, error) {
	if w.merged {
		return nil, nil, nil
	}
	paths := slices.Clone(w.others)
	if w.was != w.branch {
		paths = append(paths, imagepin.Path("dev", "web"))
	}
	return files(w.was), paths, nil
}

type movedError struct{}

func (movedError) Error() string        { return "moved" }
func (movedError) NotFastForward() bool { return true }

func (w *world) Remove(_ context.Context, of, at string) error {
	if w.moves {
		return movedError{}
	}
	w.said = append(w.said, "remove "+of+" "+at[:1])
	return nil
}

func (w *world) Requests(context.Context, string, string) ([]pullrequest.Request, error) {
	return w.open, nil
}

func (w *world) CreateRequest(_ context.Context, of, base, title, body string) (pullrequest.Request, error) {
	w.said = append(w.said, "open "+of+" "+base)
	return pullrequest.Request{Number: 7, URL: "https://f/7", State: pullrequest.Open, Title: title, Body: body}, nil
}

func (w *world) UpdateRequest(_ context.Context, number int, title, _ string) error {
	w.said = append(w.said, "update "+title)
	return nil
}

func (w *world) CloseRequest(context.Context, int) error {
	w.said = append(w.said, "close")
	return nil
}

func (w *world) Comment(_ context.Context, _ int, body string) error {
	w.said = append(w.said, "comment "+body)
	return nil
}

func (w *world) Merge(_ context.Context, _ int, at string) (pullrequest.Merge, error) {
	w.said = append(w.said, "merge "+at[:1])
	if len(w.answers) == 0 {
		return pullrequest.Merge{}, errors.New("asked once too often")
	}
	answer := w.answers[0]
	w.answers = w.answers[1:]
	return answer, nil
}

func (w *world) run(t *testing.T, merge, dryRun bool) (*imagerequest.Report, error) {
	t.Helper()
	o := imagerequest.Options{App: "web", Cluster: "dev", Base: "main", Merge: merge, DryRun: dryRun}
	return imagerequest.Run(t.Context(), o, imagerequest.Deps{Repository: w, Forge: w, Pause: func(context.Context, time.Duration) { w.pauses++ }})
}

func TestRequest(t *testing.T) {
	t.Parallel()
	old := pullrequest.Request{Number: 3, URL: "https://f/3", State: pullrequest.Open, Title: "web on dev: main-15-ccccccc"}
	busy, unmet, done := pullrequest.Merge{Busy: true, Why: "try again"}, pullrequest.Merge{Why: "checks are missing"}, pullrequest.Merge{Done: true}
	for what, tc := range map[string]struct {
		change        func(*world)
		merge, dryRun bool
		want          imagerequest.Result
		why           string
		said          []string
	}{
		"no branch":              {func(w *world) { w.at, w.branch = "", "" }, true, false, imagerequest.Nothing, "no branch", nil},
		"a request is opened":    {nil, false, false, imagerequest.Opened, "", []string{"open flux/dev-web main"}},
		"one that is open":       {func(w *world) { w.open = []pullrequest.Request{old} }, false, false, imagerequest.Kept, "", []string{"update web on dev: main-17-bbbbbbb"}},
		"a dry run":              {nil, true, true, imagerequest.DryRun, "", nil},
		"merged":                 {func(w *world) { w.answers = []pullrequest.Merge{busy, busy, done} }, true, false, imagerequest.Merged, "", []string{"open flux/dev-web main", "merge 1", "merge 1", "merge 1", "remove flux/dev-web 1"}},
		"checks are missing":     {func(w *world) { w.answers = []pullrequest.Merge{unmet} }, true, false, imagerequest.Opened, "checks are missing", []string{"open flux/dev-web main", "merge 1"}},
		"a push after the merge": {func(w *world) { w.answers, w.moves = []pullrequest.Merge{done}, true }, true, false, imagerequest.Merged, "", []string{"open flux/dev-web main", "merge 1"}},
		"main has it": {
			func(w *world) { w.main, w.open = w.branch, []pullrequest.Request{old} }, false, false, imagerequest.Nothing, "main has " + name + ":main-17",
			[]string{"comment Superseded: main has " + name + ":main-17-bbbbbbb@" + digest("b") + " already.", "close", "remove flux/dev-web 1"},
		},
		"main has it, dry":      {func(w *world) { w.main = w.branch }, false, true, imagerequest.Nothing, "already", nil},
		"main has another":      {func(w *world) { w.main = pin(name, "1.0.0", "") }, true, false, imagerequest.Nothing, "begins anew", []string{"remove flux/dev-web 1"}},
		"the first build":       {func(w *world) { w.main = pin(name, "1.0.0", ""); w.was = w.main }, false, false, imagerequest.Opened, "", []string{"open flux/dev-web main"}},
		"the forge stays busy":  {func(w *world) { w.answers = slices.Repeat([]pullrequest.Merge{busy}, 20) }, true, false, imagerequest.Opened, "try again", append([]string{"open flux/dev-web main"}, slices.Repeat([]string{"merge 1"}, 20)...)},
		"another file":          {func(w *world) { w.others = []string{"clusters/prod/x.yaml"} }, true, false, imagerequest.Refused, "changes clusters/prod/x.yaml", nil},
		"another file alone":    {func(w *world) { w.branch, w.others = w.main, []string{"README.md"} }, true, false, imagerequest.Refused, "changes README.md", nil},
		"a merge on the branch": {func(w *world) { w.merged = true }, true, false, imagerequest.Refused, "one commit after another", nil},
		"another image":         {func(w *world) { w.branch = pin("evil.example.com/web", "main-17-bbbbbbb", digest("b")) }, true, false, imagerequest.Refused, "more of apps/dev/web/image/kustomization.yaml than tag and digest", nil},
		"another policy": {func(w *world) {
			w.branch = strings.Replace(w.branch, "newTag: main-17-bbbbbbb", "newTag: main-17-bbbbbbb # {\"$imagepolicy\": \"x:y:tag\"}", 1)
		}, true, false, imagerequest.Refused, "than tag and digest", nil},
		"other spaces":     {func(w *world) { w.branch = strings.ReplaceAll(w.branch, "\n  ", "\n") }, false, false, imagerequest.Opened, "", []string{"open flux/dev-web main"}},
		"a release":        {func(w *world) { w.branch = pin(name, "1.2.3", digest("b")) }, true, false, imagerequest.Refused, "not a build's", nil},
		"no digest":        {func(w *world) { w.branch = pin(name, "main-17-bbbbbbb", "") }, true, false, imagerequest.Refused, "has no digest", nil},
		"more in the file": {func(w *world) { w.branch += "patches: []\n" }, true, false, imagerequest.Refused, "patches", nil},
		"no file":          {func(w *world) { w.branch = "" }, true, false, imagerequest.Refused, "has no apps/dev/web", nil},
		"no file on main":  {func(w *world) { w.main = "" }, true, false, imagerequest.Refused, "branch main has no apps/dev/web", nil},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			w := newWorld()
			if tc.change != nil {
				tc.change(w)
			}
			got, err := w.run(t, tc.merge, tc.dryRun)
			refused, is := errors.AsType[*imagerequest.RefusedError](err)
			if is != (tc.want == imagerequest.Refused) || err != nil && !is {
				t.Fatal(err)
			}
			why := got.Why
			if is {
				why = refused.Error()
			}
			if got.Result != tc.want || !strings.Contains(why, tc.why) {
				t.Errorf("got %s %q, want %s %q", got.Result, why, tc.want, tc.why)
			}
			if !slices.Equal(w.said, tc.said) {
				t.Errorf("it did %q, want %q", w.said, tc.said)
			}
		})
	}
}

// TestKept: a request that says what is there is left alone.
func TestKept(t *testing.T) {
	t.Parallel()
	w := newWorld()
	got, err := w.run(t, false, false)
	if err != nil || got.Request == nil {
		t.Fatal(got, err)
	}
	if body := got.Request.Body; !strings.Contains(body, head) || !strings.Contains(body, name+":main-17-bbbbbbb@"+digest("b")) {
		t.Errorf("the request says\n%s", body)
	}
	w.open, w.said = []pullrequest.Request{*got.Request}, nil
	if got, err := w.run(t, false, false); err != nil || got.Result != imagerequest.Kept || w.said != nil {
		t.Errorf("%+v, %v; it did %q", got, err, w.said)
	}
}
