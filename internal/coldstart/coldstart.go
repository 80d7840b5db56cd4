// Package coldstart proves that a repository comes up on an empty cluster, or
// finds what keeps it from doing so. It plays what Flux does with the objects
// of its Kustomizations and the charts of its HelmReleases: who waits for whom,
// which kinds are served when, which webhooks refuse what. It is pure: objects
// in, a verdict out.
//
// What happens is a set of facts (this Kustomization is ready, that kind is
// served) and of rules (the Kustomization applies its objects once its
// dependencies are ready and their kinds are served). Facts follow from each
// other until nothing new does; whatever then lacks is a fact that no rule
// makes, or a circle. Everything is linear in the number of objects.
//
// What it does not look at: whether images can be pulled and programs work,
// sources can be read and networks let webhooks be reached, permissions and
// impersonation, quotas, and Secrets or ConfigMaps that pods mount. That test/e2e/coldstart
// pushes each fault of testdata to a real Flux is what says that the rest is so.
package coldstart

import (
	"cmp"
	"slices"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/groundwork-dev/groundwork/internal/diag"
)

// Object is an object as it is applied, and where it is written.
type Object struct {
	*unstructured.Unstructured
	// At returns the place of a field, without a path that of the object. Nil
	// when nothing is known.
	At func(path ...string) diag.Position
}

func (o Object) at(path ...string) diag.Position {
	if o.At == nil {
		return diag.Position{}
	}
	return o.At(path...)
}

// Reference names an object. Its group is left out: nothing that is referred
// to by Flux has a namesake.
type Reference struct{ Kind, Namespace, Name string }

// String returns Kind/namespace/name.
func (r Reference) String() string {
	if r.Namespace == "" {
		return r.Kind + "/" + r.Name
	}
	return r.Kind + "/" + r.Namespace + "/" + r.Name
}

// Dependency is one entry of dependsOn.
type Dependency struct {
	// Name is namespace/name.
	Name string
	// ReadyExpr is the CEL expression that takes the place of Ready, if any.
	ReadyExpr string
	At        diag.Position
}

// Unit is a Flux Kustomization and what it applies. UnitOf makes one.
type Unit struct {
	// Name is namespace/name of the Kustomization.
	Name string
	At   diag.Position
	// Source is where it reads from.
	Source    Reference
	SourceAt  diag.Position
	DependsOn []Dependency
	Wait      bool
	// HealthChecks are the objects that Ready waits for when Wait is not set.
	HealthChecks []Reference
	// HealthKinds are those that healthCheckExprs speaks about.
	HealthKinds []schema.GroupKind
	Suspend     bool
	// Needs are what its build reads: ConfigMaps and Secrets.
	Needs []Reference
	// Objects are what kustomize builds for it, with its namespace and metadata
	// set.
	Objects []Object
	// Opaque says that what it applies is not known; Objects is empty.
	Opaque bool
	// Remote says that it applies to another cluster.
	Remote bool
}

// Release is what a HelmRelease brings. Without one, or with neither Rendered
// nor Declared set, nothing is known of it.
type Release struct {
	// Name is namespace/name of the HelmRelease.
	Name string
	// Rendered says that CRDs and Objects are all that the chart has with the
	// release's values: the folder crds/ and the templates, hooks among them.
	Rendered      bool
	CRDs, Objects []Object
	// Declared says that the facts below are known, as a catalogue has them.
	Declared bool
	Facts
}

// Facts are what a chart brings, told without rendering it.
type Facts struct {
	// Kinds and Requires are CRD names, plural.group, that it has and needs.
	Kinds, Requires []string
	// Groups are those whose kinds its programs make while they run. They count
	// for a rendered chart too.
	Groups []string
	// Services are those that answer once it is ready, in its own namespace.
	Services []string
	Webhooks []Webhook
}

// Webhook is a webhook that is known by a catalogue's word alone.
type Webhook struct {
	Name string
	// Fail is its failure policy.
	Fail bool
	// Service is its name, in the release's namespace.
	Service string
}

// Given is what a cluster has before Flux begins. Kubernetes' own kinds and
// namespaces, Flux's kinds and namespace flux-system are always there.
type Given struct {
	// Groups are API groups whose kinds are all served; Kinds are CRD names.
	Groups, Kinds []string
	Namespaces    []string
	Objects       []Reference
}

