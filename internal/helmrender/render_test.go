package helmrender_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	releaseutil "helm.sh/helm/v4/pkg/release/v1/util"

	"github.com/groundwork-dev/groundwork/internal/chartarchive/charttest"
	"github.com/groundwork-dev/groundwork/internal/helmrender"
)

// config is a template of a ConfigMap with one key.
func config(name, value string) string {
	return "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: " + name + "\ndata:\n  is: " + value + "\n"
}

// subcharts is a chart with dependencies: one switched on, one off, one by an
// alias, and one in an archive of its own.
func subcharts(t testing.TB) map[string]string {
	t.Helper()
	sub := func(name string) string { return "apiVersion: v2\nname: " + name + "\nversion: 1.0.0\n" }
	inArchive := string(charttest.Pack(t, map[string]string{"Chart.yaml": sub("packed"), "templates/a.yaml": config("packed", "{{ .Values.x }}"), "values.yaml": "x: default\n"}))
	return map[string]string{
		"Chart.yaml": charttest.Meta + `dependencies:
  - {name: one, version: 1.0.0, condition: one.enabled}
  - {name: two, version: ^1.0.0, condition: two.enabled}
  - {name: one, version: 1.0.0, alias: uno, tags: [more]}
  - {name: packed, version: 1.0.0}
`,
		"values.yaml":                     "one: {enabled: true, x: parent}\ntwo: {enabled: false}\nglobal: {region: eu}\n",
		"charts/one/Chart.yaml":           sub("one"),
		"charts/one/values.yaml":          "x: default\nz: default\n",
		"charts/one/templates/a.yaml":     config("{{ .Chart.Name }}", `"{{ .Values.x }} {{ .Values.z }} {{ .Values.global.region }}"`),
		"charts/one/crds/c.yaml":          "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: ones.example.com}\n",
		"charts/two/Chart.yaml":           sub("two"),
		"charts/two/templates/a.yaml":     config("two", "x"),
		"charts/two/crds/c.yaml":          "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: twos.example.com}\n",
		"charts/packed-1.0.0.tgz":         inArchive,
		"charts/_ignored.tgz":             "no archive",
		"templates/NOTES.txt":             "{{ .Values.one.x }}",
		"templates/_helpers.tpl":          `{{ define "name" }}{{ .Release.Name }}-{{ .Chart.Name }}{{ end }}`,
		"templates/tests/connection.yaml": "apiVersion: v1\nkind: Pod\nmetadata: {name: test, annotations: {helm.sh/hook: test}}\n",
	}
}

