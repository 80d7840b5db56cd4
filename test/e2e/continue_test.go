//go:build e2e

package e2e

import (
	"bufio"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// finished reports whether a line of plain progress says that a step ended.
func finished(line string) bool {
	return strings.Contains(line, "✓ ") || strings.Contains(line, "– ")
}

// killAfter runs bootstrap and kills it as soon as its k-th step (from 1) has
// ended. It returns what the run had said, and false when it ended before that.
func (s *sandbox) killAfter(t *testing.T, dir string, k int) (said []string, killed bool) {
	t.Helper()
	cmd := s.command(t.Context(), dir, s.bootstrap, runArgs(dir)...)
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines, ended := bufio.NewScanner(stderr), 0
	for lines.Scan() {
		said = append(said, lines.Text())
		if !finished(lines.Text()) {
			continue
		}
		if ended++; ended == k && !killed {
			if err := cmd.Process.Kill(); err != nil {
				t.Fatal(err)
			}
			killed = true
		}
	}
	err = cmd.Wait()
	if !killed && err != nil {
		t.Fatalf("the run before step %d ended: %v\n%s", k, err, strings.Join(said, "\n"))
	}
	return said, killed
}

// TestKilledAtEveryStep kills a run at the end of each of its steps, one after
// the other, and lets a last one finish: nothing is lost or done twice. It needs
// the cluster as it came up: files are played by name, this one before others.
func TestKilledAtEveryStep(t *testing.T) {
	dir := shared.checkout(t, shared.url)
	shared.good().write(t, dir)
	for k := 1; ; k++ {
		began := time.Now()
		said, killed := shared.killAfter(t, dir, k)
		last := ""
		for _, line := range said {
			if finished(line) {
				last = line
			}
		}
		t.Logf("run %d, killed %t after %.1fs: %s", k, killed, time.Since(began).Seconds(), last)
		if !killed {
			break
		}
	}
	shared.succeed(t, dir)
	shared.sameAsGenerated(t, shared.url, shared.good())
	clone := shared.checkout(t, shared.url)
	log := shared.must(t, clone, "git", "log", "--format=%s")
	t.Logf("log of main:\n%s", log)
	if commits := len(strings.Split(log, "\n")); commits != 1 {
		t.Errorf("%d commits, want 1", commits)
	}
}

// sameAsGenerated compares main with what generate writes to an empty folder.
func (s *sandbox) sameAsGenerated(t *testing.T, url string, p platform) {
	t.Helper()
	clean := t.TempDir()
	p.write(t, clean)
	if got := s.run(t, clean, "generate", "-C", clean); got.code != 0 {
		t.Fatalf("generate: exit %d\n%s", got.code, got.stderr)
	}
	want, have := files(t, clean), files(t, s.checkout(t, url))
	delete(have, "clusters/dev/identity.yaml")
	for path, data := range want {
		if have[path] != data {
			t.Errorf("%s of main is not what generate writes", path)
		}
		delete(have, path)
	}
	for path := range have {
		t.Errorf("%s is in main, and generate does not write it", path)
	}
	t.Logf("%d files are the same", len(want))
}

// files reads the folders that hold generated files.
func files(t *testing.T, dir string) map[string]string {
	t.Helper()
	found := map[string]string{}
	for _, top := range []string{"clusters", "infrastructure", "apps"} {
		err := filepath.WalkDir(filepath.Join(dir, top), func(path string, d os.DirEntry, err error) error {
			if os.IsNotExist(err) {
				return nil
			}
			if err != nil || d.IsDir() {
				return err
			}
			data, err := os.ReadFile(path)
			rel, _ := filepath.Rel(dir, path)
			found[filepath.ToSlash(rel)] = string(data)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return found
}
