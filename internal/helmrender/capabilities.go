package helmrender

import (
	"fmt"
	"slices"
	"strings"

	"helm.sh/helm/v4/pkg/chart/common"
	"k8s.io/client-go/kubernetes/scheme"
)

// capabilities are what a chart sees of a cluster: not all that this program's
// libraries know, which is Helm's default and offers charts APIs of years ago.
func capabilities(r Release) (*common.Capabilities, error) {
	version := r.KubeVersion
	if version == "" {
		version = "v1.36.0"
	}
	parsed, err := common.ParseKubeVersion(version)
	if err != nil {
		return nil, fmt.Errorf("reading the version of Kubernetes %q: %w", version, err)
	}
	caps := common.DefaultCapabilities.Copy()
	caps.KubeVersion = *parsed
	caps.APIVersions = append(served(), r.APIVersions...)
	slices.Sort(caps.APIVersions)
	caps.APIVersions = slices.Compact(caps.APIVersions)
	return caps, nil
}

// served are the API versions that Kubernetes serves by itself: those that are
// stable, and their kinds.
func served() []string {
	all := []string{
		"apiextensions.k8s.io/v1", "apiextensions.k8s.io/v1/CustomResourceDefinition",
		"apiregistration.k8s.io/v1", "apiregistration.k8s.io/v1/APIService",
	}
	for _, gv := range scheme.Scheme.PrioritizedVersionsAllGroups() {
		if strings.Contains(gv.Version, "alpha") || strings.Contains(gv.Version, "beta") {
			continue
		}
		all = append(all, gv.String())
		for kind := range scheme.Scheme.KnownTypes(gv) {
			if !strings.HasSuffix(kind, "List") && !strings.HasSuffix(kind, "Options") && kind != "WatchEvent" {
				all = append(all, gv.String()+"/"+kind)
			}
		}
	}
	return all
}
