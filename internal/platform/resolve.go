package platform

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/groundwork-dev/groundwork/internal/awsname"
	"github.com/groundwork-dev/groundwork/internal/catalog"
	"github.com/groundwork-dev/groundwork/internal/catalog/reference"
	"github.com/groundwork-dev/groundwork/internal/config"
	"github.com/groundwork-dev/groundwork/internal/diag"
	"github.com/groundwork-dev/groundwork/internal/strictyaml"
)

// Resolve returns the model of a platform. The error is diag.Problems, all
// that is wrong with the platform for this catalogue, with places in
// platform.yaml.
func Resolve(p *config.Platform, c *catalog.Catalog) (*Model, error) {
	r := NewResolver(p, c)
	m := r.Model()
	var problems diag.Problems
	for i := range m.Clusters {
		var found diag.Problems
		m.Clusters[i], found = r.Cluster(m.Clusters[i].Name)
		problems = append(problems, found...)
	}
	if err := problems.Err(); err != nil {
		problems.Sort()
		return nil, err
	}
	return m, nil
}

// Resolver resolves a platform cluster by cluster, for whoever cannot hold all
// of them at once. It is safe for concurrent use.
type Resolver struct {
	platform *config.Platform
	catalog  *catalog.Catalog
	facts    map[string]*yaml.Node
	// still are the objects of components that hold no references and so are
	// the same on every cluster.
	still map[*catalog.Component]still
}

// still are the objects of one component.
type still struct {
	manifests []Manifest
	stages    []Stage
}

// NewResolver returns a resolver of a platform with a catalogue.
func NewResolver(p *config.Platform, c *catalog.Catalog) *Resolver {
	r := &Resolver{
		platform: p, catalog: c, still: map[*catalog.Component]still{},
		facts: map[string]*yaml.Node{
			catalog.RefPlatformName:  reference.String(p.Metadata.Name),
			catalog.RefRepositoryURL: reference.String(p.Spec.Repository.URL),
			catalog.RefAWSAccountID:  reference.String(p.Spec.AWS.AccountID),
			catalog.RefAWSRegion:     reference.String(p.Spec.AWS.Region),
			catalog.RefAWSPartition:  reference.String(awsname.Partition(p.Spec.AWS.Region)),
		},
	}
	for _, name := range c.Names() {
		if comp, _ := c.Component(name); !comp.Varies() {
			r.still[comp] = objects(comp, nil)
		}
	}
	return r
}

// Model returns the model without what its clusters run.
func (r *Resolver) Model() *Model {
	m := &Model{Name: r.platform.Metadata.Name, Repository: r.platform.Spec.Repository, AWS: r.platform.Spec.AWS}
	for _, name := range slices.Sorted(maps.Keys(r.platform.Spec.Clusters)) {
		m.Clusters = append(m.Clusters, r.outline(name))
	}
	return m
}

func (r *Resolver) outline(name string) Cluster {
	spec := r.platform.Spec.Clusters[name]
	return Cluster{
		Name: name, FullName: r.platform.Metadata.Name + "-" + name,
		Engine: spec.Engine, HA: spec.Size == config.SizeHA, Domain: spec.Domain,
	}
}

// Cluster returns a cluster of the platform with everything that it runs, and
// all that is wrong with it.
func (r *Resolver) Cluster(name string) (Cluster, diag.Problems) {
	of := resolver{Resolver: r}
	c := of.cluster(name, r.platform.Spec.Clusters[name])
	return c, of.problems
}

// resolver resolves one cluster.
type resolver struct {
	*Resolver
	problems diag.Problems
}

func (r *resolver) report(message, hint string, path ...string) {
	r.problems = append(r.problems, diag.Problem{
		Position: r.platform.KeyPosition(path...), Path: strictyaml.Dotted(path...), Message: message, Hint: hint,
	})
}

func (r *resolver) cluster(name string, spec config.Cluster) Cluster {
	c := r.outline(name)
	facts := r.clusterFacts(c, spec)
	enabled := r.enabled(name, spec)
	order := r.order(name, enabled)
	c.Components = make([]Component, 0, len(order))
	for _, comp := range order {
		c.Components = append(c.Components, r.component(c, comp, spec, facts))
	}
	c.Apps = r.apps(c)
	c.ScanRole = r.scanRole(c)
	r.rollouts(&c)
	r.namespaces(c)
	return c
}

// clusterFacts are what references to the platform and to the cluster mean.
func (r *Resolver) clusterFacts(c Cluster, spec config.Cluster) map[string]*yaml.Node {
	facts := maps.Clone(r.facts)
	facts[catalog.RefClusterName] = reference.String(c.Name)
	facts[catalog.RefClusterDomain] = reference.String(c.Domain)
	facts[catalog.RefClusterSize] = reference.String(string(spec.Size))
	facts[catalog.RefClusterFullName] = reference.String(c.FullName)
	return facts
}

// enabled returns the components that the cluster installs, sorted by name.
func (r *resolver) enabled(cluster string, spec config.Cluster) []*catalog.Component {
	enabled := make([]*catalog.Component, 0, len(spec.Components))
	for _, name := range slices.Sorted(maps.Keys(spec.Components)) {
		comp, ok := r.catalog.Component(name)
		if !ok {
			hint := "bootstrap component list shows what there is; a component of one's own is a folder in components/"
			if near := strictyaml.Nearest(name, r.catalog.Names()); near != "" {
				hint = "did you mean " + near + "?"
			}
			r.report("there is no component "+name, hint, "spec", "clusters", cluster, "components", name)
			continue
		}
		if spec.Components[name].On() {
			enabled = append(enabled, comp)
		}
	}
	return enabled
}

