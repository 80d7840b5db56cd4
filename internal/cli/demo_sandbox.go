package cli

import (
	"context"
	"fmt"
	"net/http"
	"path/filepath"
	"time"

	"github.com/groundwork-dev/groundwork/internal/cli/progress"
	"github.com/groundwork-dev/groundwork/internal/config"
	"github.com/groundwork-dev/groundwork/internal/demo"
	"github.com/groundwork-dev/groundwork/internal/sandbox"
)

// demoApp is the application of platform.yaml that the demo plays with in a
// sandbox.
const demoApp = "sampleapp"

// sandboxStage is a sandbox, and commands run in it.
type sandboxStage struct {
	*demoShell
	*demoCluster
	*appClient
	demoFiles
	options demoOptions
	streams Streams
	state   *sandbox.State
}

func (s *sandboxStage) world() demo.World { return demo.InSandbox(s, s.options.keep) }

// Up starts the sandbox and connects with what is in it.
func (s *sandboxStage) Up(ctx context.Context) error {
	display := progress.New(s.streams.Err, s.streams.Terminal)
	defer display.Close()
	state, err := sandboxUpOptions{dir: s.options.dir, name: s.options.name, nodes: s.options.nodes, leash: !s.options.keep}.up(ctx, display)
	if err != nil {
		return err
	}
	s.state = state
	if s.demoShell, err = shellIn(s.options.name, s.streams); err != nil {
		return err
	}
	client, err := sandbox.HTTPClient(state)
	if err != nil {
		return err
	}
	s.appClient = newAppClient(client, "http://"+demoApp+"."+demoApp+".svc.cluster.local/")
	config, err := kubeconfigOf(state.Kubeconfig(), "")
	if err != nil {
		return err
	}
	s.demoCluster, err = newDemoCluster(config, demoApp, demoApp)
	return err
}

// Real says that a node of the sandbox runs pods.
func (s *sandboxStage) Real() bool { return s.state.RealNode }

func (s *sandboxStage) Down(ctx context.Context) error {
	return sandboxDown(ctx, s.options.name)
}

func (s *sandboxStage) RepositoryURL() string { return sandbox.Repository }

func (s *sandboxStage) ReceiverURL() string {
	return "http://webhook-receiver.flux-system.svc.cluster.local"
}

func (s *sandboxStage) PublishApp(ctx context.Context, version string) (string, error) {
	return publishApp(ctx, s.options.dir, s.state, version)
}

// WritePlatform writes the repository's own platform.yaml with the sandbox's
// forge in place of the real one.
func (s *sandboxStage) WritePlatform(dir, repositoryURL, image string) (string, error) {
	p, _, err := LoadDir(s.options.dir)
	if err != nil {
		return "", err
	}
	app, ok := p.Spec.Apps[demoApp]
	if !ok {
		return "", fmt.Errorf("platform.yaml has no app %s, which the demo plays with", demoApp)
	}
	return p.Spec.Repository.Branch, edit(filepath.Join(s.options.dir, config.FileName), filepath.Join(dir, config.FileName),
		replacement{"url: " + p.Spec.Repository.URL, "url: " + repositoryURL},
		replacement{"provider: " + string(p.Spec.Repository.Provider), "provider: " + string(config.ProviderGitea)},
		replacement{"image: " + app.Image, "image: " + image},
	)
}

// newAppClient asks an application at a URL.
func newAppClient(client *http.Client, url string) *appClient {
	client.Timeout = 10 * time.Second
	// An application that sends its users elsewhere has answered.
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &appClient{client, url}
}
