package apischema

import (
	"slices"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	appsv1 "k8s.io/api/apps/v1"
	autoscalingv1 "k8s.io/api/autoscaling/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	batchv1 "k8s.io/api/batch/v1"
	certificatesv1 "k8s.io/api/certificates/v1"
	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	eventsv1 "k8s.io/api/events/v1"
	flowcontrolv1 "k8s.io/api/flowcontrol/v1"
	networkingv1 "k8s.io/api/networking/v1"
	nodev1 "k8s.io/api/node/v1"
	policyv1 "k8s.io/api/policy/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	resourcev1 "k8s.io/api/resource/v1"
	schedulingv1 "k8s.io/api/scheduling/v1"
	storagev1 "k8s.io/api/storage/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apiserver/pkg/registry/rest"
	_ "k8s.io/kubernetes/pkg/apis/admissionregistration/install" // the versions of each group
	_ "k8s.io/kubernetes/pkg/apis/apps/install"
	_ "k8s.io/kubernetes/pkg/apis/autoscaling/install"
	_ "k8s.io/kubernetes/pkg/apis/batch/install"
	_ "k8s.io/kubernetes/pkg/apis/certificates/install"
	_ "k8s.io/kubernetes/pkg/apis/coordination/install"
	_ "k8s.io/kubernetes/pkg/apis/core/install"
	_ "k8s.io/kubernetes/pkg/apis/discovery/install"
	_ "k8s.io/kubernetes/pkg/apis/events/install"
	_ "k8s.io/kubernetes/pkg/apis/extensions/install"
	_ "k8s.io/kubernetes/pkg/apis/flowcontrol/install"
	_ "k8s.io/kubernetes/pkg/apis/networking/install"
	_ "k8s.io/kubernetes/pkg/apis/node/install"
	_ "k8s.io/kubernetes/pkg/apis/policy/install"
	_ "k8s.io/kubernetes/pkg/apis/rbac/install"
	_ "k8s.io/kubernetes/pkg/apis/resource/install"
	_ "k8s.io/kubernetes/pkg/apis/scheduling/install"
	_ "k8s.io/kubernetes/pkg/apis/storage/install"
	"k8s.io/kubernetes/pkg/registry/admissionregistration/mutatingadmissionpolicy"
	"k8s.io/kubernetes/pkg/registry/admissionregistration/mutatingadmissionpolicybinding"
	"k8s.io/kubernetes/pkg/registry/admissionregistration/mutatingwebhookconfiguration"
	"k8s.io/kubernetes/pkg/registry/admissionregistration/validatingadmissionpolicy"
	"k8s.io/kubernetes/pkg/registry/admissionregistration/validatingadmissionpolicybinding"
	"k8s.io/kubernetes/pkg/registry/admissionregistration/validatingwebhookconfiguration"
	"k8s.io/kubernetes/pkg/registry/apps/controllerrevision"
	"k8s.io/kubernetes/pkg/registry/apps/daemonset"
	"k8s.io/kubernetes/pkg/registry/apps/deployment"
	"k8s.io/kubernetes/pkg/registry/apps/replicaset"
	"k8s.io/kubernetes/pkg/registry/apps/statefulset"
	"k8s.io/kubernetes/pkg/registry/autoscaling/horizontalpodautoscaler"
	"k8s.io/kubernetes/pkg/registry/batch/cronjob"
	"k8s.io/kubernetes/pkg/registry/batch/job"
	"k8s.io/kubernetes/pkg/registry/certificates/certificates"
	"k8s.io/kubernetes/pkg/registry/coordination/lease"
	"k8s.io/kubernetes/pkg/registry/core/configmap"
	"k8s.io/kubernetes/pkg/registry/core/event"
	"k8s.io/kubernetes/pkg/registry/core/limitrange"
	"k8s.io/kubernetes/pkg/registry/core/namespace"
	"k8s.io/kubernetes/pkg/registry/core/node"
	"k8s.io/kubernetes/pkg/registry/core/persistentvolume"
	"k8s.io/kubernetes/pkg/registry/core/persistentvolumeclaim"
	"k8s.io/kubernetes/pkg/registry/core/pod"
	"k8s.io/kubernetes/pkg/registry/core/podtemplate"
	"k8s.io/kubernetes/pkg/registry/core/replicationcontroller"
	"k8s.io/kubernetes/pkg/registry/core/resourcequota"
	"k8s.io/kubernetes/pkg/registry/core/secret"
	"k8s.io/kubernetes/pkg/registry/flowcontrol/flowschema"
	"k8s.io/kubernetes/pkg/registry/flowcontrol/prioritylevelconfiguration"
	"k8s.io/kubernetes/pkg/registry/networking/ingress"
	"k8s.io/kubernetes/pkg/registry/networking/ingressclass"
	"k8s.io/kubernetes/pkg/registry/networking/ipaddress"
	"k8s.io/kubernetes/pkg/registry/networking/networkpolicy"
	"k8s.io/kubernetes/pkg/registry/networking/servicecidr"
	"k8s.io/kubernetes/pkg/registry/node/runtimeclass"
	"k8s.io/kubernetes/pkg/registry/policy/poddisruptionbudget"
	"k8s.io/kubernetes/pkg/registry/rbac/clusterrole"
	"k8s.io/kubernetes/pkg/registry/rbac/clusterrolebinding"
	"k8s.io/kubernetes/pkg/registry/rbac/role"
	"k8s.io/kubernetes/pkg/registry/rbac/rolebinding"
	"k8s.io/kubernetes/pkg/registry/scheduling/priorityclass"
	"k8s.io/kubernetes/pkg/registry/storage/csidriver"
	"k8s.io/kubernetes/pkg/registry/storage/csinode"
	"k8s.io/kubernetes/pkg/registry/storage/csistoragecapacity"
	"k8s.io/kubernetes/pkg/registry/storage/storageclass"
	"k8s.io/kubernetes/pkg/registry/storage/volumeattachment"
	"k8s.io/kubernetes/pkg/registry/storage/volumeattributesclass"
)

