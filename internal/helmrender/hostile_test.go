package helmrender_test

import (
	"fmt"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/groundwork-dev/groundwork/internal/helmrender"
)

// bomb is a text that names its own parts: of the given number of levels, nine
// times nine times nine values.
func bomb(levels int) string {
	var b strings.Builder
	b.WriteString("a0: &a0 [" + strings.TrimSuffix(strings.Repeat("x,", 9), ",") + "]\n")
	for i := 1; i < levels; i++ {
		fmt.Fprintf(&b, "a%d: &a%d [%s]\n", i, i, strings.TrimSuffix(strings.Repeat(fmt.Sprintf("*a%d,", i-1), 9), ","))
	}
	return b.String()
}

// Each is stopped with one error that names the chart and the cause, costs this
// process next to nothing, and takes no other rendering with it. Not parallel: it
// measures.
func TestHostileCharts(t *testing.T) {
	limits := helmrender.Limits{CPU: 500 * time.Millisecond, Memory: 64 << 20, Output: 4 << 20}
	template := func(text string) map[string]string { return map[string]string{"templates/a.yaml": text} }
	const (
		endless = "its templates do not end: 500ms of the processor's time are spent"
		memory  = "its templates want more than 64 MiB of memory"
	)
	good := load(t, map[string]string{"templates/a.yaml": config("a", "x")})
	for name, test := range map[string]struct {
		files  map[string]string
		values map[string]any
		want   []string // any of these
	}{
		"a loop without end":    {template("{{ range 9223372036854775807 }}{{ end }}"), nil, []string{endless}},
		"loops in loops":        {template("{{ range 1000000 }}{{ range 1000000 }}{{ end }}{{ end }}"), nil, []string{endless}},
		"a loop that writes":    {template("{{ range 9223372036854775807 }}aaaaaaaaaaaaaaaa{{ end }}"), nil, []string{memory, endless}},
		"a long list":           {template("{{ range until 2000000000 }}{{ end }}"), nil, []string{memory}},
		"a long text":           {template(`{{ repeat 2000000000 "a" }}`), nil, []string{memory}},
		"a text that doubles":   {template(`{{ $a := "aaaaaaaaaaaaaaaa" }}{{ range 60 }}{{ $a = print $a $a }}{{ end }}`), nil, []string{memory}},
		"a large output":        {template(`{{ repeat 5000000 "a" }}`), nil, []string{"its templates write 4 MiB, more than 4"}},
		"a template in itself":  {template(`{{ define "a" }}{{ template "a" }}{{ end }}{{ template "a" }}`), nil, []string{"exceeded maximum template depth", "its templates call each other without end", memory, endless}},
		"includes in includes":  {template(`{{ define "a" }}{{ include "b" . }}{{ end }}{{ define "b" }}{{ include "a" . }}{{ end }}{{ include "a" . }}`), nil, []string{"rendering template has a nested reference name", "without end", memory, endless}},
		"includes that fan out": {template(`{{ define "a" }}{{ include "a" . }}{{ include "a" . }}{{ end }}{{ include "a" . }}`), nil, []string{"nested reference name", memory, endless, "without end"}},
		"tpl in tpl":            {map[string]string{"values.yaml": `a: '{{ tpl .Values.a . }}'` + "\n", "templates/a.yaml": "{{ tpl .Values.a . }}"}, nil, []string{"without end", memory, endless}},
		"keys":                  {template(`{{ range 100 }}{{ genPrivateKey "rsa" }}{{ end }}`), nil, []string{endless}},
		"a regular expression":  {template(`{{ range 1000 }}{{ regexReplaceAll "(a*)*(a*)*b" (repeat 300000 "a") "" }}{{ end }}`), nil, []string{endless, memory}},
		"deep brackets":         {template("{{ " + strings.Repeat("(", 1000000) + " }}"), nil, []string{"parse error", "without end", memory, endless}},
		"deep YAML":             {template(config("a", strings.Repeat("[", 150)+strings.Repeat("]", 150)) + "---\n" + config("b", strings.Repeat("[", 300)+strings.Repeat("]", 300))), nil, []string{"an object is nested more than 200 deep"}},
		"deeper YAML":           {template(config("a", strings.Repeat("[", 1000000))), nil, []string{"web/templates/a.yaml: ", memory}},
		"aliases":               {template("apiVersion: v1\nkind: ConfigMap\n" + bomb(9)), nil, []string{"web/templates/a.yaml: a document expands to more than 100000 values"}},
		"aliases of a text":     {template("apiVersion: v1\nkind: ConfigMap\na: &a " + strings.Repeat("a", 10000) + "\nb: [" + strings.TrimSuffix(strings.Repeat("*a,", 2000), ",") + "]\n"), nil, []string{"web/templates/a.yaml: its objects are too large", memory}},
		"an alias of itself":    {template("apiVersion: v1\nkind: ConfigMap\na: &a [*a]\n"), nil, []string{"web/templates/a.yaml: "}},
		"aliases in values":     {map[string]string{"values.yaml": bomb(9)}, nil, []string{"cannot load values.yaml", memory, endless}},
		"aliases by fromYaml":   {map[string]string{"templates/a.yaml": `{{ .Files.Get "b.yaml" | fromYaml | toYaml }}`, "b.yaml": bomb(9)}, nil, []string{"excessive aliasing", "no object", "no apiVersion", memory, endless}},
		"values in values":      {template(config("a", "x")), doubled(40), []string{"the values given are more than"}},
		"deep values":           {template(config("a", "x")), deepened(200), []string{"nested more than 100 deep"}},
		"a pattern in a schema": {map[string]string{"values.schema.json": `{"allOf": [` + strings.TrimSuffix(strings.Repeat(`{"$ref": "#/$defs/a"},`, 10), ",") + `], "$defs": {"a": {"allOf": [` + strings.TrimSuffix(strings.Repeat(`{"$ref": "#/$defs/b"},`, 1000), ",") + `]}, "b": {"allOf": [` + strings.TrimSuffix(strings.Repeat(`{"$ref": "#/$defs/c"},`, 1000), ",") + `]}, "c": {"allOf": [` + strings.TrimSuffix(strings.Repeat(`{"type": "object"},`, 1000), ",") + `]}}}`}, nil, []string{endless, memory}},
	} {
		t.Run(name, func(t *testing.T) {
			r, c := renderer(t, limits), load(t, test.files)
			if slices.Contains(test.want, memory) || slices.Contains(test.want, endless) {
				test.want = append(test.want, memory, endless) // which comes first is up to the machine
			}
			runtime.GC()
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			workers := usedByChildren(t)
			_, err := r.Render(t.Context(), c, helmrender.Release{Name: "r", Values: test.values})
			runtime.ReadMemStats(&after)
			used := after.TotalAlloc - before.TotalAlloc
			t.Logf("%d KiB here: %v", used>>10, err)
			if err == nil || !strings.HasPrefix(err.Error(), "rendering chart web 1.2.3: ") || !containsAny(err.Error(), test.want) {
				t.Errorf("want one of %q", test.want)
			}
			if err != nil && (strings.Contains(err.Error(), "\n") || len(err.Error()) > 3000) {
				t.Errorf("%d bytes: %.300q", len(err.Error()), err)
			}
			if used > 16<<20 {
				t.Errorf("it took %d MiB here", used>>20)
			}
			if _, err := r.Render(t.Context(), good, helmrender.Release{}); err != nil {
				t.Errorf("the next one: %v", err)
			}
			r.Close()
			took, held := usedByChildren(t), maxHeld(t)
			t.Logf("the workers took %s; the largest so far held %d MiB", (took - workers).Round(time.Millisecond), held>>20)
			if took-workers > limits.CPU+time.Second || held > 512<<20 {
				t.Error("that is too much")
			}
		})
	}
}

// usedByChildren is the processor's time of all workers that have ended.
func usedByChildren(t *testing.T) time.Duration {
	t.Helper()
	u := ofChildren(t)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// maxHeld is what the largest of them held, in bytes, with the program itself.
func maxHeld(t *testing.T) int64 {
	t.Helper()
	if runtime.GOOS == "darwin" {
		return ofChildren(t).Maxrss
	}
	return ofChildren(t).Maxrss << 10
}

func ofChildren(t *testing.T) syscall.Rusage {
	t.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_CHILDREN, &u); err != nil {
		t.Fatal(err)
	}
	return u
}

func containsAny(s string, parts []string) bool {
	for _, part := range parts {
		if strings.Contains(s, part) {
			return true
		}
	}
	return false
}

// doubled holds one value many times over.
func doubled(levels int) map[string]any {
	v := map[string]any{}
	for range levels {
		v = map[string]any{"a": v, "b": v}
	}
	return v
}

func deepened(levels int) map[string]any {
	v := map[string]any{}
	for range levels {
		v = map[string]any{"a": v}
	}
	return v
}
