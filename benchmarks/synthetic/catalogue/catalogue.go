// Package catalogue makes components to measure with.
package catalogue

import (
	"fmt"
	"strings"
)

// Components returns the files of n components by path, c0000/component.yaml and
// so on. They are like real ones: a chart with some values, flows, a config with
// a reference, each needing the one before it by ten.
func Components(n int) map[string]string {
	files := map[string]string{}
	add := func(i int, name, data string) {
		files[fmt.Sprintf("c%04d/%s", i, name)] = data
	}
	for i := range n {
		dependsOn := ""
		if i >= 10 {
			dependsOn = fmt.Sprintf("  dependsOn: [c%04d]\n", i-10)
		}
		add(i, "component.yaml", fmt.Sprintf(`apiVersion: groundwork.dev/v1alpha1
kind: Component
spec:
  description: A component that stands for any other, number %d.
  chart: {name: chart, version: 1.2.3, repository: "oci://registry.example.com/charts"}
  namespace: {name: ns-%d, podSecurity: restricted}
%s  network:
    - {name: dns, direction: egress, peers: [{kind: dns}]}
    - {name: api, direction: egress, peers: [{kind: apiserver}]}
    - {name: metrics, direction: ingress, peers: [{kind: namespace, namespace: monitoring}], ports: [{port: 8080}]}
  parameters:
    replicas: {type: integer, description: How many., default: 2}
`, i, i, dependsOn))
		var values strings.Builder
		for j := range 10 {
			fmt.Fprintf(&values, "section%d:\n  # Why it is so.\n  enabled: true\n  replicas: \"{{parameters.replicas}}\"\n  host: app.{{cluster.domain}}\n  resources: {requests: {cpu: 10m, memory: 32Mi}}\n", j)
		}
		add(i, "values.yaml", values.String())
		add(i, "README.md", "# A component\n")
		add(i, "configs/config.yaml", fmt.Sprintf("apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: config\n  namespace: ns-%d\ndata:\n  domain: \"{{cluster.domain}}\"\n", i))
	}
	return files
}
