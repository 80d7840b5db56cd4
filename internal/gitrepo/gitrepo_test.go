package gitrepo_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"golang.org/x/sync/errgroup"

	"github.com/groundwork-dev/groundwork/internal/gitrepo"
	"github.com/groundwork-dev/groundwork/internal/gitrepo/gittest"
	"github.com/groundwork-dev/groundwork/internal/redact"
)

func token() redact.Secret { return gittest.Token }

func open(t *testing.T, s *gittest.Server) *gitrepo.Remote {
	t.Helper()
	r, err := gitrepo.Open(gitrepo.Options{
		URL: s.URL, Auth: gitrepo.TokenAuth(gittest.Username, token),
		Author:  gitrepo.Identity{Name: "Test", Email: "test@example.com"},
		Secrets: func() []redact.Secret { return []redact.Secret{gittest.Token} },
	})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// commit fetches main and makes a commit of edits on it.
func commit(t *testing.T, r *gitrepo.Remote, edits map[string][]byte) (base, made string) {
	t.Helper()
	base, _, err := r.Fetch(t.Context(), "main")
	if err != nil {
		t.Fatal(err)
	}
	made, err = r.Commit(t.Context(), base, edits, "a change\n")
	if err != nil {
		t.Fatal(err)
	}
	return base, made
}

func text(pairs ...string) map[string][]byte {
	edits := map[string][]byte{}
	for i := 0; i < len(pairs); i += 2 {
		edits[pairs[i]] = []byte(pairs[i+1])
	}
	return edits
}

func TestFirstPushToAnEmptyRepository(t *testing.T) {
	t.Parallel()
	s := gittest.New(t)
	r := open(t, s)
	base, made := commit(t, r, text("a/b/c.yaml", "one\n", "a.yaml", "two\n", "a-b/x", "three\n"))
	if base != "" {
		t.Fatalf("an empty repository has head %q", base)
	}
	if err := r.Push(t.Context(), "main", "", "", made); err != nil {
		t.Fatal(err)
	}
	// git itself judges the objects.
	s.Git(s.Dir, "fsck", "--strict", "--full")
	if got := s.Git(s.Dir, "ls-tree", "-r", "--name-only", "main"); got != "a-b/x\na.yaml\na/b/c.yaml" {
		t.Fatalf("files: %s", got)
	}
}

func TestCommitTouchesOnlyItsPaths(t *testing.T) {
	t.Parallel()
	s := gittest.New(t)
	s.Commit("main", "docs/theirs.md", "keep me\n")
	s.Commit("main", "clusters/dev/old.yaml", "old\n")
	r := open(t, s)
	base, made := commit(t, r, map[string][]byte{"clusters/dev/old.yaml": nil, "clusters/dev/new.yaml": []byte("new\n")})
	if err := r.Push(t.Context(), "main", base, base, made); err != nil {
		t.Fatal(err)
	}
	s.Git(s.Dir, "fsck", "--strict", "--full")
	if got := s.Git(s.Dir, "show", "--name-status", "--format=", "main"); strings.Join(strings.Fields(got), " ") != "A clusters/dev/new.yaml D clusters/dev/old.yaml" &&
		!strings.HasPrefix(got, "R") {
		t.Fatalf("the commit changes: %s", got)
	}
	if got := s.Git(s.Dir, "rev-list", "--count", "main"); got != "3" {
		t.Fatalf("%s commits, want 3", got)
	}
}

func TestNothingToCommitIsNoCommit(t *testing.T) {
	t.Parallel()
	s := gittest.New(t)
	s.Commit("main", "a/b", "same\n")
	base, made := commit(t, open(t, s), text("a/b", "same\n"))
	if made != base {
		t.Fatalf("made %s on %s", made, base)
	}
}

func TestFetchedFiles(t *testing.T) {
	t.Parallel()
	s := gittest.New(t)
	s.Commit("main", "a-b/x.yaml", "x")
	s.Commit("main", "a/y.yaml", "y")
	s.Commit("main", "a.yaml", "z")
	_, files, err := open(t, s).Fetch(t.Context(), "main")
	if err != nil {
		t.Fatal(err)
	}
	if err := fstest.TestFS(files, "a-b/x.yaml", "a/y.yaml", "a.yaml"); err != nil {
		t.Fatal(err)
	}
	if _, err := fs.ReadFile(files, "../a.yaml"); err == nil {
		t.Fatal("a path out of the tree was read")
	}
}

func TestPushFaults(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		fault   func(*gittest.Server)
		arrives bool
		want    func(error) bool
	}{
		"nothing wrong":              {func(*gittest.Server) {}, true, func(err error) bool { return err == nil }},
		"cut before it arrived":      {func(s *gittest.Server) { s.Break(gittest.CutBefore) }, false, asType[*gitrepo.LostError]},
		"cut after it arrived":       {func(s *gittest.Server) { s.Break(gittest.CutAfter) }, true, func(err error) bool { return err == nil }},
		"accepted but absent":        {func(s *gittest.Server) { s.Break(gittest.Swallow) }, false, asType[*gitrepo.LostError]},
		"unavailable":                {func(s *gittest.Server) { s.Break(gittest.Unavailable) }, false, asType[*gitrepo.LostError]},
		"protected branch":           {func(s *gittest.Server) { s.Protect("main") }, false, asType[*gitrepo.RejectedError]},
		"branch moved before":        {func(s *gittest.Server) { s.Commit("main", "b", "theirs") }, false, asType[*gitrepo.NotFastForwardError]},
		"branch moved while pushing": {func(s *gittest.Server) { s.BeforePush(func() { s.Commit("main", "b", "theirs") }) }, false, asType[*gitrepo.NotFastForwardError]},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := gittest.New(t)
			s.Commit("main", "a", "before")
			r := open(t, s)
			base, made := commit(t, r, text("a", "after"))
			test.fault(s)
			err := r.Push(t.Context(), "main", base, base, made)
			if !test.want(err) {
				t.Fatalf("got %T %v", err, err)
			}
			if arrived := s.Git(s.Dir, "show", "main:a") == "after"; arrived != test.arrives {
				t.Fatalf("arrived: %v, want %v", arrived, test.arrives)
			}
			if err != nil && strings.Contains(err.Error(), gittest.Token) {
				t.Fatalf("the error shows the token: %v", err)
			}
		})
	}
}

