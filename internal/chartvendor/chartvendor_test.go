package chartvendor_test

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/groundwork-dev/groundwork/internal/catalog"
	"github.com/groundwork-dev/groundwork/internal/catalog/chartkeys"
	"github.com/groundwork-dev/groundwork/internal/chartarchive"
	"github.com/groundwork-dev/groundwork/internal/chartvendor"
	"github.com/groundwork-dev/groundwork/internal/testsupport"
)

func chart(t testing.TB, files map[string]string) *chartarchive.Chart {
	t.Helper()
	folder := fstest.MapFS{"Chart.yaml": {Data: []byte("name: web\nversion: 1.2.3\n")}}
	for name, text := range files {
		folder[name] = &fstest.MapFile{Data: []byte(text)}
	}
	c, err := chartarchive.LoadFolder(folder)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

const deps = "name: web\nversion: 1.2.3\ndependencies:\n"

func TestKeys(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		files      map[string]string
		also, open []string
		want       string
		notes      string
	}{
		"values": {files: map[string]string{"values.yaml": "a: {b: 1}\n"}, want: `{"a":{"b":null}}`},
		"none":   {want: `null`, notes: "the chart has no values: nothing is held to them"},
		"templates": {
			files: map[string]string{
				"values.yaml":      "a: {b: 1}\nc: {}\n",
				"templates/a.yaml": "{{ .Values.a.b }}{{ $.Values.a.d.e }}{{ .Values.c.f }}{{ .Values.g | quote }}{{ .Values }}",
				"README.md":        ".Values.not",
			},
			want: `{"a":{"b":null,"d":null},"c":null,"g":null}`,
		},
		"also and open": {
			files: map[string]string{"values.yaml": "a: {b.c: {d: 1}}\n"}, also: []string{"x", "a/y", "x"}, open: []string{"a/b.c"},
			want: `{"a":{"b.c":null,"y":null},"x":null}`,
		},
		"subcharts": {
			files: map[string]string{
				"Chart.yaml":               deps + "  - {name: sub, condition: \"sub.enabled,switches.sub\", tags: [all]}\n",
				"values.yaml":              "sub: {own: 1}\nswitches: {other: 1}\n",
				"charts/sub/Chart.yaml":    "name: sub\n",
				"charts/sub/values.yaml":   "size: 1\n",
				"charts/sub/templates/a":   "{{ .Values.shape }}",
				"charts/other/Chart.yaml":  "name: undeclared\n",
				"charts/other/values.yaml": "a: 1\n",
				"charts/README.md":         "nothing",
			},
			want: `{"sub":{"enabled":null,"own":null,"shape":null,"size":null},"switches":{"other":null,"sub":null},"tags":null,"undeclared":{"a":null}}`,
		},
		"aliases": {
			files: map[string]string{
				"Chart.yaml":           deps + "  - {name: db, alias: one}\n  - {name: db, alias: two}\n",
				"charts/x/Chart.yaml":  "name: db\n",
				"charts/x/values.yaml": "size: 1\n",
			},
			want: `{"one":{"size":null},"two":{"size":null}}`,
		},
		"requirements": {
			files: map[string]string{
				"requirements.yaml":     "dependencies: [{name: db, alias: store}]\n",
				"charts/db/Chart.yaml":  "name: db\n",
				"charts/db/values.yaml": "size: 1\n",
			},
			want: `{"store":{"size":null}}`,
		},
		"a subchart that is not there": {
			files: map[string]string{"Chart.yaml": deps + "  - {name: db, condition: db.enabled}\n", "values.yaml": "db: {own: 1}\n"},
			want:  `{"db":null}`, notes: "subchart db is not in it: whatever stands below db is taken to be right",
		},
		"a library": {
			files: map[string]string{
				"values.yaml":                   "a: 1\n",
				"charts/lib/Chart.yaml":         "name: lib\n",
				"charts/lib/templates/_all.tpl": "{{ .Values.proxy }}",
			},
			want: `{"a":null,"lib":{"proxy":null},"proxy":null}`,
		},
		"global": {
			files: map[string]string{
				"values.yaml": "global: {a: 1}\n", "charts/s/Chart.yaml": "name: s\n", "charts/s/values.yaml": "global: {b: 1}\n",
			},
			want: `{"global":{"a":null,"b":null},"s":{"global":{"b":null}}}`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			file, notes, err := chartvendor.Keys(chart(t, test.files), test.also, test.open)
			if err != nil {
				t.Fatal(err)
			}
			var keys chartkeys.Keys
			if file != nil {
				keys = file.Keys
			}
			if got, err := json.Marshal(keys); err != nil || string(got) != test.want {
				t.Errorf("got %s, %v, want %s", got, err, test.want)
			}
			if got := strings.Join(notes, "; "); got != test.notes {
				t.Errorf("notes: %s, want %s", got, test.notes)
			}
		})
	}
}

