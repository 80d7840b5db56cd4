package bootstrap

import (
	"context"
	"fmt"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/version"
)

const (
	// minimumVersion is the oldest Kubernetes that Flux 2.9 supports.
	minimumVersion = "1.33.0"
	// maximumSkew is how far clocks may be apart before certificates and
	// tokens are at risk.
	maximumSkew = time.Minute
)

// preflight looks at both sides at the same time and refuses what would go
// wrong later. It changes nothing.
func (r *run) preflight(ctx context.Context) (string, error) {
	var serverVersion string
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return r.fetch(ctx) })
	group.Go(func() (err error) {
		if serverVersion, err = r.checkVersion(ctx); err != nil {
			return err
		}
		return r.checkPermissions(ctx)
	})
	group.Go(func() error { return r.checkClock(ctx) })
	group.Go(func() error { return r.checkElsewhere(ctx) })
	group.Go(func() (err error) {
		r.identity, err = r.readIdentity(ctx)
		return err
	})
	if err := group.Wait(); err != nil {
		return "", err
	}
	if err := r.checkIdentity(); err != nil {
		return "", err
	}
	branch := "branch " + r.Repository.Branch + " does not exist yet"
	if r.base != "" {
		branch = "branch " + r.Repository.Branch + " is at " + short(r.base)
	}
	return fmt.Sprintf("Kubernetes %s at %s; %s", serverVersion, r.deps.Cluster.Server(), branch), nil
}

func (r *run) checkVersion(ctx context.Context) (string, error) {
	found, err := r.deps.Cluster.Version(ctx)
	if err != nil {
		return "", err
	}
	v, err := version.ParseGeneric(found)
	if err != nil {
		return "", fmt.Errorf("reading the API server's version %q: %w", found, err)
	}
	if v.LessThan(version.MustParseGeneric(minimumVersion)) {
		return "", &RefusedError{"the cluster runs Kubernetes " + found, "this version of Flux needs " + minimumVersion + " or later; upgrade the cluster first"}
	}
	return found, nil
}

func (r *run) checkPermissions(ctx context.Context) error {
	seen := map[schema.GroupVersionKind]bool{coreKind("Secret"): true, coreKind("ConfigMap"): true}
	kinds := []schema.GroupVersionKind{coreKind("Secret"), coreKind("ConfigMap")}
	for _, o := range r.flux {
		if kind := o.GroupVersionKind(); !seen[kind] {
			seen[kind] = true
			kinds = append(kinds, kind)
		}
	}
	denied, err := r.deps.Cluster.Denied(ctx, kinds)
	if err != nil {
		return err
	}
	if len(denied) > 0 {
		return &RefusedError{"this user may not: " + strings.Join(denied, ", "), "installing Flux needs cluster-admin; ask for it, or use another kubeconfig context"}
	}
	return nil
}

func (r *run) checkClock(ctx context.Context) error {
	before := r.deps.Now()
	theirs, err := r.deps.Cluster.Time(ctx)
	if err != nil {
		return err
	}
	// The header has whole seconds, and the answer was on its way for a while.
	skew := theirs.Sub(before)
	if skew.Abs() > maximumSkew+r.deps.Now().Sub(before) {
		return &RefusedError{
			fmt.Sprintf("the API server's clock is %s off this machine's", skew.Round(time.Second)),
			"certificates and tokens would be refused; set both by NTP",
		}
	}
	return nil
}

// checkElsewhere refuses a cluster that follows another repository, branch or
// folder already.
func (r *run) checkElsewhere(ctx context.Context) error {
	source, err := r.deps.Cluster.Get(ctx, gitRepositoryKind(), fluxNamespace, fluxName)
	if err != nil {
		return err
	}
	sync, err := r.deps.Cluster.Get(ctx, kustomizationKind(), fluxNamespace, fluxName)
	if err != nil {
		return err
	}
	for _, field := range []struct {
		what      string
		have      *unstructured.Unstructured
		want      *unstructured.Unstructured
		path      []string
		normalize func(string) string
	}{
		{"repository", source, r.syncObject("GitRepository"), []string{"spec", "url"}, repositoryAddress},
		{"branch", source, r.syncObject("GitRepository"), []string{"spec", "ref", "branch"}, strings.TrimSpace},
		{"folder", sync, r.syncObject("Kustomization"), []string{"spec", "path"}, folder},
	} {
		if field.have == nil {
			continue
		}
		have, want := text(field.have, field.path...), text(field.want, field.path...)
		if field.normalize(have) != field.normalize(want) {
			return &RefusedError{
				fmt.Sprintf("this cluster follows %s %s already, not %s", field.what, have, want),
				"check the kubeconfig context and platform.yaml; to move the cluster on purpose, run 'flux uninstall' first",
			}
		}
	}
	return nil
}

func repositoryAddress(s string) string {
	return strings.TrimSuffix(strings.TrimSuffix(strings.TrimSpace(s), "/"), ".git")
}

func folder(s string) string { return strings.Trim(strings.TrimPrefix(s, "./"), "/") }

func short(commit string) string { return commit[:min(len(commit), 12)] }
