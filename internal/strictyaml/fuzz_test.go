package strictyaml_test

import (
	"encoding/json"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/groundwork-dev/groundwork/internal/strictyaml"
)

// FuzzParse: nothing panics or takes long, every problem stands in the file,
// and what passes means the same after it was written and read again.
func FuzzParse(f *testing.F) {
	for _, in := range hostile() {
		if len(in.data) < 2_000 {
			f.Add(in.data)
		}
	}
	for _, s := range []string{
		"a: 1\nb: [x, {y: z}]\nc: |\n  text\n", "a: &x 1\nb: *x\n", "? a\n: b\n", "- - - x\n- y\n",
		"'a': \"\\u0041\"\n", "a: >-\n  b\n\n  c # d\n", "# head\na: 1 # line\n# foot\n", "a: !!str 1\n", "%YAML 1.2\n---\na\n...\n",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		start := time.Now()
		doc, err := strictyaml.Parse("f.yaml", data)
		if took := time.Since(start); took > time.Second {
			t.Errorf("took %s", took)
		}
		if _, errAll := strictyaml.ParseAll("f.yaml", data); errAll != nil && err == nil {
			t.Errorf("a stream with one good document is refused: %v", errAll)
		}
		if err != nil {
			checkLines(t, data, err)
			return
		}
		again, err := yaml.Marshal(doc.Value())
		if err != nil {
			t.Fatal(err)
		}
		second, err := strictyaml.Parse("f.yaml", again)
		if err != nil {
			t.Fatalf("written again it is refused: %v\n%s", err, again)
		}
		if one, two := asJSON(t, doc), asJSON(t, second); one != two {
			t.Fatalf("means %s, written again %s", one, two)
		}
	})
}

// asJSON makes 8. and 8 the same, as they are in JSON.
func asJSON(t *testing.T, doc *strictyaml.Document) string {
	t.Helper()
	data, err := json.Marshal(doc.Value())
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}
