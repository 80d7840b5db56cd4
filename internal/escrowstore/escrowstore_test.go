package escrowstore_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/groundwork-dev/groundwork/internal/cluster/apitest"
	"github.com/groundwork-dev/groundwork/internal/escrow"
	"github.com/groundwork-dev/groundwork/internal/escrowstore"
	"github.com/groundwork-dev/groundwork/internal/vaultinit"
)

func record(attempt string) *escrow.Record {
	return &escrow.Record{Version: escrow.Version, Phase: escrow.Started, Attempt: attempt, Cluster: "dev"}
}

func isConflict(err error) bool {
	var e interface{ Conflict() bool }
	return errors.As(err, &e) && e.Conflict()
}

func TestStores(t *testing.T) {
	t.Parallel()
	for name, open := range map[string]func(t *testing.T) (one, other vaultinit.Store){
		"file": func(t *testing.T) (vaultinit.Store, vaultinit.Store) {
			path := filepath.Join(t.TempDir(), "escrow.json")
			one, err := escrowstore.NewFile(path)
			other, err2 := escrowstore.NewFile(path)
			if err := errors.Join(err, err2); err != nil {
				t.Fatal(err)
			}
			return one, other
		},
		"secret": func(t *testing.T) (vaultinit.Store, vaultinit.Store) {
			server := apitest.New(t, "uid")
			one, err := escrowstore.NewSecret(server.Config(), "vault", "vault-escrow")
			other, err2 := escrowstore.NewSecret(server.Config(), "vault", "vault-escrow")
			if err := errors.Join(err, err2); err != nil {
				t.Fatal(err)
			}
			return one, other
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			one, other := open(t)
			if r, version, err := one.Load(t.Context()); r != nil || version != "" || err != nil {
				t.Fatalf("before: %v, %q, %v", r, version, err)
			}
			if err := one.Save(t.Context(), record("a"), ""); err != nil {
				t.Fatal(err)
			}
			if err := other.Save(t.Context(), record("b"), ""); !isConflict(err) {
				t.Errorf("made over another's: %v", err)
			}
			_, version, err := one.Load(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if err := other.Save(t.Context(), record("b"), version); err != nil {
				t.Fatal(err)
			}
			if err := one.Save(t.Context(), record("c"), version); !isConflict(err) {
				t.Errorf("written over a newer one: %v", err)
			}
			got, _, err := one.Load(t.Context())
			if err != nil || cmp.Diff(record("b"), got) != "" {
				t.Errorf("%v %s", err, cmp.Diff(record("b"), got))
			}
		})
	}
}

func TestFileIsPrivateAndAlone(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	store, err := escrowstore.NewFile(filepath.Join(dir, "escrow.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := store.Save(t.Context(), record("a"), ""); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(store.Where())
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 1 {
		t.Errorf("left behind: %v, %v", entries, err)
	}
}

func TestFileThatCannotBe(t *testing.T) {
	t.Parallel()
	store, err := escrowstore.NewFile(filepath.Join(t.TempDir(), "no", "escrow.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := store.Save(t.Context(), record("a"), ""); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a folder that is not there: %v", err)
	}
}
