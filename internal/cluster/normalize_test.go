package cluster

import (
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"

	"github.com/groundwork-dev/groundwork/internal/objectdiff"
)

func TestNormalized(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ from, to string }{
		"secret": {
			"apiVersion: v1\nkind: Secret\nmetadata: {name: a}\nstringData: {a.b: value}\ndata: {c: dmFsdWU=}",
			"apiVersion: v1\nkind: Secret\nmetadata: {name: a}\ndata: {a.b: dmFsdWU=, c: dmFsdWU=}",
		},
		"service": {
			"apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec: {ports: [{port: 80}, {port: 53, protocol: UDP}]}\nstatus: {loadBalancer: {}}",
			"apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec: {ports: [{port: 80, protocol: TCP, targetPort: 0}, {port: 53, protocol: UDP, targetPort: 0}]}",
		},
		"deployment": {
			"apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\nspec: {template: {spec: {containers: [{name: a, unknown: x, env: [], ports: [{containerPort: 80}]}]}}}",
			"apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\nspec: {selector: null, strategy: {}, template: {metadata: {}, spec: {containers: [{name: a, resources: {}, ports: [{containerPort: 80, protocol: TCP}]}]}}}",
		},
		"role": {
			"apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {name: a}",
			"apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {name: a}",
		},
		"definition": {
			"apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: a}\nstatus: {storedVersions: []}",
			"apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: a}\nstatus: {storedVersions: []}",
		},
		"of another group": {
			"apiVersion: x.y/v1\nkind: Service\nmetadata: {name: a}\nspec: {ports: [{port: 80}]}\nstatus: {a: b}",
			"apiVersion: x.y/v1\nkind: Service\nmetadata: {name: a}\nspec: {ports: [{port: 80}]}",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var from, before, to unstructured.Unstructured
			for text, into := range map[string]*unstructured.Unstructured{test.from: &from, test.to: &to} {
				if err := yaml.Unmarshal([]byte(text), &into.Object); err != nil {
					t.Fatal(err)
				}
			}
			if test.from == test.to {
				_ = yaml.Unmarshal([]byte(test.from), &from.Object)
			}
			_ = yaml.Unmarshal([]byte(test.from), &before.Object)
			if got := normalized(&from); !objectdiff.EqualValues(got.Object, to.Object) {
				t.Errorf("got %v\nwant %v", got.Object, to.Object)
			}
			if !objectdiff.EqualValues(from.Object, before.Object) {
				t.Errorf("the object was changed to %v", from.Object)
			}
		})
	}
}
