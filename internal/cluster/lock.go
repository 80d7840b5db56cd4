package cluster

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	coordinationv1 "k8s.io/api/coordination/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	coordinationclient "k8s.io/client-go/kubernetes/typed/coordination/v1"
)

// renewals is how many times a lock is renewed while it lasts.
const renewals = 5

// HeldError says that another run holds the lock.
type HeldError struct {
	Holder string
	Since  time.Time
}

func (e *HeldError) Error() string {
	return fmt.Sprintf("another run is at work on this cluster: %s, since %s; wait for it to end, nothing was changed",
		e.Holder, e.Since.Local().Format(time.TimeOnly))
}

// Refused marks the error for those who cannot import this package.
func (e *HeldError) Refused() bool { return true }

// lock is a Lease that this process holds or wants.
type lock struct {
	leases coordinationclient.LeaseInterface
	name   string
	holder string
	policy retryPolicy
	// duration is how long the lock lasts without being renewed, renewal how
	// often it is.
	duration, renewal time.Duration
}

// Lock takes the Lease of that name for holder. When another holder has it,
// Lock watches whether that one still renews it: if so, HeldError; if not, the
// lock is taken over once its time has run out. The times are measured here, so
// clocks need not agree. The returned context ends when the lock is lost, with
// that as its cause; release gives the lock back.
func (c *Cluster) Lock(ctx context.Context, namespace, name, holder string) (_ context.Context, release func(), err error) {
	client, err := coordinationclient.NewForConfigAndClient(c.config, c.http)
	if err != nil {
		return nil, nil, err
	}
	l := &lock{client.Leases(namespace), name, holder, c.retry, c.LockDuration, c.LockDuration / renewals}
	if err := l.take(ctx); err != nil {
		return nil, nil, err
	}
	held, lose := context.WithCancelCause(ctx)
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		l.keep(held, stop, lose)
	}()
	var once sync.Once
	return held, func() {
		once.Do(func() {
			close(stop)
			<-stopped
			l.release(context.WithoutCancel(ctx))
			lose(context.Canceled)
		})
	}, nil
}

func (l *lock) take(ctx context.Context) error {
	var seen *coordinationv1.Lease
	var until time.Time
	ticker := time.NewTicker(l.renewal / 4)
	defer ticker.Stop()
	for {
		lease, err := l.read(ctx)
		if err != nil {
			return fmt.Errorf("taking the lock Lease/%s: %w", l.name, err)
		}
		switch {
		case lease == nil || holderOf(lease) == "" || (seen != nil && time.Now().After(until)):
			err := l.write(ctx, lease)
			if err == nil {
				return nil
			}
			if !apierrors.IsConflict(err) && !apierrors.IsAlreadyExists(err) {
				return fmt.Errorf("taking the lock Lease/%s: %w", l.name, err)
			}
			seen = nil
		case seen == nil:
			seen, until = lease, time.Now().Add(l.lasts(lease))
		case seen.ResourceVersion != lease.ResourceVersion:
			return &HeldError{Holder: holderOf(lease), Since: lease.Spec.AcquireTime.Time}
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-ticker.C:
		}
	}
}

func (l *lock) read(ctx context.Context) (lease *coordinationv1.Lease, err error) {
	err = l.policy.do(ctx, func(ctx context.Context) (err error) {
		lease, err = l.leases.Get(ctx, l.name, metav1.GetOptions{})
		return err
	})
	if apierrors.IsNotFound(err) {
		return nil, nil
	}
	return lease, err
}

// write makes holder the owner of the lease as it was read; somebody else's
// write in between is a conflict.
func (l *lock) write(ctx context.Context, old *coordinationv1.Lease) error {
	now, seconds := metav1.NowMicro(), int32(l.duration/time.Second) //nolint:gosec // seconds, not years
	spec := coordinationv1.LeaseSpec{HolderIdentity: &l.holder, LeaseDurationSeconds: &seconds, AcquireTime: &now, RenewTime: &now}
	if old == nil {
		lease := &coordinationv1.Lease{ObjectMeta: metav1.ObjectMeta{Name: l.name}, Spec: spec}
		_, err := l.leases.Create(ctx, lease, metav1.CreateOptions{})
		return err
	}
	lease := old.DeepCopy()
	lease.Spec = spec
	_, err := l.leases.Update(ctx, lease, metav1.UpdateOptions{})
	return err
}

// keep renews the lock until stop; it loses the lock when another took it or
// when it could not be renewed for as long as it lasts.
func (l *lock) keep(ctx context.Context, stop <-chan struct{}, lose context.CancelCauseFunc) {
	ticker := time.NewTicker(l.renewal)
	defer ticker.Stop()
	renewed := time.Now()
	for {
		select {
		case <-stop:
			return
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		err := l.renew(ctx)
		var held *HeldError
		switch {
		case err == nil:
			renewed = time.Now()
		case errors.As(err, &held):
			lose(fmt.Errorf("this run lost its lock: %w", err))
			return
		case time.Since(renewed) > l.duration:
			lose(fmt.Errorf("this run could not renew its lock for %s, another may have taken it: %w", l.duration, err))
			return
		}
	}
}

func (l *lock) renew(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, l.renewal)
	defer cancel()
	lease, err := l.leases.Get(ctx, l.name, metav1.GetOptions{})
	if err != nil {
		return err
	}
	if holderOf(lease) != l.holder {
		return &HeldError{Holder: holderOf(lease), Since: time.Now()}
	}
	now := metav1.NowMicro()
	lease.Spec.RenewTime = &now
	_, err = l.leases.Update(ctx, lease, metav1.UpdateOptions{})
	return err
}

// release gives the lock back if it is still ours; if that fails, it runs out.
func (l *lock) release(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, l.renewal)
	defer cancel()
	lease, err := l.leases.Get(ctx, l.name, metav1.GetOptions{})
	if err != nil || holderOf(lease) != l.holder {
		return
	}
	version := lease.ResourceVersion
	_ = l.leases.Delete(ctx, l.name, metav1.DeleteOptions{Preconditions: &metav1.Preconditions{ResourceVersion: &version}})
}

func holderOf(l *coordinationv1.Lease) string {
	if l.Spec.HolderIdentity == nil {
		return ""
	}
	return *l.Spec.HolderIdentity
}

// lasts is how long a holder has to renew its lease, with some grace.
func (l *lock) lasts(lease *coordinationv1.Lease) time.Duration {
	if lease.Spec.LeaseDurationSeconds == nil {
		return l.duration
	}
	return time.Duration(*lease.Spec.LeaseDurationSeconds)*time.Second + l.renewal
}
