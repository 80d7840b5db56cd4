package place_test

import (
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/groundwork-dev/groundwork/internal/sandbox/place"
)

func TestPod(t *testing.T) {
	t.Parallel()
	rules := place.Rules{Simulated: []string{"docker.io/grafana/grafana", "ghcr.io/x/y:v1"}}
	for _, tc := range []struct {
		name, image, label string
		init               bool
	}{
		{name: "every tag", image: "docker.io/grafana/grafana:12.1", label: "true"},
		{name: "no tag", image: "docker.io/grafana/grafana", label: "true"},
		{name: "another repository", image: "docker.io/grafana/grafana-image-renderer:1", label: "false"},
		{name: "this tag", image: "ghcr.io/x/y:v1", label: "true"},
		{name: "another tag", image: "ghcr.io/x/y:v10", label: "false"},
		{name: "digest", image: "ghcr.io/x/y:v1@sha256:00", label: "true"},
		{name: "unknown stays real and fails", image: "ghcr.io/x/z:v1", label: "false"},
		{name: "init container", image: "ghcr.io/x/y:v1", label: "true", init: true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			spec := &corev1.PodSpec{Containers: []corev1.Container{{Image: tc.image}}, NodeSelector: map[string]string{"a": "b"}}
			if tc.init {
				spec.InitContainers, spec.Containers = spec.Containers, nil
			}
			label, _ := rules.Pod(spec)
			if label != tc.label || spec.NodeSelector[place.Label] != tc.label || spec.NodeSelector["a"] != "b" {
				t.Errorf("label %s, selector %v, want %s", label, spec.NodeSelector, tc.label)
			}
			if tolerates := len(spec.Tolerations) == 1; tolerates != (tc.label == "true") {
				t.Errorf("tolerations %v", spec.Tolerations)
			}
		})
	}
}

func TestPodFitsOneNode(t *testing.T) {
	t.Parallel()
	spec := &corev1.PodSpec{
		Affinity: &corev1.Affinity{PodAntiAffinity: &corev1.PodAntiAffinity{
			RequiredDuringSchedulingIgnoredDuringExecution: []corev1.PodAffinityTerm{{TopologyKey: "kubernetes.io/hostname"}},
		}},
		Containers: []corev1.Container{{Name: "x", Resources: corev1.ResourceRequirements{
			Requests: corev1.ResourceList{corev1.ResourceCPU: resource.MustParse("1")},
		}}},
	}
	_, changed := place.Rules{}.Pod(spec)
	if len(changed) != 2 || spec.Containers[0].Resources.Requests.Cpu().String() != "25m" ||
		spec.Affinity.PodAntiAffinity.RequiredDuringSchedulingIgnoredDuringExecution != nil {
		t.Errorf("changed %v to %+v", changed, spec)
	}
}
