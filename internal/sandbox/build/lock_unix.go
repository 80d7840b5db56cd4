//go:build unix

package build

import (
	"context"
	"errors"
	"os"
	"syscall"
)

// lock waits until no other process holds the file's lock. The kernel frees it
// when its holder ends, however it ends.
func lock(ctx context.Context, path string) (func(), error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return nil, err
	}
	done := make(chan error, 1)
	go func() { done <- flock(f) }()
	select {
	case err := <-done:
		if err != nil {
			_ = f.Close()
			return nil, err
		}
		return func() { _ = f.Close() }, nil
	case <-ctx.Done():
		go func() {
			err := <-done // it lets go of the file only then
			_ = errors.Join(err, f.Close())
		}()
		return nil, ctx.Err()
	}
}

func flock(f *os.File) error {
	for {
		if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX); err != syscall.EINTR {
			return err
		}
	}
}
