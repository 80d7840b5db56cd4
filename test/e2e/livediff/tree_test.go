//go:build e2e

package livediff

import (
	"fmt"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// tree is some 570 objects of eight kinds, as Flux sends them: through their
// Go types.
func tree() []*unstructured.Unstructured {
	var all []*unstructured.Unstructured
	for i := range apps {
		for _, o := range app(fmt.Sprintf("livediff-%d", i), i) {
			object, err := runtime.DefaultUnstructuredConverter.ToUnstructured(o)
			if err != nil {
				panic(err)
			}
			delete(object, "status")
			all = append(all, owned(object))
		}
	}
	return all
}

// app is what one application commonly is.
func app(namespace string, n int) []runtime.Object {
	meta := metav1.ObjectMeta{Name: "app", Namespace: namespace}
	kind := func(group, kind string) metav1.TypeMeta { return metav1.TypeMeta{APIVersion: group, Kind: kind} }
	labels := map[string]string{"app": "app"}
	return []runtime.Object{
		&corev1.Namespace{TypeMeta: kind("v1", "Namespace"), ObjectMeta: metav1.ObjectMeta{Name: namespace}},
		&corev1.ServiceAccount{TypeMeta: kind("v1", "ServiceAccount"), ObjectMeta: meta},
		&corev1.ConfigMap{TypeMeta: kind("v1", "ConfigMap"), ObjectMeta: meta, Data: map[string]string{
			"level": "info", "config.yaml": fmt.Sprintf("number: %d\nlisten: :8080\nfeatures:\n- one\n- two\n", n),
		}},
		&corev1.Secret{TypeMeta: kind("v1", "Secret"), ObjectMeta: meta, Data: map[string][]byte{"password": fmt.Appendf(nil, "not-so-secret-%d", n)}},
		&rbacv1.Role{TypeMeta: kind("rbac.authorization.k8s.io/v1", "Role"), ObjectMeta: meta, Rules: []rbacv1.PolicyRule{
			{APIGroups: []string{""}, Resources: []string{"configmaps"}, Verbs: []string{"get", "list", "watch"}},
		}},
		&rbacv1.RoleBinding{
			TypeMeta: kind("rbac.authorization.k8s.io/v1", "RoleBinding"), ObjectMeta: meta,
			Subjects: []rbacv1.Subject{{Kind: "ServiceAccount", Name: "app", Namespace: namespace}},
			RoleRef:  rbacv1.RoleRef{APIGroup: "rbac.authorization.k8s.io", Kind: "Role", Name: "app"},
		},
		&corev1.Service{TypeMeta: kind("v1", "Service"), ObjectMeta: meta, Spec: corev1.ServiceSpec{
			Selector: labels, Ports: []corev1.ServicePort{{Name: "http", Port: 80, TargetPort: intstr.FromString("http"), Protocol: corev1.ProtocolTCP}},
		}},
		&appsv1.Deployment{TypeMeta: kind("apps/v1", "Deployment"), ObjectMeta: meta, Spec: appsv1.DeploymentSpec{
			Replicas: new(int32), // none: nothing has to run
			Selector: &metav1.LabelSelector{MatchLabels: labels},
			Template: corev1.PodTemplateSpec{
				ObjectMeta: metav1.ObjectMeta{Labels: labels, Annotations: map[string]string{"checksum/config": fmt.Sprint(n)}},
				Spec: corev1.PodSpec{
					ServiceAccountName: "app",
					Containers: []corev1.Container{{
						Name: "app", Image: "registry.example.com/app:1.2.3", Args: []string{"--config=/etc/app/config.yaml"},
						Ports: []corev1.ContainerPort{{Name: "http", ContainerPort: 8080, Protocol: corev1.ProtocolTCP}},
						Env: []corev1.EnvVar{{Name: "PASSWORD", ValueFrom: &corev1.EnvVarSource{SecretKeyRef: &corev1.SecretKeySelector{
							LocalObjectReference: corev1.LocalObjectReference{Name: "app"}, Key: "password",
						}}}},
						Resources: corev1.ResourceRequirements{Requests: corev1.ResourceList{
							corev1.ResourceCPU: resource.MustParse("100m"), corev1.ResourceMemory: resource.MustParse("64Mi"),
						}},
						VolumeMounts: []corev1.VolumeMount{{Name: "config", MountPath: "/etc/app"}},
						ReadinessProbe: &corev1.Probe{ProbeHandler: corev1.ProbeHandler{HTTPGet: &corev1.HTTPGetAction{
							Path: "/ready", Port: intstr.FromString("http"),
						}}},
					}},
					Volumes: []corev1.Volume{{Name: "config", VolumeSource: corev1.VolumeSource{ConfigMap: &corev1.ConfigMapVolumeSource{
						LocalObjectReference: corev1.LocalObjectReference{Name: "app"},
					}}}},
				},
			},
		}},
	}
}