func TestKeysRefuses(t *testing.T) {
	t.Parallel()
	// Each chart names the one in it twice: 2^20 charts, if they were all looked at.
	fan := map[string]string{}
	prefix := ""
	for range 20 {
		fan[prefix+"Chart.yaml"] = deps + "  - {name: web, alias: a}\n  - {name: web, alias: b}\n"
		prefix += "charts/a/"
	}
	fan[prefix+"Chart.yaml"] = "name: web\n"
	for name, test := range map[string]struct {
		files      map[string]string
		also, open []string
		want       string
	}{
		"charts in charts":    {files: fan, want: "deriving the keys of chart web 1.2.3: it has too many subcharts"},
		"values of a list":    {files: map[string]string{"values.yaml": "[]"}, want: "values.yaml of web: parsing the chart's values: they are no mapping"},
		"a nameless subchart": {files: map[string]string{"charts/a/Chart.yaml": "version: 1.0.0\n"}, want: "a Chart.yaml has no name"},
		"broken dependencies": {files: map[string]string{"requirements.yaml": "dependencies: 1\n"}, want: "reading Chart.yaml or requirements.yaml: yaml: "},
		"large requirements":  {files: map[string]string{"requirements.yaml": strings.Repeat("#\n", 70_000)}, want: "is larger than 128 KiB"},
		"open, mistyped":      {files: map[string]string{"values.yaml": "a: 1\n"}, open: []string{"b"}, want: "chart web 1.2.3 has no value b"},
		"open, no path":       {files: map[string]string{"values.yaml": "a: 1\n"}, open: []string{"a/"}, want: `"a/" is no path of keys`},
		"also, no path":       {files: map[string]string{"values.yaml": "a: 1\n"}, also: []string{""}, want: `"" is no path of keys`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if file, _, err := chartvendor.Keys(chart(t, test.files), test.also, test.open); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, %v, want %q", file, err, test.want)
			}
		})
	}
}

