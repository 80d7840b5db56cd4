package apischema

import (
	"context"

	"k8s.io/apimachinery/pkg/api/operation"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/apiserver/pkg/registry/rest"
	"k8s.io/apiserver/pkg/storage/names"
	"k8s.io/kubernetes/pkg/api/legacyscheme"
	serviceapi "k8s.io/kubernetes/pkg/api/service"
	"k8s.io/kubernetes/pkg/apis/core"
	corevalidation "k8s.io/kubernetes/pkg/apis/core/validation"
	"k8s.io/kubernetes/pkg/apis/discovery"
	discoveryvalidation "k8s.io/kubernetes/pkg/apis/discovery/validation"
	podsecurity "k8s.io/pod-security-admission/api"
)

// plain stands in for the registry strategies whose packages need modules that
// this one does not have (a proxy, a token library, controllers). What those
// strategies do beyond these calls drops fields or warns; it refuses nothing.
type plain struct {
	runtime.ObjectTyper
	names.NameGenerator
	namespaced bool
	validate   func(context.Context, runtime.Object) field.ErrorList
}

func newPlain(namespaced bool, validate func(context.Context, runtime.Object) field.ErrorList) rest.RESTCreateStrategy {
	return plain{legacyscheme.Scheme, names.SimpleNameGenerator, namespaced, validate}
}

func (p plain) NamespaceScoped() bool { return p.namespaced }

func (plain) PrepareForCreate(context.Context, runtime.Object) {}

func (p plain) Validate(ctx context.Context, o runtime.Object) field.ErrorList {
	return p.validate(ctx, o)
}

func (plain) WarningsOnCreate(context.Context, runtime.Object) []string { return nil }

func (plain) Canonicalize(runtime.Object) {}

// anyNodePort is one that a cluster may give.
const anyNodePort = 30000

func service() rest.RESTCreateStrategy {
	return newPlain(true, func(_ context.Context, o runtime.Object) field.ErrorList {
		s := o.(*core.Service)
		s.Status = core.ServiceStatus{} // only the cluster writes it
		if s.Spec.ClusterIP != "" && len(s.Spec.ClusterIPs) == 0 {
			s.Spec.ClusterIPs = []string{s.Spec.ClusterIP}
		}
		if serviceapi.NeedsHealthCheck(s) && s.Spec.HealthCheckNodePort == 0 {
			s.Spec.HealthCheckNodePort = anyNodePort // validation comes after the port was given
		}
		return corevalidation.ValidateServiceCreate(s)
	})
}

func serviceAccount() rest.RESTCreateStrategy {
	return newPlain(true, func(_ context.Context, o runtime.Object) field.ErrorList {
		return corevalidation.ValidateServiceAccount(o.(*core.ServiceAccount))
	})
}

func endpoints() rest.RESTCreateStrategy {
	return newPlain(true, func(_ context.Context, o runtime.Object) field.ErrorList {
		return corevalidation.ValidateEndpointsCreate(o.(*core.Endpoints))
	})
}

func endpointSlice() rest.RESTCreateStrategy {
	return newPlain(true, func(ctx context.Context, o runtime.Object) field.ErrorList {
		errs := discoveryvalidation.ValidateEndpointSliceCreate(o.(*discovery.EndpointSlice))
		return rest.ValidateDeclarativelyWithMigrationChecks(ctx, legacyscheme.Scheme, o, nil, errs, operation.Create)
	})
}

// unvalidated is for kinds whose validation does not link either: their types,
// fields and metadata are still held to the schema.
func unvalidated(namespaced bool) rest.RESTCreateStrategy {
	return newPlain(namespaced, func(context.Context, runtime.Object) field.ErrorList { return nil })
}

// labelled is the strategy of namespaces with the one admission plugin that looks
// at nothing but the object: levels of pod security that nobody knows.
type labelled struct{ rest.RESTCreateStrategy }

func (l labelled) Validate(ctx context.Context, o runtime.Object) field.ErrorList {
	if errs := l.RESTCreateStrategy.Validate(ctx, o); len(errs) > 0 {
		return errs
	}
	_, errs := podsecurity.PolicyToEvaluate(o.(*core.Namespace).Labels, podsecurity.Policy{})
	return errs
}

// accounted is the strategy of pods with the account that admission gives to
// those that name none.
type accounted struct{ rest.RESTCreateStrategy }

func (a accounted) PrepareForCreate(ctx context.Context, o runtime.Object) {
	if spec := &o.(*core.Pod).Spec; spec.ServiceAccountName == "" {
		spec.ServiceAccountName = "default"
	}
	a.RESTCreateStrategy.PrepareForCreate(ctx, o)
}