func TestRender(t *testing.T) {
	t.Parallel()
	r := renderer(t, helmrender.Limits{})
	values := func(v string) map[string]string {
		return map[string]string{"values.yaml": "a: {b: 1, c: 2}\nport: 8080\n", "templates/a.yaml": config("a", v)}
	}
	for name, test := range map[string]struct {
		files   map[string]string
		release helmrender.Release
		objects string
		crds    string
		hooks   string
	}{
		"defaults":         {values(`"{{ .Values.a.b }} {{ .Values.a.c }}"`), helmrender.Release{}, "ConfigMap/a=1 2", "", ""},
		"values":           {values(`"{{ .Values.a.b }} {{ .Values.a.c }}"`), helmrender.Release{Values: map[string]any{"a": map[string]any{"b": 7}}}, "ConfigMap/a=7 2", "", ""},
		"a value away":     {values(`"{{ .Values.a.b }} {{ .Values.a.c }}"`), helmrender.Release{Values: map[string]any{"a": map[string]any{"b": nil}}}, "ConfigMap/a= 2", "", ""},
		"release":          {values(`"{{ .Release.Name }} {{ .Release.Namespace }} {{ .Release.Revision }} {{ .Release.IsInstall }} {{ .Release.Service }}"`), helmrender.Release{Name: "rel", Namespace: "ns"}, "ConfigMap/a=rel ns 1 true Helm", "", ""},
		"version":          {values(`"{{ .Capabilities.KubeVersion.Version }} {{ .Capabilities.KubeVersion.Minor }}"`), helmrender.Release{}, "ConfigMap/a=v1.36.0 36", "", ""},
		"another version":  {values(`"{{ .Capabilities.KubeVersion }}"`), helmrender.Release{KubeVersion: "v1.35.2"}, "ConfigMap/a=v1.35.2", "", ""},
		"APIs":             {values(`"{{ range list "policy/v1" "policy/v1/PodDisruptionBudget" "policy/v1beta1" "extensions/v1beta1" "monitoring.coreos.com/v1" }}{{ $.Capabilities.APIVersions.Has . }} {{ end }}"`), helmrender.Release{}, "ConfigMap/a=true true false false false ", "", ""},
		"APIs of CRDs":     {values(`"{{ .Capabilities.APIVersions.Has "monitoring.coreos.com/v1/ServiceMonitor" }}"`), helmrender.Release{APIVersions: []string{"monitoring.coreos.com/v1/ServiceMonitor"}}, "ConfigMap/a=true", "", ""},
		"lookup":           {values(`"{{ lookup "v1" "Secret" "ns" "a" | len }}"`), helmrender.Release{}, "ConfigMap/a=0", "", ""},
		"host names":       {values(`"{{ getHostByName "localhost" }}"`), helmrender.Release{}, "ConfigMap/a=", "", ""},
		"files":            {map[string]string{"templates/a.yaml": config("a", `"{{ .Files.Get "x.txt" }}"`), "x.txt": "text"}, helmrender.Release{}, "ConfigMap/a=text", "", ""},
		"tpl and include":  {map[string]string{"templates/_a.tpl": `{{ define "b" }}{{ .Chart.Name }}{{ end }}`, "templates/a.yaml": config("a", `"{{ tpl "{{ include \"b\" . }}" . }}"`)}, helmrender.Release{}, "ConfigMap/a=web", "", ""},
		"several":          {map[string]string{"templates/a.yaml": "# nothing\n---\n" + config("a", "x") + "---\n# comment\n---\n" + config("b", "z")}, helmrender.Release{}, "ConfigMap/a=x ConfigMap/b=z", "", ""},
		"a list":           {map[string]string{"templates/a.yaml": "apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: ConfigMap, metadata: {name: a}, data: {is: x}}\n- {apiVersion: v1, kind: ConfigMap, metadata: {name: b}, data: {is: z}}\n"}, helmrender.Release{}, "ConfigMap/a=x ConfigMap/b=z", "", ""},
		"aliases":          {map[string]string{"templates/a.yaml": config("a", "&x z") + "  more: *x\n"}, helmrender.Release{}, "ConfigMap/a=z", "", ""},
		"nothing":          {map[string]string{"templates/a.yaml": "{{ if false }}x{{ end }}"}, helmrender.Release{}, "", "", ""},
		"hooks":            {map[string]string{"templates/a.yaml": "apiVersion: v1\nkind: Pod\nmetadata: {name: a, annotations: {helm.sh/hook: 'pre-install, post-upgrade'}}\n---\napiVersion: v1\nkind: Pod\nmetadata: {name: b, annotations: {helm.sh/hook: crd-install}}\n---\n" + config("c", "x")}, helmrender.Release{}, "ConfigMap/c=x", "", "Pod/a"},
		"subcharts":        {subcharts(t), helmrender.Release{}, "ConfigMap/one=parent default eu ConfigMap/packed=default ConfigMap/uno=default default eu", "CustomResourceDefinition/ones.example.com CustomResourceDefinition/ones.example.com", "Pod/test"},
		"other subcharts":  {subcharts(t), helmrender.Release{Values: map[string]any{"one": map[string]any{"enabled": false}, "two": map[string]any{"enabled": true}, "tags": map[string]any{"more": false}, "packed": map[string]any{"x": "given"}}}, "ConfigMap/packed=given ConfigMap/two=x", "CustomResourceDefinition/twos.example.com", "Pod/test"},
		"for this version": {map[string]string{"Chart.yaml": charttest.Meta + "kubeVersion: '>=1.30.0-0'\n", "templates/a.yaml": config("a", "x")}, helmrender.Release{}, "ConfigMap/a=x", "", ""},
		"a fitting schema": {map[string]string{"values.schema.json": `{"properties": {"port": {"type": "integer"}}}`, "values.yaml": "port: 1\n", "templates/a.yaml": config("a", "x")}, helmrender.Release{}, "ConfigMap/a=x", "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := r.Render(t.Context(), load(t, test.files), test.release)
			if err != nil {
				t.Fatal(err)
			}
			have := []string{names(got.Objects), names(got.CRDs), names(got.Hooks)}
			if want := []string{test.objects, test.crds, test.hooks}; !slices.Equal(have, want) {
				t.Errorf("got %q, want %q", have, want)
			}
		})
	}
}

