package catalog

import (
	"io/fs"
	"slices"
	"strconv"

	"github.com/groundwork-dev/groundwork/internal/catalog/reference"
)

// APIVersion and Kind are what every component.yaml starts with.
const (
	APIVersion = "groundwork.dev/v1alpha1"
	Kind       = "Component"
)

// Component is one loaded component folder. It is immutable and shared by
// every cluster that installs it.
type Component struct {
	Spec
	// Name is the folder's name.
	Name string
	// Origin is the layer's origin and the folder, for messages.
	Origin string
	// Folder holds the component's files.
	Folder fs.FS
	// Manifests are the objects of manifests/, by file name.
	Manifests []Manifest
	// Stages are the objects of configs/, in the order in which they are
	// applied. Empty without configs, one stage without a name for plain files.
	Stages []Stage

	values, valuesHA *reference.Template
	parameters       parameters
}

// Values returns the chart's values for a cluster: values.yaml, and
// values-ha.yaml merged over it where ha is set. Nil without values.
func (c *Component) Values(ha bool) *reference.Template {
	if ha {
		return c.valuesHA
	}
	return c.values
}

// Varies says whether the manifests or configs have references, and so differ
// from cluster to cluster.
func (c *Component) Varies() bool {
	varies := func(m Manifest) bool { return m.Doc.Varies() }
	return slices.ContainsFunc(c.Manifests, varies) || slices.ContainsFunc(c.Stages, func(s Stage) bool {
		return slices.ContainsFunc(s.Manifests, varies)
	})
}

// Stage is a group of custom resources that is applied at once.
type Stage struct {
	// Name is the folder's name without its number: 10-templates is templates.
	// Empty where configs/ has no folders.
	Name      string
	Manifests []Manifest
}

// Manifest is one file that holds one Kubernetes object.
type Manifest struct {
	// File is the base name.
	File string
	Doc  *reference.Template
}

// file is component.yaml as it is written.
type file struct {
	APIVersion string `json:"apiVersion" jsonschema:"enum=groundwork.dev/v1alpha1"`
	Kind       string `json:"kind" jsonschema:"enum=Component"`
	Spec       Spec   `json:"spec"`
}

// Spec is what component.yaml says.
type Spec struct {
	Description     string               `json:"description" jsonschema:"minLength=10" jsonschema_description:"What the component does for the platform, one sentence."`
	Chart           *Chart               `json:"chart,omitempty" jsonschema_description:"The Helm chart. Without one, the component is its manifests."`
	Namespace       Namespace            `json:"namespace" jsonschema_description:"The namespace that the component is installed to and owns."`
	DependsOn       []string             `json:"dependsOn,omitempty" jsonschema:"uniqueItems=true" jsonschema_description:"Components that must be ready, configs and all, before this one is installed."`
	Provides        Provides             `json:"provides,omitzero" jsonschema_description:"What the component adds to the cluster's API."`
	Requires        Requires             `json:"requires,omitzero" jsonschema_description:"What must be in the cluster's API before the component can be applied."`
	Webhooks        []Webhook            `json:"webhooks,omitempty" jsonschema_description:"Admission and conversion webhooks that the component registers."`
	Health          []HealthRule         `json:"health,omitempty" jsonschema_description:"When objects of a kind are ready, where their status does not say so in the usual way."`
	ServiceAccounts []ServiceAccount     `json:"serviceAccounts,omitempty" jsonschema_description:"Service accounts that need an AWS role."`
	Network         []Flow               `json:"network,omitempty" jsonschema_description:"Connections that the namespace's network policies open; nothing else passes."`
	Workloads       []Workload           `json:"workloads,omitempty" jsonschema_description:"What runs in the end, and so what must become ready."`
	Parameters      map[string]Parameter `json:"parameters,omitempty" jsonschema_description:"What platform.yaml may set, by name."`
}

