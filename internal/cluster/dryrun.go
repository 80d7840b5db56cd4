package cluster

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"golang.org/x/sync/errgroup"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"

	"github.com/groundwork-dev/groundwork/internal/objectdiff"
)

// dryRun is one trial of many objects.
type dryRun struct {
	*Cluster
	objectdiff.Trial
	kinds map[schema.GroupVersionKind]*meta.RESTMapping
	retry retryPolicy
}

// DryRun asks the server what a server-side apply of the objects would make of
// them, in their order, and changes nothing. It does as Flux's
// kustomize-controller would: by force, minding its annotations, undoing what
// kubectl set. What the server refuses is that object's result and stops no
// other; the error is for what concerns all of them, such as a server that does
// not answer.
func (c *Cluster) DryRun(ctx context.Context, opts objectdiff.Trial, objects []objectdiff.Wanted) ([]objectdiff.Attempt, error) {
	if opts.Parallel <= 0 {
		opts.Parallel = defaultParallel
	}
	plain := make([]*unstructured.Unstructured, len(objects))
	for i, o := range objects {
		plain[i] = normalized(o.Object)
	}
	kinds, err := c.kindsOf(plain)
	if err != nil {
		return nil, err
	}
	live, err := c.readListed(ctx, kinds, plain, opts.Parallel)
	if err != nil {
		return nil, err
	}
	d := &dryRun{c, opts, kinds, c.retry}
	d.retry.attempts = min(d.retry.attempts, 4)
	attempts := make([]objectdiff.Attempt, len(objects))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(opts.Parallel)
	for i, o := range objects {
		o.Object = plain[i]
		if attempt, done := d.without(o.Object, live[i]); done {
			attempts[i] = attempt
			continue
		}
		group.Go(func() (err error) {
			attempts[i], err = d.try(ctx, o, live[i])
			return err
		})
	}
	return attempts, group.Wait()
}

// without is the result where the server need not be asked.
func (d *dryRun) without(want, live *unstructured.Unstructured) (objectdiff.Attempt, bool) {
	attempt := objectdiff.Attempt{ID: objectdiff.IDOf(want), Before: live}
	if note := leftAlone(want, live); note != "" {
		attempt.Action, attempt.Note = objectdiff.Skipped, note
		return attempt, true
	}
	mapping := d.kinds[want.GroupVersionKind()]
	switch {
	case want.GetName() == "":
		attempt.Action, attempt.Note = objectdiff.Failed, "it has no name"
		return attempt, true
	case mapping == nil:
		attempt.Action, attempt.After, attempt.Note = objectdiff.Created, want, "its kind does not exist yet"
		return attempt, true
	case mapping.Scope.Name() == meta.RESTScopeNameNamespace && want.GetNamespace() == "":
		attempt.Action, attempt.Note = objectdiff.Failed, "it has no namespace, and its kind needs one"
		return attempt, true
	}
	if live != nil && !d.Everything && provenNoop(d.Manager, want, live) {
		attempt.Action, attempt.After, attempt.Proven = objectdiff.Unchanged, live, true
		return attempt, true
	}
	return attempt, false
}

// try asks the server about one object. live is nil when it has not been read.
func (d *dryRun) try(ctx context.Context, o objectdiff.Wanted, live *unstructured.Unstructured) (objectdiff.Attempt, error) {
	want, mapping := o.Object, d.kinds[o.Object.GroupVersionKind()]
	attempt := objectdiff.Attempt{ID: objectdiff.IDOf(want), Before: live}
	result, refusal, err := d.apply(ctx, mapping, want)
	if err != nil {
		return attempt, fmt.Errorf("trying %s: %w", attempt.ID, err)
	}
	if refusal == nil && result.GetResourceVersion() == "" {
		attempt.Action, attempt.Before, attempt.After = objectdiff.Created, nil, result
		return attempt, nil
	}
	if missing := missingFor(want, refusal); missing != "" && live == nil {
		attempt.Action, attempt.After, attempt.Note = objectdiff.Created, want, missing
		return attempt, nil
	}
	// The list may be older than the trial; both sides must be of one moment.
	if live == nil || refusal == nil && live.GetResourceVersion() != result.GetResourceVersion() {
		live, err = d.Get(ctx, want.GroupVersionKind(), want.GetNamespace(), want.GetName())
		switch {
		case err != nil && !answered(err):
			return attempt, err
		case err != nil:
			attempt.Action, attempt.Note = objectdiff.Failed, err.Error()
			return attempt, nil
		}
		attempt.Before = live
		if note := leftAlone(want, live); note != "" {
			attempt.Action, attempt.Note = objectdiff.Skipped, note
			return attempt, nil
		}
	}
	if refusal != nil {
		return refused(attempt, o, refusal), nil
	}
	if live != nil && !marked("ssa", "Merge", want, live) {
		takeOver(d.Manager, want, result)
	}
	attempt.Action, attempt.After = objectdiff.Changed, result
	if objectdiff.Equal(live, result) {
		attempt.Action = objectdiff.Unchanged
	}
	return attempt, nil
}