func names(objects []helmrender.Object) string {
	var all []string
	for _, o := range objects {
		name := o.GetKind() + "/" + o.GetName()
		if data, ok := o.Object["data"].(map[string]any); ok {
			name += fmt.Sprint("=", data["is"])
		}
		all = append(all, name)
	}
	return strings.Join(all, " ")
}

func TestRenderKeepsNumbersAndFiles(t *testing.T) {
	t.Parallel()
	c := load(t, map[string]string{"templates/sub/a.yaml": "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {i: 2, f: 1.5, big: 9007199254740993, text: '1'}\n"})
	got, err := renderer(t, helmrender.Limits{}).Render(t.Context(), c, helmrender.Release{})
	if err != nil {
		t.Fatal(err)
	}
	spec := got.Objects[0].Object["spec"].(map[string]any)
	if spec["i"] != int64(2) || spec["f"] != 1.5 || spec["big"] != int64(9007199254740993) || spec["text"] != "1" {
		t.Errorf("%#v", spec)
	}
	if got.Objects[0].File != "web/templates/sub/a.yaml" {
		t.Error(got.Objects[0].File)
	}
}

// A chart is not changed by being rendered.
func TestRenderAgain(t *testing.T) {
	t.Parallel()
	r, c := renderer(t, helmrender.Limits{}), load(t, subcharts(t))
	want := ""
	for i := range 3 {
		got, err := r.Render(t.Context(), c, helmrender.Release{})
		if err != nil {
			t.Fatal(err)
		}
		if s := names(got.Objects); i > 0 && s != want {
			t.Errorf("got %s after %s", s, want)
		} else {
			want = s
		}
		if _, err := r.Render(t.Context(), c, helmrender.Release{Values: map[string]any{"one": map[string]any{"enabled": false}}}); err != nil {
			t.Error(err)
		}
	}
}

func TestRenderTwice(t *testing.T) {
	t.Parallel()
	c := load(t, map[string]string{"templates/a.yaml": config("a", "x"), "templates/b.yaml": config("b", `{{ randAlphaNum 20 | quote }}`)})
	got, err := renderer(t, helmrender.Limits{}).Render(t.Context(), c, helmrender.Release{Twice: true})
	if err != nil {
		t.Fatal(err)
	}
	if len(got.Objects) != 2 || got.Objects[0].Unstable || !got.Objects[1].Unstable {
		t.Errorf("%+v", got.Objects)
	}
}

// A schema is not fetched; that it is not checked is said.
func TestRenderFetchesNoSchema(t *testing.T) {
	t.Parallel()
	c := load(t, map[string]string{"values.schema.json": `{"properties": {"a": {"$ref": "https://127.0.0.1:1/a.json"}, "b": {"$ref": "#/$defs/b"}}, "$defs": {"b": {"type": "string"}}}`, "values.yaml": "a: 1\nb: x\n"})
	got, err := renderer(t, helmrender.Limits{}).Render(t.Context(), c, helmrender.Release{})
	if err != nil || !slices.Equal(got.Unchecked, []string{"https://127.0.0.1:1/a.json"}) {
		t.Errorf("%+v %v", got, err)
	}
}

