//go:build e2e

// Package livediff measures the comparison of a tree with a cluster beside
// kubectl diff, over the same objects in the same run, with nothing to do. The
// cluster is that of GROUNDWORK_E2E_KUBECONFIG, which must be one to throw away,
// or a sandbox of the test's own, without a node that runs pods. kubectl has to
// be on the machine; it reads and tries, and changes nothing. At last, the same
// cluster, with Flux's own controller at work on it, is drained as one is that
// ends.
package livediff

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/groundwork-dev/groundwork/internal/cluster"
	"github.com/groundwork-dev/groundwork/internal/livediff"
	"github.com/groundwork-dev/groundwork/internal/objectdiff"
)

// apps is how many copies of the sample of objects there are: 72 of 7, and a
// namespace each.
const apps = 72

// kubeconfig is how to reach the cluster.
var kubeconfig string

func TestMain(m *testing.M) {
	code, err := run(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, "e2e:", err)
		code = 1
	}
	os.Exit(code)
}

func run(m *testing.M) (code int, err error) {
	if kubeconfig = os.Getenv("GROUNDWORK_E2E_KUBECONFIG"); kubeconfig != "" {
		return m.Run(), nil
	}
	dir, err := os.MkdirTemp("", "groundwork-livediff-")
	if err != nil {
		return 1, err
	}
	defer os.RemoveAll(dir)
	program, name := filepath.Join(dir, "bootstrap"), fmt.Sprintf("livediff-%d", os.Getpid())
	build := exec.Command("go", "build", "-o", program, "./cmd/bootstrap")
	build.Dir, build.Stderr = "../../..", os.Stderr
	if err := build.Run(); err != nil {
		return 1, fmt.Errorf("building bootstrap: %w", err)
	}
	sandbox := func(args ...string) ([]byte, error) {
		cmd := exec.Command(program, append([]string{"sandbox"}, append(args, "--name", name)...)...)
		cmd.Stderr = os.Stderr
		return cmd.Output()
	}
	defer func() {
		_, downErr := sandbox("down")
		err = errors.Join(err, downErr)
	}()
	if _, err := sandbox("up", "--foreground=false", "--nodes", "simulated", "--dir", "../../.."); err != nil {
		return 1, fmt.Errorf("starting the sandbox: %w", err)
	}
	out, err := sandbox("env", "--output", "json")
	if err != nil {
		return 1, fmt.Errorf("reading the sandbox's environment: %w", err)
	}
	env := map[string]string{}
	if err := json.Unmarshal(out, &env); err != nil {
		return 1, err
	}
	kubeconfig = env["KUBECONFIG"]
	return m.Run(), nil
}

func connect(t *testing.T) *cluster.Cluster {
	t.Helper()
	c, err := cluster.Connect(cluster.Options{Kubeconfig: kubeconfig, UserAgent: "livediff-e2e"})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// owned is an object as Flux would have it of this Kustomization.
func owned(o map[string]any) *unstructured.Unstructured {
	u := &unstructured.Unstructured{Object: o}
	u.SetLabels(map[string]string{"kustomize.toolkit.fluxcd.io/name": "livediff", "kustomize.toolkit.fluxcd.io/namespace": "livediff-0"})
	return u
}

// TestBesideKubectl logs the times and asserts the rest: both find nothing to
// do, a change by hand is found, and no object was written to.
func TestBesideKubectl(t *testing.T) {
	objects := tree()
	c := connect(t)
	prepare(t, c, objects)
	before := versions(t, c, objects)
	manifests := filepath.Join(t.TempDir(), "tree")
	write(t, manifests, objects)
	want := []livediff.Kustomization{{Namespace: "livediff-0", Name: "livediff", Prune: true, Objects: objects}}

	rounds := 5
	if n, err := strconv.Atoi(os.Getenv("ROUNDS")); err == nil {
		rounds = n
	}
	took := map[string][]time.Duration{}
	ours := func(name string, opts livediff.Options) {
		began := time.Now()
		// A connection of its own and discovery are part of every command.
		result, err := livediff.Diff(t.Context(), connect(t), want, opts)
		took[name] = append(took[name], time.Since(began))
		if err != nil {
			t.Fatal(err)
		}
		if !result.Empty() || result.Summary.Unchanged != len(objects) {
			t.Fatalf("%s finds something to do: %s\n%s", name, result.Summary, result.Text(nil))
		}
	}
	kubectl := func(name string, more ...string) {
		began := time.Now()
		args := append([]string{"--kubeconfig", kubeconfig, "diff", "--server-side", "--force-conflicts", "--field-manager", livediff.FieldManager, "-f", manifests}, more...)
		cmd := exec.CommandContext(t.Context(), "kubectl", args...)
		out, err := cmd.CombinedOutput()
		took[name] = append(took[name], time.Since(began))
		if err != nil {
			t.Fatalf("%s: %v\n%s", name, err, out)
		}
	}
	for range rounds {
		ours("ours", livediff.Options{})
		ours("ours, every object asked about", livediff.Options{Everything: true})
		kubectl("kubectl diff")
		kubectl("kubectl diff --concurrency 16", "--concurrency", "16")
	}
	report(t, len(objects), took)
	if !slices.Equal(before, versions(t, c, objects)) {
		t.Error("an object was changed")
	}
	drift(t, c, want, objects)
}

// drift changes one object by hand, and one more in a way that only the
// fields of kubectl show.
func drift(t *testing.T, c *cluster.Cluster, want []livediff.Kustomization, objects []*unstructured.Unstructured) {
	t.Helper()
	kubectl := func(args ...string) {
		cmd := exec.CommandContext(t.Context(), "kubectl", append([]string{"--kubeconfig", kubeconfig, "--namespace", "livediff-1"}, args...)...)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("kubectl %v: %v\n%s", args, err, out)
		}
	}
	kubectl("patch", "configmap", "app", "--type", "merge", "--patch", `{"data":{"level":"debug"}}`)
	kubectl("annotate", "serviceaccount", "app", "by-hand=yes")
	kubectl("patch", "secret", "app", "--type", "merge", "--patch", `{"stringData":{"password":"by-hand-12345"}}`)
	result, err := livediff.Diff(t.Context(), c, want, livediff.Options{})
	if err != nil {
		t.Fatal(err)
	}
	text := result.Text(nil)
	t.Log(text)
	if result.Summary.Changed != 3 || result.Summary.Unchanged != len(objects)-3 {
		t.Errorf("summary: %s", result.Summary)
	}
	for _, line := range []string{"-  level: debug", "+  level: info", "-    by-hand: \"yes\"", "+  password: '*** (after)'"} {
		if !strings.Contains(text, "\n"+line+"\n") {
			t.Errorf("no line %q", line)
		}
	}
	if strings.Contains(text, "by-hand-12345") {
		t.Error("a secret is in the text")
	}
	want[0].Objects = objects[:len(objects)-2]
	if result, err = livediff.Diff(t.Context(), c, want, livediff.Options{}); err != nil || result.Summary.Deleted != 2 {
		t.Errorf("two objects less: %v, %v", result.Summary, err)
	}
	kubectl("annotate", "serviceaccount", "app", "by-hand-")
}

