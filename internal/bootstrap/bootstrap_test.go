package bootstrap_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/groundwork-dev/groundwork/internal/bootstrap"
	"github.com/groundwork-dev/groundwork/internal/cluster/apitest"
	"github.com/groundwork-dev/groundwork/internal/gitrepo"
)

func TestFirstRunThenNothingToDo(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	report, err := w.run(t, nil)
	if err != nil {
		t.Fatal(err)
	}
	if !report.Pushed || report.Commit != w.git.Git(w.git.Dir, "rev-parse", "main") || !strings.HasSuffix(report.Revision, report.Commit) {
		t.Fatalf("report: %+v", report)
	}
	if len(report.Kustomizations) != 2 {
		t.Fatalf("kustomizations: %v", report.Kustomizations)
	}
	var identity struct{ Data map[string]string }
	yamlOf(t, w.git.Git(w.git.Dir, "show", "main:clusters/dev/identity.yaml"), &identity)
	if identity.Data["clusterUID"] != clusterUID {
		t.Fatalf("identity: %v", identity)
	}
	w.git.Git(w.git.Dir, "fsck", "--strict")
	first := w.treeHash()
	w.mutations()

	report, err = w.run(t, nil)
	if err != nil {
		t.Fatal(err)
	}
	if report.Pushed || w.commits() != "1" || w.treeHash() != first {
		t.Fatalf("the second run changed the repository: %s commits", w.commits())
	}
	if writes := w.mutations(); len(writes) > 0 {
		t.Fatalf("the second run changed the cluster: %v", writes)
	}
	var skipped []string
	for _, s := range report.Steps {
		if s.State == bootstrap.Skipped {
			skipped = append(skipped, s.Step)
		}
	}
	if want := []string{"push", "credentials", "install", "sync", "webhook"}; !slices.Equal(skipped, want) {
		t.Fatalf("skipped %v, want %v", skipped, want)
	}
}

func TestDryRunChangesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	report, err := w.run(t, func(o *bootstrap.Options, _ *bootstrap.Deps) { o.DryRun = true })
	if err != nil {
		t.Fatal(err)
	}
	if writes := w.api.Writes(); len(writes) > 0 || w.git.Pushes() > 0 {
		t.Fatalf("changed %v, %d pushes", writes, w.git.Pushes())
	}
	if report.Plan == nil || len(report.Plan.Objects) != 10 || !slices.Contains(report.Plan.Files, "A clusters/dev/identity.yaml") {
		t.Fatalf("plan: %+v", report.Plan)
	}
}

// TestRefusals: what must stop a run before it changes anything.
func TestRefusals(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		before func(*testing.T, *world)
		change func(*bootstrap.Options, *bootstrap.Deps)
		want   string
	}{
		"another cluster": {
			before: func(t *testing.T, w *world) {
				w.git.Commit("main", "clusters/dev/identity.yaml", "data: {clusterUID: another, clusterCA: x}\n")
			},
			want: "is not the cluster that clusters/dev belongs to",
		},
		"rebuilt cluster with the same UID": {
			before: func(t *testing.T, w *world) {
				w.git.Commit("main", "clusters/dev/identity.yaml", "data: {clusterUID: "+clusterUID+", clusterCA: another}\n")
			},
			want: "certificate authority",
		},
		"cluster of another repository": {
			before: func(t *testing.T, w *world) {
				w.api.Put(apitest.Object{
					"apiVersion": "v1", "kind": "ConfigMap",
					"metadata": apitest.Object{"name": "groundwork-identity", "namespace": "flux-system"},
					"data":     apitest.Object{"repository": "https://example.com/other.git", "path": "clusters/dev"},
				})
			},
			want: "belongs to clusters/dev in https://example.com/other.git",
		},
		"cluster that follows another folder": {
			before: func(t *testing.T, w *world) {
				if _, err := w.run(t, nil); err != nil {
					t.Fatal(err)
				}
				w.api.Delete("/api/v1/namespaces/flux-system/configmaps/groundwork-identity")
				w.api.Put(apitest.Object{
					"apiVersion": "kustomize.toolkit.fluxcd.io/v1", "kind": "Kustomization",
					"metadata": apitest.Object{"name": "flux-system", "namespace": "flux-system"},
					"spec":     apitest.Object{"path": "./clusters/prod"},
				})
				w.mutations()
			},
			want: "follows folder ./clusters/prod already",
		},
		"platform.yaml changed by somebody else": {
			before: func(t *testing.T, w *world) { w.git.Commit("main", "platform.yaml", "kind: Theirs\n") },
			want:   "git clone",
		},
		"missing permissions": {
			before: func(t *testing.T, w *world) { w.api.Deny("create customresourcedefinitions") },
			want:   "this user may not: create customresourcedefinitions.apiextensions.k8s.io",
		},
		"clock skew": {
			before: func(*testing.T, *world) {},
			change: func(_ *bootstrap.Options, d *bootstrap.Deps) {
				d.Now = func() time.Time { return time.Now().Add(10 * time.Minute) }
			},
			want: "clock",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			test.before(t, w)
			pushes := w.git.Pushes()
			_, err := w.run(t, test.change)
			var refused *bootstrap.RefusedError
			if !errors.As(err, &refused) || !strings.Contains(err.Error(), test.want) {
				t.Fatalf("got %v, want a refusal with %q", err, test.want)
			}
			if writes := w.api.Writes(); len(w.leaseless(writes)) > 0 || w.git.Pushes() > pushes {
				t.Fatalf("changed %v, %d pushes", writes, w.git.Pushes()-pushes)
			}
		})
	}
}

