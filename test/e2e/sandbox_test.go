//go:build e2e

// Package e2e proves the main job on a real API server, real Flux and a real
// forge: it builds bootstrap, starts a sandbox and uses both as a user would,
// through the command line alone.
package e2e

import (
	"os"
	"testing"

	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/groundwork-dev/groundwork/test/e2e/sandboxed"
)

// sandbox is the one cluster of the test run, with its forge and registry.
type sandbox struct {
	*sandboxed.Sandbox
	client dynamic.Interface
	url    string // the repository that the cluster follows
}

// shared is started by TestMain; the tests run one after the other.
var shared *sandbox

func TestMain(m *testing.M) {
	os.Exit(sandboxed.Run(m, sandboxed.Options{Name: "e2e", Repository: "../..", Programs: []string{"bootstrap-validate", "sampleapp"}}, func(s *sandboxed.Sandbox) (err error) {
		shared = &sandbox{Sandbox: s}
		if err := shared.connect(); err != nil {
			return err
		}
		if err := shared.publishApp(goodImage); err != nil {
			return err
		}
		shared.url, err = shared.createRepository("e2e")
		return err
	}))
}

func (s *sandbox) connect() error {
	config, err := clientcmd.BuildConfigFromFlags("", s.Env["KUBECONFIG"])
	if err != nil {
		return err
	}
	config.QPS, config.Burst = 100, 200
	s.client, err = dynamic.NewForConfig(config)
	return err
}

// run runs bootstrap in dir and returns how it ended.
func (s *sandbox) run(t *testing.T, dir string, args ...string) sandboxed.Result {
	t.Helper()
	return s.Run(t, dir, s.Bootstrap, args...)
}
