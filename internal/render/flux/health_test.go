package flux_test

import (
	"fmt"
	"slices"
	"testing"
	"testing/fstest"

	celgo "github.com/google/cel-go/cel"
	"github.com/google/cel-go/common/types"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"

	"github.com/groundwork-dev/groundwork/internal/catalog"
	"github.com/groundwork-dev/groundwork/internal/config"
	"github.com/groundwork-dev/groundwork/internal/fluxbuild"
	"github.com/groundwork-dev/groundwork/internal/imagepin"
)

// rolledOut is a platform of one cluster whose app web is rolled out.
func rolledOut(t *testing.T, app config.App) *config.Platform {
	t.Helper()
	c := load(t)
	var components []string
	for _, name := range c.Names() {
		comp, _ := c.Component(name)
		if comp.Mesh != nil || comp.LoadTest != "" {
			components = append(components, needs(c, name)...)
		}
	}
	slices.Sort(components)
	p := spec("prod", config.SizeHA, slices.Compact(components)...)
	p.Spec.Apps = map[string]config.App{"web": app}
	return p
}

// watched is the spec of the Kustomization of the app web.
type watched struct {
	Interval, RetryInterval, Timeout string
	HealthCheckExprs                 []catalog.HealthRule
}

func watching(t *testing.T, app config.App) watched {
	t.Helper()
	data, _ := render(t, rolledOut(t, app)).Get("clusters/prod/apps.yaml")
	var k struct{ Spec watched }
	if err := yaml.Unmarshal(data, &k); err != nil {
		t.Fatal(err)
	}
	return k.Spec
}

// TestRolloutHealth: an app is ill once a rollout was taken back, until Git names
// what serves, and not by what the one before left behind.
func TestRolloutHealth(t *testing.T) {
	t.Parallel()
	k := watching(t, config.App{Image: "ghcr.io/example/web:1.0.0", Port: 8080, Rollout: &config.Rollout{}})
	if len(k.HealthCheckExprs) != 1 {
		t.Fatalf("rules %+v", k.HealthCheckExprs)
	}
	const applied, before, after = "2026-11-27T12:00:00Z", "2026-11-27T11:59:59Z", "2026-11-27T12:00:01Z"
	status := func(phase, at, tried, serves string) string {
		return fmt.Sprintf(`{"phase": %q, "lastTransitionTime": %q, "lastAppliedSpec": %q, "lastPromotedSpec": %q}`, phase, at, tried, serves)
	}
	for name, tc := range map[string]struct{ status, want string }{
		"nothing is known":                       {"", "error"},
		"no phase":                               {`{}`, "error"},
		"an empty one":                           {`{"phase": ""}`, "inProgress"},
		"the first pods":                         {`{"phase": "Initializing", "lastTransitionTime": "` + after + `"}`, "inProgress"},
		"the first pods are ready":               {status("Initialized", after, "a", "a"), "current"},
		"under way":                              {status("Progressing", after, "b", "a"), "current"},
		"promoted":                               {status("Succeeded", after, "b", "b"), "current"},
		"promoted, and not looked at since":      {status("Succeeded", before, "b", "b"), "current"},
		"taken back":                             {status("Failed", after, "b", "a"), "failed"},
		"taken back before, not looked at since": {status("Failed", before, "b", "a"), "inProgress"},
		"taken back in the same second":          {status("Failed", applied, "b", "a"), "inProgress"},
		"Git names again what serves":            {status("Failed", after, "a", "a"), "current"},
		"that was not looked at yet":             {status("Failed", before, "b", "a"), "inProgress"},
		"the very first was taken back":          {`{"phase": "Failed", "lastTransitionTime": "` + after + `", "lastAppliedSpec": "a"}`, "failed"},
	} {
		canary := map[string]any{"metadata": map[string]any{"managedFields": []any{
			map[string]any{"manager": "kustomize-controller", "operation": "Apply", "time": applied},
			map[string]any{"manager": "flagger", "operation": "Update", "subresource": "status", "time": "2026-11-27T13:00:00Z"},
		}}}
		if tc.status != "" {
			var s map[string]any
			if err := yaml.Unmarshal([]byte(tc.status), &s); err != nil {
				t.Fatal(err)
			}
			canary["status"] = s
		}
		if got := health(t, k.HealthCheckExprs[0], canary); got != tc.want {
			t.Errorf("%s: %s, want %s", name, got, tc.want)
		}
	}
}

