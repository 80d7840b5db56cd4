package kops

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	eventbridgetypes "github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"k8s.io/kops/pkg/resources"
	"k8s.io/kops/pkg/resources/ops"
	"k8s.io/kops/upup/pkg/fi"
	"k8s.io/kops/upup/pkg/fi/cloudup/awsup"

	"github.com/groundwork-dev/groundwork/internal/clusterspec"
)

const (
	// sweepLimit bounds a sweep, retryEvery is how long it waits for AWS before it
	// tries again what something else still needs, and patience how often it does
	// so without any progress: a NAT gateway takes minutes to let go of its address.
	sweepLimit = 40 * time.Minute
	retryEvery = 10 * time.Second
	patience   = 36
	// rounds is how often it looks again for what came or was hidden meanwhile.
	rounds = 3
)

// Left returns what the cluster still owns in the account, by kind and number:
// what kops' own `delete cluster` would delete, and the DNS records that one of
// the markers owns. It changes nothing.
func Left(ctx context.Context, r *clusterspec.Request, markers []string) ([]clusterspec.Left, error) {
	s, err := newSweeper(ctx, r, markers)
	if err != nil {
		return nil, err
	}
	found, err := s.list(ctx)
	return s.told(found), err
}

// Sweep deletes what Left returns, and returns what is left then. What keeps a
// thing from being deleted is told with it, and is no error.
func Sweep(ctx context.Context, r *clusterspec.Request, markers []string) ([]clusterspec.Left, error) {
	ctx, cancel := context.WithTimeout(ctx, sweepLimit)
	defer cancel()
	s, err := newSweeper(ctx, r, markers)
	if err != nil {
		return nil, err
	}
	for range rounds {
		found, err := s.list(ctx)
		if err != nil || len(found) == 0 {
			return nil, err
		}
		if gaveUp, err := s.delete(ctx, found); err != nil {
			return nil, err
		} else if gaveUp {
			break
		}
	}
	found, err := s.list(ctx)
	return s.told(found), err
}

// sweeper finds and deletes what a cluster owns.
type sweeper struct {
	cloud   awsup.AWSCloud
	request *clusterspec.Request
	markers []string

	mutex sync.Mutex
	why   map[string]string // the last error about each thing
}

func newSweeper(ctx context.Context, r *clusterspec.Request, markers []string) (*sweeper, error) {
	for _, marker := range markers {
		if strings.TrimSpace(marker) == "" {
			return nil, errors.New("a marker of DNS records is empty: it would own every record")
		}
	}
	cloud, err := openAccount(ctx, r)
	if err != nil {
		return nil, err
	}
	return &sweeper{cloud: cloud, request: r, markers: markers, why: map[string]string{}}, nil
}

// list returns what the cluster owns, by kind:number as kops has it.
func (s *sweeper) list(ctx context.Context) (map[string]*resources.Resource, error) {
	all, err := ops.ListResources(s.cloud, named(s.request))
	if err != nil {
		return nil, fmt.Errorf("listing what cluster %s owns: %w", s.request.Name, err)
	}
	for key, r := range all {
		owned, err := s.owns(ctx, r)
		if err != nil {
			return nil, fmt.Errorf("asking whose %s is: %w", key, err)
		}
		if !owned {
			delete(all, key)
		}
	}
	if s.request.DNSZone != "" && len(s.markers) > 0 {
		records, err := s.records(ctx)
		if err != nil {
			return nil, err
		}
		for _, r := range records {
			all[r.Type+":"+r.ID] = r
		}
	}
	return all, nil
}

// owns reports whether the cluster owns what kops found. kops finds queues and
// rules by the beginning of their names, which another cluster's may share, so
// their tags decide. Key pairs have no tags that kops looks at, and no cluster
// here has one: they are somebody else's.
func (s *sweeper) owns(ctx context.Context, r *resources.Resource) (bool, error) {
	switch {
	case r.Shared || r.Type == "keypair":
		return false, nil
	case r.Type == "sqs":
		tags, err := s.cloud.SQS().ListQueueTags(ctx, &sqs.ListQueueTagsInput{QueueUrl: aws.String(r.ID)})
		if err != nil {
			return false, err
		}
		return tags.Tags[awsup.TagClusterName] == s.request.Name, nil
	}
	rule, ok := r.Obj.(eventbridgetypes.Rule)
	if !ok {
		return true, nil
	}
	tags, err := s.cloud.EventBridge().ListTagsForResource(ctx, &eventbridge.ListTagsForResourceInput{ResourceARN: rule.Arn})
	if err != nil {
		return false, err
	}
	return slices.ContainsFunc(tags.Tags, func(t eventbridgetypes.Tag) bool {
		return aws.ToString(t.Key) == awsup.TagClusterName && aws.ToString(t.Value) == s.request.Name
	}), nil
}

// delete lets kops delete what was found, in the order that AWS wants, and
// reports whether kops gave up on some of it. The error is that of ctx alone.
func (s *sweeper) delete(ctx context.Context, found map[string]*resources.Resource) (gaveUp bool, err error) {
	for key, r := range found {
		s.watch(ctx, key, r)
		// What is not here to be deleted cannot be waited for.
		r.Blocked = slices.DeleteFunc(r.Blocked, func(other string) bool { return found[other] == nil })
	}
	done := make(chan error, 1)
	go func() { // kops waits without asking the context
		done <- ops.DeleteResources(s.cloud, found, patience, retryEvery, sweepLimit)
	}()
	select {
	case err := <-done:
		return err != nil, ctx.Err() // the next look tells what is left
	case <-ctx.Done():
		return true, fmt.Errorf("deleting what cluster %s owns: %w", s.request.Name, ctx.Err())
	}
}

// watch notes what deleting a thing says, and deletes nothing any more once the
// context has ended.
func (s *sweeper) watch(ctx context.Context, key string, r *resources.Resource) {
	note := func(err error, keys ...string) error {
		s.mutex.Lock()
		defer s.mutex.Unlock()
		for _, key := range keys {
			delete(s.why, key)
			if err != nil {
				s.why[key] = err.Error()
			}
		}
		return err
	}
	if one := r.Deleter; one != nil {
		r.Deleter = func(cloud fi.Cloud, r *resources.Resource) error {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			return note(one(cloud, r), key)
		}
	}
	if group := r.GroupDeleter; group != nil {
		r.GroupDeleter = func(cloud fi.Cloud, all []*resources.Resource) error {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			var keys []string
			for _, r := range all {
				keys = append(keys, r.Type+":"+r.ID)
			}
			return note(group(cloud, all), keys...)
		}
	}
}

// told is what was found, as plain data in a fixed order.
func (s *sweeper) told(found map[string]*resources.Resource) []clusterspec.Left {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	var left []clusterspec.Left
	for _, key := range slices.Sorted(maps.Keys(found)) {
		r := found[key]
		left = append(left, clusterspec.Left{Kind: r.Type, ID: r.ID, Name: r.Name, Why: s.why[key]})
	}
	slices.SortFunc(left, func(a, b clusterspec.Left) int { return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.ID, b.ID)) })
	return left
}