// A chart of a module that this repository links anyway is read as people ship it,
// and says of the component that installs it what the catalogue has of it.
func TestRealChart(t *testing.T) {
	t.Parallel()
	out, err := exec.CommandContext(t.Context(), "go", "list", "-m", "-f", "{{.Dir}}", "github.com/open-policy-agent/gatekeeper/v3").Output()
	if err != nil {
		t.Fatal(err)
	}
	c, err := chartarchive.LoadFolder(os.DirFS(filepath.Join(strings.TrimSpace(string(out)), "charts", "gatekeeper")))
	if err != nil {
		t.Fatal(err)
	}
	// The catalogue's was made of values.yaml alone, and told what templates name.
	file, notes, err := chartvendor.Keys(c, nil, nil)
	if err != nil || len(notes) > 0 {
		t.Fatal(err, notes)
	}
	text, err := catalog.Builtin().Open("gatekeeper/" + catalog.KeysFile)
	if err != nil {
		t.Fatal(err)
	}
	defer text.Close()
	var b bytes.Buffer
	if _, err := b.ReadFrom(text); err != nil {
		t.Fatal(err)
	}
	known, err := chartkeys.Parse(b.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	var changes chartvendor.Changes
	changes.CompareKeys(known.Keys, file.Keys)
	if len(changes.RemovedKeys)+len(changes.ClosedKeys) > 0 || len(file.Keys) < len(known.Keys) {
		t.Errorf("%s against %s: %+v", c, known.Version, changes)
	}
}

func definition(name string) map[string]any {
	return map[string]any{
		"kind":   "CustomResourceDefinition",
		"status": map[string]any{"a": 1},
		"metadata": map[string]any{
			"name": name, "labels": map[string]any{"release": "x"},
			"annotations": map[string]any{"api-approved.kubernetes.io": "yes", "meta.helm.sh/release-name": "x", "meta.helm.sh/release-namespace": "x"},
		},
		"spec": map[string]any{"schema": map[string]any{
			"description": "Long.",
			"properties":  map[string]any{"description": map[string]any{"description": "Of a field.", "type": "string"}},
			"anyOf":       []any{map[string]any{"description": "Of one.", "minimum": int64(9007199254740993)}},
		}},
	}
}

func TestPackCRDs(t *testing.T) {
	t.Parallel()
	pack, err := chartvendor.PackCRDs([]map[string]any{definition("b.x"), definition("a.x")})
	if err != nil {
		t.Fatal(err)
	}
	again, err := chartvendor.PackCRDs([]map[string]any{definition("a.x"), definition("b.x")})
	if err != nil || !bytes.Equal(pack, again) {
		t.Errorf("another order makes other bytes: %v", err)
	}
	crds, err := catalog.UnpackCRDs(bytes.NewReader(pack))
	if err != nil {
		t.Fatal(err)
	}
	line := func(name string) string {
		return `{"kind":"CustomResourceDefinition","metadata":{"annotations":{"api-approved.kubernetes.io":"yes"},"name":"` + name + `"},` +
			`"spec":{"schema":{"anyOf":[{"minimum":9007199254740993}],"properties":{"description":{"type":"string"}}}}}`
	}
	got := map[string]string{}
	for name, data := range crds {
		got[name] = string(data)
	}
	if diff := cmp.Diff(map[string]string{"a.x": line("a.x"), "b.x": line("b.x")}, got); diff != "" {
		t.Error(diff)
	}
	if pack, err := chartvendor.PackCRDs(nil); pack != nil || err != nil {
		t.Errorf("%v, %v", pack, err)
	}
	for want, list := range map[string][]map[string]any{
		"defines a.x twice": {definition("a.x"), definition("a.x")},
		"has no name":       {{"kind": "CustomResourceDefinition"}},
	} {
		if _, err := chartvendor.PackCRDs(list); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}

func TestChanges(t *testing.T) {
	t.Parallel()
	var got chartvendor.Changes
	got.CompareKeys(
		chartkeys.Keys{"a": nil, "b": {"c": {"d": nil}, "e": {"f": nil}, "g": nil}, "same": {"x.y": nil}},
		chartkeys.Keys{"b": {"e": nil, "g": {"h": nil}, "new": {"deep": nil}}, "same": {"x.y": nil}},
	)
	got.CompareCRDs(
		map[string][]byte{"a": []byte("1"), "b": []byte("1"), "same": []byte("1")},
		map[string][]byte{"b": []byte("2"), "c": []byte("1"), "same": []byte("1")},
	)
	want := chartvendor.Changes{
		AddedKeys: []string{"b.new"}, RemovedKeys: []string{"a", "b.c"}, OpenedKeys: []string{"b.e"}, ClosedKeys: []string{"b.g"},
		AddedCRDs: []string{"c"}, RemovedCRDs: []string{"a"}, ChangedCRDs: []string{"b"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// FuzzKeys looks for a panic, for keys without end, and for some that cannot be
// written down.
func FuzzKeys(f *testing.F) {
	f.Add("a: {b: 1}\n", "name: sub\n", "c: 1\n", "{{ .Values.d.e }}")
	f.Add("global: {}\nsub: 1\n", "name: sub\ndependencies: [{name: a, alias: b, condition: c.d, tags: [e]}]\n", "global: {a: 1}\n", ".Values.sub.x")
	f.Fuzz(func(t *testing.T, values, meta, sub, template string) {
		c := chart(t, map[string]string{
			"values.yaml": values, "charts/sub/Chart.yaml": meta, "charts/sub/values.yaml": sub, "templates/a.yaml": template,
			"charts/sub/templates/_a.tpl": template,
		})
		file, _, err := chartvendor.Keys(c, nil, nil)
		if err != nil || file == nil {
			return
		}
		text, err := file.Marshal()
		if err == nil {
			_, err = chartkeys.Parse(text)
		}
		if err != nil && !strings.Contains(err.Error(), "more than 256 KiB") {
			t.Error(err)
		}
	})
}

// TestNamedWithoutEnd is not parallel: it measures.
func TestNamedWithoutEnd(t *testing.T) {
	var text strings.Builder
	for i := range 30_000 {
		text.WriteString(".Values.a" + string([]byte{'a' + byte(i%26), 'a' + byte(i/26%26), 'a' + byte(i/676%26), 'a' + byte(i/17576)}) + " ")
	}
	c := chart(t, map[string]string{"templates/a": text.String()})
	testsupport.Within(t, func() {
		if _, _, err := chartvendor.Keys(c, nil, nil); err == nil || !strings.Contains(err.Error(), "too many values that only templates name") {
			t.Error(err)
		}
	})
}
