package catalog

import (
	"fmt"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/groundwork-dev/groundwork/internal/catalog/reference"
	"github.com/groundwork-dev/groundwork/internal/diag"
)

// Destroy is what `bootstrap destroy` needs to know of a component.
type Destroy struct {
	// The object whose making backs the cluster up, before anything is deleted.
	Backup *BackupRule `json:"backup,omitempty"`
	// How TXT records say that a DNS record is this cluster's: a list with commas,
	// of which each part is a part of the record. They may hold references. What is
	// so marked is deleted with the cluster.
	RecordMarkers []string `json:"recordMarkers,omitempty" jsonschema:"uniqueItems=true"`
}

// BackupRule says what to make for a backup, and when it is done.
type BackupRule struct {
	// Name of the object's file in the component's folder. It may hold references.
	// The object's own name is the beginning of the backup's.
	Object string `json:"object" jsonschema:"pattern=^[a-z0-9-]+\\.yaml$" jsonschema_extras:"x-want=the name of a .yaml file in the component's folder"`
	// Path of the field that tells how the backup is, such as status.phase.
	Status string `json:"status" jsonschema:"pattern=^[A-Za-z0-9]+(\\.[A-Za-z0-9]+)*$" jsonschema_extras:"x-want=names with dots between them, such as status.phase"`
	// Its values when the backup is there, whole.
	Done []string `json:"done" jsonschema:"minItems=1,uniqueItems=true"`
	// Its values when that will not be.
	Failed []string `json:"failed" jsonschema:"minItems=1,uniqueItems=true"`
}

// RecordMarkers returns the markers of DNS records for a cluster.
func (c *Component) RecordMarkers(lookup reference.Lookup) []string {
	if c.recordMarkers == nil {
		return nil
	}
	var markers []string
	for _, n := range c.recordMarkers.Resolve(lookup).Content {
		markers = append(markers, n.Value)
	}
	return markers
}

// destroy reads what the end of a cluster needs.
func (f *folder) destroy(c *Component, names reference.Names) {
	markers := child(child(child(f.document.Root, "spec"), "destroy"), "recordMarkers")
	if markers != nil && markers.Kind == yaml.SequenceNode {
		t, problems := reference.Compile(f.path(specFile), markers, names)
		c.recordMarkers, f.problems = t, append(f.problems, problems...)
	}
	for i, marker := range c.Destroy.RecordMarkers {
		if !strings.Contains(marker, "{{"+RefClusterFullName+"}}") && !strings.Contains(marker, "{{"+RefClusterDomain+"}}") {
			f.reportAt("the marker is on other clusters' records too", "make {{"+RefClusterFullName+"}} or {{"+RefClusterDomain+"}} a part of it", "destroy", "recordMarkers", strconv.Itoa(i))
		}
	}
	rule := c.Destroy.Backup
	if rule == nil {
		return
	}
	before := len(f.problems)
	m, ok := f.manifest(rule.Object, names)
	if !ok {
		if len(f.problems) == before && f.err == nil {
			f.problems = append(f.problems, diag.Problem{
				Position: f.document.Position("spec", "destroy", "backup", "object"), Path: "spec.destroy.backup.object",
				Message: "there is no file " + f.path(rule.Object), Hint: "put the object whose making is a backup there",
			})
		}
		return
	}
	var object struct {
		Metadata struct{ Namespace string }
	}
	if err := m.Decode(&object); err == nil && object.Metadata.Namespace == "" {
		f.report(rule.Object, fmt.Sprintf("is a %s without a namespace", m.Kind), `add metadata.namespace: "{{component.namespace}}"`)
	}
	c.LastBackup = &m
}
