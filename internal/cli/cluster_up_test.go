package cli_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/groundwork-dev/groundwork/internal/cli"
)

// TestNothingToBuildOf: what no cluster can be built of is refused before AWS or
// Terraform is asked anything.
func TestNothingToBuildOf(t *testing.T) {
	t.Parallel()
	const repository = "../.."
	fresh := t.TempDir()
	platform, err := os.ReadFile(filepath.Join(repository, "platform.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(fresh, "platform.yaml"), platform, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		code int
		args []string
		want []string
	}{
		"examples":       {4, []string{"cluster", "plan", "-C", repository, "--cluster", "dev"}, []string{"in clusters/dev/facts.lock.yaml are examples, of which nothing can be built", "--refresh"}},
		"never rendered": {4, []string{"cluster", "up", "-C", fresh, "--cluster", "dev", "--yes"}, []string{"terraform/k8s/dev was never rendered", "bootstrap cluster render --cluster dev"}},
		"no cluster":     {3, []string{"cluster", "up", "-C", fresh, "--cluster", "stage"}, []string{`has no cluster "stage"`}},
		"dry run":        {3, []string{"run", "-C", repository, "--cluster", "dev", "--up", "--dry-run"}, []string{"--up makes a cluster, which --dry-run must not", "bootstrap cluster plan"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var out, err bytes.Buffer
			code := cli.Main(cli.Streams{In: strings.NewReader(""), Out: &out, Err: &err}, c.args)
			if code != c.code || out.Len() > 0 {
				t.Errorf("exit %d, want %d\n%s%s", code, c.code, out.String(), err.String())
			}
			for _, part := range c.want {
				if !strings.Contains(err.String(), part) {
					t.Errorf("%q is not in:\n%s", part, err.String())
				}
			}
		})
	}
}
