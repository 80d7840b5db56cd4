package supervisor

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/yaml"
	sigsyaml "sigs.k8s.io/yaml"
)

// ProcessAnnotation is on simulated pods whose image has a process:
// ProcessReady once that answers the readiness probe, processNone when this pod
// has none after all.
const (
	ProcessAnnotation = "groundwork.dev/process"
	ProcessReady      = "ready"
	processNone       = "no"
)

// withProcess names the images that have a process. Docker Hub's go by two
// names.
func withProcess(images []Image) []any {
	var names []any
	for _, i := range images {
		if i.Process != nil {
			names = append(names, i.Ref, strings.TrimPrefix(i.Ref, "docker.io/"))
		}
	}
	return names
}

// waitForProcesses splits the stage that makes pods ready in two: pods of
// these images are not ready before the annotation says so.
func waitForProcesses(stages []byte, images []any) ([]byte, error) {
	const ready = "pod-ready"
	var out bytes.Buffer
	found := false
	for decoder := yaml.NewYAMLOrJSONDecoder(bytes.NewReader(stages), 4096); ; {
		stage := &unstructured.Unstructured{}
		err := decoder.Decode(&stage.Object)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("reading kwok's stages: %w", err)
		}
		write := []*unstructured.Unstructured{stage}
		if stage.GetName() == ready && images != nil {
			found = true
			acted := stage.DeepCopy()
			acted.SetName(ready + "-by-process")
			write = append(write, acted)
			image := func(operator string) any {
				return map[string]any{"key": ".spec.containers.[].image", "operator": operator, "values": images}
			}
			err = errors.Join(
				require(stage, image("NotIn")),
				require(acted, image("In"), map[string]any{"key": `.metadata.annotations["` + ProcessAnnotation + `"]`, "operator": "Exists"}),
			)
			if err != nil {
				return nil, err
			}
		}
		for _, w := range write {
			data, err := sigsyaml.Marshal(w.Object)
			if err != nil {
				return nil, err
			}
			out.WriteString("---\n")
			out.Write(data)
		}
	}
	if !found && images != nil {
		return nil, fmt.Errorf("kwok has no stage %s any more", ready)
	}
	return out.Bytes(), nil
}

// require adds expressions to a stage's selector.
func require(stage *unstructured.Unstructured, expressions ...any) error {
	path := []string{"spec", "selector", "matchExpressions"}
	have, _, err := unstructured.NestedSlice(stage.Object, path...)
	if err != nil {
		return fmt.Errorf("reading stage %s: %w", stage.GetName(), err)
	}
	return unstructured.SetNestedSlice(stage.Object, append(have, expressions...), path...)
}
