package cli

import (
	"context"
	"errors"

	"github.com/groundwork-dev/groundwork/internal/platform"
	"github.com/groundwork-dev/groundwork/internal/tree"
	"github.com/groundwork-dev/groundwork/internal/vaultinit"
)

// lookAtKeys looks whether the cluster's Vault is initialised, unsealed, and
// has its keys in escrow.
func (o doctorOptions) lookAtKeys(ctx context.Context, _ *tree.Tree, _ *platform.Model, c platform.Cluster) []finding {
	const look = "Vault's keys"
	t := defaultVaultTarget()
	t.Dir, t.Cluster, t.Kubeconfig, t.Context = o.dir, c.Name, o.kubeconfig, o.context
	if has, err := o.has(t.namespace); err != nil || !has {
		return []finding{{look, skipped, "platform.yaml gives the cluster no Vault", ""}}
	}
	place, err := t.open(ctx, false)
	if err != nil {
		return []finding{unreachable(look, err)}
	}
	defer place.close()
	status, err := vaultinit.Check(ctx, place.vault, place.stores, t.commands())
	switch {
	case err != nil:
		return []finding{unreachable(look, err)}
	case status.Problem != "":
		return []finding{{look, problem, status.Problem, status.Fix}}
	case status.Next != "":
		return []finding{{look, problem, "Vault is not initialised", status.Next}}
	}
	return []finding{{look, healthy, "are in escrow: " + string(status.Phase), ""}}
}

// has reports whether a component of the cluster owns a namespace.
func (o doctorOptions) has(namespace string) (bool, error) {
	p, components, err := LoadDir(o.dir)
	if err != nil {
		return false, err
	}
	for name, enabled := range p.Spec.Clusters[o.cluster].Components {
		if comp, ok := components.Component(name); ok && enabled.On() && comp.Namespace.Name == namespace {
			return true, nil
		}
	}
	return false, nil
}

// unreachable tells why the look at Vault itself failed.
func unreachable(look string, err error) finding {
	if refused, ok := errors.AsType[*vaultinit.RefusedError](err); ok {
		return finding{look, problem, refused.Reason, refused.Fix}
	}
	return finding{look, problem, err.Error(), ""}
}