// row is one kind that kube-apiserver serves by default and lets a client
// apply: what is only asked and never stored (reviews, bindings) is not here.
type row struct {
	version  schema.GroupVersion
	kind     string
	resource string
	strategy rest.RESTCreateStrategy
}

// rows are the kinds of legacyscheme.
func rows() []row {
	return slices.Concat(workloads(), surroundings(), rules())
}

// workloads are what runs, and what it reads.
func workloads() []row {
	core, apps, batch := corev1.SchemeGroupVersion, appsv1.SchemeGroupVersion, batchv1.SchemeGroupVersion
	return []row{
		{core, "ConfigMap", "configmaps", configmap.Strategy},
		{core, "Endpoints", "endpoints", endpoints()},
		{core, "Event", "events", event.Strategy},
		{core, "LimitRange", "limitranges", limitrange.Strategy},
		{core, "Namespace", "namespaces", labelled{namespace.Strategy}},
		{core, "Node", "nodes", node.Strategy},
		{core, "PersistentVolume", "persistentvolumes", persistentvolume.Strategy},
		{core, "PersistentVolumeClaim", "persistentvolumeclaims", persistentvolumeclaim.Strategy},
		{core, "Pod", "pods", accounted{pod.Strategy}},
		{core, "PodTemplate", "podtemplates", podtemplate.Strategy},
		{core, "ReplicationController", "replicationcontrollers", replicationcontroller.Strategy},
		{core, "ResourceQuota", "resourcequotas", resourcequota.Strategy},
		{core, "Secret", "secrets", secret.Strategy},
		{core, "Service", "services", service()},
		{core, "ServiceAccount", "serviceaccounts", serviceAccount()},
		{apps, "ControllerRevision", "controllerrevisions", controllerrevision.Strategy},
		{apps, "DaemonSet", "daemonsets", daemonset.Strategy},
		{apps, "Deployment", "deployments", deployment.Strategy},
		{apps, "ReplicaSet", "replicasets", replicaset.Strategy},
		{apps, "StatefulSet", "statefulsets", statefulset.Strategy},
		{autoscalingv1.SchemeGroupVersion, "HorizontalPodAutoscaler", "horizontalpodautoscalers", horizontalpodautoscaler.Strategy},
		{autoscalingv2.SchemeGroupVersion, "HorizontalPodAutoscaler", "horizontalpodautoscalers", horizontalpodautoscaler.Strategy},
		{batch, "CronJob", "cronjobs", cronjob.Strategy},
		{batch, "Job", "jobs", job.Strategy},
	}
}

