package catalog

import (
	"io/fs"
	"slices"

	"go.yaml.in/yaml/v3"

	"github.com/groundwork-dev/groundwork/internal/catalog/chartkeys"
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
	// Folder holds the component's files; it can be read as long as the layer's
	// file system can.
	Folder fs.FS
	// Manifests are the objects of manifests/, by file name.
	Manifests []Manifest
	// Stages are the objects of configs/, in the order in which they are
	// applied. Empty without configs, one stage without a name for plain files.
	Stages []Stage

	// LastBackup is the object of destroy.backup, nil without one.
	LastBackup *Manifest

	recordMarkers    *reference.Template
	values, valuesHA *reference.Template
	chartKeys        chartkeys.Keys
	parameters       parameters
	// policies are the IAM policies by service account.
	policies map[string]*reference.Template
}

// Policy returns the IAM policy of a service account, nil when it has none.
func (c *Component) Policy(serviceAccount string) *reference.Template {
	return c.policies[serviceAccount]
}

// Values returns the chart's values for a cluster: values.yaml, and
// values-ha.yaml merged over it where ha is set. Nil without values.
func (c *Component) Values(ha bool) *reference.Template {
	if ha {
		return c.valuesHA
	}
	return c.values
}

// ChartKeys are the keys of the chart's values, which may not be changed; nil
// where the component does not know them.
func (c *Component) ChartKeys() chartkeys.Keys { return c.chartKeys }

// Varies says whether the manifests or configs have references, and so differ
// from cluster to cluster.
func (c *Component) Varies() bool {
	varies := func(m Manifest) bool { return m.Text == nil && m.Doc.Varies() }
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

// Manifest is one file that holds one Kubernetes object: as a document with
// references, or as the text that it is.
type Manifest struct {
	// File is the base name.
	File string
	// APIVersion and Kind are the object's.
	APIVersion, Kind string
	// Doc is nil where the file holds no references.
	Doc *reference.Template
	// Text is the file as its author wrote it, where it holds no references: it
	// needs no rendering. Nil otherwise.
	Text []byte
}

// Decode decodes the object as it is in the folder, references and all.
func (m Manifest) Decode(into any) error {
	if m.Text != nil {
		return yaml.Unmarshal(m.Text, into)
	}
	return m.Doc.Root().Decode(into)
}
