package demo

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// world is a platform that behaves, unless told otherwise.
type world struct {
	mu       sync.Mutex
	commands []string
	version  string
	image    string
	down     bool
	lose     bool // lose a request while the version changes
	unready  []string
	failing  string // command that fails
}

func (w *world) Up(context.Context) error { return nil }

func (w *world) Down(context.Context) error {
	w.down = true
	return nil
}

func (w *world) PublishApp(_ context.Context, version string) (string, error) {
	return "registry.test/app:" + version, nil
}
func (w *world) RepositoryURL() string { return "https://forge.test/fleet.git" }
func (w *world) ReceiverURL() string   { return "http://receiver.test" }

func (w *world) Run(_ context.Context, _, name string, args ...string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	line := strings.Join(append([]string{name}, args...), " ")
	w.commands = append(w.commands, line)
	if w.failing != "" && strings.HasPrefix(line, w.failing) {
		return errors.New("exit status 5")
	}
	switch {
	case strings.HasPrefix(line, "bootstrap run"):
		w.version, w.image = firstVersion, "registry.test/app:"+firstVersion
	case strings.HasPrefix(line, "git push"):
		w.version, w.image = secondVersion, "registry.test/app:"+secondVersion
	}
	return nil
}

func (w *world) Unready(context.Context) ([]string, error)   { return w.unready, nil }
func (w *world) SetAppImage(context.Context, string) error   { return nil }
func (w *world) AwaitAppImage(context.Context, string) error { return nil }
func (w *world) Reconcile(context.Context) error             { return nil }
func (w *world) WritePlatform(string, string, string) error  { return nil }
func (w *world) SetImage(string, string, string) error       { return nil }
func (w *world) TempDir() (string, func(), error)            { return "/work", func() {}, nil }

func (w *world) Version(context.Context) (string, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.lose && w.version == secondVersion {
		w.lose = false
		return "", errors.New("connection refused")
	}
	return w.version, nil
}

func play(t *testing.T, w *world, keep bool) (*Report, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	deps := Deps{Sandbox: w, Shell: w, Cluster: w, App: w, Files: w, Bootstrap: "bootstrap", Now: time.Now}
	return Run(ctx, Options{Name: "dev", Keep: keep}, deps, func(Event) {})
}

func TestRun(t *testing.T) {
	t.Parallel()
	w := &world{}
	report, err := play(t, w, false)
	if err != nil {
		t.Fatal(err)
	}
	if !w.down {
		t.Error("the sandbox was left running")
	}
	if report.Lost != 0 || report.Requests < settled {
		t.Errorf("requests = %d, lost = %d; want at least %d and none", report.Requests, report.Lost, settled)
	}
	if last := report.Timeline[len(report.Timeline)-1].Title; last != "sandbox down" {
		t.Errorf("the timeline ends with %q", last)
	}
	generate, push := slices.Index(w.commands, "bootstrap generate"), slices.Index(w.commands, "git push --quiet")
	if generate < 0 || push < generate {
		t.Errorf("commands = %q; want generate before push", w.commands)
	}
}

func TestRunFails(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		world *world
		want  string
	}{
		{"the run fails", &world{failing: "bootstrap run"}, "bootstrap run --cluster dev: exit status 5"},
		{"a Kustomization is not Ready", &world{unready: []string{"apps: waiting"}}, "not Ready: apps: waiting"},
		{"a request is lost", &world{lose: true}, "got no good answer: connection refused"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := play(t, tt.world, false)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("err = %v; want %q in it", err, tt.want)
			}
			if !tt.world.down {
				t.Error("the sandbox was left running")
			}
		})
	}
}

func TestRunKeeps(t *testing.T) {
	t.Parallel()
	w := &world{}
	if _, err := play(t, w, true); err != nil {
		t.Fatal(err)
	}
	if w.down {
		t.Error("the sandbox was ended although it was to be kept")
	}
}
