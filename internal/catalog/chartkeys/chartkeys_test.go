package chartkeys_test

import (
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
		"mistyped":      {"a: 1\nreplica: 1\n", `values.yaml:2:1: replica: the chart has no such value (did you mean "replicas"?)`},
		"mistyped deep": {"service:\n  tpye: NodePort\n", `values.yaml:2:3: service.tpye: the chart has no such value (did you mean "type"?)`},
		"comment's key": {"app: x\n", "values.yaml:1:1: app: the chart has no such value"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var doc yaml.Node
			if err := yaml.Unmarshal([]byte(test.values), &doc); err != nil {
				t.Fatal(err)
			}
			got := keys.Check("values.yaml", doc.Content[0])
			if test.want == "" && len(got) > 0 {
				t.Errorf("got %v", got)
			}
			if test.want != "" && !strings.Contains(got.Error(), test.want) {
				t.Errorf("got %v, want %s", got, test.want)
			}
		})
	}
}
