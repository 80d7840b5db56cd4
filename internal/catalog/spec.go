package catalog

import "strconv"

// file is component.yaml as it is written.
type file struct {
	APIVersion string `json:"apiVersion" jsonschema:"enum=groundwork.dev/v1alpha1"`
	Kind       string `json:"kind" jsonschema:"enum=Component"`
	Spec       Spec   `json:"spec"`
}

// Spec is what component.yaml says.
type Spec struct {
	// What the component does for the platform, one sentence.
	Description string `json:"description" jsonschema:"minLength=10"`
	// The Helm chart. Without one, the component is its manifests.
	Chart *Chart `json:"chart,omitempty"`
	// The namespace that the component is installed to and owns.
	Namespace Namespace `json:"namespace"`
	// Components that must be ready, configs and all, before this one is installed.
	DependsOn []string `json:"dependsOn,omitempty" jsonschema:"uniqueItems=true"`
	// What the component adds to the cluster's API.
	Provides Provides `json:"provides,omitzero"`
	// What must be in the cluster's API before the component can be applied.
	Requires Requires `json:"requires,omitzero"`
	// Admission and conversion webhooks that the component registers.
	Webhooks []Webhook `json:"webhooks,omitempty"`
	// When objects of a kind are ready, where their status does not say so in the
	// usual way.
	Health []HealthRule `json:"health,omitempty"`
	// Service accounts that need an AWS role.
	ServiceAccounts []ServiceAccount `json:"serviceAccounts,omitempty"`
	// S3 buckets that the component keeps data in: private, encrypted, one a cluster.
	Buckets []AWSResource `json:"buckets,omitempty"`
	// KMS keys that the component encrypts with, one a cluster.
	Keys []AWSResource `json:"keys,omitempty"`
	// Tags in AWS on the groups of worker nodes, by which the component finds them.
	WorkerTags []WorkerTag `json:"workerTags,omitempty"`
	// What a user of a running cluster would notice of the component, by name:
	// what bootstrap smoke asks.
	Smoke map[string]SmokeTest `json:"smoke,omitempty"`
	// What the end of a cluster needs to know of the component.
	Destroy Destroy `json:"destroy,omitzero"`
	// Connections that the namespace's network policies open; nothing else passes.
	Network []Flow `json:"network,omitempty"`
	// What runs in the end, and so what must become ready.
	Workloads []Workload `json:"workloads,omitempty"`
	// What apps need to take part in the mesh that the component is.
	Mesh *Mesh `json:"mesh,omitempty"`
	// Address of the component where it loads and tests new versions of apps.
	LoadTest string `json:"loadTest,omitempty" jsonschema:"pattern=^http://[a-z0-9.-]+(:[0-9]+)?/$" jsonschema_extras:"x-want=an address such as http://service.namespace/"`
	// What platform.yaml may set, by name.
	Parameters map[string]Parameter `json:"parameters,omitempty"`
}

// Chart is a Helm chart pinned to one version.
type Chart struct {
	Name string `json:"name" jsonschema:"pattern=^[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?$,maxLength=100" jsonschema_extras:"x-want=the name of a chart without its repository"`
	// The exact version; ranges are refused.
	Version string `json:"version" jsonschema:"pattern=^v?[0-9]+\\.[0-9]+\\.[0-9]+([-+][0-9A-Za-z.+-]+)?$" jsonschema_extras:"x-want=one exact version such as 1.2.3"`
	// oci://host/path without the chart's name, or the https:// address that
	// index.yaml lies under. No slash at the end.
	Repository string `json:"repository" jsonschema:"pattern=^(oci|https)://[A-Za-z0-9][A-Za-z0-9.-]*(:[0-9]+)?(/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)*$" jsonschema_extras:"x-want=oci://… or https://… without a slash at the end"`
	// Helm release name; the component's name by default.
	ReleaseName string `json:"releaseName,omitempty" jsonschema:"pattern=^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$,maxLength=53" jsonschema_extras:"x-want=at most 53 of a-z 0-9 . and -"`
	// What Helm does with the chart's crds/ folder at install and upgrade;
	// CreateReplace by default, Skip where the CRDs are ordinary templates.
	CRDs CRDs `json:"crds,omitempty"`
	// How long one install or upgrade may take; 10m by default.
	Timeout string `json:"timeout,omitempty" jsonschema:"pattern=^([0-9]+(s|m|h))+$" jsonschema_extras:"x-want=a duration such as 10m"`
}

// CRDs is a policy for the CRDs in a chart's crds/ folder.
type CRDs string

// The policies.
const (
	CRDsCreateReplace CRDs = "CreateReplace"
	CRDsSkip          CRDs = "Skip"
)

// Namespace is the namespace that a component owns.
type Namespace struct {
	Name string `json:"name" jsonschema:"pattern=^[a-z0-9]([-a-z0-9]*[a-z0-9])?$,maxLength=63" jsonschema_extras:"x-want=a DNS label of at most 63 of a-z 0-9 and -"`
	// The Pod Security level that is enforced, audited and warned about.
	PodSecurity PodSecurity       `json:"podSecurity"`
	Labels      map[string]string `json:"labels,omitempty"`
}

// PodSecurity is a Pod Security Standards level.
type PodSecurity string

// The levels.
const (
	Restricted PodSecurity = "restricted"
	Baseline   PodSecurity = "baseline"
	Privileged PodSecurity = "privileged"
)

