package tree

import (
	"bufio"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"reflect"
	"strconv"
	"strings"
	"testing"
)

const childEnv = "GROUNDWORK_TREE_TEST_DIR"

// version returns many files whose content is all of one version.
func version(t *testing.T, n, count int) *Tree {
	t.Helper()
	all := map[string]string{}
	for i := range count {
		all[fmt.Sprintf("apps/dev/app-%d/file-%d.yaml", i%7, i)] = strings.Repeat(fmt.Sprintf("version %d\n", n), 2000)
	}
	return build(t, all)
}

// TestKillChild is what TestKill starts and kills: it applies version after
// version until it dies.
func TestKillChild(t *testing.T) {
	dir := os.Getenv(childEnv)
	if dir == "" {
		t.Skip("started by TestKill")
	}
	root := open(t, dir)
	for n := 1; ; n++ {
		apply(t, version(t, n, 60-n%5), root)
		_, _ = os.Stdout.WriteString("applied\n")
	}
}

// TestKill kills a process that writes, with SIGKILL, at moments of all kinds.
// Each time every file must be whole, and another version must be applied to
// the end, as if nothing had happened.
func TestKill(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	root := open(t, dir)
	for round := range 25 {
		cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestKillChild$", "-test.v")
		cmd.Env = append(os.Environ(), childEnv+"="+dir)
		out, err := cmd.StdoutPipe()
		must(t, err, cmd.Start())
		waitForWrites(t, root, out, round)
		must(t, cmd.Process.Kill())
		_ = cmd.Wait() // it was killed

		for name, data := range files(t, root) {
			if strings.HasPrefix(name, "apps/") {
				first, _, _ := strings.Cut(data, "\n")
				if data != strings.Repeat(first+"\n", 2000) {
					t.Fatalf("round %d: %s is torn", round, name)
				}
			}
		}
		next := version(t, 1000+round, 50)
		apply(t, next, root)
		if got := files(t, root); !reflect.DeepEqual(got, contents(next)) {
			t.Fatalf("round %d: after the rerun, %d files instead of %d, or other contents", round, len(got), next.Len())
		}
	}
}

// waitForWrites returns in the middle of the child's work: after a number of
// versions, or once it has staged as many files.
func waitForWrites(t *testing.T, root *os.Root, out io.Reader, round int) {
	t.Helper()
	lines := bufio.NewScanner(out)
	for applied := 0; applied <= round/8; {
		if !lines.Scan() {
			t.Fatal("the child ended by itself")
		}
		if lines.Text() == "applied" {
			applied++
		}
	}
	if round%2 == 0 {
		return
	}
	go func() { _, _ = io.Copy(io.Discard, out) }()
	for {
		entries, _ := fs.ReadDir(root.FS(), stageDir) // it comes and goes
		for _, e := range entries {
			if n, err := strconv.Atoi(e.Name()); err == nil && n > 3+round {
				return
			}
		}
	}
}