func (w *world) leaseless(writes []string) []string {
	return slices.DeleteFunc(writes, func(s string) bool { return strings.Contains(s, "/leases") })
}

func TestHandEditedAndForeignFilesStop(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	if _, err := w.run(t, nil); err != nil {
		t.Fatal(err)
	}
	edited := w.git.Git(w.git.Dir, "show", "main:clusters/dev/apps.yaml") + "\n# by hand\n"
	w.git.Commit("main", "clusters/dev/apps.yaml", edited)
	w.git.Commit("main", "apps/dev/kustomization.yaml", "resources: [mine.yaml]\n")
	w.mutations()
	_, err := w.run(t, nil)
	var drift *bootstrap.DriftError
	if !errors.As(err, &drift) || !slices.Equal(drift.HandEdited, []string{"clusters/dev/apps.yaml"}) || !slices.Equal(drift.Foreign, []string{"apps/dev/kustomization.yaml"}) {
		t.Fatalf("got %v", err)
	}
	if writes := w.mutations(); len(writes) > 0 || w.commits() != "3" {
		t.Fatalf("changed %v", writes)
	}
}

func TestSecretIsNotCommitted(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, err := w.run(t, func(o *bootstrap.Options, d *bootstrap.Deps) {
		o.Inputs["components/x/values.yaml"] = []byte("a: b\ntoken: " + d.Token.Current().Reveal() + "\n")
	})
	if err == nil || !strings.Contains(err.Error(), "components/x/values.yaml:2") || strings.Contains(err.Error(), "test-token") {
		t.Fatalf("got %v", err)
	}
	if w.git.Pushes() > 0 {
		t.Fatal("pushed")
	}
}

func TestTimeoutExplains(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.ready = func(name string) bool { return name != "apps" }
	_, err := w.run(t, func(o *bootstrap.Options, _ *bootstrap.Deps) { o.Timeout = 10 * time.Second })
	var timeout *bootstrap.TimeoutError
	if !errors.As(err, &timeout) || timeout.Diagnosis == nil {
		t.Fatalf("got %v", err)
	}
	if !strings.Contains(err.Error(), "Kustomization/flux-system/apps") {
		t.Fatalf("the error does not name what is waited for: %v", err)
	}
}

// TestNextSteps: a run from a folder that git pull would not update says how.
func TestNextSteps(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	dir := t.TempDir()
	w.git.Git("", "clone", "--quiet", w.git.Dir, dir)
	w.git.Git(dir, "remote", "set-url", "origin", w.git.URL)
	if err := os.WriteFile(filepath.Join(dir, "platform.yaml"), []byte("kind: Platform\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	play := func() []string {
		t.Helper()
		checkout, err := gitrepo.OpenCheckout(dir)
		if err != nil {
			t.Fatal(err)
		}
		report, err := w.run(t, func(_ *bootstrap.Options, d *bootstrap.Deps) { d.Checkout = checkout })
		if err != nil {
			t.Fatal(err)
		}
		return report.NextSteps
	}
	steps := play()
	if len(steps) != 1 {
		t.Fatalf("next steps: %q", steps)
	}
	_, command, found := strings.Cut(steps[0], "here: ")
	if !found {
		t.Fatalf("no command in %q", steps[0])
	}
	// The server asks for a token, which is not what this is about.
	w.git.Git(dir, "remote", "set-url", "origin", w.git.Dir)
	w.git.Shell(dir, command)
	w.git.Git(dir, "remote", "set-url", "origin", w.git.URL)
	if steps := play(); len(steps) > 0 {
		t.Fatalf("next steps: %q", steps)
	}
}
