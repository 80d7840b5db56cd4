package destroy

import (
	"context"
	"fmt"
	"time"

	"github.com/groundwork-dev/groundwork/internal/stackplan"
)

// staying are those of the addresses that outlive the cluster.
func (r *run) staying(addresses []string) []string {
	var stay []string
	for _, a := range addresses {
		if r.Keep(a) {
			stay = append(stay, a)
		}
	}
	return stay
}

// forget takes what stays out of the platform's state, where it would keep the
// rest from being destroyed.
func (r *run) forget(ctx context.Context) (string, error) {
	addresses, err := r.deps.Platform.Resources(ctx)
	if err != nil {
		return "", fmt.Errorf("reading the state of %s: %w", r.PlatformDir, err)
	}
	stay := r.staying(addresses)
	if len(stay) == 0 {
		return "the state has nothing that stays", errNothingToDo
	}
	if err := r.deps.Platform.Forget(ctx, stay...); err != nil {
		return "", fmt.Errorf("taking what stays out of the state of %s: %w", r.PlatformDir, err)
	}
	return fmt.Sprintf("%d resources of buckets and keys stay, and are not Terraform's any more", len(stay)), nil
}

func (r *run) destroyPlatform(ctx context.Context) (string, error) {
	return r.destroyStack(ctx, r.deps.Platform, r.PlatformDir, func() (map[string]any, error) {
		outputs, err := r.deps.Kubernetes.Outputs(ctx)
		if err != nil {
			return nil, fmt.Errorf("reading the outputs of %s: %w", r.KubernetesDir, err)
		}
		return r.deps.Variables(outputs)
	})
}

// destroyKubernetes comes after the platform's stack, which stands on the
// cluster's network.
func (r *run) destroyKubernetes(ctx context.Context) (string, error) {
	return r.destroyStack(ctx, r.deps.Kubernetes, r.KubernetesDir, func() (map[string]any, error) { return nil, nil })
}

func (r *run) destroyStack(ctx context.Context, stack Stack, dir string, variables func() (map[string]any, error)) (string, error) {
	began := r.deps.Now()
	addresses, err := stack.Resources(ctx)
	if err != nil {
		return "", fmt.Errorf("reading the state of %s: %w", dir, err)
	}
	if len(addresses) == 0 {
		return "the state has no resources", errNothingToDo
	}
	values, err := variables()
	if err != nil {
		return "", err
	}
	r.progress(fmt.Sprintf("planning the end of %d resources", len(addresses)))
	plan, err := stack.Plan(ctx, values, true)
	if err != nil {
		return "", err
	}
	if err := r.onlyDeletes(plan, dir); err != nil {
		return "", err
	}
	ended, total := 0, plan.Count(stackplan.Delete)
	err = stack.Apply(ctx, func(e stackplan.Event) {
		switch {
		case e.Error != "":
			r.progress(fmt.Sprintf("%s: %s", e.Address, e.Error))
		case e.Done:
			ended++
			r.progress(fmt.Sprintf("%d of %d: %s is gone after %s", ended, total, e.Address, e.Took.Round(time.Second)))
		}
	})
	if err != nil {
		return "", err
	}
	if addresses, err = stack.Resources(ctx); err != nil {
		return "", fmt.Errorf("reading the state of %s: %w", dir, err)
	}
	if len(addresses) > 0 {
		return "", fmt.Errorf("%s was destroyed, and its state still has %s: run this again", dir, addresses[0])
	}
	return fmt.Sprintf("%d resources are gone after %s", total, r.deps.Now().Sub(began).Round(time.Second)), nil
}

// onlyDeletes refuses a plan that would do anything else than what is wanted.
func (r *run) onlyDeletes(plan *stackplan.Plan, dir string) error {
	for _, c := range plan.Changes {
		if c.Action != stackplan.Delete || r.Keep(c.Address) {
			return fmt.Errorf("the plan of %s's end would %s %s, so it is not applied", dir, c.Action, c.Address)
		}
	}
	return nil
}

// sweep deletes what Terraform does not know of.
func (r *run) sweep(ctx context.Context) (string, error) {
	before, err := r.deps.Sweeper.Left(ctx)
	if err != nil {
		return "", fmt.Errorf("looking in AWS by the cluster's tag: %w", err)
	}
	if len(before) == 0 {
		return "nothing in AWS has the cluster's tag", errNothingToDo
	}
	for _, l := range before {
		r.progress("found " + l.String())
	}
	left, err := r.deps.Sweeper.Sweep(ctx)
	if err != nil {
		return "", fmt.Errorf("sweeping AWS by the cluster's tag: %w", err)
	}
	if len(left) > 0 {
		r.report.Left = left
		return "", &LeftError{left}
	}
	return fmt.Sprintf("removed %d things", len(before)), nil
}
