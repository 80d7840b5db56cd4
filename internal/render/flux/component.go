package flux

import (
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/groundwork-dev/groundwork/internal/catalog"
	"github.com/groundwork-dev/groundwork/internal/platform"
	"github.com/groundwork-dev/groundwork/internal/render/object"
	"github.com/groundwork-dev/groundwork/internal/tree"
)

const (
	// plainTimeout bounds the wait for objects that no chart makes.
	plainTimeout = 5 * time.Minute
	// slack is what a Kustomization waits longer than the release in it, so
	// that the release's own error is the one that is seen.
	slack = 3 * time.Minute
)

// component writes a component's folders and the Kustomizations for them.
func (r *renderer) component(c *platform.Component) error {
	dir := path.Join("infrastructure", "controllers", r.cluster.Name, c.Name)
	if err := r.controller(dir, c); err != nil {
		return err
	}
	k := kustomization{name: c.Name, path: dir, timeout: plainTimeout, health: healthRules(c.Spec.Health, c.Manifests)}
	if c.Spec.Chart != nil {
		d, err := time.ParseDuration(c.Spec.Chart.Timeout)
		if err != nil {
			return fmt.Errorf("reading the chart's timeout: %w", err)
		}
		k.timeout = d + slack
	}
	for _, dep := range c.DependsOn {
		k.dependsOn = append(k.dependsOn, r.last[dep])
	}
	all := []kustomization{k}
	before := c.Name
	for _, stage := range c.Stages {
		dir := path.Join("infrastructure", "configs", r.cluster.Name, c.Name, stage.Name)
		if err := r.manifests(dir, nil, stage.Manifests); err != nil {
			return err
		}
		k := kustomization{
			name: stageName(c.Name, stage), path: dir, timeout: plainTimeout,
			dependsOn: []string{before}, health: healthRules(c.Spec.Health, stage.Manifests),
		}
		all = append(all, k)
		before = k.name
	}
	return r.kustomizations(componentFile(c.Name), all...)
}

// duration writes 13m rather than 13m0s.
func duration(d time.Duration) string {
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}

// controller writes what comes with the controller.
func (r *renderer) controller(dir string, c *platform.Component) error {
	ns := c.Spec.Namespace
	if err := r.file(path.Join(dir, "namespace.yaml"), object.Namespace(c.Namespace, object.TierPlatform, string(ns.PodSecurity), ns.Labels)); err != nil {
		return err
	}
	policies := []*yaml.Node{object.DenyAll(c.Namespace)}
	for _, flow := range c.Spec.Network {
		policies = append(policies, object.Open(c.Namespace, flow))
	}
	if err := r.file(path.Join(dir, "network-policies.yaml"), policies...); err != nil {
		return err
	}
	resources := []string{"namespace.yaml", "network-policies.yaml"}
	if c.Spec.Chart != nil {
		if err := r.file(path.Join(dir, "source.yaml"), source(c)); err != nil {
			return err
		}
		if err := r.file(path.Join(dir, "release.yaml"), release(c)); err != nil {
			return err
		}
		resources = append(resources, "source.yaml", "release.yaml")
	}
	return r.manifests(dir, resources, c.Manifests)
}

// manifests writes objects and the kustomization of their folder. A file of
// the component that has the name of a generated one is put beside it.
func (r *renderer) manifests(dir string, resources []string, manifests []platform.Manifest) error {
	taken := append([]string{"kustomization.yaml", "kustomization.yml"}, resources...)
	for _, m := range manifests {
		name := m.File
		if slices.Contains(taken, name) {
			name = "component-" + name
		}
		var err error
		if m.Text != nil {
			err = r.tree.Add(path.Join(dir, name), slices.Concat([]byte(tree.Header), m.Text))
		} else {
			err = r.file(path.Join(dir, name), m.Doc)
		}
		if err != nil {
			return err
		}
		resources = append(resources, name)
	}
	return r.file(path.Join(dir, "kustomization.yaml"), object.Kustomization(resources))
}

func isOCI(chart *catalog.Chart) bool { return strings.HasPrefix(chart.Repository, "oci://") }

// source is where the chart comes from.
func source(c *platform.Component) *yaml.Node {
	chart := c.Spec.Chart
	if isOCI(chart) {
		return object.New("source.toolkit.fluxcd.io/v1", "OCIRepository", c.Namespace, c.Name, "spec", object.Map(
			"interval", "12h", // the tag is fixed
			"timeout", "2m",
			"url", chart.Repository+"/"+chart.Name,
			"layerSelector", object.Map("mediaType", "application/vnd.cncf.helm.chart.content.v1.tar+gzip", "operation", "copy"),
			"ref", object.Map("tag", ociTag(chart.Version)),
		))
	}
	return object.New("source.toolkit.fluxcd.io/v1", "HelmRepository", c.Namespace, c.Name, "spec", object.Map(
		"interval", "12h", "timeout", "2m", "url", chart.Repository,
	))
}

// ociTag is the tag that Helm gives to a chart's version.
func ociTag(version string) string { return strings.ReplaceAll(version, "+", "_") }

// release is the HelmRelease. A failed install is tried again in place, so
// that its traces can be looked at; a failed upgrade is rolled back.
func release(c *platform.Component) *yaml.Node {
	chart := c.Spec.Chart
	crds := string(chart.CRDs)
	pairs := []any{"interval", interval, "timeout", chart.Timeout, "releaseName", chart.ReleaseName}
	if isOCI(chart) {
		pairs = append(pairs, "chartRef", object.Map("kind", "OCIRepository", "name", c.Name))
	} else {
		pairs = append(pairs, "chart", object.Map("spec", object.Map(
			"chart", chart.Name, "version", chart.Version, "interval", "12h",
			"sourceRef", object.Map("kind", "HelmRepository", "name", c.Name),
		)))
	}
	pairs = append(
		pairs,
		"install", object.Map("crds", crds, "strategy", object.Map("name", "RetryOnFailure", "retryInterval", retryInterval)),
		"upgrade", object.Map(
			"crds", crds, "cleanupOnFail", true,
			"remediation", object.Map("retries", 3, "remediateLastFailure", true, "strategy", "rollback"),
		),
		"driftDetection", object.Map("mode", "enabled"),
	)
	if c.Values != nil {
		pairs = append(pairs, "values", c.Values)
	}
	return object.New("helm.toolkit.fluxcd.io/v2", "HelmRelease", c.Namespace, c.Name, "spec", object.Map(pairs...))
}
