package artifact_test

import (
	"errors"
	"os"
	"path/filepath"
	"sync"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"

	"github.com/groundwork-dev/groundwork/internal/sandbox/artifact"
)

func TestKeep(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "a", "b")
	boom := errors.New("boom")
	if _, err := artifact.Keep(path, func() (v1.Image, error) { return nil, boom }); !errors.Is(err, boom) {
		t.Fatalf("error %v, want %v", err, boom)
	}
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			if got, err := artifact.Keep(path, func() (v1.Image, error) { return empty.Image, nil }); err != nil || got != path {
				t.Errorf("got %q, %v", got, err)
			}
		})
	}
	group.Wait()
	if _, err := artifact.Keep(path, func() (v1.Image, error) { return nil, boom }); err != nil {
		t.Errorf("made again: %v", err)
	}
	image, err := artifact.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	got, err := image.Digest()
	if err != nil {
		t.Fatal(err)
	}
	if want, err := empty.Image.Digest(); err != nil || got != want {
		t.Errorf("digest %s, want %s (%v)", got, want, err)
	}
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil || len(entries) != 1 {
		t.Errorf("left behind: %v, %v", entries, err)
	}
}

func TestOpenNothing(t *testing.T) {
	t.Parallel()
	if _, err := artifact.Open(t.TempDir()); err == nil {
		t.Error("an empty folder was opened")
	}
}
