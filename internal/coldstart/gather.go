package coldstart

import (
	"cmp"
	"slices"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/groundwork-dev/groundwork/internal/diag"
)

// actor is a Kustomization or HelmRelease: who applies.
type actor struct {
	name         string // Kustomization/namespace/name
	short        string // namespace/name
	namespace    string // of the Flux object
	at           diag.Position
	unit         *Unit         // nil for a HelmRelease
	install      *installation // nil for a Kustomization
	begun, ready int           // facts
	last         int           // the fact of its last stage
	opaque       bool
	declared     int // rule: a declared chart is installed
	// root is set when nothing in the repository applies it.
	root    bool
	objects []*placed
}

// placed is an object at its place in the order of things.
type placed struct {
	Object
	gvk       schema.GroupVersionKind
	namespace string // "" for what has none
	actor     int
	stage     int            // fact: it is applied
	rule      int            // the rule of that fact
	pods      map[string]any // podTemplate
}

// String names the object.
func (o *placed) String() string {
	return Reference{o.gvk.Kind, o.namespace, o.GetName()}.String()
}

func (o *placed) ref() Reference { return Reference{o.gvk.Kind, o.namespace, o.GetName()} }

// prover builds the facts and rules of a cluster.
type prover struct {
	graph
	in          Cluster
	actors      []*actor
	units       map[string]int // actors by namespace/name
	installs    map[string]int
	charts      map[string]*Release
	byRef       map[Reference]*placed
	fluxObjects map[string][]*placed // Kustomizations and HelmReleases, by actor's name
	definitions map[schema.GroupKind]*definition
	labels      map[string]map[string]string // of namespaces
	workloads   map[string][]*placed         // by namespace
	custom      map[string]bool              // namespaces with custom resources
	hooks       []*hook
	apis        []*placed // APIServices
	served      map[schema.GroupKind]int
	resources   map[schema.GroupKind]string
	established map[schema.GroupKind]bool
	named       map[string][]*placed // makers of a kind whose group is not known, by kind
	makers      map[string][]int     // actors whose programs make a group's kinds
	cluster     map[string]bool      // built-in kinds without a namespace
	builtin     map[string]bool      // groups that need no definition
	core        map[string]bool      // those of them that are Kubernetes' own
	answers     map[*placed][]int    // rules of a Service's answering
	assumptions []Note
	warnings    []Note
	refused     []Note          // warnings that a deadlock tells already
	assumed     map[string]bool // messages that are in assumptions already
	doubts      []doubt
	opaque      int // fact: one of the opaque ones is ready; -1 without any
	found       []*placed
}

func newProver(c Cluster) *prover {
	size := 8 * len(c.Units)
	for i := range c.Units {
		size += len(c.Units[i].Objects)
	}
	p := &prover{
		graph: graph{byKey: make(map[key]int, size), facts: make([]fact, 0, size), rules: make([]rule, 0, size)}, in: c,
		units: map[string]int{}, installs: map[string]int{}, charts: map[string]*Release{}, byRef: make(map[Reference]*placed, size),
		fluxObjects: map[string][]*placed{}, definitions: map[schema.GroupKind]*definition{}, labels: map[string]map[string]string{},
		workloads: map[string][]*placed{}, custom: map[string]bool{}, served: map[schema.GroupKind]int{}, resources: map[schema.GroupKind]string{}, established: map[schema.GroupKind]bool{},
		named: map[string][]*placed{}, makers: map[string][]int{}, cluster: map[string]bool{}, builtin: map[string]bool{}, core: map[string]bool{}, answers: map[*placed][]int{}, assumed: map[string]bool{}, opaque: -1,
	}
	if p.in.Establishes == nil {
		p.in.Establishes = EstablishesByNames
	}
	for _, kind := range clusterKinds() {
		p.cluster[kind] = true
	}
	for _, group := range builtinGroups() {
		p.builtin[group], p.core[group] = true, true
	}
	for _, group := range c.Given.Groups {
		p.builtin[group] = true
	}
	for i := range c.Releases {
		p.charts[c.Releases[i].Name] = &c.Releases[i]
	}
	return p
}

// build makes all facts and rules.
func (p *prover) build() {
	p.gather()
	p.given()
	for a := range p.actors {
		p.begin(a)
	}
	p.establish()
	for a := range p.actors {
		p.admitAll(a)
	}
	for a := range p.actors {
		p.becomeReady(a)
	}
	p.answerAll()
	p.guard()
}

// gather puts every object into the stage of who applies it, and finds who
// else applies among the objects.
func (p *prover) gather() {
	units := slices.Clone(p.in.Units)
	slices.SortFunc(units, func(a, b Unit) int { return cmp.Compare(a.Name, b.Name) })
	for i := range units {
		p.addUnit(&units[i])
	}
	// Charts may hold HelmReleases in their turn.
	for len(p.found) > 0 {
		found := p.found
		p.found = nil
		for _, o := range found {
			p.discover(o)
		}
	}
	for _, a := range p.actors {
		a.root = a.unit != nil && !slices.ContainsFunc(p.fluxObjects[a.name], func(o *placed) bool { return p.actors[o.actor] != a })
		if a.opaque {
			if p.opaque < 0 {
				p.opaque = p.fact(opaqueReady, "", 0)
			}
			p.rule(p.opaque, need{fact: a.ready})
		}
	}
}