func asType[E error](err error) bool {
	var e E
	return errors.As(err, &e)
}

func TestWrongCredentials(t *testing.T) {
	t.Parallel()
	s := gittest.New(t)
	r, err := gitrepo.Open(gitrepo.Options{URL: s.URL, Auth: gitrepo.TokenAuth("git", func() redact.Secret { return "not-the-token" })})
	if err != nil {
		t.Fatal(err)
	}
	_, err = r.Head(t.Context(), "main")
	if !asType[*gitrepo.AccessError](err) || strings.Contains(err.Error(), "not-the-token") {
		t.Fatalf("got %v", err)
	}
}

func TestContains(t *testing.T) {
	t.Parallel()
	s := gittest.New(t)
	s.Commit("main", "a", "1")
	first := s.Git(s.Dir, "rev-parse", "main")
	s.Commit("main", "a", "2")
	r := open(t, s)
	for commit, want := range map[string]bool{first: true, strings.Repeat("1", 40): false} {
		got, err := r.Contains(t.Context(), "main", commit)
		if err != nil || got != want {
			t.Errorf("%s: %v, %v", commit, got, err)
		}
	}
}

func TestCheckoutIsOnlyRead(t *testing.T) {
	t.Parallel()
	s := gittest.New(t)
	s.Commit("main", "platform.yaml", "committed")
	dir := t.TempDir()
	s.Git("", "clone", "--quiet", s.Dir, dir)
	head := s.Git(dir, "rev-parse", "HEAD")
	c, err := gitrepo.OpenCheckout(dir)
	if err != nil {
		t.Fatal(err)
	}
	if !c.Contains(head) || c.Contains(strings.Repeat("0", 39)+"1") || !bytes.Equal(c.File("platform.yaml"), []byte("committed")) || c.File("no") != nil {
		t.Fatal("the checkout is not read right")
	}
	none, err := gitrepo.OpenCheckout(t.TempDir())
	if none != nil || err != nil {
		t.Fatalf("a plain folder: %v, %v", none, err)
	}
}

// BenchmarkCommit commits 3,400 files, as a platform of many clusters has.
func BenchmarkCommit(b *testing.B) {
	s := gittest.New(b)
	edits := map[string][]byte{}
	for i := range 3400 {
		name := "infrastructure/" + string(rune('a'+i%26)) + "/" + strings.Repeat("x", 1+i/26) + ".yaml"
		edits[name] = bytes.Repeat([]byte(name+"\n"), 20)
	}
	b.Logf("%d files", len(slices.Collect(maps.Keys(edits))))
	for b.Loop() {
		r, err := gitrepo.Open(gitrepo.Options{URL: s.URL, Auth: gitrepo.TokenAuth(gittest.Username, token)})
		if err != nil {
			b.Fatal(err)
		}
		if _, err := r.Commit(context.Background(), "", edits, "all"); err != nil {
			b.Fatal(err)
		}
	}
}

// TestFilesAreReadAtTheSameTime: who compares a tree reads many files at once.
// The runtime ends the process when it sees a map read while it is written.
func TestFilesAreReadAtTheSameTime(t *testing.T) {
	t.Parallel()
	s := gittest.New(t)
	r := open(t, s)
	edits := map[string][]byte{}
	for i := range 400 {
		name := fmt.Sprintf("%d/%d/%d.yaml", i%20, i, i)
		edits[name] = []byte(name)
	}
	_, made := commit(t, r, edits)
	if err := r.Push(t.Context(), "main", "", "", made); err != nil {
		t.Fatal(err)
	}
	for range 8 {
		_, files, err := open(t, s).Fetch(t.Context(), "main") // nothing is looked up yet
		if err != nil {
			t.Fatal(err)
		}
		var group errgroup.Group
		for range 16 {
			group.Go(func() error { return readAll(files, edits) })
		}
		if err := group.Wait(); err != nil {
			t.Fatal(err)
		}
	}
}

// readAll reads files, each of which holds its own name, and their folders.
func readAll(files fs.FS, names map[string][]byte) error {
	for name := range names {
		data, err := fs.ReadFile(files, name)
		if err != nil {
			return err
		}
		if string(data) != name {
			return fmt.Errorf("%s holds %q", name, data)
		}
		if _, err := fs.ReadDir(files, path.Dir(name)); err != nil {
			return err
		}
	}
	return nil
}
