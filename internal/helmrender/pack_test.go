package helmrender_test

import (
	"os"
	"strings"
	"testing"

	"github.com/groundwork-dev/groundwork/internal/chartarchive"
	"github.com/groundwork-dev/groundwork/internal/chartarchive/charttest"
	"github.com/groundwork-dev/groundwork/internal/helmrender"
)

// worker is set in the environment of the test binary where it is a worker.
const worker = "HELMRENDER_WORKER=1"

func TestMain(m *testing.M) {
	if name, value, _ := strings.Cut(worker, "="); os.Getenv(name) == value {
		if helmrender.Serve(os.Stdin, os.Stdout) != nil {
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// renderer returns one whose worker is this test binary.
func renderer(t testing.TB, limits helmrender.Limits) *helmrender.Renderer {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	r := helmrender.New(helmrender.Options{Command: []string{exe}, Env: []string{worker}, Limits: limits})
	t.Cleanup(r.Close)
	return r
}

func load(t testing.TB, files map[string]string) *chartarchive.Chart {
	t.Helper()
	c, err := chartarchive.Load(charttest.Pack(t, files))
	if err != nil {
		t.Fatal(err)
	}
	return c
}