func TestRenderFails(t *testing.T) {
	t.Parallel()
	r := renderer(t, helmrender.Limits{})
	template := func(text string) map[string]string { return map[string]string{"templates/a.yaml": text} }
	for name, test := range map[string]struct {
		files  map[string]string
		values map[string]any
		want   string
	}{
		"fail":               {template(`{{ fail "set a host" }}`), nil, "set a host"},
		"required":           {template(`{{ required "set a host" .Values.host }}`), nil, "set a host"},
		"a parse error":      {template("{{ if }}"), nil, "parse error at (web/templates/a.yaml:1): missing value for if"},
		"a function":         {template("{{ env \"HOME\" }}"), nil, `function "env" not defined`},
		"a template":         {template(`{{ include "other" . }}`), nil, "other"},
		"no object":          {template("just text\n"), nil, "web/templates/a.yaml: a document is no object"},
		"no kind":            {template("apiVersion: v1\nmetadata: {name: a}\n"), nil, "web/templates/a.yaml: an object has no apiVersion or no kind"},
		"no YAML":            {template("a: [\n"), nil, "web/templates/a.yaml: "},
		"a library":          {map[string]string{"Chart.yaml": charttest.Meta + "type: library\n"}, nil, "it is a library chart"},
		"another Kubernetes": {map[string]string{"Chart.yaml": charttest.Meta + "kubeVersion: '<1.30'\n"}, nil, "it is for Kubernetes <1.30, not for v1.36.0"},
		"values":             {map[string]string{"values.yaml": "- a\n"}, nil, "cannot load values.yaml"},
		"a schema":           {map[string]string{"values.schema.json": `{"properties": {"port": {"type": "integer"}}}`}, map[string]any{"port": "http"}, "the values do not fit values.schema.json: web: - at '/port': got string, want integer"},
		"a subchart's schema": {
			map[string]string{"charts/sub/Chart.yaml": "apiVersion: v2\nname: sub\nversion: 1.0.0\n", "charts/sub/values.schema.json": `{"required": ["x"]}`},
			map[string]any{"sub": map[string]any{}},
			"sub: - at '': missing property 'x'",
		},
		"a file by its schema": {map[string]string{"values.schema.json": `{"$ref": "file:///etc/passwd"}`}, nil, "a chart does not read files of this machine"},
		"no schema":            {map[string]string{"values.schema.json": `{`}, nil, "the values do not fit values.schema.json: web: "},
		"no version":           {map[string]string{"Chart.yaml": "apiVersion: v2\nname: web\nversion: one\n"}, nil, "chart.metadata.version"},
		"no subchart":          {map[string]string{"charts/sub/values.yaml": "a: 1\n"}, nil, "Chart.yaml file is missing"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := r.Render(t.Context(), load(t, test.files), helmrender.Release{Values: test.values})
			if err == nil || !strings.Contains(err.Error(), test.want) || !strings.HasPrefix(err.Error(), "rendering chart web ") || strings.Contains(err.Error(), "\n") {
				t.Errorf("got %v, want %q", err, test.want)
			}
		})
	}
}

func TestRenderIsInterrupted(t *testing.T) {
	t.Parallel()
	r := renderer(t, helmrender.Limits{})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := r.Render(ctx, load(t, nil), helmrender.Release{}); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if _, err := r.Render(t.Context(), load(t, nil), helmrender.Release{}); err != nil {
		t.Error(err)
	}
}

// A rendering that nobody waits for is ended.
func TestRenderIsAbandoned(t *testing.T) {
	t.Parallel()
	r := renderer(t, helmrender.Limits{CPU: time.Hour})
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	endless := load(t, map[string]string{"templates/a.yaml": "{{ range 9223372036854775807 }}{{ end }}"})
	if _, err := r.Render(ctx, endless, helmrender.Release{}); !errors.Is(err, context.DeadlineExceeded) {
		t.Error(err)
	}
	if _, err := r.Render(t.Context(), load(t, nil), helmrender.Release{}); err != nil {
		t.Error(err)
	}
}

func TestRenderAtOnce(t *testing.T) {
	t.Parallel()
	r, c := renderer(t, helmrender.Limits{}), load(t, subcharts(t))
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			if _, err := r.Render(t.Context(), c, helmrender.Release{}); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
}

func TestNoWorker(t *testing.T) {
	t.Parallel()
	for name, command := range map[string][]string{"none": nil, "not there": {"/nowhere/worker"}, "another": {"/bin/false"}} {
		r := helmrender.New(helmrender.Options{Command: command})
		if _, err := r.Render(t.Context(), load(t, nil), helmrender.Release{}); err == nil || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v", name, err)
		}
		r.Close()
		if _, err := r.Render(t.Context(), load(t, nil), helmrender.Release{}); err == nil || !strings.Contains(err.Error(), "closed") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Documents are cut where Helm cuts them.
func FuzzSplit(f *testing.F) {
	for _, text := range []string{"", "a", "---", "a\n---\nb", "---\na\n--- # x\nb\n---c\n", "\n\n---\n  a: 1\n\n---\n\n", "a ---\n ---\nb", "a\r\n---\r\nb", "a\n----\nb", "------", "a\n--- ---\nb"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var want []string
		docs := releaseutil.SplitManifests(text)
		for i := range len(docs) {
			want = append(want, strings.TrimSpace(docs[fmt.Sprint("manifest-", i)]))
		}
		var got []string
		for _, doc := range helmrender.Split(text) {
			got = append(got, strings.TrimSpace(doc))
		}
		if !slices.Equal(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
	})
}
