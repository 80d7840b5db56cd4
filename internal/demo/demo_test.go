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

const (
	firstImage = "registry.test/app:" + firstVersion
	nextImage  = "registry.test/app:" + secondVersion
)

// world is a platform that behaves, unless told otherwise.
type world struct {
	mu       sync.Mutex
	commands []string
	version  string
	silent   bool // the application does not tell its version
	drifted  []string
	up, down bool
	lose     bool // lose a request while the version changes
	unready  []string
	failing  string // command that fails
	stuck    bool   // the rollout fails
	unreal   bool   // its nodes are simulated
}

func (w *world) Up(context.Context) error {
	w.up = true
	return nil
}

func (w *world) Real() bool { return !w.unreal }

func (w *world) Down(context.Context) error {
	w.down = true
	return nil
}

func (w *world) PublishApp(_ context.Context, version string) (string, error) {
	return "registry.test/app:" + version, nil
}
func (w *world) RepositoryURL() string { return "https://forge.test/fleet.git" }
func (w *world) ReceiverURL() string   { return "http://receiver.test" }

func (w *world) Run(_ context.Context, dir, name string, args ...string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	line := strings.Join(append([]string{name}, args...), " ")
	w.commands = append(w.commands, dir+": "+line)
	if w.failing != "" && strings.HasPrefix(line, w.failing) {
		return errors.New("exit status 5")
	}
	switch {
	case strings.HasPrefix(line, "bootstrap run"):
		w.version = firstVersion
	case strings.HasPrefix(line, "git push"):
		w.version = secondVersion
	}
	return nil
}

func (w *world) Unready(context.Context) ([]string, error) { return w.unready, nil }
func (w *world) Reconcile(context.Context) error           { return nil }
func (w *world) SetImage(string, string, string) error     { return nil }
func (w *world) TempDir() (string, func(), error)          { return "/work", func() {}, nil }

func (w *world) WritePlatform(string, string, string) (string, error) { return "main", nil }

func (w *world) AwaitRollout(_ context.Context, image string) error {
	if w.stuck || image != nextImage {
		return errors.New("the rollout of " + image + " is stuck")
	}
	return nil
}

func (w *world) Drift(_ context.Context, image string) (string, func(context.Context) error, error) {
	w.drifted = append(w.drifted, image)
	return "something", func(context.Context) error { return nil }, nil
}

func (w *world) Version(context.Context) (string, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.unreal {
		return "", errors.New("asked although nobody can answer")
	}
	if w.lose && w.version == secondVersion {
		w.lose = false
		return "", errors.New("connection refused")
	}
	if w.silent {
		return "", nil
	}
	return w.version, nil
}

// existing is a cluster and a repository that were there before.
func existing(next string) World {
	return OnExisting(Existing{
		Dir: "/platform", Repository: "https://forge.test/mine.git", Branch: "trunk",
		ReachArgs: []string{"--kubeconfig", "/k", "--context", "c"},
		Image:     firstImage, NextImage: next,
		Reach: func(context.Context) (string, error) { return "https://api.test", nil },
	})
}

func play(t *testing.T, w *world, where World) (*Report, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	deps := Deps{Shell: w, Cluster: w, App: w, Files: w, Bootstrap: "bootstrap", Now: time.Now}
	return Run(ctx, "dev", where, deps, func(Event) {})
}

func TestInSandbox(t *testing.T) {
	t.Parallel()
	w := &world{}
	report, err := play(t, w, InSandbox(w, false))
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
	want := []string{
		"/work: bootstrap run --cluster dev --webhook-url http://receiver.test",
		"/work: bootstrap smoke --cluster dev",
		"/work: git clone --quiet --branch main https://forge.test/fleet.git /work/clone",
		"/work/clone: bootstrap generate",
		"/work/clone: git add --all",
		"/work/clone: git commit --quiet --message apps: release 0.2.0",
		"/work/clone: git push --quiet",
	}
	if !slices.Equal(w.commands, want) {
		t.Errorf("commands = %q; want %q", w.commands, want)
	}
	if want := []string{firstImage}; !slices.Equal(w.drifted, want) {
		t.Errorf("by hand, the image became %q; want %q", w.drifted, want)
	}
}

func TestInSandboxFails(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		world *world
		want  string
	}{
		{"the run fails", &world{failing: "bootstrap run"}, "bootstrap run --cluster dev: exit status 5"},
		{"a Kustomization is not Ready", &world{unready: []string{"apps: waiting"}}, "not Ready: apps: waiting"},
		{"a request is lost", &world{lose: true}, "no request is lost meanwhile: 1 of"},
		{"the version is not told", &world{silent: true}, `the application says it is , want 0.1.0`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			report, err := play(t, tt.world, InSandbox(tt.world, false))
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("err = %v; want %q in it", err, tt.want)
			}
			if !tt.world.down {
				t.Error("the sandbox was left running")
			}
			failed := report.Timeline[len(report.Timeline)-2]
			if failed.Error == "" || !strings.Contains(err.Error(), failed.Error) {
				t.Errorf("the timeline says %+v of %v", failed, err)
			}
		})
	}
}

