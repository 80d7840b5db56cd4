package gitrepo_test

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/groundwork-dev/groundwork/internal/gitrepo"
	"github.com/groundwork-dev/groundwork/internal/gitrepo/gittest"
)

// TestPropose: a branch follows its base without a forced push, and holds the
// base and the edits alone, whatever somebody else put on it.
func TestPropose(t *testing.T) {
	t.Parallel()
	s := gittest.New(t)
	s.Commit("main", "pin", "one\n")
	s.Commit("main", "other", "a\n")
	r := open(t, s)
	propose := func() (base, onto, made string) {
		t.Helper()
		base, _, err := r.Fetch(t.Context(), "main")
		if err != nil {
			t.Fatal(err)
		}
		if onto, _, err = r.Fetch(t.Context(), "promote"); err != nil {
			t.Fatal(err)
		}
		if made, err = r.Propose(t.Context(), base, onto, text("pin", "two\n"), "promote\n"); err != nil {
			t.Fatal(err)
		}
		return base, onto, made
	}
	push := func(base, onto, made string) {
		t.Helper()
		if err := r.Push(t.Context(), "promote", onto, base, made); err != nil {
			t.Fatal(err)
		}
		based, paths, err := r.Proposes(made, base)
		if err != nil || !based || !slices.Equal(paths, []string{"pin"}) {
			t.Fatalf("proposes %v %v, %v", based, paths, err)
		}
		s.Git(s.Dir, "fsck", "--strict", "--full")
		if onto != "" {
			s.Git(s.Dir, "merge-base", "--is-ancestor", onto, made) // the server would take a forced push
		}
	}
	push(propose())
	if _, onto, made := propose(); made != onto {
		t.Fatalf("proposed again it is %s, not %s", made, onto)
	}
	s.Commit("main", "other", "b\n")
	base, onto, made := propose()
	if based, _, err := r.Proposes(onto, base); based || err != nil {
		t.Fatalf("a branch behind its base counts as based on it (%v)", err)
	}
	push(base, onto, made)
	more, err := r.Commit(t.Context(), made, text("smuggled", "x\n"), "more\n")
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Push(t.Context(), "promote", made, made, more); err != nil {
		t.Fatal(err)
	}
	base, onto, made = propose()
	if based, paths, err := r.Proposes(onto, base); based || err != nil || !slices.Contains(paths, "smuggled") {
		t.Fatalf("what somebody added is not seen: %v, %v", paths, err)
	}
	push(base, onto, made)
	s.Commit("main", "pin", "three\n") // the proposal's files stay the same, what it is based on does not
	base, onto, made = propose()
	push(base, onto, made)
	s.Commit("main", "pin", "four\n")
	then, paths, err := r.ProposedOn(t.Context(), "promote", "main")
	if err != nil || !slices.Equal(paths, []string{"pin"}) {
		t.Fatalf("on a commit of main that is the last no more: %v, %v", paths, err)
	}
	if data, err := fs.ReadFile(then, "pin"); err != nil || string(data) != "three\n" {
		t.Errorf("it was made on %q, %v", data, err)
	}
	if more, err = r.Commit(t.Context(), made, text("smuggled", "y\n"), "more\n"); err != nil {
		t.Fatal(err)
	}
	if err := r.Push(t.Context(), "promote", made, made, more); err != nil {
		t.Fatal(err)
	}
	if then, _, err := r.ProposedOn(t.Context(), "promote", "main"); then != nil || err != nil {
		t.Errorf("what somebody added is not seen: %v", err)
	}

	dir := t.TempDir()
	if err := r.Export(t.Context(), dir, made, base); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"pin": "two\n", "other": "b\n"} {
		if data, err := os.ReadFile(filepath.Join(dir, name)); err != nil || string(data) != want {
			t.Errorf("%s is exported as %q, %v", name, data, err)
		}
	}
	if then, err := gitrepo.Revision(dir, base); err != nil {
		t.Error(err)
	} else if f, err := then.Open("pin"); err != nil {
		t.Error(err)
	} else {
		_ = f.Close()
	}
}

func TestLog(t *testing.T) {
	t.Parallel()
	s := gittest.New(t)
	for _, data := range []string{"a", "b", "c", "d"} {
		s.Commit("main", "file", data)
	}
	from, to := s.Git(s.Dir, "rev-parse", "main~3"), s.Git(s.Dir, "rev-parse", "main~1")
	r := open(t, s)
	lines, err := r.Log(t.Context(), "main", from[:7], to[:7])
	if err != nil || len(lines) != 2 || lines[0][:12] != to[:12] {
		t.Errorf("got %q, %v", lines, err)
	}
	if lines, err := r.Log(t.Context(), "main", to[:7], from[:7]); err == nil {
		t.Errorf("backwards: %q", lines)
	}
	s.Commit("main", "other", "x")
	s.Commit("main", "file", "b")
	if past, err := r.Past(t.Context(), "main", "file"); err != nil || string(bytes.Join(past, nil)) != "bdca" {
		t.Errorf("the file was %q, %v", past, err)
	}
	if past, err := r.Past(t.Context(), "main", "none"); err != nil || len(past) != 0 {
		t.Errorf("a file that never was: %q, %v", past, err)
	}
}
