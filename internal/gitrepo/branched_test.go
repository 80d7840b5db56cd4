package gitrepo_test

import (
	"errors"
	"io/fs"
	"slices"
	"testing"

	"github.com/groundwork-dev/groundwork/internal/gitrepo"
	"github.com/groundwork-dev/groundwork/internal/gitrepo/gittest"
)

// TestBranched: what a branch changes is told against the commit that a merge
// compares with, or not at all.
func TestBranched(t *testing.T) {
	t.Parallel()
	s := gittest.New(t)
	s.Commit("main", "pin", "one\n")
	dir := t.TempDir()
	s.Git("", "clone", "--quiet", s.Dir, dir)
	s.Git(dir, "checkout", "--quiet", "-b", "flux")
	s.Shell(dir, "echo two >pin && git commit --quiet --all -m two && echo three >pin && git commit --quiet --all -m three && git push --quiet origin flux")
	s.Commit("main", "other", "b\n")
	r := open(t, s)
	branched := func() (string, []string) {
		t.Helper()
		head, _, err := r.Fetch(t.Context(), "flux")
		if err != nil {
			t.Fatal(err)
		}
		files, paths, err := r.Branched(t.Context(), "flux", head, "main")
		if err != nil {
			t.Fatal(err)
		}
		if files == nil {
			return "", nil
		}
		data, err := fs.ReadFile(files, "pin")
		if err != nil {
			t.Fatal(err)
		}
		return string(data), paths
	}
	if was, paths := branched(); was != "one\n" || !slices.Equal(paths, []string{"pin"}) {
		t.Errorf("two commits, with main elsewhere: from %q, %q", was, paths)
	}
	if _, _, err := r.Branched(t.Context(), "flux", "0123456789012345678901234567890123456789", "main"); !moved(err) {
		t.Errorf("a branch that moved: %v", err)
	}

	// A merge whose files are those of an older main, but for the pin: the merge
	// into main would take other back.
	s.Git(dir, "fetch", "--quiet", "origin")
	s.Git(dir, "merge", "--quiet", "--strategy", "ours", "-m", "sly", "origin/main")
	s.Git(dir, "push", "--quiet", "origin", "flux")
	if was, paths := branched(); was != "" || paths != nil {
		t.Errorf("a merge: from %q, %q", was, paths)
	}
	// The same once more, with a commit on top.
	s.Shell(dir, "echo four >pin && git commit --quiet --all -m four && git push --quiet origin flux")
	if was, paths := branched(); was != "" || paths != nil {
		t.Errorf("a commit on a merge: from %q, %q", was, paths)
	}

	// Merged into main by a merge commit, the branch goes on from its own commit.
	s.Git(dir, "reset", "--quiet", "--hard", "HEAD~2")
	s.Git(dir, "checkout", "--quiet", "-B", "main", "origin/main")
	s.Shell(dir, "git merge --quiet --no-ff -m merged flux && git push --quiet origin main && git checkout --quiet flux && echo five >pin && git commit --quiet --all -m five && git push --quiet --force origin flux")
	if was, paths := branched(); was != "three\n" || !slices.Equal(paths, []string{"pin"}) {
		t.Errorf("after a merge: from %q, %q", was, paths)
	}
}

func moved(err error) bool {
	_, is := errors.AsType[*gitrepo.NotFastForwardError](err)
	return is
}

// TestRemove: a branch goes where it is what the caller saw, and only then.
func TestRemove(t *testing.T) {
	t.Parallel()
	s := gittest.New(t)
	s.Commit("main", "pin", "one\n")
	s.Commit("flux", "pin", "two\n")
	r := open(t, s)
	head, _, err := r.Fetch(t.Context(), "flux")
	if err != nil {
		t.Fatal(err)
	}
	s.Git(s.Dir, "update-ref", "refs/heads/flux", "refs/heads/main")
	if err := r.Remove(t.Context(), "flux", head); !moved(err) {
		t.Errorf("a branch that moved: %v", err)
	}
	if head, err = r.Head(t.Context(), "flux"); err != nil || head == "" {
		t.Fatalf("%q, %v", head, err)
	}
	for range 2 {
		if err := r.Remove(t.Context(), "flux", head); err != nil {
			t.Error(err)
		}
	}
	if head, err := r.Head(t.Context(), "flux"); err != nil || head != "" {
		t.Errorf("the branch is at %s, %v", head, err)
	}
	if main, err := r.Head(t.Context(), "main"); err != nil || main == "" {
		t.Errorf("main is at %q, %v", main, err)
	}
}
