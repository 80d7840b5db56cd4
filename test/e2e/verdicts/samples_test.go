//go:build e2e

package verdicts

import (
	"os"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	utiljson "k8s.io/apimachinery/pkg/util/json"
	sigsyaml "sigs.k8s.io/yaml"
)

// samples are objects of the built-in kinds that the trees do not have.
func samples(t *testing.T) []*unstructured.Unstructured {
	t.Helper()
	data, err := os.ReadFile("testdata/samples.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var all []*unstructured.Unstructured
	for document := range strings.SplitSeq(string(data), "\n---\n") {
		text, err := sigsyaml.YAMLToJSONStrict([]byte(document))
		if err != nil {
			t.Fatalf("%v\n%s", err, document)
		}
		o := &unstructured.Unstructured{}
		if err := utiljson.Unmarshal(text, &o.Object); err != nil {
			t.Fatal(err)
		}
		all = append(all, o)
	}
	return all
}
