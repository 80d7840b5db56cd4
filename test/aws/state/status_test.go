//go:build aws

package state_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/groundwork-dev/groundwork/internal/cli"
	"github.com/groundwork-dev/groundwork/internal/cluster/apitest"
)

// status runs `bootstrap cluster status` on this repository's platform.yaml, and
// returns its lines as "verdict part: detail".
func status(t *testing.T, args ...string) []string {
	t.Helper()
	var out, err bytes.Buffer
	args = append([]string{"cluster", "status", "-C", repository, "--cluster", "dev", "--output", "json"}, args...)
	if code := cli.Main(cli.Streams{In: strings.NewReader(""), Out: &out, Err: &err}, args); code != 2 {
		t.Fatalf("exit %d, want 2: the repository's facts are examples\n%s%s", code, out.String(), err.String())
	}
	var lines []struct{ Part, Verdict, Detail string }
	if err := json.Unmarshal(out.Bytes(), &lines); err != nil {
		t.Fatal(err)
	}
	var told []string
	for _, l := range lines {
		told = append(told, l.Verdict+" "+l.Part+": "+l.Detail)
	}
	return told
}

func wants(t *testing.T, have []string, want ...string) {
	t.Helper()
	for _, w := range want {
		if !slices.ContainsFunc(have, func(line string) bool { return strings.Contains(line, w) }) {
			t.Errorf("want %q among\n%s", w, strings.Join(have, "\n"))
		}
	}
}

// TestStatus is not parallel: the command reads the process's environment.
func TestStatus(t *testing.T) {
	simulate(t)
	api := apitest.New(t, "uid")
	for i, ready := range []string{"True", "False"} {
		api.Put(apitest.Object{
			"apiVersion": "v1", "kind": "Node", "metadata": apitest.Object{"name": fmt.Sprint("node-", i)},
			"status": apitest.Object{"conditions": []any{apitest.Object{"type": "Ready", "status": ready}}},
		})
	}
	kubeconfig := filepath.Join(t.TempDir(), "config")
	text := `{apiVersion: v1, kind: Config, clusters: [{name: it, cluster: {server: "` + api.URL + `"}}], users: [{name: it, user: {}}],
contexts: [{name: dev.groundwork.example.com, context: {cluster: it, user: it}}]}`
	if err := os.WriteFile(kubeconfig, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("KUBECONFIG", kubeconfig)

	wants(t, status(t), "ok account: 123456789012", "missing state: key alias/groundwork-terraform-state is not there, bucket groundwork-terraform-state-123456789012 is not there",
		"wrong facts: ", "ok render: is what its inputs give", "unknown terraform/account: not connected", "unknown terraform/platform/dev: not connected",
		" API server: v1.36.2 at "+api.URL, "wrong nodes: 1 of 2 ready", "missing Git: does not run the cluster yet")
	run(t, 0, "--cluster", "dev")
	api.Put(apitest.Object{
		"apiVersion": "v1", "kind": "ConfigMap", "metadata": apitest.Object{"name": "groundwork-identity", "namespace": "flux-system"},
		"data": apitest.Object{"path": "clusters/prod", "repository": "ssh://git@github.com/groundwork-dev/groundwork"},
	})
	wants(t, status(t), "ok state: 3 buckets", "wrong Git: "+api.URL+" is not the cluster dev: its path is clusters/dev, expected clusters/prod")
	if writes := api.Writes(); len(writes) > 0 {
		t.Errorf("a status writes %v", writes)
	}
}

// TestStatusOfAnotherAccount says so, and asks no further.
func TestStatusOfAnotherAccount(t *testing.T) {
	simulate(t, "MOTO_ACCOUNT_ID=999999999999")
	t.Setenv("KUBECONFIG", filepath.Join(t.TempDir(), "none"))
	wants(t, status(t), "wrong account: the credentials are for 999999999999, and platform.yaml says 123456789012", "unknown state: ", "unknown terraform/account: not asked", "missing API server: ")
}
