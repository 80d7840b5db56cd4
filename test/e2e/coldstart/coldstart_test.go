//go:build e2e

package coldstart

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/wait"

	"github.com/groundwork-dev/groundwork/internal/coldstart"
	"github.com/groundwork-dev/groundwork/internal/coldstart/coldstarttest"
)

// limit bounds every wait: for what the verdict says to be seen.
const limit = 4 * time.Minute

// TestVerdicts pushes each repository and holds its verdict to what happens.
func TestVerdicts(t *testing.T) {
	archives, err := filepath.Glob(repository + "/internal/coldstart/testdata/*.txtar")
	if err != nil || len(archives) == 0 {
		t.Fatalf("no repositories: %v", err)
	}
	seen, verdicts := watch(t), map[string]coldstart.Verdict{}
	for _, file := range archives {
		name := strings.TrimSuffix(filepath.Base(file), ".txtar")
		archive, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		cluster, err := coldstarttest.Load(name, archive)
		if err != nil {
			t.Fatal(err)
		}
		verdicts[name] = coldstart.Prove(cluster)
		shared.publish(t, name, coldstarttest.Files(name, archive))
	}
	for name, v := range verdicts {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, step := range v.Steps {
				seen.await(t, step.Name)
			}
			for _, step := range v.Steps {
				for _, before := range step.After {
					if seen.at(before) >= seen.at(step.Name) {
						t.Errorf("%s was ready before %s, which it comes after", step.Name, before)
					}
				}
			}
			for _, d := range v.Deadlocks {
				if d.Race {
					continue // what happens is a matter of luck
				}
				suffers(t, seen, d)
			}
		})
	}
}

// suffers checks that a deadlock is one: what it says is stuck fails, and
// fails in the same way when it is tried again, and nobody gets past it.
func suffers(t *testing.T, seen *seen, d coldstart.Deadlock) {
	t.Helper()
	shown := d.Symptom == ""
	for _, name := range d.Stuck {
		if o := get(t, name); o == nil || suspended(o) {
			continue // never comes into being, or is not looked at
		}
		first := awaitFailure(t, name, "")
		ask(t, name, "again")
		second := awaitFailure(t, name, "again")
		if d.Symptom != "" && strings.Contains(first, d.Symptom) && strings.Contains(second, d.Symptom) {
			shown = true
		}
		t.Logf("%s: %s", name, second)
	}
	if !shown {
		t.Errorf("nothing of %v said %q", d.Stuck, d.Symptom)
	}
	for _, name := range slices.Concat(d.Stuck, d.Waiting) {
		if seen.at(name) > 0 {
			t.Errorf("%s has been ready, and was said to be stuck: %s", name, d.Message)
		}
	}
}

// awaitFailure waits until an object is not ready for a reason, once it has
// handled the request, and returns the reason.
func awaitFailure(t *testing.T, name, request string) string {
	t.Helper()
	var message string
	err := wait.PollUntilContextTimeout(t.Context(), time.Second, limit, true, func(context.Context) (bool, error) {
		o := get(t, name)
		if o == nil {
			return false, nil
		}
		handled, _, _ := unstructured.NestedString(o.Object, "status", "lastHandledReconcileAt")
		var status string
		status, message = ready(o)
		return status == "False" && (request == "" || handled == request), nil
	})
	if err != nil {
		t.Fatalf("%s has not failed (%s): %v", name, message, err)
	}
	return message
}

// ask has Flux reconcile an object now.
func ask(t *testing.T, name, request string) {
	t.Helper()
	resource, namespace, short := parse(name)
	patch := fmt.Sprintf(`{"metadata": {"annotations": {"reconcile.fluxcd.io/requestedAt": %q}}}`, request)
	if _, err := shared.client.Resource(resource).Namespace(namespace).Patch(t.Context(), short, types.MergePatchType, []byte(patch), metav1.PatchOptions{}); err != nil {
		t.Fatal(err)
	}
}

func suspended(o *unstructured.Unstructured) bool {
	yes, _, _ := unstructured.NestedBool(o.Object, "spec", "suspend")
	return yes
}

// parse splits a step's name.
func parse(name string) (resource schema.GroupVersionResource, namespace, short string) {
	parts := strings.SplitN(name, "/", 3)
	if parts[0] == "HelmRelease" {
		return releases(), parts[1], parts[2]
	}
	return kustomizations(), parts[1], parts[2]
}

// get returns a step's object, nil when there is none.
func get(t *testing.T, name string) *unstructured.Unstructured {
	t.Helper()
	resource, namespace, short := parse(name)
	o, err := shared.client.Resource(resource).Namespace(namespace).Get(t.Context(), short, metav1.GetOptions{})
	if err != nil {
		return nil
	}
	return o
}

// ready returns the status and message of the condition Ready.
func ready(o *unstructured.Unstructured) (status, message string) {
	conditions, _, _ := unstructured.NestedSlice(o.Object, "status", "conditions")
	for _, c := range conditions {
		if c, ok := c.(map[string]any); ok && c["type"] == "Ready" {
			status, _ = c["status"].(string)
			message, _ = c["message"].(string)
		}
	}
	return status, message
}
