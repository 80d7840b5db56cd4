// Package apischema says of one Kubernetes object what a Kubernetes 1.36 API
// server would refuse if it were applied (server-side apply, a new object,
// fieldValidation=Strict), without a cluster.
//
// It imitates nothing: the API server's own code is linked and called in the
// order in which a request meets it. An apply configuration is typed against the
// kind's schema (unknown fields, wrong types, items named twice), merged into an
// empty object, converted and defaulted, and then handed to the registry's
// strategy, which for a custom resource is OpenAPI validation and the CEL rules
// of its definition, within the server's cost budget.
//
// What depends on a cluster is not here: admission (quotas, webhooks, policies,
// whether a namespace or priority class exists), ranges of node ports and
// service addresses, what objects refer to. Of admission, only what looks at
// nothing but the object is done: levels of pod security on namespaces, and the
// service account of a pod that names none. The kinds of resource.k8s.io are
// held to their types, fields and metadata only, because their validation needs
// modules that this one does not have.
//
// The package costs its program the API groups' registration at start and,
// with the first built-in object, the parsing of their schemas.
package apischema

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// Kind classes what is wrong.
type Kind string

// The kinds of faults.
const (
	UnknownKind  Kind = "unknown kind"  // nobody serves apiVersion and kind
	UnknownField Kind = "unknown field" // the schema declares no such field
	WrongType    Kind = "wrong type"    // a string for a number, a list for a map
	Required     Kind = "required"      // a value is missing
	Unsupported  Kind = "unsupported"   // not one of the values that are allowed
	Duplicate    Kind = "duplicate"     // two list items with the same key
	Scope        Kind = "scope"         // a namespace where there must be none
	Rule         Kind = "rule"          // a CEL rule of the definition says no
	Invalid      Kind = "invalid"       // anything else
)

// Fault is one thing that the API server would refuse.
type Fault struct {
	// Path leads to the value: keys of maps as they are, items of lists by their
	// index from 0. It is empty for the whole object, and ends in the missing
	// field's name where something is missing.
	Path []string
	// Kind classes the fault.
	Kind Kind
	// Message is what the API server says, without the path.
	Message string
	// Hint says what was probably meant; often empty.
	Hint string
}

// Schemas are the kinds of one cluster: Kubernetes' own and those of custom
// resource definitions. Safe for concurrent use.
type Schemas struct {
	served kinds
	more   []func() (kinds, error)
}

// kinds are those that somebody serves.
type kinds map[schema.GroupVersionKind]served

// served is one kind in one version. Its machinery is made when the first
// object of the kind is checked.
type served struct {
	namespaced bool
	open       func() (*resource, error)
}

// Source returns definitions.
type Source func() ([]*unstructured.Unstructured, error)

// New returns the schemas of Kubernetes 1.36 with those of the definitions,
// apiextensions.k8s.io/v1 CustomResourceDefinition objects. Of two that define the
// same kind the later counts. Sources are asked, one after the other and once, for
// a kind that is not among them. The objects are read later, when a kind is used,
// and must not change. The error names a definition that does not say which kind
// it defines; what else is wrong with one, Check says of it.
func New(definitions []*unstructured.Unstructured, more ...Source) (*Schemas, error) {
	s := &Schemas{served: kinds{}}
	for _, b := range builtins() {
		s.served[b.kind] = served{b.strategy.NamespaceScoped(), sync.OnceValues(b.open)}
	}
	if err := s.served.define(definitions); err != nil {
		return nil, err
	}
	for _, source := range more {
		s.more = append(s.more, sync.OnceValues(func() (kinds, error) {
			definitions, err := source()
			if err != nil {
				return nil, err
			}
			found := kinds{}
			return found, found.define(definitions)
		}))
	}
	return s, nil
}

// find returns who serves a kind. The error is one of a source.
func (s *Schemas) find(kind schema.GroupVersionKind) (k served, known bool, err error) {
	if k, known = s.served[kind]; known {
		return k, true, nil
	}
	for _, more := range s.more {
		found, err := more()
		if err != nil {
			return served{}, false, err
		}
		if k, known = found[kind]; known {
			return k, true, nil
		}
	}
	return served{}, false, nil
}

// Namespaced says whether objects of the kind live in a namespace, and whether
// the kind is known at all.
func (s *Schemas) Namespaced(kind schema.GroupVersionKind) (namespaced, known bool) {
	k, known, err := s.find(kind)
	return k.namespaced, known && err == nil // what is wrong with a source, Check tells
}

// Kinds returns every kind that is served, sorted by group, version and kind.
func (s *Schemas) Kinds() []schema.GroupVersionKind {
	all := maps.Clone(s.served)
	for _, more := range s.more {
		found, _ := more() // as above
		maps.Copy(all, found)
	}
	return slices.SortedFunc(maps.Keys(all), compareKinds)
}

// Check returns what the API server would refuse about the object, nothing when
// it would take it. Where the server stops at the first unknown field, Check
// goes on as if the field were not there, so that one run shows everything. The
// object's numbers are int64 and float64, as JSON is read; it is not changed. The
// error is about the definition of the object's kind, never about the object.
func (s *Schemas) Check(ctx context.Context, o *unstructured.Unstructured) ([]Fault, error) {
	kind := o.GroupVersionKind()
	k, known, err := s.find(kind)
	if err != nil {
		return nil, err
	}
	if !known {
		return []Fault{s.unserved(o)}, nil
	}
	r, err := k.open()
	if err != nil {
		return nil, fmt.Errorf("reading the schema of %s: %w", kind, err)
	}
	return r.check(ctx, o), nil
}
