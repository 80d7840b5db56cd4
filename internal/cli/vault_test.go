package cli

import (
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

func TestVaultCommandsRepeatTheirFlags(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ args, want string }{
		{"--cluster dev", " --cluster dev"},
		{"--cluster dev --namespace secrets --context it's", ` --cluster dev --context 'it'\''s' --namespace secrets`},
		{"--address https://v:8200 --escrow-file e.json --ca-file ca.pem", " --address https://v:8200 --ca-file ca.pem --escrow-file e.json"},
	} {
		var target vaultTarget
		cmd := &cobra.Command{}
		target.addFlags(cmd)
		if err := cmd.ParseFlags(strings.Fields(c.args)); err != nil {
			t.Fatal(err)
		}
		if got := target.arguments(); got != c.want {
			t.Errorf("%s: %s, want %s", c.args, got, c.want)
		}
	}
}

func TestVaultWipeNamesItsCluster(t *testing.T) {
	t.Parallel()
	var target vaultTarget
	cmd := &cobra.Command{}
	target.addFlags(cmd)
	if err := cmd.ParseFlags(strings.Fields("--cluster dev --context dev --escrow-secret mine")); err != nil {
		t.Fatal(err)
	}
	for _, line := range append(target.commands().Wipe, target.commands().Forget) {
		if !strings.HasPrefix(line, "kubectl --namespace vault --context dev delete ") {
			t.Errorf("a command may reach another cluster: %s", line)
		}
	}
}
