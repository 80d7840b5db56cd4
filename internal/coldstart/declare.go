package coldstart

import "github.com/groundwork-dev/groundwork/internal/catalog"

// Declare is the release of a component as the catalogue knows it, for a chart
// that is not at hand. name is namespace/name of the HelmRelease. Conversion
// webhooks are left out: which version is stored is not in the catalogue.
func Declare(name string, spec catalog.Spec, ha bool) Release {
	r := Release{Name: name, Declared: true, Facts: Facts{Kinds: spec.Provides.CRDs, Requires: spec.Requires.CRDs, Groups: spec.Provides.Groups}}
	for _, w := range spec.Webhooks {
		r.Services = append(r.Services, w.Service)
		if w.Type != catalog.Conversion {
			r.Webhooks = append(r.Webhooks, Webhook{Name: w.Name, Fail: w.Policy(ha) == catalog.Fail, Service: w.Service})
		}
	}
	return r
}
