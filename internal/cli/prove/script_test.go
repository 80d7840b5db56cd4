package prove_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/groundwork-dev/groundwork/internal/cli"
	"github.com/groundwork-dev/groundwork/internal/cli/clitest"
	"github.com/groundwork-dev/groundwork/internal/cli/prove"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"bootstrap":          func() { os.Exit(cli.Main(cli.OSStreams(), os.Args[1:])) },
		"bootstrap-validate": func() { os.Exit(prove.Main(cli.OSStreams(), os.Args[1:])) },
	})
}

func TestScripts(t *testing.T) {
	t.Parallel()
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		Cmds:                clitest.Commands(),
		Setup: func(env *testscript.Env) error {
			env.Setenv("GROUNDWORK_CACHE", filepath.Join(env.WorkDir, ".cache"))
			return nil
		},
	})
}
