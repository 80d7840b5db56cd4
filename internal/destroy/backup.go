package destroy

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

const (
	// madeBy is the label of the backups that runs have made.
	madeBy, destroyer = "groundwork.dev/made-by", "destroy"

	// How old a last backup may be. Once the engine is suspended, what is there
	// may be half gone already, so the backup of before counts; a run that was
	// killed before it suspended anything finds its own. Someone who changed
	// their mind in between, and the engine resumed, gets a new one.
	beforeSuspension = 24 * time.Hour
	beforeNow        = time.Hour

	skippedBackup = "left out by --skip-backup"
)

var errBackupTime = errors.New("the time given by --backup-timeout is up")

// backup makes sure that there is a last backup of each kind.
func (r *run) backup(ctx context.Context) (string, error) {
	switch {
	case r.SkipBackup:
		return skippedBackup, errNothingToDo
	case len(r.Backups) == 0:
		return "no component of the cluster makes backups", errNothingToDo
	}
	now, err := r.cluster.Time(ctx)
	if err != nil {
		return "", err
	}
	suspended, err := r.suspendedAt(ctx)
	if err != nil {
		return "", err
	}
	oldest := now.Add(-beforeNow)
	if !suspended.IsZero() {
		oldest = suspended.Add(-beforeSuspension)
	}
	var said []string
	made := false
	for _, b := range r.Backups {
		detail, found, err := r.lastBackup(ctx, b, now, oldest)
		if err != nil {
			return "", err
		}
		made = made || !found
		said = append(said, detail)
	}
	detail := strings.Join(said, "; ")
	switch {
	case !made:
		return detail, errNothingToDo
	case !suspended.IsZero():
		detail += "; the engine was suspended before, so a part may have been gone already"
	}
	return detail, nil
}

// lastBackup finds the backup that an earlier run made, or makes one, and waits
// until it is done.
func (r *run) lastBackup(ctx context.Context, b Backup, now, oldest time.Time) (detail string, found bool, err error) {
	kind := b.Object.GroupVersionKind()
	served, err := r.cluster.Serves(ctx, kind.GroupKind())
	if err != nil {
		return "", false, err
	}
	if len(served) == 0 {
		return "", false, &BackupError{kind.Kind + " of " + kind.Group, "is no kind that the cluster knows, though platform.yaml has " + b.Component}
	}
	all, err := r.cluster.List(ctx, kind)
	if err != nil {
		return "", false, err
	}
	have := b.newest(all, oldest)
	if have == nil {
		have = b.named(now)
		if _, err := r.cluster.Create(ctx, manager, have); err != nil {
			return "", false, fmt.Errorf("making a last backup: %w", err)
		}
		r.progress("made " + name(have))
	} else if b.ended(have) {
		return fmt.Sprintf("%s is %s already", name(have), b.status(have)), true, nil
	}
	status, err := r.awaitBackup(ctx, b, kind, name(have))
	return fmt.Sprintf("%s is %s", name(have), status), false, err
}

// newest is the last backup that a run made, not before oldest, and that has not
// failed.
func (b Backup) newest(all []*unstructured.Unstructured, oldest time.Time) *unstructured.Unstructured {
	var last *unstructured.Unstructured
	for _, o := range all {
		made := o.GetCreationTimestamp().Time
		switch {
		case o.GetLabels()[madeBy] != destroyer, slices.Contains(b.Failed, b.status(o)):
		case b.ended(o) && made.Before(oldest): // one that is under way is waited for in any case
		case last == nil || last.GetCreationTimestamp().Time.Before(made):
			last = o
		}
	}
	return last
}

// named is a new backup; its name has the time.
func (b Backup) named(now time.Time) *unstructured.Unstructured {
	o := b.Object.DeepCopy()
	o.SetName(o.GetName() + "-" + now.UTC().Format("20060102-150405"))
	labels := o.GetLabels()
	if labels == nil {
		labels = map[string]string{}
	}
	labels[madeBy] = destroyer
	o.SetLabels(labels)
	return o
}

func (b Backup) status(o *unstructured.Unstructured) string { return text(o, b.Status...) }

func (b Backup) ended(o *unstructured.Unstructured) bool { return slices.Contains(b.Done, b.status(o)) }

// awaitBackup waits until a backup has ended.
func (r *run) awaitBackup(ctx context.Context, b Backup, kind schema.GroupVersionKind, which string) (status string, err error) {
	if r.BackupTimeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, r.BackupTimeout, errBackupTime)
		defer cancel()
	}
	err = r.cluster.Await(ctx, []schema.GroupVersionKind{kind}, b.Object.GetNamespace(), func(objects []*unstructured.Unstructured) (bool, error) {
		i := slices.IndexFunc(objects, func(o *unstructured.Unstructured) bool { return name(o) == which })
		if i < 0 {
			// The cache that is watched may be older than what was made.
			return false, nil
		}
		now := b.status(objects[i])
		if slices.Contains(b.Failed, now) {
			return false, &BackupError{which, "is " + now}
		}
		if now != status {
			status = now
			r.progress(which, Item{which, status})
		}
		return b.ended(objects[i]), nil
	})
	if errors.Is(err, errBackupTime) {
		at := status
		if at == "" {
			at = "not begun"
		}
		return "", &BackupError{which, fmt.Sprintf("is not done after %s but %s (--backup-timeout)", r.BackupTimeout, at)}
	}
	return status, err
}
