package clusterworker_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/groundwork-dev/groundwork/internal/clusterspec"
	"github.com/groundwork-dev/groundwork/internal/clusterworker"
)

// TestMain lets the test binary be a worker, which has no arguments.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 {
		os.Exit(m.Run())
	}
	var job clusterspec.Job
	if err := json.NewDecoder(os.Stdin).Decode(&job); err != nil {
		os.Exit(9)
	}
	switch job.Request.Name {
	case "environment":
		_ = json.NewEncoder(os.Stdout).Encode(clusterspec.Result{Files: map[string]string{"env": strings.Join(os.Environ(), "\n")}})
	case "error":
		_ = json.NewEncoder(os.Stdout).Encode(clusterspec.Result{Error: "the facts lock lacks x"})
	case "refused":
		_ = json.NewEncoder(os.Stdout).Encode(clusterspec.Result{Error: "not that account", Refused: true})
	case "fatal":
		w := bufio.NewWriter(os.Stderr)
		for range 100_000 {
			_, _ = w.WriteString("I1124 nothing of interest\n")
		}
		_, _ = w.WriteString("F1124 mock.go:1] not set\n")
		_ = w.Flush()
		os.Exit(255)
	case "garbage":
		_, _ = os.Stdout.WriteString("Kubelet anonymousAuth is on\n")
	case "flood":
		for {
			if _, err := os.Stdout.Write(make([]byte, 1<<20)); err != nil {
				os.Exit(1)
			}
		}
	case "hang":
		select {}
	}
	os.Exit(0)
}

func do(t *testing.T, what, name string, environ ...string) (*clusterspec.Result, error) {
	t.Helper()
	return clusterworker.Worker{Program: os.Args[0], Environ: environ}.Do(t.Context(), &clusterspec.Job{Do: what, Request: clusterspec.Request{Name: name}})
}

func TestErrors(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"error":   "the facts lock lacks x",
		"fatal":   "F1124 mock.go:1] not set",
		"garbage": "reading the result of",
		"flood":   "running",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := do(t, clusterspec.DoRender, name)
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("error is %v, want %s", err, want)
			}
			if err != nil && len(err.Error()) > 1000 {
				t.Errorf("the error has %d characters", len(err.Error()))
			}
		})
	}
}

// TestRefused: a job that was not begun is told apart from one that broke down.
func TestRefused(t *testing.T) {
	t.Parallel()
	_, err := do(t, clusterspec.DoSweep, "refused")
	refused, ok := errors.AsType[clusterworker.RefusedError](err)
	if !ok || !refused.Refused() || err.Error() != "not that account" {
		t.Errorf("error is %v", err)
	}
}

// TestEnvironment: a render sees nothing of the caller's, and the job that asks
// AWS sees what is AWS's.
func TestEnvironment(t *testing.T) {
	t.Parallel()
	ours := []string{"AWS_PROFILE=p", "S3_ENDPOINT=http://evil", "KOPS_BASE_URL=http://evil", "HTTPS_PROXY=http://proxy", "HOME=/home/me"}
	for what, want := range map[string][]string{
		clusterspec.DoRender:  {"HOME", "TMPDIR"},
		clusterspec.DoExample: {"HOME", "TMPDIR"},
		clusterspec.DoGather:  {"AWS_PROFILE", "HOME", "HTTPS_PROXY", "TMPDIR"},
		clusterspec.DoSweep:   {"AWS_PROFILE", "HOME", "HTTPS_PROXY", "TMPDIR"},
	} {
		result, err := do(t, what, "environment", ours...)
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for line := range strings.Lines(result.Files["env"]) {
			name, value, _ := strings.Cut(strings.TrimSpace(line), "=")
			names = append(names, name)
			if name == "TMPDIR" {
				if _, err := os.Stat(value); !os.IsNotExist(err) {
					t.Errorf("%s: the worker's folder is left behind", what)
				}
			}
		}
		if slices.Sort(names); !slices.Equal(names, want) {
			t.Errorf("%s: the worker sees %v, want %v", what, names, want)
		}
	}
}

func TestInterrupt(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() {
		_, err := clusterworker.Worker{Program: os.Args[0]}.Do(ctx, &clusterspec.Job{Request: clusterspec.Request{Name: "hang"}})
		done <- err
	}()
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("error is %v", err)
	}
}
