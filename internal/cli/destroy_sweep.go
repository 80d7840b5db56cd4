package cli

import (
	"context"

	"github.com/groundwork-dev/groundwork/internal/clusterspec"
	"github.com/groundwork-dev/groundwork/internal/clusterworker"
	"github.com/groundwork-dev/groundwork/internal/destroy"
)

// sweeper has the executable that links kops find and delete what a cluster owns
// in AWS.
type sweeper struct {
	worker  clusterworker.Worker
	request *clusterspec.Request
	// markers are in the TXT records of DNS that are the cluster's.
	markers []string
}

func newSweeper(e *ending) (*sweeper, error) {
	worker, err := kopsWorker()
	if err != nil {
		return nil, err
	}
	s := &sweeper{worker: worker, request: e.request}
	for _, component := range e.cluster.Components {
		s.markers = append(s.markers, component.RecordMarkers...)
	}
	return s, nil
}

// Left implements destroy.Sweeper.
func (s *sweeper) Left(ctx context.Context) ([]destroy.Left, error) {
	return s.do(ctx, clusterspec.DoLeft)
}

// Sweep implements destroy.Sweeper.
func (s *sweeper) Sweep(ctx context.Context) ([]destroy.Left, error) {
	return s.do(ctx, clusterspec.DoSweep)
}

func (s *sweeper) do(ctx context.Context, job string) ([]destroy.Left, error) {
	result, err := s.worker.Do(ctx, &clusterspec.Job{Do: job, Request: *s.request, RecordMarkers: s.markers})
	if err != nil {
		return nil, err
	}
	left := make([]destroy.Left, 0, len(result.Left))
	for _, l := range result.Left {
		left = append(left, destroy.Left(l))
	}
	return left, nil
}
