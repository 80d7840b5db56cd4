package destroy

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/groundwork-dev/groundwork/internal/config"
)

// account refuses a protected cluster, and another account than platform.yaml's.
func (r *run) account(ctx context.Context) (string, error) {
	if r.Protected != "" {
		return "", &RefusedError{
			fmt.Sprintf("%s: cluster %s is protected", r.Protected, r.Cluster),
			"nothing was changed; to end it, take 'protected: true' out of platform.yaml in a change that is reviewed and committed, and run this again",
		}
	}
	id, err := r.deps.Account(ctx)
	if err != nil {
		return "", fmt.Errorf("asking AWS whose credentials these are: %w", err)
	}
	if id != r.Account {
		return "", &RefusedError{
			fmt.Sprintf("the credentials are for the AWS account %s, and platform.yaml's is %s", id, r.Account),
			"choose others, with AWS_PROFILE for example; nothing was changed",
		}
	}
	return "account " + id + ", as in platform.yaml", nil
}

// states counts what Terraform has made.
func (r *run) states(ctx context.Context) (string, error) {
	for _, s := range []struct {
		stack Stack
		dir   string
		count *int
	}{{r.deps.Kubernetes, r.KubernetesDir, &r.report.Losses.Kubernetes}, {r.deps.Platform, r.PlatformDir, &r.report.Losses.Platform}} {
		if err := s.stack.Init(ctx); err != nil {
			return "", err
		}
		addresses, err := s.stack.Resources(ctx)
		if err != nil {
			return "", fmt.Errorf("reading the state of %s: %w", s.dir, err)
		}
		*s.count = len(addresses)
		if s.stack == r.deps.Platform {
			r.report.Losses.Forgotten = len(r.staying(addresses))
		}
	}
	l := r.report.Losses
	return fmt.Sprintf("%d resources in %s, %d in %s", l.Kubernetes, r.KubernetesDir, l.Platform, r.PlatformDir), nil
}

// connect reaches the cluster, unless it was destroyed before. Its order is the
// memory of earlier runs: the platform's stack is destroyed after the cluster was
// drained, and the cluster after that.
func (r *run) connect(ctx context.Context) (string, error) {
	l := r.report.Losses
	if l.Kubernetes == 0 {
		r.absent = r.KubernetesDir + " has no resources, so there is no cluster to ask"
		return r.absent, errNothingToDo
	}
	c, err := r.deps.Connect(ctx)
	var refused interface{ Refused() bool }
	switch {
	case err == nil:
		r.cluster = c
		return c.Server() + " is " + r.Cluster, nil
	case ctx.Err() != nil:
		return "", context.Cause(ctx)
	case errors.As(err, &refused) && refused.Refused():
		return "", err
	case l.Platform == 0:
		r.absent = fmt.Sprintf("the cluster does not answer, and was drained before, since %s is destroyed", r.PlatformDir)
		return r.absent, errNothingToDo
	case r.SkipDrain && (r.SkipBackup || len(r.Backups) == 0):
		r.absent = "the cluster does not answer, and --skip-drain goes on without"
		return r.absent, errNothingToDo
	}
	skip := "--skip-drain"
	if len(r.Backups) > 0 {
		skip = "--skip-backup --skip-drain"
	}
	return "", &RefusedError{
		fmt.Sprintf("%s has %d resources, but the cluster does not answer (%v)", r.KubernetesDir, l.Kubernetes, err),
		"bring it up or choose its kubeconfig with --kubeconfig; for a cluster that is beyond that, " + skip + " goes on without a backup and leaves its load balancers and volumes to the sweep. Nothing was changed",
	}
}

// losses names what is lost with the cluster.
func (r *run) losses(ctx context.Context) (string, error) {
	l := &r.report.Losses
	if l.Kubernetes+l.Platform == 0 {
		left, err := r.deps.Sweeper.Left(ctx)
		if err != nil {
			return "", fmt.Errorf("looking in AWS by the cluster's tag: %w", err)
		}
		l.Left = left
		return fmt.Sprintf("both stacks are destroyed; %d things in AWS have the cluster's tag", len(left)), nil
	}
	if r.cluster == nil {
		return "not known of a cluster that is not asked", errNothingToDo
	}
	l.Known = true
	for _, look := range []func(context.Context) error{r.lostNodes, r.lostNamespaces, r.lostVolumes, r.lostBalancers} {
		if err := look(ctx); err != nil {
			return "", err
		}
	}
	return fmt.Sprintf("%d nodes, %d namespaces of apps, %d volumes, %d load balancers",
		l.Nodes, len(l.Namespaces), len(l.Volumes), len(l.LoadBalancers)), nil
}

func (r *run) lostNodes(ctx context.Context) error {
	nodes, err := r.list(ctx, core("Node"))
	r.report.Losses.Nodes = len(nodes)
	return err
}

func (r *run) lostNamespaces(ctx context.Context) error {
	namespaces, err := r.list(ctx, core("Namespace"))
	for _, n := range namespaces {
		if name := n.GetName(); !config.IsClusterNamespace(name) && !slices.Contains(r.OwnNamespaces, name) {
			r.report.Losses.Namespaces = append(r.report.Losses.Namespaces, name)
		}
	}
	slices.Sort(r.report.Losses.Namespaces)
	return err
}

func (r *run) lostVolumes(ctx context.Context) error {
	volumes, err := r.list(ctx, core("PersistentVolume"))
	for _, v := range volumes {
		lost := Volume{Name: v.GetName(), Size: text(v, "spec", "capacity", "storage"), Policy: text(v, "spec", "persistentVolumeReclaimPolicy")}
		if claim := text(v, "spec", "claimRef", "name"); claim != "" {
			lost.Claim = text(v, "spec", "claimRef", "namespace") + "/" + claim
		}
		r.report.Losses.Volumes = append(r.report.Losses.Volumes, lost)
	}
	slices.SortFunc(r.report.Losses.Volumes, func(a, b Volume) int {
		return strings.Compare(a.Claim+" "+a.Name, b.Claim+" "+b.Name)
	})
	return err
}

func (r *run) lostBalancers(ctx context.Context) error {
	objects, err := r.list(ctx, balancerKinds()...)
	for _, o := range objects {
		if makesBalancer(o) {
			r.report.Losses.LoadBalancers = append(r.report.Losses.LoadBalancers, name(o))
		}
	}
	slices.Sort(r.report.Losses.LoadBalancers)
	return err
}

// list returns the objects of the kinds that the cluster has.
func (r *run) list(ctx context.Context, kinds ...schema.GroupKind) ([]*unstructured.Unstructured, error) {
	served, err := r.cluster.Serves(ctx, kinds...)
	if err != nil {
		return nil, err
	}
	var all []*unstructured.Unstructured
	for _, kind := range served {
		objects, err := r.cluster.List(ctx, kind)
		if err != nil {
			return nil, err
		}
		all = append(all, objects...)
	}
	return all, nil
}

func core(kind string) schema.GroupKind { return schema.GroupKind{Kind: kind} }

// name is what messages call an object.
func name(o *unstructured.Unstructured) string {
	if o.GetNamespace() == "" {
		return o.GetKind() + "/" + o.GetName()
	}
	return o.GetKind() + "/" + o.GetNamespace() + "/" + o.GetName()
}

// text is a field of an object, "" where it is none, or no text.
func text(o *unstructured.Unstructured, path ...string) string {
	s, _, _ := unstructured.NestedString(o.Object, path...)
	return s
}