// discover makes an actor of a Kustomization or HelmRelease among the objects.
func (p *prover) discover(o *placed) {
	short := o.namespace + "/" + o.GetName()
	p.fluxObjects[o.gvk.Kind+"/"+short] = append(p.fluxObjects[o.gvk.Kind+"/"+short], o)
	if o.gvk.Kind == "HelmRelease" {
		if _, ok := p.installs[short]; !ok {
			p.addRelease(o)
		}
		return
	}
	if _, ok := p.units[short]; !ok {
		u := UnitOf(o.Object, nil)
		u.Opaque = true
		p.addUnit(&u)
		p.assume(u.At, "Kustomization/"+short+" applies what is not known here: taken to become ready, and to bring whatever else is lacking")
	}
}

func (p *prover) addActor(a *actor, there, stage, ready factKind) int {
	n := len(p.actors)
	p.actors = append(p.actors, a)
	a.begun, a.ready = p.fact(stage, a.short, stageBegun), p.fact(ready, a.short, 0)
	a.last = a.begun
	for _, f := range []int{a.begun, a.ready, p.fact(there, a.short, 0)} {
		p.facts[f].actor = n
	}
	return n
}

func (p *prover) addUnit(u *Unit) {
	if _, twice := p.units[u.Name]; twice {
		return
	}
	namespace, _, _ := splitName(u.Name)
	a := &actor{name: "Kustomization/" + u.Name, short: u.Name, namespace: namespace, at: u.At, unit: u, opaque: u.Opaque}
	n := p.addActor(a, unitThere, unitStage, unitReady)
	p.units[u.Name] = n
	if u.Remote {
		p.assume(u.At, a.name+" applies to another cluster, which is not looked at")
		return
	}
	stages := map[int][]Object{}
	for _, o := range u.Objects {
		if disabled(o) {
			continue
		}
		s := stageOf(o.Unstructured, p.in.StageKinds)
		stages[s] = append(stages[s], o)
	}
	for s := stageDefinitions; s <= stageRest; s++ {
		p.stage(n, unitStage, s, stages[s])
	}
}

// stage adds one stage of an actor; without objects there is none.
func (p *prover) stage(n int, kind factKind, number int, objects []Object) {
	if len(objects) == 0 {
		return
	}
	a := p.actors[n]
	f := p.fact(kind, a.short, number)
	p.facts[f].actor = n
	r := p.rule(f, need{fact: a.last})
	a.last = f
	for _, o := range objects {
		p.place(&placed{Object: o, gvk: o.GroupVersionKind(), actor: n, stage: f, rule: r})
	}
}

// place notes an object in whatever finds it later.
func (p *prover) place(o *placed) {
	a := p.actors[o.actor]
	a.objects = append(a.objects, o)
	o.namespace, o.pods = o.GetNamespace(), podTemplate(o.Unstructured)
	if a.install != nil && o.namespace == "" && (p.builtin[o.gvk.Group] || isFlux(o.gvk.Group)) {
		o.namespace = a.install.namespace
	}
	if p.builtin[o.gvk.Group] && p.cluster[o.gvk.Kind] {
		o.namespace = ""
	}
	if _, twice := p.byRef[o.ref()]; !twice {
		p.byRef[o.ref()] = o
	}
	switch {
	case isDefinition(o.Unstructured):
		p.defined(o)
	case isNamespace(o.Unstructured):
		if p.labels[o.GetName()] == nil {
			p.labels[o.GetName()] = o.GetLabels()
		}
		p.rule(p.fact(namespaceThere, o.GetName(), 0), need{fact: o.stage})
	case o.gvk.Group == kustomizationGroup && o.gvk.Kind == "Kustomization", o.gvk.Group == releaseGroup && o.gvk.Kind == "HelmRelease":
		p.found = append(p.found, o)
	case o.gvk.Group == webhookGroup:
		p.addHooks(o)
	case o.gvk.Kind == "APIService":
		p.apis = append(p.apis, o)
	case o.pods != nil:
		p.workloads[o.namespace] = append(p.workloads[o.namespace], o)
	}
	if !p.builtin[o.gvk.Group] && !isFlux(o.gvk.Group) {
		p.custom[o.namespace] = true
	}
}

func (p *prover) defined(o *placed) {
	gk, d := define(o.Unstructured)
	if p.definitions[gk] == nil {
		p.definitions[gk] = d
	}
	p.rule(p.fact(kindServed, o.GetName(), 0), need{fact: o.stage})
}

func isFlux(group string) bool {
	return len(group) > len(fluxSuffix) && group[len(group)-len(fluxSuffix):] == fluxSuffix
}

// podTemplate is the metadata of the pods that an object makes, nil when it
// makes none that anybody waits for.
func podTemplate(o *unstructured.Unstructured) map[string]any {
	var template map[string]any
	switch [2]string{o.GetAPIVersion(), o.GetKind()} {
	case [2]string{"apps/v1", "Deployment"}, [2]string{"apps/v1", "StatefulSet"}, [2]string{"apps/v1", "DaemonSet"},
		[2]string{"apps/v1", "ReplicaSet"}, [2]string{"batch/v1", "Job"}, [2]string{"v1", "ReplicationController"}:
		template, _, _ = nestedMap(o.Object, "spec", "template")
	case [2]string{"v1", "Pod"}:
		template = o.Object
	default:
		return nil
	}
	if template == nil {
		return map[string]any{}
	}
	return template
}

func nestedMap(o map[string]any, fields ...string) (map[string]any, bool, error) {
	value, found, err := unstructured.NestedFieldNoCopy(o, fields...)
	m, ok := value.(map[string]any)
	return m, found && ok, err
}

// assume notes once what could not be judged.
func (p *prover) assume(at diag.Position, message string) {
	if !p.assumed[message] {
		p.assumed[message] = true
		p.assumptions = append(p.assumptions, Note{at, message})
	}
}
