package apischema

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/go-logr/logr"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/managedfields"
	"k8s.io/apiserver/pkg/endpoints/request"
	"k8s.io/apiserver/pkg/registry/rest"
	"k8s.io/klog/v2"
	"sigs.k8s.io/structured-merge-diff/v6/typed"
)

const (
	manager = "groundwork"
	// maxUnknown bounds how many unknown fields of one object are looked for.
	maxUnknown = 50
)

// resource is the machinery of one kind in one version.
type resource struct {
	kind     schema.GroupVersionKind
	plural   string
	strategy rest.RESTCreateStrategy
	types    managedfields.TypeConverter
	fields   *managedfields.FieldManager
	// blank returns an empty object of the version.
	blank func() (runtime.Object, error)
	// strict says what a strict reader of the object refuses, as a create does.
	// Apply reads less strictly: a number that is too large is cut down there. Where
	// a create makes something else of an object than apply does, it is returned.
	strict func(map[string]any) (faults []Fault, other runtime.Object)
	// written is where the object says what validation calls by another name; nil
	// where there is no such thing.
	written func(path []string) []string
	// known returns the fields that the schema declares below a path.
	known func(path []string) []string
	// rules are the messages of the CEL rules.
	rules map[string]bool
}

// check is Schemas.Check for an object of this kind.
func (r *resource) check(ctx context.Context, o *unstructured.Unstructured) []Fault {
	faults := r.place(o)
	work := o.DeepCopy()
	work.SetManagedFields(nil)
	for range maxUnknown {
		found, more := r.refused(ctx, work)
		faults = append(faults, found...)
		if !more {
			break
		}
		for _, f := range found {
			drop(work.Object, f.Path)
		}
	}
	return unique(faults)
}

// place says what is wrong with where the object would be written: a request
// for it could not be made, or would lose what it says.
func (r *resource) place(o *unstructured.Unstructured) []Fault {
	var faults []Fault
	if o.GetName() == "" {
		faults = append(faults, Fault{Path: []string{"metadata", "name"}, Kind: Required, Message: "Required value: name must be provided"})
	}
	if o.GetManagedFields() != nil {
		faults = append(faults, Fault{Path: []string{"metadata", "managedFields"}, Kind: Invalid, Message: "must be nil"})
	}
	switch namespaced := r.strategy.NamespaceScoped(); {
	case namespaced && o.GetNamespace() == "":
		faults = append(faults, Fault{Path: []string{"metadata", "namespace"}, Kind: Required, Message: "Required value"})
	case !namespaced && o.GetNamespace() != "":
		// The server drops it without a word.
		faults = append(faults, Fault{
			Path: []string{"metadata", "namespace"}, Kind: Scope,
			Message: fmt.Sprintf("Forbidden: %s lives in no namespace", r.kind.Kind),
		})
	}
	return faults
}

// refused returns what the server would answer, and whether it stopped before
// it saw everything, at unknown fields.
func (r *resource) refused(ctx context.Context, o *unstructured.Unstructured) (faults []Fault, more bool) {
	applied, err := r.apply(o)
	if err != nil {
		return r.untyped(o, err)
	}
	faults, created := r.strict(o.DeepCopy().Object)
	if len(faults) > 0 {
		return faults, false
	}
	if faults = r.invalid(ctx, o, applied); len(faults) == 0 && created != nil {
		faults = r.invalid(ctx, o, created)
	}
	return faults, false
}

// invalid is what the strategy refuses about an object that can be read.
func (r *resource) invalid(ctx context.Context, o *unstructured.Unstructured, applied runtime.Object) []Fault {
	accessor, err := meta.Accessor(applied)
	if err != nil {
		return []Fault{{Kind: Invalid, Message: err.Error()}}
	}
	if accessor.GetUID() != "" {
		return []Fault{{
			Path: []string{"metadata", "uid"}, Kind: Invalid,
			Message: fmt.Sprintf("uid mismatch: the provided object specified uid %s, and no existing object was found", accessor.GetUID()),
		}}
	}
	accessor.SetName(cmp.Or(accessor.GetName(), "name")) // that it has none is said already
	rest.FillObjectMetaSystemFields(accessor)
	err = rest.BeforeCreate(r.strategy, r.request(ctx, accessor), applied)
	return r.causes(o, err)
}

// apply makes of an apply configuration the object that would be created: typed,
// merged, converted to the version that validation knows, defaulted.
func (r *resource) apply(o *unstructured.Unstructured) (runtime.Object, error) {
	live, err := r.blank()
	if err != nil {
		return nil, err
	}
	return r.fields.Apply(live, o.DeepCopy(), manager, true) // it may keep parts of what it is given
}

// request is the context of the request, without a logger: the server's
// comparisons of its validations with each other are nobody's concern here.
func (r *resource) request(ctx context.Context, o metav1.Object) context.Context {
	ctx = klog.NewContext(ctx, logr.Discard())
	ctx = request.WithNamespace(ctx, o.GetNamespace())
	return request.WithRequestInfo(ctx, &request.RequestInfo{
		IsResourceRequest: true, Verb: "patch", APIGroup: r.kind.Group, APIVersion: r.kind.Version,
		Resource: r.plural, Namespace: o.GetNamespace(), Name: o.GetName(),
	})
}

// untyped explains why an apply failed.
func (r *resource) untyped(o *unstructured.Unstructured, cause error) (faults []Fault, more bool) {
	var errs typed.ValidationErrors
	if _, err := r.types.ObjectToTyped(o); errors.As(err, &errs) {
		more = true
		for _, e := range errs {
			f := typeFault(o.Object, e)
			if f.Kind == UnknownField && r.known != nil {
				f.Hint = meant(f.Path, r.known)
			}
			more = more && f.Kind == UnknownField
			faults = append(faults, f)
		}
		return faults, more
	}
	if faults, _ = r.strict(o.DeepCopy().Object); len(faults) == 0 {
		faults = []Fault{{Kind: Invalid, Message: cause.Error()}}
	}
	return faults, false
}

// causes are the faults of a refusal by the strategy.
func (r *resource) causes(o *unstructured.Unstructured, err error) []Fault {
	if err == nil {
		return nil
	}
	var status apierrors.APIStatus
	if !errors.As(err, &status) || status.Status().Details == nil || len(status.Status().Details.Causes) == 0 {
		return []Fault{{Kind: Invalid, Message: err.Error()}}
	}
	var faults []Fault
	for _, cause := range status.Status().Details.Causes {
		if len(faults) > 0 && strings.Contains(cause.Message, "some validation rules were not checked") {
			continue // which is no fault of its own
		}
		f := Fault{Path: fieldPath(cause.Field, o.Object), Kind: causeKind(cause.Type), Message: cause.Message}
		if r.written != nil {
			f.Path = r.written(f.Path)
		}
		for rule := range r.rules {
			if strings.HasSuffix(f.Message, rule) {
				f.Kind = Rule
			}
		}
		faults = append(faults, f)
	}
	return faults
}

// unique drops what is said twice, in order of appearance.
func unique(faults []Fault) []Fault {
	var kept []Fault
	for _, f := range faults {
		said := slices.ContainsFunc(kept, func(k Fault) bool { return slices.Equal(k.Path, f.Path) && k.Message == f.Message })
		if !said {
			kept = append(kept, f)
		}
	}
	return kept
}