// health is what kustomize-controller makes of an object, in its order. An error is
// no verdict: it looks again.
func health(t *testing.T, rule catalog.HealthRule, o map[string]any) string {
	t.Helper()
	env, err := celgo.NewEnv()
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range []struct{ name, text string }{{"inProgress", rule.InProgress}, {"failed", rule.Failed}, {"current", rule.Current}} {
		ast, issues := env.Parse(e.text)
		if issues.Err() != nil {
			t.Fatal(issues.Err())
		}
		program, err := env.Program(ast)
		if err != nil {
			t.Fatal(err)
		}
		value, _, err := program.Eval(o)
		if err != nil {
			return "error"
		}
		if value == types.True {
			return e.name
		}
	}
	return "inProgress"
}

// TestRolloutIsWatched: its end comes when nothing is applied any more.
func TestRolloutIsWatched(t *testing.T) {
	t.Parallel()
	app := config.App{Image: "ghcr.io/example/web:1.0.0", Port: 8080, Rollout: &config.Rollout{}}
	for every, want := range map[string]string{"": "5m", "1m": "5m", "90s": "7m", "10m": "32m"} {
		app.Rollout = &config.Rollout{Canary: config.Canary{Interval: every}}
		if k := watching(t, app); k.Interval != "1m" || k.RetryInterval != "5m" || k.Timeout != want {
			t.Errorf("interval %q: %+v, want a timeout of %s", every, k, want)
		}
	}
	app.Rollout = nil
	if k := watching(t, app); k.Interval != "10m" || k.RetryInterval != "1m" || k.Timeout != "5m" || len(k.HealthCheckExprs) > 0 {
		t.Errorf("without a rollout: %+v", k)
	}
}

// TestCanaryNamesTheImage: the Canary changes whenever the image does.
func TestCanaryNamesTheImage(t *testing.T) {
	t.Parallel()
	const first, later = "ghcr.io/example/web:1.0.0", "ghcr.io/example/web:2.0.0@sha256:00000000000000000000000000000000000000000000000000000000000000aa"
	for name, delivery := range map[string]*config.Delivery{first: nil, later: {}} {
		files := render(t, rolledOut(t, config.App{Image: first, Port: 8080, Rollout: &config.Rollout{}, Delivery: delivery}))
		at := fstest.MapFS{}
		for _, f := range files.Paths() {
			data, _ := files.Get(f)
			if f == "apps/prod/web/image/kustomization.yaml" {
				pin, err := imagepin.Read(f, data)
				if err != nil {
					t.Fatal(err)
				}
				pin.Tag, pin.Digest = "2.0.0", later[len(later)-71:]
				if data, err = imagepin.Set(f, data, pin); err != nil {
					t.Fatal(err)
				}
			}
			at[f] = &fstest.MapFile{Data: data}
		}
		objects, problems := fluxbuild.NewTree(at).Kustomize("apps/prod/web")
		if err := problems.Err(); err != nil {
			t.Fatal(err)
		}
		found := map[string]string{}
		for _, o := range objects {
			switch o.GetKind() {
			case "Canary":
				found["Canary"] = o.GetAnnotations()["groundwork.dev/image"]
			case "Deployment":
				containers, _, _ := unstructured.NestedSlice(o.Object, "spec", "template", "spec", "containers")
				found["Deployment"] = fmt.Sprint(containers[0].(map[string]any)["image"])
			}
		}
		if found["Canary"] != name || found["Deployment"] != name {
			t.Errorf("got %v, want %s", found, name)
		}
	}
}