// Provides is what a component adds to the API.
type Provides struct {
	// CRD names, plural.group.
	CRDs []string `json:"crds,omitempty" jsonschema:"uniqueItems=true"`
	// API groups whose kinds the component makes while it runs, such as one a
	// template.
	Groups []string `json:"groups,omitempty" jsonschema:"uniqueItems=true"`
	// Aggregated APIs, version.group.
	APIServices []string `json:"apiServices,omitempty" jsonschema:"uniqueItems=true"`
}

// Requires is what a component needs in the API that it does not bring.
type Requires struct {
	// CRD names, plural.group, that the chart's or the manifests' objects are kinds
	// of.
	CRDs []string `json:"crds,omitempty" jsonschema:"uniqueItems=true"`
}

// Webhook is one webhook that the API server calls.
type Webhook struct {
	// Name of the webhook inside its configuration; a CRD's name for a conversion
	// webhook.
	Name string      `json:"name"`
	Type WebhookType `json:"type"`
	// Name of the ValidatingWebhookConfiguration or MutatingWebhookConfiguration.
	Configuration string `json:"configuration,omitempty"`
	// Service in the component's namespace.
	Service string `json:"service"`
	// Port of the Service.
	Port          int           `json:"port" jsonschema:"minimum=1,maximum=65535"`
	Path          string        `json:"path,omitempty"`
	FailurePolicy FailurePolicy `json:"failurePolicy"`
	// Where it differs on an ha cluster.
	FailurePolicyHA FailurePolicy `json:"failurePolicyHA,omitempty"`
	// What it is called for, resource.group (resource alone for the core group, * for
	// all).
	Resources []string `json:"resources,omitempty"`
}

// Policy returns the failure policy for a cluster.
func (w Webhook) Policy(ha bool) FailurePolicy {
	if ha && w.FailurePolicyHA != "" {
		return w.FailurePolicyHA
	}
	return w.FailurePolicy
}

// HealthRule says by CEL expressions on an object whether it is ready. They
// are those of a Flux Kustomization's healthCheckExprs.
type HealthRule struct {
	APIVersion string `json:"apiVersion" jsonschema:"minLength=1"`
	Kind       string `json:"kind" jsonschema:"minLength=1"`
	// True when the object is ready.
	Current string `json:"current" jsonschema:"minLength=1"`
	// True while it becomes ready.
	InProgress string `json:"inProgress,omitempty"`
	// True when it will not become ready by itself.
	Failed string `json:"failed,omitempty"`
}

// WebhookType says when the API server calls a webhook.
type WebhookType string

// FailurePolicy says what the API server does when a webhook does not answer.
type FailurePolicy string

// The types and policies.
const (
	Validating WebhookType = "Validating"
	Mutating   WebhookType = "Mutating"
	Conversion WebhookType = "Conversion"

	Fail   FailurePolicy = "Fail"
	Ignore FailurePolicy = "Ignore"
)

// ServiceAccount is a service account that assumes an AWS role.
type ServiceAccount struct {
	Name string `json:"name" jsonschema:"minLength=1"`
	// Name of the policy's file in the component's folder. It may hold references.
	IAMPolicy string `json:"iamPolicy" jsonschema:"pattern=^[a-z0-9-]+\\.json$" jsonschema_extras:"x-want=the name of a .json file in the component's folder"`
}

// AWSResource is a bucket or key that a cluster has for a component.
type AWSResource struct {
	// What it is for, one word: part of its name in AWS, and what references call it.
	Name string `json:"name" jsonschema:"pattern=^[a-z]([-a-z0-9]{0\\,14}[a-z0-9])?$" jsonschema_extras:"x-want=at most 16 of a-z 0-9 and -"`
	// What is in it, or what is encrypted.
	Description string `json:"description" jsonschema:"minLength=10"`
}

// Workload is something that runs pods.
type Workload struct {
	Kind WorkloadKind `json:"kind"`
	Name string       `json:"name" jsonschema:"minLength=1"`
	// Images of its containers with their tags.
	Images []string `json:"images" jsonschema:"minItems=1"`
	// How many pods; left out for a DaemonSet, which has one a node.
	Replicas Replicas `json:"replicas,omitzero"`
	// Labels that select its pods.
	Labels map[string]string `json:"labels,omitempty"`
	// Who creates it: chart (the default), or operator, where a controller makes it
	// from a custom resource after the chart is installed.
	MadeBy MadeBy `json:"madeBy,omitempty"`
}

// WorkloadKind is a kind that runs pods.
type WorkloadKind string

// MadeBy says what creates a workload.
type MadeBy string

// The kinds and makers.
const (
	Deployment  WorkloadKind = "Deployment"
	StatefulSet WorkloadKind = "StatefulSet"
	DaemonSet   WorkloadKind = "DaemonSet"

	ByChart    MadeBy = "chart"
	ByOperator MadeBy = "operator"
)

// Replicas is a number of pods by the cluster's size.
type Replicas struct {
	Small int `json:"small" jsonschema:"minimum=0"`
	HA    int `json:"ha" jsonschema:"minimum=0"`
}

// Of returns the number for a cluster.
func (r Replicas) Of(ha bool) int {
	if ha {
		return r.HA
	}
	return r.Small
}

// String returns both numbers, for messages.
func (r Replicas) String() string {
	return strconv.Itoa(r.Small) + " (ha " + strconv.Itoa(r.HA) + ")"
}
