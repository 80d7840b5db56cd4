package catalog_test

import (
	"io/fs"
	"maps"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/groundwork-dev/groundwork/internal/catalog"
	"github.com/groundwork-dev/groundwork/internal/diag"
)

// TestBuiltinComponentsCarryTheirChartsKeys is what makes Load find a mistyped
// value of a built-in component.
func TestBuiltinComponentsCarryTheirChartsKeys(t *testing.T) {
	t.Parallel()
	c := loadBuiltin(t)
	for _, name := range c.Names() {
		comp, _ := c.Component(name)
		if _, err := fs.Stat(comp.Folder, "chart-keys.json"); comp.Chart != nil && err != nil {
			t.Errorf("%s: %v: derive it: bootstrap charts vendor", name, err)
		}
	}
}

const (
	keyedSpec = spec + `  chart: {name: demo, version: 1.0.0, repository: https://charts.example.com}
  parameters:
    resources: {type: object, additionalProperties: {type: object, additionalProperties: {type: string}}, default: {}}
`
	chartKeys = `{"chart": "demo", "version": "1.0.0", "keys": {"replicas": null, "pods": {"resources": {"limits": null, "requests": null}, "labels": null}}}`
)

func keyed(changes map[string]string) fstest.MapFS {
	files := map[string]string{
		"demo/component.yaml":  keyedSpec,
		"demo/chart-keys.json": chartKeys,
		"demo/values.yaml":     "replicas: 1\npods:\n  labels: {any: thing}\n  resources: \"{{parameters.resources}}\"\n",
	}
	maps.Copy(files, changes)
	return demo(files)
}

func TestLoadHoldsValuesToTheChart(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		files map[string]string
		want  string
	}{
		"right":      {nil, ""},
		"values":     {map[string]string{"demo/values.yaml": "replica: 1\n"}, `components/demo/values.yaml:1:1: replica: the chart has no such value (did you mean "replicas"?)`},
		"deep":       {map[string]string{"demo/values.yaml": "pods:\n  lables: {}\n"}, `components/demo/values.yaml:2:3: pods.lables: the chart has no such value (did you mean "labels"?)`},
		"values, ha": {map[string]string{"demo/values-ha.yaml": "replica: 1\n"}, `components/demo/values-ha.yaml:1:1: replica: the chart has no such value (did you mean "replicas"?)`},
		"default": {
			map[string]string{"demo/component.yaml": strings.Replace(keyedSpec, "default: {}", "default: {limit: {cpu: 1m}}", 1)},
			`spec.parameters.resources.default.limit: the chart has no such value (did you mean "limits"?)`,
		},
		"another version": {
			map[string]string{"demo/chart-keys.json": strings.Replace(chartKeys, "1.0.0", "0.9.0", 1)},
			"components/demo/chart-keys.json: is about chart demo 0.9.0, and the component installs demo 1.0.0 (derive it",
		},
		"no keys":  {map[string]string{"demo/chart-keys.json": "{}"}, "components/demo/chart-keys.json: reading the keys of a chart: want chart, version and keys"},
		"too many": {map[string]string{"demo/chart-keys.json": strings.Repeat(" ", 300<<10)}, "components/demo/chart-keys.json: is larger than 256 KiB"},
		"no chart": {
			map[string]string{"demo/component.yaml": spec, "demo/values.yaml": ""},
			"components/demo/chart-keys.json: has the keys of a chart, but the component has none",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := catalog.Load(catalog.Layer{Origin: "components", FS: keyed(test.files)})
			if test.want == "" && err != nil || test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)) {
				t.Errorf("got %v, want %s", err, test.want)
			}
		})
	}
}

// lines is a document whose keys are on the line of their depth.
type lines struct{}

func (lines) Position(path ...string) diag.Position { return lines{}.KeyPosition(path...) }

func (lines) KeyPosition(path ...string) diag.Position {
	return diag.Position{File: "platform.yaml", Line: len(path)}
}

func TestParametersAreHeldToTheChart(t *testing.T) {
	t.Parallel()
	c, err := catalog.Load(catalog.Layer{Origin: "components", FS: keyed(nil)})
	if err != nil {
		t.Fatal(err)
	}
	comp, _ := c.Component("demo")
	resources := func(key string) map[string]any {
		return map[string]any{"resources": map[string]any{key: map[string]any{"cpu": "1m"}}}
	}
	if _, problems := comp.ResolveParameters(resources("limits"), false, lines{}, "parameters"); len(problems) > 0 {
		t.Error(problems)
	}
	_, problems := comp.ResolveParameters(resources("limit"), false, lines{}, "parameters")
	want := `platform.yaml:3: parameters.resources.limit: the chart has no such value (did you mean "limits"?)`
	if len(problems) != 1 || problems[0].String() != want {
		t.Errorf("got %v, want %s", problems, want)
	}
}
