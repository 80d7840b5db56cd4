package coldstart_test

import (
	"fmt"

	"github.com/groundwork-dev/groundwork/internal/coldstart"
	"github.com/groundwork-dev/groundwork/internal/testsupport/coldstarttest"
)

// A custom resource beside the HelmRelease that installs its kind: neither
// ever gets into the cluster.
func ExampleProve() {
	kustomization, _ := coldstarttest.Objects("clusters/dev/certs.yaml", []byte(`
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {name: certs, namespace: flux-system}
spec: {path: ./certs, wait: true, sourceRef: {kind: GitRepository, name: flux-system}}
`))
	built, _ := coldstarttest.Objects("certs/all.yaml", []byte(`
apiVersion: v1
kind: Namespace
metadata: {name: certs}
---
apiVersion: source.toolkit.fluxcd.io/v1
kind: HelmRepository
metadata: {name: issuer, namespace: certs}
---
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: issuer, namespace: certs}
spec: {chart: {spec: {chart: issuer, sourceRef: {kind: HelmRepository, name: issuer}}}}
---
apiVersion: certs.test/v1
kind: Certificate
metadata: {name: web, namespace: certs}
`))
	v := coldstart.Prove(coldstart.Cluster{
		Units: []coldstart.Unit{
			// Nothing applies the entry: it and its source are there from the start.
			{Name: "flux-system/flux-system", Objects: kustomization, Source: coldstart.Reference{Kind: "GitRepository", Namespace: "flux-system", Name: "flux-system"}},
			coldstart.UnitOf(kustomization[0], built),
		},
		Releases: []coldstart.Release{{
			Name: "certs/issuer", Declared: true, Facts: coldstart.Facts{Kinds: []string{"certificates.certs.test"}},
		}},
	})
	for _, d := range v.Deadlocks {
		fmt.Println(d.At, d.Kind)
		fmt.Println(d.Fix)
		fmt.Println(d.Symptom)
	}
	// Output:
	// certs/all.yaml:15:1 kind-too-late
	// move Certificate/certs/web to a Kustomization of its own that depends on Kustomization/flux-system/certs
	// no matches for kind "Certificate" in version "certs.test/v1"
}
