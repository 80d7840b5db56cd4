//go:build e2e

// Package delivered plays the whole way of a version by 'bootstrap demo --full'.
package delivered

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/groundwork-dev/groundwork/internal/demo"
)

const repository = "../../.."

func TestStory(t *testing.T) {
	dir, name := t.TempDir(), fmt.Sprintf("delivered-%d", os.Getpid())
	for _, program := range []string{"bootstrap", "bootstrap-validate"} {
		build := exec.CommandContext(t.Context(), "go", "build", "-o", dir+"/", "./cmd/"+program)
		build.Dir, build.Env = repository, append(os.Environ(), "CGO_ENABLED=0")
		if out, err := build.CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
	}
	cmd := exec.CommandContext(t.Context(), filepath.Join(dir, "bootstrap"), "demo", "--full", "--name", name, "--dir", repository, "--output", "json")
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	t.Log(stderr.String())
	if err != nil {
		t.Fatal(err)
	}
	var report demo.Report
	if err := json.Unmarshal(stdout.Bytes(), &report); err != nil {
		t.Fatalf("%v\n%s", err, stdout.String())
	}
	for _, e := range report.Timeline {
		t.Logf("%7.1fs  %s: %s", e.Seconds, e.Title, e.Note)
		if e.Skipped != "" || e.Error != "" {
			t.Errorf("%s: %s%s", e.Title, e.Skipped, e.Error)
		}
	}
	last := slices.IndexFunc(report.Timeline, func(e demo.Entry) bool { return strings.Contains(e.Note, "requests failed") })
	// Half of what a step or two of the canary had.
	if last < 0 || report.Lost == 0 || report.Lost*10 > report.Requests {
		t.Errorf("%d of %d requests of users failed, want some, and at most a tenth", report.Lost, report.Requests)
	}
}
