package fluxbuild_test

import (
	"strings"
	"testing"

	"github.com/groundwork-dev/groundwork/internal/fluxbuild"
)

// unit is a Flux Kustomization of the source that the entry has.
func unit(name, path, more string) string {
	return "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: " + name + ", namespace: flux-system}\n" +
		"spec:\n  interval: 10m\n  prune: true\n  path: " + path + "\n  sourceRef: {kind: GitRepository, name: flux-system}\n" + more + "---\n"
}

func TestCluster(t *testing.T) {
	t.Parallel()
	tree := fluxbuild.NewTree(files(
		"clusters/a/flux-system/sync.yaml", unit("flux-system", "./clusters/a", ""),
		"clusters/a/apps.yaml", unit("apps", "./apps", "  targetNamespace: ns\n  patches: [{patch: '[{\"op\": \"add\", \"path\": \"/data/p\", \"value\": \"q\"}]', target: {kind: ConfigMap}}]\n  postBuild: {substitute: {v: filled}}\n  commonMetadata: {labels: {l: m}}\n")+
			unit("gone", "./nowhere", "")+
			strings.Replace(unit("other", "./apps", ""), "{kind: GitRepository, name: flux-system}", "{kind: OCIRepository, name: artifact}", 1),
		"apps/one/cm.yaml", strings.ReplaceAll(configMap, "k: v", "'k': '${v} ${unknown} $x'"),
		"apps/two/kustomization.yaml", list+"resources: [cm.yaml]\n",
		"apps/two/cm.yaml", strings.ReplaceAll(configMap, "name: a", "name: b"),
	))
	c, err := tree.Cluster(t.Context(), "clusters/a")
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, u := range c.Units {
		names = append(names, u.Name())
	}
	if got := strings.Join(names, " "); got != "flux-system/flux-system flux-system/apps flux-system/gone" {
		t.Errorf("units: %s", got)
	}
	if got := c.Problems.Error(); got != "clusters/a/apps.yaml:20:3: spec.path: there is no folder nowhere" {
		t.Errorf("problems: %s", got)
	}
	if len(c.Gaps) != 1 || !strings.Contains(c.Gaps[0].Reason, "flux-system/other is read from OCIRepository flux-system/artifact") {
		t.Errorf("gaps: %v", c.Gaps)
	}
	apps := c.Units[1].Objects
	if got := said(apps, nil); got != "apps/one/cm.yaml:1:1 ConfigMap ns/a\napps/two/cm.yaml:1:1 ConfigMap ns/b" {
		t.Errorf("objects:\n%s", got)
	}
	data, _ := apps[0].Object["data"].(map[string]any)
	if data["k"] != "filled ${unknown} $x" || data["p"] != "q" || apps[0].GetLabels()["l"] != "m" {
		t.Errorf("object: %v", apps[0].Object)
	}
	if at := apps[0].At.Position("data", "k").String(); at != "apps/one/cm.yaml:4:8" {
		t.Errorf("position %s", at)
	}
}
