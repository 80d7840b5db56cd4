package policy_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/groundwork-dev/groundwork/internal/policy"
)

// repository reads this repository's rules and app of prod.
func repository(t testing.TB) (p *policy.Policies, app map[string]*unstructured.Unstructured) {
	t.Helper()
	read := func(dir string) map[string]*unstructured.Unstructured {
		files, err := filepath.Glob("../../" + dir + "/*.yaml")
		if err != nil || len(files) == 0 {
			t.Fatal(dir, err)
		}
		all := map[string]*unstructured.Unstructured{}
		for _, file := range files {
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			for text := range strings.SplitSeq(string(data), "\n---\n") {
				if o := object(t, text); o.GetKind() != "Kustomization" {
					all[o.GetKind()+"/"+o.GetName()] = o
				}
			}
		}
		return all
	}
	var templates, constraints []*unstructured.Unstructured
	for _, o := range read("infrastructure/configs/prod/gatekeeper/templates") {
		if o.GetKind() == "ConstraintTemplate" {
			templates = append(templates, o)
		}
	}
	for _, o := range read("infrastructure/configs/prod/gatekeeper/constraints") {
		constraints = append(constraints, o)
	}
	return compile(t, templates, constraints), read("apps/prod/sampleapp")
}

// The app that bootstrap generates breaks no rule, and the rules find it when it
// does. Reviews may run at once.
func TestRepository(t *testing.T) {
	t.Parallel()
	p, app := repository(t)
	space := app["Namespace/sampleapp"]
	in := func(o *unstructured.Unstructured) *unstructured.Unstructured {
		if o.GetNamespace() == "" {
			return nil
		}
		return space
	}
	var names []string
	for _, v := range review(t, p, app["Deployment/sampleapp"], space) {
		names = append(names, v.Name)
		if v.Refused() || !slices.Equal(v.Audit, []string{"deny"}) {
			t.Errorf("%+v", v)
		}
	}
	if !slices.Equal(names, []string{"required-budgets"}) {
		t.Errorf("without its budget the app breaks %v", names)
	}
	if err := p.AddData(t.Context(), app["PodDisruptionBudget/sampleapp"]); err != nil {
		t.Fatal(err)
	}
	var group sync.WaitGroup
	for _, o := range app {
		for range 4 {
			group.Go(func() {
				if got, err := p.Review(t.Context(), o, in(o)); err != nil || len(got) > 0 {
					t.Errorf("%s: %+v %v", o.GetKind(), got, err)
				}
			})
		}
	}
	group.Wait()
	bad := app["Deployment/sampleapp"].DeepCopy()
	delete(bad.Object["spec"].(map[string]any)["template"].(map[string]any)["metadata"].(map[string]any), "labels")
	if got := review(t, p, bad, space); len(got) != 2 || !got[1].Refused() {
		t.Errorf("%+v", got)
	}
	space.SetLabels(map[string]string{"groundwork.dev/tier": "platform"})
	if got := review(t, p, bad, space); len(got) != 0 {
		t.Errorf("in a namespace of the platform: %+v", got)
	}
}

func BenchmarkNew(b *testing.B) {
	templates, constraints := objects(b, inCEL, inRego), objects(b, small, unique)
	for b.Loop() {
		compile(b, templates, constraints)
	}
}

// BenchmarkReview is one Deployment against all rules of this repository.
func BenchmarkReview(b *testing.B) {
	p, app := repository(b)
	for b.Loop() {
		if _, err := p.Review(b.Context(), app["Deployment/sampleapp"], app["Namespace/sampleapp"]); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkReviewOfAnother is an object that no rule is about.
func BenchmarkReviewOfAnother(b *testing.B) {
	p, app := repository(b)
	for b.Loop() {
		if _, err := p.Review(b.Context(), app["Service/sampleapp"], app["Namespace/sampleapp"]); err != nil {
			b.Fatal(err)
		}
	}
}
