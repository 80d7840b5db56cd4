package chartkeys_test

import (
	"fmt"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/groundwork-dev/groundwork/internal/catalog/chartkeys"
)

const values = `replicas: 1
# How many may be away at once.
# maxAway: 1
service:
  type: ClusterIP
  # selector:
  #   app: x
labels: {}
resources:
  requests:
    cpu: 1
sub:
  enabled: true
`

func TestCheck(t *testing.T) {
	t.Parallel()
	keys, err := chartkeys.Derive([]byte(values))
	if err != nil {
		t.Fatal(err)
	}
	keys.Add("sub", chartkeys.Keys{"size": nil})
	tests := map[string]struct{ values, want string }{
		"known":         {"replicas: 2\nmaxAway: 2\nservice: {type: NodePort, selector: {a: b}}\n", ""},
		"free":          {"labels: {any: thing}\nresources: {limits: {cpu: 1}}\n", ""},
		"subchart":      {"sub: {size: 1, enabled: false}\n", ""},
		"mistyped":      {"a: 1\nreplica: 1\n", `1:1 a known: labels, maxAway, replicas, resources, service, sub; 2:1 replica did you mean "replicas"?`},
		"mistyped deep": {"service:\n  tpye: NodePort\n", `2:3 service.tpye did you mean "type"?`},
		"comment's key": {"app: x\n", "1:1 app known: labels, maxAway, replicas, resources, service, sub"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var doc yaml.Node
			if err := yaml.Unmarshal([]byte(test.values), &doc); err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, u := range keys.Unknown(doc.Content[0]) {
				got = append(got, fmt.Sprintf("%d:%d %s %s", u.Key.Line, u.Key.Column, strings.Join(u.Path, "."), u.Hint))
			}
			if text := strings.Join(got, "; "); text != test.want {
				t.Errorf("got %s, want %s", text, test.want)
			}
		})
	}
}

func TestParse(t *testing.T) {
	t.Parallel()
	f, err := chartkeys.Parse([]byte(`{"chart": "a", "version": "1.0.0", "keys": {"b": {"c": null}}}`))
	if err != nil || f.Keys.At("b") == nil || f.Keys.At("b", "c") != nil || f.Keys.At("x", "y") != nil {
		t.Errorf("%+v, %v", f, err)
	}
	for _, text := range []string{"", "[]", `{"chart": "a", "version": "1.0.0"}`, `{"chart": "a", "version": "1.0.0", "keys": {"b": 1}}`, `{"b": null}`} {
		if _, err := chartkeys.Parse([]byte(text)); err == nil {
			t.Errorf("%s was accepted", text)
		}
	}
}