// Where no pod runs, nobody is asked, what could be shown is, and what could
// not is never reported as if it had held.
func TestInSandboxSimulated(t *testing.T) {
	t.Parallel()
	w := &world{unreal: true}
	report, err := play(t, w, InSandbox(w, false))
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"the application answers through its Service: simulated nodes", "no request is lost meanwhile: simulated nodes"}
	if got := skips(report); !slices.Equal(got, want) {
		t.Errorf("skipped = %q; want %q", got, want)
	}
	if !slices.Contains(w.commands, "/work/clone: git push --quiet") || len(w.drifted) != 1 {
		t.Errorf("commands = %q, drifts = %q; want a push and a drift", w.commands, w.drifted)
	}
	if report.Requests != 0 {
		t.Errorf("%d requests were sent", report.Requests)
	}
	w = &world{unreal: true, stuck: true}
	if _, err := play(t, w, InSandbox(w, false)); err == nil {
		t.Error("a rollout that is stuck was reported as held")
	}
}

// skips returns what was not played, with the reasons.
func skips(r *Report) []string {
	var list []string
	for _, e := range r.Timeline {
		if e.Skipped != "" {
			list = append(list, e.Title+": "+e.Skipped)
		}
	}
	return list
}

func TestInSandboxKeeps(t *testing.T) {
	t.Parallel()
	w := &world{}
	if _, err := play(t, w, InSandbox(w, true)); err != nil {
		t.Fatal(err)
	}
	if w.down {
		t.Error("the sandbox was ended although it was to be kept")
	}
}

func TestOnExisting(t *testing.T) {
	t.Parallel()
	const (
		run   = "/platform: bootstrap run --cluster dev --kubeconfig /k --context c"
		smoke = "/platform: bootstrap smoke --cluster dev --kubeconfig /k --context c"
	)
	tests := []struct {
		name     string
		world    world
		next     string
		commands []string
		drifted  string
		skipped  []string
		wantErr  string
	}{
		{
			name: "with a next image", next: nextImage, drifted: firstImage,
			commands: []string{
				run, smoke, "/work: git clone --quiet --branch trunk https://forge.test/mine.git /work/clone",
				"/work/clone: bootstrap generate", "/work/clone: git add --all",
				"/work/clone: git commit --quiet --message apps: release " + nextImage, "/work/clone: git push --quiet",
			},
		},
		{
			name: "an application that tells no version", next: nextImage, drifted: firstImage, world: world{silent: true},
			commands: []string{
				run, smoke, "/work: git clone --quiet --branch trunk https://forge.test/mine.git /work/clone",
				"/work/clone: bootstrap generate", "/work/clone: git add --all",
				"/work/clone: git commit --quiet --message apps: release " + nextImage, "/work/clone: git push --quiet",
			},
		},
		{
			name: "without a next image nothing is pushed", commands: []string{run, smoke},
			skipped: []string{"a push changes the application: no --next-image", "no request is lost meanwhile: no --next-image"},
		},
		{
			name: "the rollout is stuck", next: nextImage, world: world{stuck: true},
			wantErr: "a push changes the application: the rollout of " + nextImage + " is stuck",
		},
		{name: "the run fails", world: world{failing: "bootstrap run"}, commands: []string{run}, wantErr: "exit status 5"},
	}
	for i := range tests {
		tt := &tests[i]
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := &tt.world
			report, err := play(t, w, existing(tt.next))
			switch {
			case tt.wantErr == "" && err != nil:
				t.Fatal(err)
			case tt.wantErr != "" && (err == nil || !strings.Contains(err.Error(), tt.wantErr)):
				t.Errorf("err = %v; want %q in it", err, tt.wantErr)
			}
			if w.up || w.down {
				t.Error("a sandbox was started or ended")
			}
			if tt.commands != nil && !slices.Equal(w.commands, tt.commands) {
				t.Errorf("commands = %q; want %q", w.commands, tt.commands)
			}
			if err == nil && !slices.Equal(w.drifted, []string{tt.drifted}) {
				t.Errorf("by hand, the image became %q; want %q", w.drifted, tt.drifted)
			}
			if skips := skips(report); !slices.Equal(skips, tt.skipped) {
				t.Errorf("skipped = %q; want %q", skips, tt.skipped)
			}
			if last := report.Timeline[len(report.Timeline)-1]; last.Title != "nothing is removed" {
				t.Errorf("the timeline ends with %q", last.Title)
			}
		})
	}
}