// Cluster is everything that one cluster is to become.
type Cluster struct {
	Units    []Unit
	Releases []Release
	Given    Given
	// Establishes returns the kinds that an object makes served, other than a
	// CustomResourceDefinition. A kind without a group is of any group that the
	// release which has the object's kind makes kinds of (Facts.Groups).
	// EstablishesByNames when nil.
	Establishes func(*unstructured.Unstructured) []schema.GroupKind
	// StageKinds are kustomize-controller's --custom-apply-stage-kinds.
	StageKinds []schema.GroupKind
}

// Step is a Kustomization or HelmRelease that becomes ready.
type Step struct {
	// Name is Kustomization/namespace/name or HelmRelease/namespace/name.
	Name string `json:"name"`
	Wave int    `json:"wave"`
	// After are the steps that it cannot be ready before.
	After []string `json:"after,omitempty"`
}

// Kind says what sort of fault a deadlock is.
type Kind string

// The faults.
const (
	Circle              Kind = "circle"
	SelfDependency      Kind = "self-dependency"
	MissingDependency   Kind = "missing-dependency"
	MissingKind         Kind = "missing-kind"
	KindTooLate         Kind = "kind-too-late"
	MissingNamespace    Kind = "missing-namespace"
	NamespaceTooLate    Kind = "namespace-too-late"
	NamespaceNotSet     Kind = "namespace-not-set"
	MissingSource       Kind = "missing-source"
	SourceTooLate       Kind = "source-too-late"
	ObjectTooLate       Kind = "object-too-late"
	WebhookUnanswered   Kind = "webhook-unanswered"
	WebhookBlocks       Kind = "webhook-blocks"
	WaitsForDependant   Kind = "waits-for-dependant"
	MissingHealthTarget Kind = "missing-health-target"
	Suspended           Kind = "suspended"
)

// Deadlock is one cause why something never becomes ready.
type Deadlock struct {
	Kind Kind          `json:"kind"`
	At   diag.Position `json:"at"`
	// Message is the cause, one sentence.
	Message string `json:"message"`
	Fix     string `json:"fix"`
	// Race says that it takes bad luck: of two that are applied without an order,
	// the wrong one comes first.
	Race bool `json:"race,omitempty"`
	// Symptom is part of what Flux reports meanwhile, "" where that varies.
	Symptom string `json:"symptom,omitempty"`
	// Chain says who waits for what, down to the cause.
	Chain []string `json:"chain,omitempty"`
	// Stuck are the steps that are part of the cause; Waiting are those that
	// only wait for them.
	Stuck   []string `json:"stuck"`
	Waiting []string `json:"waiting,omitempty"`
}

// Note is something to know that is no deadlock.
type Note struct {
	At      diag.Position `json:"at,omitzero"`
	Message string        `json:"message"`
}

// Verdict is what becomes of a cluster.
type Verdict struct {
	// Waves are the steps by when they become ready: each needs one of the wave
	// before.
	Waves [][]string `json:"waves"`
	// Steps are the same, in the same order, with what each comes after.
	Steps []Step `json:"steps"`
	// CriticalPath is the longest chain of steps that wait for each other.
	CriticalPath []string   `json:"criticalPath,omitempty"`
	Deadlocks    []Deadlock `json:"deadlocks,omitempty"`
	// Warnings are risks; Assumptions are what could not be judged and was taken
	// to go well.
	Warnings    []Note `json:"warnings,omitempty"`
	Assumptions []Note `json:"assumptions,omitempty"`
}

// Proven says that everything becomes ready, given the assumptions.
func (v *Verdict) Proven() bool { return len(v.Deadlocks) == 0 }

// Prove plays the cold start of a cluster.
func Prove(c Cluster) Verdict {
	p := newProver(c)
	p.build()
	v := p.judge()
	for _, notes := range []*[]Note{&v.Warnings, &v.Assumptions} {
		slices.SortStableFunc(*notes, func(a, b Note) int {
			return cmp.Or(compareAt(a.At, b.At), cmp.Compare(a.Message, b.Message))
		})
		*notes = slices.Compact(*notes)
	}
	slices.SortStableFunc(v.Deadlocks, func(a, b Deadlock) int {
		return cmp.Or(compareAt(a.At, b.At), cmp.Compare(a.Message, b.Message))
	})
	return v
}

func compareAt(a, b diag.Position) int {
	return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
}
