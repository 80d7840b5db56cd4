// Package escrowstore keeps an escrow record in a file or in a Secret, so that
// what was saved survives a crash and nobody else's record is overwritten.
package escrowstore

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/groundwork-dev/groundwork/internal/escrow"
)

// File keeps the record in a file that its owner alone may read.
type File struct{ path string }

// NewFile returns the store at path. Its folder has to exist.
func NewFile(path string) (*File, error) {
	full, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("finding the escrow file %s: %w", path, err)
	}
	return &File{full}, nil
}

// Where is the file's absolute path.
func (f *File) Where() string { return f.path }

// Load reads the record; nil when there is no file. The version is the
// content's digest.
func (f *File) Load(context.Context) (*escrow.Record, string, error) {
	data, err := f.read()
	if errors.Is(err, fs.ErrNotExist) {
		return nil, "", nil
	}
	if err != nil {
		return nil, "", fmt.Errorf("reading the escrow file: %w", err)
	}
	record, err := escrow.Parse(f.path, data)
	return record, version(data), err
}

func (f *File) read() ([]byte, error) {
	file, err := os.Open(f.path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return io.ReadAll(io.LimitReader(file, escrow.MaxBytes+1))
}

func version(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

// Save writes the record: all of it or nothing, and onto the disk before it
// returns. Without a version the file must not exist yet.
func (f *File) Save(_ context.Context, record *escrow.Record, expected string) error {
	data, err := record.Marshal()
	if err != nil {
		return err
	}
	temporary, err := os.CreateTemp(filepath.Dir(f.path), ".escrow-*") // of mode 0600
	if err != nil {
		return fmt.Errorf("writing the escrow file: %w", err)
	}
	defer os.Remove(temporary.Name())
	_, err = temporary.Write(data)
	if err = errors.Join(err, temporary.Sync(), temporary.Close()); err != nil {
		return fmt.Errorf("writing the escrow file: %w", err)
	}
	if expected == "" {
		err = os.Link(temporary.Name(), f.path) // unlike a rename, fails when there is one
	} else {
		err = f.replace(temporary.Name(), expected)
	}
	if errors.Is(err, fs.ErrExist) {
		return &ConflictError{f.path}
	}
	if err != nil {
		return fmt.Errorf("writing the escrow file: %w", err)
	}
	return syncFolder(filepath.Dir(f.path))
}

func (f *File) replace(with, expected string) error {
	now, err := f.read()
	if err != nil {
		return err
	}
	if version(now) != expected {
		return fs.ErrExist
	}
	return os.Rename(with, f.path)
}

// syncFolder makes the folder's entries last.
func syncFolder(path string) error {
	dir, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("writing the escrow file: %w", err)
	}
	if err := errors.Join(dir.Sync(), dir.Close()); err != nil {
		return fmt.Errorf("writing the escrow file: %w", err)
	}
	return nil
}

// ConflictError says that somebody else wrote the record meanwhile.
type ConflictError struct{ where string }

func (e *ConflictError) Error() string {
	return e.where + " was written by somebody else meanwhile: is another run at work?"
}

// Conflict tells the error apart from others.
func (*ConflictError) Conflict() bool { return true }
