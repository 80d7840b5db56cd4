// Package place decides where a pod of a sandbox runs. The sandbox has one
// real node; pods whose image cannot be had go to simulated nodes, visibly. It
// answers the API server's admission requests.
package place

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"

	admission "k8s.io/api/admission/v1"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
)

const (
	// Label says on nodes and pods whether they are simulated.
	Label = "groundwork.dev/simulated"
	// Changed is the annotation that names what was relaxed so that a pod fits
	// on one small real node.
	Changed = "groundwork.dev/sandbox-changed"
	// maxRequest is the most CPU that a real container may reserve.
	maxRequest = "25m"
	maxBody    = 8 << 20 // bytes
)

// Rules say which images are simulated: references with or without a tag.
type Rules struct{ Simulated []string }

// Simulates says whether a pod with these containers only seems to run.
func (r Rules) Simulates(spec *corev1.PodSpec) bool {
	return slices.ContainsFunc(slices.Concat(spec.InitContainers, spec.Containers), func(c corev1.Container) bool {
		return slices.ContainsFunc(r.Simulated, func(image string) bool {
			rest, ok := strings.CutPrefix(c.Image, image)
			return ok && (rest == "" || rest[0] == ':' || rest[0] == '@')
		})
	})
}

// Pod changes a pod's specification in place and returns its label and what
// was relaxed.
func (r Rules) Pod(spec *corev1.PodSpec) (label string, changed []string) {
	label = "false"
	if r.Simulates(spec) {
		label = "true"
		toleration := corev1.Toleration{Key: Label, Operator: corev1.TolerationOpExists}
		if !slices.Contains(spec.Tolerations, toleration) {
			spec.Tolerations = append(spec.Tolerations, toleration)
		}
	} else {
		changed = fit(spec)
	}
	// Spread constraints count only the nodes that the selector leaves.
	if spec.NodeSelector == nil {
		spec.NodeSelector = map[string]string{}
	}
	spec.NodeSelector[Label] = label
	return label, changed
}

// fit takes out what cannot hold on one small node.
func fit(spec *corev1.PodSpec) []string {
	var changed []string
	if a := spec.Affinity; a != nil && a.PodAntiAffinity != nil && a.PodAntiAffinity.RequiredDuringSchedulingIgnoredDuringExecution != nil {
		a.PodAntiAffinity.RequiredDuringSchedulingIgnoredDuringExecution = nil
		changed = append(changed, "required pod anti-affinity")
	}
	most := resource.MustParse(maxRequest)
	for _, containers := range [][]corev1.Container{spec.InitContainers, spec.Containers} {
		for i := range containers {
			if have, ok := containers[i].Resources.Requests[corev1.ResourceCPU]; ok && have.Cmp(most) > 0 {
				containers[i].Resources.Requests[corev1.ResourceCPU] = most
				changed = append(changed, "cpu request of "+containers[i].Name)
			}
		}
	}
	return changed
}

// ServeHTTP answers an AdmissionReview about a Pod or a DaemonSet.
func (r Rules) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	var review admission.AdmissionReview
	body, err := io.ReadAll(io.LimitReader(request.Body, maxBody))
	if err == nil {
		err = json.Unmarshal(body, &review)
	}
	if err != nil || review.Request == nil {
		http.Error(w, fmt.Sprintf("want an AdmissionReview: %v", err), http.StatusBadRequest)
		return
	}
	answer := &admission.AdmissionResponse{UID: review.Request.UID, Allowed: true}
	patch, err := r.patch(review.Request.Kind.Kind, review.Request.Object.Raw)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	if patch != nil {
		kind := admission.PatchTypeJSONPatch
		answer.Patch, answer.PatchType = patch, &kind
	}
	review.Request, review.Response = nil, answer
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(review)
}

type operation struct {
	Op    string `json:"op"`
	Path  string `json:"path"`
	Value any    `json:"value"`
}

func (r Rules) patch(kind string, raw []byte) ([]byte, error) {
	switch kind {
	case "Pod":
		var pod corev1.Pod
		if err := json.Unmarshal(raw, &pod); err != nil {
			return nil, fmt.Errorf("reading a pod: %w", err)
		}
		return r.patchPod(&pod)
	case "DaemonSet":
		// A DaemonSet's pods are bound to their nodes by its controller, so
		// the set itself has to say which nodes it means.
		var set appsv1.DaemonSet
		if err := json.Unmarshal(raw, &set); err != nil {
			return nil, fmt.Errorf("reading a DaemonSet: %w", err)
		}
		spec := &set.Spec.Template.Spec
		r.Pod(spec)
		operations := []operation{{"add", "/spec/template/spec/nodeSelector", spec.NodeSelector}}
		if spec.Tolerations != nil {
			operations = append(operations, operation{"add", "/spec/template/spec/tolerations", spec.Tolerations})
		}
		return json.Marshal(operations)
	}
	return nil, nil
}

func (r Rules) patchPod(pod *corev1.Pod) ([]byte, error) {
	label, changed := r.Pod(&pod.Spec)
	if pod.Labels == nil {
		pod.Labels = map[string]string{}
	}
	pod.Labels[Label] = label
	operations := []operation{
		{"add", "/metadata/labels", pod.Labels},
		{"add", "/spec/nodeSelector", pod.Spec.NodeSelector},
	}
	if pod.Spec.Tolerations != nil {
		operations = append(operations, operation{"add", "/spec/tolerations", pod.Spec.Tolerations})
	}
	if changed == nil {
		return json.Marshal(operations)
	}
	if pod.Annotations == nil {
		pod.Annotations = map[string]string{}
	}
	pod.Annotations[Changed] = strings.Join(changed, ", ")
	operations = append(operations, operation{"add", "/metadata/annotations", pod.Annotations})
	if pod.Spec.Affinity != nil {
		operations = append(operations, operation{"add", "/spec/affinity", pod.Spec.Affinity})
	}
	for path, containers := range map[string][]corev1.Container{"containers": pod.Spec.Containers, "initContainers": pod.Spec.InitContainers} {
		for i, c := range containers {
			if c.Resources.Requests != nil {
				operations = append(operations, operation{"add", fmt.Sprintf("/spec/%s/%d/resources/requests", path, i), c.Resources.Requests})
			}
		}
	}
	return json.Marshal(operations)
}
