// Package platform resolves platform.yaml and the catalogue to the platform's
// model: for every cluster, what is installed in which order, with every
// default, parameter and reference filled in. Renderers read the model and
// nothing else. Resolving is pure: same input, same model.
package platform

import (
	"go.yaml.in/yaml/v3"

	"github.com/groundwork-dev/groundwork/internal/catalog"
	"github.com/groundwork-dev/groundwork/internal/config"
)

// Model is a resolved platform. Nodes in it may be shared between clusters and
// with the catalogue: nobody may change them.
type Model struct {
	Name       string
	Repository config.Repository
	AWS        config.AWS
	// Clusters are sorted by name.
	Clusters []Cluster
}

// Cluster is one cluster with everything that it runs.
type Cluster struct {
	Name string
	// FullName is <platform>-<name>, unique in an AWS account.
	FullName string
	Engine   config.Engine
	HA       bool
	Domain   string
	// Components come after those they depend on, otherwise by name.
	Components []Component
	// Apps are sorted by name.
	Apps []App
	// ScanRole is the ARN of the role by which Flux asks ECR for tags; empty
	// where no image that it moves is there.
	ScanRole string
}

// Zones are the availability zones that the cluster has nodes in.
func (c Cluster) Zones(aws config.AWS) []string {
	if c.HA {
		return aws.Zones
	}
	return aws.Zones[:1]
}

// Component is a component as one cluster installs it.
type Component struct {
	Spec      *catalog.Component
	Name      string
	Namespace string
	// DependsOn names enabled components, sorted.
	DependsOn []string
	// Parameters are the values that references saw, defaults included. Keys
	// are parameter names.
	Parameters map[string]*yaml.Node
	// Values are the chart's values, a mapping, comments kept; nil without any.
	Values    *yaml.Node
	Manifests []Manifest
	// Stages are the configs in the order in which they are applied.
	Stages []Stage
	// LastBackup is the object whose making is a backup, nil without one;
	// Spec.Destroy.Backup says when it is done.
	LastBackup *Manifest
	// RecordMarkers are in the TXT records in DNS that are the cluster's.
	RecordMarkers []string
}

// Stage is a group of custom resources that is applied at once.
type Stage struct {
	// Name is empty for a component whose configs are one stage.
	Name      string
	Manifests []Manifest
}

// Manifest is a file of one Kubernetes object.
type Manifest struct {
	// File is the base name.
	File string
	// APIVersion and Kind are the object's.
	APIVersion, Kind string
	// Doc is the object, a mapping; nil where there is Text.
	Doc *yaml.Node
	// Text is the whole file where it is taken as it is; nil otherwise.
	Text []byte
}

// App is an application as one cluster runs it.
type App struct {
	Name      string
	Namespace string
	// Image is repository:tag, with @sha256:… where it is pinned.
	Image       string
	Port        int
	MinReplicas int
	MaxReplicas int
	// HA and Domain are the cluster's.
	HA     bool
	Domain string
	// Rollout is nil where pods are replaced one by one.
	Rollout *Rollout
	// Mesh is what the namespace needs where an app in it is rolled out.
	Mesh *catalog.Mesh
	// Automated says that image automation moves the app's image on this
	// cluster; Config.Delivery says how.
	Automated bool
	// Config is the app as platform.yaml has it, with defaults.
	Config config.App
}

// Cluster returns the cluster of that name.
func (m *Model) Cluster(name string) (Cluster, bool) {
	for _, c := range m.Clusters {
		if c.Name == name {
			return c, true
		}
	}
	return Cluster{}, false
}
