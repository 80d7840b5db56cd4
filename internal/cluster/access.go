package cluster

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"golang.org/x/sync/errgroup"
	authorizationv1 "k8s.io/api/authorization/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	authorizationclient "k8s.io/client-go/kubernetes/typed/authorization/v1"
)

// Denied returns what the user may not do but must, to apply and watch objects
// of the kinds: "patch deployments.apps" and the like, sorted. Kinds that the
// server does not know yet are left out.
func (c *Cluster) Denied(ctx context.Context, kinds []schema.GroupVersionKind) ([]string, error) {
	client, err := authorizationclient.NewForConfigAndClient(c.config, c.http)
	if err != nil {
		return nil, err
	}
	all, err := c.allowed(ctx, client, authorizationv1.ResourceAttributes{Verb: "*", Group: "*", Resource: "*"})
	if err != nil || all {
		return nil, err
	}
	var wanted []authorizationv1.ResourceAttributes
	for _, kind := range kinds {
		mapping, err := c.mapping(kind)
		if isNoMatch(err) {
			continue
		}
		if err != nil {
			return nil, err
		}
		for _, verb := range []string{"get", "list", "watch", "create", "patch"} {
			wanted = append(wanted, authorizationv1.ResourceAttributes{Verb: verb, Group: mapping.Resource.Group, Resource: mapping.Resource.Resource})
		}
		if kind.Kind == "ClusterRoleBinding" {
			// The controllers' binding grants more than the user may hold.
			wanted = append(wanted, authorizationv1.ResourceAttributes{Verb: "bind", Group: kind.Group, Resource: "clusterroles"})
		}
	}
	denied := make([]string, len(wanted))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(parallel)
	for i, attributes := range wanted {
		group.Go(func() error {
			ok, err := c.allowed(ctx, client, attributes)
			if !ok {
				denied[i] = attributes.Verb + " " + schema.GroupResource{Group: attributes.Group, Resource: attributes.Resource}.String()
			}
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	slices.Sort(denied)
	return slices.DeleteFunc(slices.Compact(denied), func(s string) bool { return s == "" }), nil
}

func (c *Cluster) allowed(ctx context.Context, client authorizationclient.SelfSubjectAccessReviewsGetter, a authorizationv1.ResourceAttributes) (bool, error) {
	var review *authorizationv1.SelfSubjectAccessReview
	err := c.retry.do(ctx, func(ctx context.Context) (err error) {
		review, err = client.SelfSubjectAccessReviews().Create(ctx, &authorizationv1.SelfSubjectAccessReview{
			Spec: authorizationv1.SelfSubjectAccessReviewSpec{ResourceAttributes: &a},
		}, metav1.CreateOptions{})
		return err
	})
	if err != nil {
		return false, fmt.Errorf("asking the API server for permissions: %w", err)
	}
	return review.Status.Allowed, nil
}

func isNoMatch(err error) bool {
	for ; err != nil; err = errors.Unwrap(err) {
		if meta.IsNoMatchError(err) {
			return true
		}
	}
	return false
}
