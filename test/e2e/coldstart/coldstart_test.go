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
	"github.com/groundwork-dev/groundwork/internal/testsupport/coldstarttest"
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
	stuck := looked(t, d.Stuck)
	awaitSymptom(t, stuck, "", d.Symptom)
	for _, name := range stuck {
		ask(t, name, "again")
	}
	awaitSymptom(t, stuck, "again", d.Symptom)
	awaitSymptom(t, looked(t, d.Waiting), "", "")
	for _, name := range slices.Concat(d.Stuck, d.Waiting) {
		if seen.at(name) > 0 {
			t.Errorf("%s has been ready, and was said to be stuck: %s", name, d.Message)
		}
	}
}

// looked are those that Flux looks at: what is stuck may never come into being.
func looked(t *testing.T, names []string) []string {
	t.Helper()
	return slices.DeleteFunc(slices.Clone(names), func(name string) bool {
		o := get(t, name)
		return o == nil || suspended(o)
	})
}

// awaitSymptom waits until all of the objects are not ready once they have
// handled the request, and one of them says what is wrong.
func awaitSymptom(t *testing.T, names []string, request, symptom string) {
	t.Helper()
	messages := make([]string, len(names))
	err := wait.PollUntilContextTimeout(t.Context(), time.Second, limit, true, func(context.Context) (bool, error) {
		failed := 0
		for i, name := range names {
			o := get(t, name)
			if o == nil {
				continue
			}
			handled, _, _ := unstructured.NestedString(o.Object, "status", "lastHandledReconcileAt")
			status, message := ready(o)
			messages[i] = message
			if status == "False" && (request == "" || handled == request) {
				failed++
			}
		}
		said := len(names) == 0 || slices.ContainsFunc(messages, func(m string) bool { return strings.Contains(m, symptom) })
		return failed == len(names) && said, nil
	})
	for i, name := range names {
		t.Logf("%s: %s", name, messages[i])
	}
	if err != nil {
		t.Fatalf("none of these says %q: %v", symptom, err)
	}
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
