package gitrepo_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/go-git/go-git/v5"
	"github.com/go-git/go-git/v5/plumbing/object"

	"github.com/groundwork-dev/groundwork/internal/gitrepo"
)

// TestRevision reads a commit that the work tree has left behind.
func TestRevision(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	repository, err := git.PlainInit(dir, false)
	if err != nil {
		t.Fatal(err)
	}
	work, err := repository.Worktree()
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{"a.yaml": "a", "sub/b.yaml": "b", "sub/deep/c.yaml": "c"}
	for name, content := range files {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("a.yaml", filepath.Join(dir, "link")); err != nil {
		t.Fatal(err)
	}
	if err := work.AddWithOptions(&git.AddOptions{All: true}); err != nil {
		t.Fatal(err)
	}
	author := &object.Signature{Name: "A", Email: "a@example.com", When: time.Unix(1, 0)}
	if _, err := work.Commit("one", &git.CommitOptions{Author: author}); err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(filepath.Join(dir, "sub", "deep")); err != nil {
		t.Fatal(err)
	}

	then, err := gitrepo.Revision(dir, "HEAD")
	if err != nil {
		t.Fatal(err)
	}
	sub, err := gitrepo.Revision(filepath.Join(dir, "sub"), "HEAD")
	if err != nil {
		t.Fatal(err)
	}
	var readers sync.WaitGroup
	for range 4 { // go-git alone would not stand this
		readers.Go(func() {
			for name, want := range files {
				if got, err := fs.ReadFile(then, name); err != nil || string(got) != want {
					t.Errorf("%s: %q, %v", name, got, err)
				}
			}
		})
	}
	readers.Wait()
	if got, err := fs.ReadFile(sub, "deep/c.yaml"); err != nil || string(got) != "c" {
		t.Errorf("in a folder of it: %q, %v", got, err)
	}
	if info, err := fs.Lstat(then, "link"); err != nil || info.Mode()&fs.ModeSymlink == 0 {
		t.Errorf("a link is not told: %v, %v", info, err)
	}
	if _, err := fs.ReadFile(then, "link"); err == nil {
		t.Error("a link is followed")
	}
	if _, err := fs.Stat(then, "none"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("what is not there: %v", err)
	}
	if _, err := gitrepo.Revision(dir, "none"); err == nil {
		t.Error("a revision that is not there is found")
	}
	if err := fstest.TestFS(sub, "b.yaml", "deep/c.yaml"); err != nil {
		t.Error(err)
	}
}