// prepare makes the objects, as Flux would have, with an inventory of them.
func prepare(t *testing.T, c *cluster.Cluster, objects []*unstructured.Unstructured) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	var spaces, rest []*unstructured.Unstructured
	for _, o := range objects {
		if o.GetKind() == "Namespace" {
			spaces = append(spaces, o)
		} else {
			rest = append(rest, o)
		}
	}
	spaces = append(spaces, definition())
	for _, some := range [][]*unstructured.Unstructured{spaces, rest, {inventory(objects)}} {
		if err := c.Apply(ctx, livediff.FieldManager, some...); err != nil {
			t.Fatal(err)
		}
	}
	// Again, so that the fields are exactly these whatever was there before.
	if err := c.Apply(ctx, livediff.FieldManager, rest...); err != nil {
		t.Fatal(err)
	}
}

// versions are the objects' resource versions, in order.
func versions(t *testing.T, c *cluster.Cluster, objects []*unstructured.Unstructured) []string {
	t.Helper()
	found, err := c.Read(t.Context(), objects)
	if err != nil {
		t.Fatal(err)
	}
	all := make([]string, len(found))
	for i, o := range found {
		if o == nil {
			t.Fatalf("%s is not there", objectdiff.IDOf(objects[i]))
		}
		all[i] = o.GetResourceVersion()
	}
	return all
}

// write puts one file a copy, as a tree of manifests has.
func write(t *testing.T, dir string, objects []*unstructured.Unstructured) {
	t.Helper()
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	for i, o := range objects {
		data, err := json.Marshal(o)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("%04d.json", i)), data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// report logs the times, and writes them, one a line, to files in the folder
// that BENCHMARK_OUT names.
func report(t *testing.T, objects int, took map[string][]time.Duration) {
	t.Helper()
	median := func(name string) time.Duration {
		all := slices.Sorted(slices.Values(took[name]))
		return all[len(all)/2]
	}
	t.Logf("%d objects, nothing to do, %d rounds, medians:", objects, len(took["ours"]))
	for _, name := range []string{"ours", "ours, every object asked about", "kubectl diff", "kubectl diff --concurrency 16"} {
		t.Logf("  %-32s %8s  %6.1f times ours", name, median(name).Round(time.Millisecond), float64(median(name))/float64(median("ours")))
		if out := os.Getenv("BENCHMARK_OUT"); out != "" {
			var lines bytes.Buffer
			for _, d := range took[name] {
				fmt.Fprintf(&lines, "%.3f\n", d.Seconds())
			}
			file := "diff-" + strings.NewReplacer(", ", "-", " --", "-", " ", "-").Replace(name) + ".txt"
			if err := os.WriteFile(filepath.Join(out, file), lines.Bytes(), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// definition is Flux's Kustomization as far as an inventory needs it.
func definition() *unstructured.Unstructured {
	return &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
		"metadata": map[string]any{"name": "kustomizations.kustomize.toolkit.fluxcd.io"},
		"spec": map[string]any{
			"group": "kustomize.toolkit.fluxcd.io", "scope": "Namespaced",
			"names": map[string]any{"kind": "Kustomization", "listKind": "KustomizationList", "plural": "kustomizations", "singular": "kustomization"},
			"versions": []any{map[string]any{
				"name": "v1", "served": true, "storage": true,
				"schema": map[string]any{"openAPIV3Schema": map[string]any{"type": "object", "x-kubernetes-preserve-unknown-fields": true}},
			}},
		},
	}}
}

func inventory(objects []*unstructured.Unstructured) *unstructured.Unstructured {
	var entries []any
	for _, o := range objects {
		kind := o.GroupVersionKind()
		entries = append(entries, map[string]any{"id": strings.Join([]string{o.GetNamespace(), o.GetName(), kind.Group, kind.Kind}, "_"), "v": kind.Version})
	}
	return owned(map[string]any{
		"apiVersion": "kustomize.toolkit.fluxcd.io/v1", "kind": "Kustomization",
		"metadata": map[string]any{"name": "livediff", "namespace": "livediff-0"},
		"status":   map[string]any{"inventory": map[string]any{"entries": entries}},
	})
}
