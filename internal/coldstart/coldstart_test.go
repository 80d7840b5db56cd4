package coldstart_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/groundwork-dev/groundwork/internal/coldstart"
	"github.com/groundwork-dev/groundwork/internal/testsupport/coldstarttest"
)

var update = flag.Bool("update", false, "write the golden files")

// load reads a repository of testdata.
func load(t testing.TB, name string) coldstart.Cluster {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name+".txtar"))
	if err != nil {
		t.Fatal(err)
	}
	c, err := coldstarttest.Load(name, data)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// names are the repositories of testdata.
func names(t testing.TB) []string {
	t.Helper()
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no testdata: %v", err)
	}
	for i, f := range files {
		files[i] = strings.TrimSuffix(filepath.Base(f), ".txtar")
	}
	return files
}

// TestProve compares verdicts with what a person would read. Repositories
// whose names begin with healthy are proven; the name of any other is the
// fault that is seeded in it.
func TestProve(t *testing.T) {
	t.Parallel()
	for _, name := range names(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := coldstart.Prove(load(t, name))
			if healthy := strings.HasPrefix(name, "healthy-"); healthy != v.Proven() {
				t.Errorf("proven %t", v.Proven())
			}
			golden := filepath.Join("testdata", name+".golden")
			if *update {
				if err := os.WriteFile(golden, []byte(v.Text()), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if v.Text() != string(want) {
				t.Errorf("got:\n%s\nwant:\n%s", v.Text(), want)
			}
			again, err := json.Marshal(coldstart.Prove(load(t, name)))
			if err != nil {
				t.Fatal(err)
			}
			if first, _ := json.Marshal(v); !bytes.Equal(first, again) {
				t.Errorf("two verdicts:\n%s\n%s", first, again)
			}
		})
	}
}