// apply is the trial itself: the object as it would be, or why it is refused.
// The error says that the server could not be asked.
func (d *dryRun) apply(ctx context.Context, mapping *meta.RESTMapping, want *unstructured.Unstructured) (result *unstructured.Unstructured, refusal, err error) {
	data, err := json.Marshal(want.Object)
	if err != nil {
		return nil, err, nil
	}
	force := true
	err = d.retry.do(ctx, func(ctx context.Context) error {
		var err error
		result, err = d.namespaced(mapping, want.GetNamespace()).Patch(ctx, want.GetName(), types.ApplyPatchType, data,
			metav1.PatchOptions{FieldManager: d.Manager, Force: &force, DryRun: []string{metav1.DryRunAll}})
		refusal = nil
		if err != nil && strings.Contains(err.Error(), "failed calling webhook") {
			refusal = explainWebhook(err) // a webhook that is away stays away
			return nil
		}
		return err
	})
	switch {
	case refusal != nil:
		return nil, refusal, nil
	case err != nil && answered(err):
		return nil, err, nil
	}
	return result, nil, err
}

// answered reports whether the server answered, even if with an error.
func answered(err error) bool {
	var status apierrors.APIStatus
	return errors.As(err, &status) && !apierrors.IsUnauthorized(err)
}

// missingFor says what has to be there before the object can be tried, empty
// when that is not why it was refused.
func missingFor(want *unstructured.Unstructured, refusal error) string {
	if !apierrors.IsNotFound(refusal) {
		return ""
	}
	var status apierrors.APIStatus
	if errors.As(refusal, &status) {
		if details := status.Status().Details; details != nil && details.Kind == "namespaces" && details.Name == want.GetNamespace() {
			return "its namespace does not exist yet"
		}
	}
	return "its kind does not exist yet"
}

// refused is the result of an object that the server does not take.
func refused(attempt objectdiff.Attempt, o objectdiff.Wanted, refusal error) objectdiff.Attempt {
	immutable := regexp.MustCompile(`is\simmutable|immutable\sfield`).MatchString(refusal.Error())
	forced := o.Force || marked("force", "enabled", o.Object, attempt.Before)
	switch {
	// Flux takes every invalid object for one whose immutable fields change.
	case attempt.Before != nil && forced && (immutable || apierrors.IsInvalid(refusal) || apierrors.IsConflict(refusal)):
		attempt.Action, attempt.After = objectdiff.Recreated, o.Object
		attempt.Note = "Flux would delete it and make it anew: " + refusal.Error()
		return attempt
	case immutable && attempt.Before != nil:
		attempt.Note = refusal.Error() + "\nFlux makes it anew if its Kustomization has spec.force, or the object the annotation kustomize.toolkit.fluxcd.io/force: enabled"
	default:
		attempt.Note = refusal.Error()
	}
	attempt.Action = objectdiff.Failed
	return attempt
}

// leftAlone says why Flux does not touch an object, empty when it does. live
// may be nil.
func leftAlone(want, live *unstructured.Unstructured) string {
	switch {
	case marked("reconcile", "disabled", want, live):
		return "kustomize.toolkit.fluxcd.io/reconcile: disabled"
	case marked("ssa", "Ignore", want, live):
		return "kustomize.toolkit.fluxcd.io/ssa: Ignore"
	case want.GetKind() == "Secret" && want.Object["sops"] != nil:
		return "it is encrypted with SOPS: Flux decrypts it in the cluster, what it holds is not known here"
	case live != nil && marked("ssa", "IfNotPresent", want):
		return "it exists, kustomize.toolkit.fluxcd.io/ssa: IfNotPresent"
	}
	return ""
}

// marked reports whether one of the objects has Flux's annotation, or label,
// of that value.
func marked(key, mark string, objects ...*unstructured.Unstructured) bool {
	key = "kustomize.toolkit.fluxcd.io/" + key
	for _, o := range objects {
		if objectdiff.Marked(o, key, mark) {
			return true
		}
	}
	return false
}
