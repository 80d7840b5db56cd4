package vaultinit

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/groundwork-dev/groundwork/internal/escrow"
)

// journal is the record in all its places. The place that got furthest is
// right; the others are brought up to it.
type journal struct {
	stores   []Store
	versions []string // by store, empty where there is no record
	ranks    []int
	record   *escrow.Record
	// pause is how long keep waits before it tries again, then twice as long.
	pause time.Duration
}

// keepTries is how many times keep tries again.
const keepTries = 4

// load reads every place. Two places that tell of different runs, neither of
// which is only beginning, are an error.
func (j *journal) load(ctx context.Context) error {
	j.record, j.versions, j.ranks = nil, make([]string, len(j.stores)), make([]int, len(j.stores))
	furthest := ""
	for i, s := range j.stores {
		record, version, err := s.Load(ctx)
		if err != nil {
			return err
		}
		if record == nil {
			continue
		}
		j.versions[i], j.ranks[i] = version, record.Phase.Rank()
		switch {
		case j.record == nil || j.record.Phase == escrow.Started && record.Phase != escrow.Started:
			j.record, furthest = record, s.Where()
		case record.Phase == escrow.Started:
		case record.Attempt != j.record.Attempt:
			return refuse(fmt.Sprintf("%s and %s hold the keys of two different Vaults", furthest, s.Where()), "keep both, and name the right one alone")
		case record.Phase.Rank() > j.record.Phase.Rank():
			j.record, furthest = record, s.Where()
		}
	}
	return nil
}

// save stores the record in every place; nil only when all have it.
func (j *journal) save(ctx context.Context, record *escrow.Record) error {
	var failed []error
	for i := range j.stores {
		failed = append(failed, j.saveAt(ctx, i, record))
	}
	j.record = record
	return errors.Join(failed...)
}

func (j *journal) saveAt(ctx context.Context, i int, record *escrow.Record) error {
	if err := j.stores[i].Save(ctx, record, j.versions[i]); err != nil {
		return fmt.Errorf("storing the escrow in %s: %w", j.stores[i].Where(), err)
	}
	_, version, err := j.stores[i].Load(ctx)
	if err != nil {
		return fmt.Errorf("reading the escrow back from %s: %w", j.stores[i].Where(), err)
	}
	j.versions[i], j.ranks[i] = version, record.Phase.Rank()
	return nil
}

// level brings the places that are behind up to the record.
func (j *journal) level(ctx context.Context) error {
	for i := range j.stores {
		if j.ranks[i] == j.record.Phase.Rank() {
			continue
		}
		if err := j.saveAt(ctx, i, j.record); err != nil {
			return err
		}
	}
	return nil
}

// keep stores a record that holds keys, which exist nowhere else: it does not
// give up at once, and a record that only says that another run is beginning
// gives way. It returns how many places have it, and why others do not.
func (j *journal) keep(ctx context.Context, record *escrow.Record) (kept int, err error) {
	var failed []error
	for i := range j.stores {
		err := j.saveAt(ctx, i, record)
		for try := 0; err != nil && try < keepTries; try++ {
			pause(ctx, j.pause<<try)
			if other, version, loadErr := j.stores[i].Load(ctx); loadErr == nil {
				if other != nil && other.Phase != escrow.Started {
					if other.Attempt == record.Attempt {
						err = nil // it was written after all
						j.versions[i], j.ranks[i] = version, other.Phase.Rank()
					}
					break
				}
				j.versions[i] = version
			}
			err = j.saveAt(ctx, i, record)
		}
		if err == nil {
			kept++
		}
		failed = append(failed, err)
	}
	j.record = record
	return kept, errors.Join(failed...)
}

// pause waits, or until ctx ends.
func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}

func isDenied(err error) bool {
	var e interface{ Denied() bool }
	return errors.As(err, &e) && e.Denied()
}

func isRejected(err error) bool {
	var e interface{ Rejected() bool }
	return errors.As(err, &e) && e.Rejected()
}