// Chart is a Helm chart pinned to one version.
type Chart struct {
	Name        string `json:"name" jsonschema:"minLength=1"`
	Version     string `json:"version" jsonschema:"pattern=^v?[0-9]+\\.[0-9]+\\.[0-9]+([-+][0-9A-Za-z.+-]+)?$" jsonschema_description:"The exact version; ranges are refused."`
	Repository  string `json:"repository" jsonschema:"pattern=^(oci|https)://.+[^/]$" jsonschema_description:"oci://host/path without the chart's name, or the https:// address that index.yaml lies under. No slash at the end."`
	ReleaseName string `json:"releaseName,omitempty" jsonschema:"maxLength=53" jsonschema_description:"Helm release name; the component's name by default."`
	CRDs        CRDs   `json:"crds,omitempty" jsonschema_description:"What Helm does with the chart's crds/ folder at install and upgrade; CreateReplace by default, Skip where the CRDs are ordinary templates."`
	Timeout     string `json:"timeout,omitempty" jsonschema:"pattern=^([0-9]+(s|m|h))+$" jsonschema_description:"How long one install or upgrade may take; 10m by default."`
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
	Name        string            `json:"name" jsonschema:"pattern=^[a-z0-9]([-a-z0-9]*[a-z0-9])?$,maxLength=63"`
	PodSecurity PodSecurity       `json:"podSecurity" jsonschema_description:"The Pod Security level that is enforced, audited and warned about."`
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
	CRDs        []string `json:"crds,omitempty" jsonschema:"uniqueItems=true" jsonschema_description:"CRD names, plural.group."`
	APIServices []string `json:"apiServices,omitempty" jsonschema:"uniqueItems=true" jsonschema_description:"Aggregated APIs, version.group."`
}

// Requires is what a component needs in the API that it does not bring.
type Requires struct {
	CRDs []string `json:"crds,omitempty" jsonschema:"uniqueItems=true" jsonschema_description:"CRD names, plural.group, that the chart's or the manifests' objects are kinds of."`
}

// Webhook is one webhook that the API server calls.
type Webhook struct {
	Name            string        `json:"name" jsonschema_description:"Name of the webhook inside its configuration; a CRD's name for a conversion webhook."`
	Type            WebhookType   `json:"type"`
	Configuration   string        `json:"configuration,omitempty" jsonschema_description:"Name of the ValidatingWebhookConfiguration or MutatingWebhookConfiguration."`
	Service         string        `json:"service" jsonschema_description:"Service in the component's namespace."`
	Port            int           `json:"port" jsonschema:"minimum=1,maximum=65535" jsonschema_description:"Port of the Service."`
	Path            string        `json:"path,omitempty"`
	FailurePolicy   FailurePolicy `json:"failurePolicy"`
	FailurePolicyHA FailurePolicy `json:"failurePolicyHA,omitempty" jsonschema_description:"Where it differs on an ha cluster."`
	Resources       []string      `json:"resources,omitempty" jsonschema_description:"What it is called for, resource.group (resource alone for the core group, * for all)."`
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
	Current    string `json:"current" jsonschema:"minLength=1" jsonschema_description:"True when the object is ready."`
	InProgress string `json:"inProgress,omitempty" jsonschema_description:"True while it becomes ready."`
	Failed     string `json:"failed,omitempty" jsonschema_description:"True when it will not become ready by itself."`
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
	Name      string `json:"name" jsonschema:"minLength=1"`
	IAMPolicy string `json:"iamPolicy" jsonschema:"pattern=^[a-z0-9-]+\\.json$" jsonschema_description:"Name of the policy's file in the component's folder."`
}

// Workload is something that runs pods.
type Workload struct {
	Kind     WorkloadKind      `json:"kind"`
	Name     string            `json:"name" jsonschema:"minLength=1"`
	Images   []string          `json:"images" jsonschema:"minItems=1" jsonschema_description:"Images of its containers with their tags."`
	Replicas Replicas          `json:"replicas,omitzero" jsonschema_description:"How many pods; left out for a DaemonSet, which has one a node."`
	Labels   map[string]string `json:"labels,omitempty" jsonschema_description:"Labels that select its pods."`
	MadeBy   MadeBy            `json:"madeBy,omitempty" jsonschema_description:"Who creates it: chart (the default), or operator, where a controller makes it from a custom resource after the chart is installed."`
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