// surroundings are what workloads stand on and are reached by.
func surroundings() []row {
	network, storage, devices := networkingv1.SchemeGroupVersion, storagev1.SchemeGroupVersion, resourcev1.SchemeGroupVersion
	return []row{
		{certificatesv1.SchemeGroupVersion, "CertificateSigningRequest", "certificatesigningrequests", certificates.Strategy},
		{coordinationv1.SchemeGroupVersion, "Lease", "leases", lease.Strategy},
		{discoveryv1.SchemeGroupVersion, "EndpointSlice", "endpointslices", endpointSlice()},
		{eventsv1.SchemeGroupVersion, "Event", "events", event.Strategy},
		{network, "Ingress", "ingresses", ingress.Strategy},
		{network, "IngressClass", "ingressclasses", ingressclass.Strategy},
		{network, "IPAddress", "ipaddresses", ipaddress.Strategy},
		{network, "NetworkPolicy", "networkpolicies", networkpolicy.Strategy},
		{network, "ServiceCIDR", "servicecidrs", servicecidr.Strategy},
		{nodev1.SchemeGroupVersion, "RuntimeClass", "runtimeclasses", runtimeclass.Strategy},
		{policyv1.SchemeGroupVersion, "PodDisruptionBudget", "poddisruptionbudgets", poddisruptionbudget.Strategy},
		{schedulingv1.SchemeGroupVersion, "PriorityClass", "priorityclasses", priorityclass.Strategy},
		{storage, "CSIDriver", "csidrivers", csidriver.Strategy},
		{storage, "CSINode", "csinodes", csinode.Strategy},
		{storage, "CSIStorageCapacity", "csistoragecapacities", csistoragecapacity.Strategy},
		{storage, "StorageClass", "storageclasses", storageclass.Strategy},
		{storage, "VolumeAttachment", "volumeattachments", volumeattachment.Strategy},
		{storage, "VolumeAttributesClass", "volumeattributesclasses", volumeattributesclass.Strategy},
		{devices, "DeviceClass", "deviceclasses", unvalidated(false)},
		{devices, "ResourceClaim", "resourceclaims", unvalidated(true)},
		{devices, "ResourceClaimTemplate", "resourceclaimtemplates", unvalidated(true)},
		{devices, "ResourceSlice", "resourceslices", unvalidated(false)},
	}
}

// rules are who may do what, and what is let in.
func rules() []row {
	flow, rbac, admission := flowcontrolv1.SchemeGroupVersion, rbacv1.SchemeGroupVersion, admissionregistrationv1.SchemeGroupVersion
	return []row{
		{flow, "FlowSchema", "flowschemas", flowschema.Strategy},
		{flow, "PriorityLevelConfiguration", "prioritylevelconfigurations", prioritylevelconfiguration.Strategy},
		{rbac, "ClusterRole", "clusterroles", clusterrole.Strategy},
		{rbac, "ClusterRoleBinding", "clusterrolebindings", clusterrolebinding.Strategy},
		{rbac, "Role", "roles", role.Strategy},
		{rbac, "RoleBinding", "rolebindings", rolebinding.Strategy},
		{admission, "MutatingAdmissionPolicy", "mutatingadmissionpolicies", mutatingadmissionpolicy.NewStrategy(nil, nil)},
		{admission, "MutatingAdmissionPolicyBinding", "mutatingadmissionpolicybindings", mutatingadmissionpolicybinding.NewStrategy(nil, nil, nil)},
		{admission, "MutatingWebhookConfiguration", "mutatingwebhookconfigurations", mutatingwebhookconfiguration.Strategy},
		{admission, "ValidatingAdmissionPolicy", "validatingadmissionpolicies", validatingadmissionpolicy.NewStrategy(nil, nil)},
		{admission, "ValidatingAdmissionPolicyBinding", "validatingadmissionpolicybindings", validatingadmissionpolicybinding.NewStrategy(nil, nil, nil)},
		{admission, "ValidatingWebhookConfiguration", "validatingwebhookconfigurations", validatingwebhookconfiguration.Strategy},
	}
}