func (r *resolver) component(c Cluster, spec *catalog.Component, from config.Cluster, facts map[string]*yaml.Node) Component {
	parameters, problems := spec.ResolveParameters(from.Components[spec.Name].Parameters, c.HA, r.platform,
		"spec", "clusters", c.Name, "components", spec.Name, "parameters")
	r.problems = append(r.problems, problems...)
	comp := Component{
		Spec: spec, Name: spec.Name, Namespace: spec.Namespace.Name,
		DependsOn: spec.DependsOn, Parameters: parameters,
	}
	for _, bucket := range spec.Buckets {
		if name := awsname.Bucket(r.platform.Spec.AWS.AccountID, c.FullName, bucket.Name); len(name) > awsname.MaxBucket {
			r.report(fmt.Sprintf("bucket %s has %d characters, S3 allows %d", name, len(name), awsname.MaxBucket),
				"give the cluster or the platform a shorter name", "spec", "clusters", c.Name)
		}
	}
	if len(problems) > 0 {
		return comp // references to its parameters cannot be filled in
	}
	lookup := r.lookup(c, spec, facts, parameters)
	if values := spec.Values(c.HA); values != nil {
		comp.Values = values.Resolve(lookup)
	}
	of, known := r.still[spec]
	if !known {
		of = objects(spec, lookup)
	}
	comp.Manifests, comp.Stages = of.manifests, of.stages
	comp.RecordMarkers = spec.RecordMarkers(lookup)
	if spec.LastBackup != nil {
		comp.LastBackup = &manifests([]catalog.Manifest{*spec.LastBackup}, lookup)[0]
	}
	return comp
}

// lookup finds what a component's files refer to on a cluster.
func (r *Resolver) lookup(c Cluster, spec *catalog.Component, facts, parameters map[string]*yaml.Node) reference.Lookup {
	aws := r.platform.Spec.AWS
	return func(name string) *yaml.Node {
		if n, ok := facts[name]; ok {
			return n
		}
		switch kind, of, _ := strings.Cut(name, "."); kind + "." {
		case catalog.RefParameters:
			return parameters[of]
		case catalog.RefRoles:
			return reference.String(awsname.Role(aws.Region, aws.AccountID, c.Domain, spec.Namespace.Name, of))
		case catalog.RefBuckets:
			return reference.String(awsname.Bucket(aws.AccountID, c.FullName, of))
		case catalog.RefKeys:
			return reference.String(awsname.KeyAlias(c.FullName, of))
		}
		if name == catalog.RefComponentName {
			return reference.String(spec.Name)
		}
		return reference.String(spec.Namespace.Name)
	}
}

// objects returns the manifests and stages of a component.
func objects(spec *catalog.Component, lookup reference.Lookup) still {
	s := still{manifests: manifests(spec.Manifests, lookup)}
	for _, stage := range spec.Stages {
		s.stages = append(s.stages, Stage{Name: stage.Name, Manifests: manifests(stage.Manifests, lookup)})
	}
	return s
}

func manifests(from []catalog.Manifest, lookup reference.Lookup) []Manifest {
	if len(from) == 0 {
		return nil
	}
	resolved := make([]Manifest, len(from))
	for i, m := range from {
		resolved[i] = Manifest{File: m.File, APIVersion: m.APIVersion, Kind: m.Kind, Text: m.Text}
		if m.Doc != nil {
			resolved[i].Doc = m.Doc.Resolve(lookup)
		}
	}
	return resolved
}

func (r *resolver) apps(c Cluster) []App {
	var apps []App
	for _, name := range slices.Sorted(maps.Keys(r.platform.Spec.Apps)) {
		app := r.platform.Spec.Apps[name]
		if len(app.Clusters) > 0 && !slices.Contains(app.Clusters, c.Name) {
			continue
		}
		resolved := App{
			Name: name, Namespace: app.Namespace, Image: app.Image, Port: app.Port,
			MinReplicas: app.Replicas.Min, MaxReplicas: app.Replicas.Max, HA: c.HA, Domain: c.Domain, Config: app,
			Automated: app.Delivery != nil && slices.Contains(app.Delivery.Automate, c.Name),
		}
		if resolved.Namespace == "" {
			resolved.Namespace = name
		}
		apps = append(apps, resolved)
	}
	return apps
}

// namespaces refuses a namespace that two owners would both configure. Apps
// may share one with each other.
func (r *resolver) namespaces(c Cluster) {
	owners := make(map[string]string, len(c.Components))
	for _, comp := range c.Components {
		if first, taken := owners[comp.Namespace]; taken {
			r.report(fmt.Sprintf("components %s and %s both own the namespace %s", first, comp.Name, comp.Namespace),
				"disable one of them", "spec", "clusters", c.Name, "components", comp.Name)
			continue
		}
		owners[comp.Namespace] = comp.Name
	}
	for _, app := range c.Apps {
		if owner, taken := owners[app.Namespace]; taken {
			r.report(fmt.Sprintf("namespace %s of app %s belongs to component %s", app.Namespace, app.Name, owner),
				"give the app a namespace of its own", "spec", "apps", app.Name)
		}
	}
}
