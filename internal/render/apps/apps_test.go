package apps_test

import (
	"os"
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	"sigs.k8s.io/yaml"

	"github.com/groundwork-dev/groundwork/internal/platform"
	"github.com/groundwork-dev/groundwork/internal/render/apps"
	"github.com/groundwork-dev/groundwork/internal/render/object"
)

// TestDocumentedEnvironment holds docs/platform-yaml.md to tell of all that an
// app is told, and of the paths that it is asked.
func TestDocumentedEnvironment(t *testing.T) {
	t.Parallel()
	docs, err := os.ReadFile("../../../docs/platform-yaml.md")
	if err != nil {
		t.Fatal(err)
	}
	files, err := apps.Render(platform.App{Name: "web", Namespace: "web", Image: "web:1", Port: 8080, MinReplicas: 3, MaxReplicas: 6}, true)
	if err != nil {
		t.Fatal(err)
	}
	type probe struct{ HTTPGet struct{ Path string } }
	var deployment struct {
		Spec struct {
			Template struct {
				Spec struct {
					Containers []struct {
						Env                                         []struct{ Name, Value string }
						StartupProbe, ReadinessProbe, LivenessProbe probe
					}
				}
			}
		}
	}
	for _, f := range files {
		if f.Name == "deployment.yaml" {
			if err := yaml.Unmarshal(f.Data, &deployment); err != nil {
				t.Fatal(err)
			}
		}
	}
	containers := deployment.Spec.Template.Spec.Containers
	if len(containers) != 1 || len(containers[0].Env) == 0 {
		t.Fatalf("containers: %+v", containers)
	}
	for _, variable := range containers[0].Env {
		if !strings.Contains(string(docs), "| `"+variable.Name+"` |") {
			t.Errorf("the variable %s is not documented", variable.Name)
		}
	}
	for _, p := range []probe{containers[0].StartupProbe, containers[0].ReadinessProbe, containers[0].LivenessProbe} {
		if !strings.Contains(string(docs), "`GET "+p.HTTPGet.Path+"`") {
			t.Errorf("the path %s is not documented", p.HTTPGet.Path)
		}
	}
}

// TestAutoscalerAloneDecides: a number of replicas in Git would undo what the
// autoscaler did, every time Flux applies the tree.
func TestAutoscalerAloneDecides(t *testing.T) {
	t.Parallel()
	files, err := apps.Render(platform.App{Name: "web", Namespace: "web", Image: "web:1", Port: 8080, MinReplicas: 3, MaxReplicas: 6}, true)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if f.Name != "deployment.yaml" {
			continue
		}
		var deployment appsv1.Deployment
		if err := yaml.Unmarshal(f.Data, &deployment); err != nil {
			t.Fatal(err)
		}
		if deployment.Spec.Replicas != nil {
			t.Errorf("replicas: %d, want none", *deployment.Spec.Replicas)
		}
		if got := deployment.Labels[object.AutoscaledLabel]; got != "true" {
			t.Errorf("label %s: %q, want true", object.AutoscaledLabel, got)
		}
		return
	}
	t.Error("there is no deployment.yaml")
}
