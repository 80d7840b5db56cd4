package cli

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"k8s.io/client-go/discovery"
	"k8s.io/client-go/rest"

	"github.com/groundwork-dev/groundwork/internal/config"
	"github.com/groundwork-dev/groundwork/internal/demo"
	"github.com/groundwork-dev/groundwork/internal/platform"
)

// existingStage is a cluster of the user's, and commands run as the user.
type existingStage struct {
	*demoShell
	*demoCluster
	*appClient
	demoFiles
	existing demo.Existing
}

func (s *existingStage) world() demo.World { return demo.OnExisting(s.existing) }

// newExistingStage finds out from platform.yaml and the kubeconfig what the
// demo is played with. It calls nobody yet.
func newExistingStage(o demoOptions, streams Streams) (*existingStage, error) {
	p, c, err := LoadDir(o.dir)
	if err != nil {
		return nil, err
	}
	model, err := platform.Resolve(p, c)
	if err != nil {
		return nil, err
	}
	app, err := demoAppOf(model, o.cluster, o.app)
	if err != nil {
		return nil, err
	}
	if o.nextImage == app.Image {
		return nil, usageError{fmt.Errorf("--next-image: %s runs %s already", app.Name, app.Image)}
	}
	kubeconfig, err := filepath.Abs(o.kubeconfig)
	if err != nil {
		return nil, err
	}
	client, err := kubeconfigOf(kubeconfig, o.context)
	if err != nil {
		return nil, usageError{err}
	}
	s := &existingStage{demoFiles: demoFiles{o.cluster, app.Name}}
	s.existing = demo.Existing{
		Dir: o.dir, Repository: model.Repository.URL, Branch: model.Repository.Branch,
		ReachArgs: []string{"--kubeconfig", kubeconfig, "--context", o.context},
		Image:     app.Image, NextImage: o.nextImage,
		Reach: func(context.Context) (string, error) { return reach(client, o.context) },
	}
	if o.webhookURL != "" {
		s.existing.RunArgs = []string{"--webhook-url", o.webhookURL}
	}
	s.demoShell = &demoShell{streams: streams, env: gitEnvironment(model.Repository, os.LookupEnv)}
	if s.demoCluster, err = newDemoCluster(client, app.Namespace, app.Name); err != nil {
		return nil, err
	}
	s.appClient, err = throughAPIServer(client, app, o.path)
	return s, err
}

// demoAppOf returns the app of that name; without a name, the only one.
func demoAppOf(m *platform.Model, cluster, name string) (platform.App, error) {
	c, ok := m.Cluster(cluster)
	if !ok {
		return platform.App{}, checkCluster(cluster, clusterNames(m))
	}
	names := make([]string, len(c.Apps))
	for i, app := range c.Apps {
		if app.Name == name || name == "" && len(c.Apps) == 1 {
			return app, nil
		}
		names[i] = app.Name
	}
	switch {
	case len(names) == 0:
		return platform.App{}, usageError{fmt.Errorf("cluster %s has no app in platform.yaml, and the demo plays with one", cluster)}
	case name == "":
		return platform.App{}, usageError{fmt.Errorf("which app? name it with --app: cluster %s has %s", cluster, strings.Join(names, ", "))}
	}
	return platform.App{}, usageError{fmt.Errorf("cluster %s has no app %q; it has %s", cluster, name, strings.Join(names, ", "))}
}

// reach asks the API server for its version.
func reach(config *rest.Config, name string) (string, error) {
	client, err := discovery.NewDiscoveryClientForConfig(config)
	if err != nil {
		return "", err
	}
	v, err := client.ServerVersion()
	if err != nil {
		return "", fmt.Errorf("reaching the API server at %s: %w", config.Host, err)
	}
	return fmt.Sprintf("%s, Kubernetes %s, context %s", config.Host, v.GitVersion, name), nil
}

// throughAPIServer asks the app through its Service, by the API server's proxy:
// nothing else of the cluster needs to be reached from here.
func throughAPIServer(config *rest.Config, app platform.App, path string) (*appClient, error) {
	client, err := rest.HTTPClientFor(config)
	if err != nil {
		return nil, fmt.Errorf("preparing the connection to the API server: %w", err)
	}
	base, _, err := rest.DefaultServerUrlFor(config)
	if err != nil {
		return nil, fmt.Errorf("preparing the connection to the API server: %w", err)
	}
	proxy := base.JoinPath("api", "v1", "namespaces", app.Namespace, "services", "http:"+app.Name+":http", "proxy")
	at, err := url.Parse(path)
	if err != nil || at.IsAbs() || at.Host != "" || !strings.HasPrefix(at.Path, "/") {
		return nil, usageError{errors.Join(fmt.Errorf("--path %q: want a path such as /healthz", path), err)}
	}
	return newAppClient(client, proxy.String()+at.RequestURI()), nil
}

// gitEnvironment makes git commit as the user and push with the token that
// `bootstrap run` uses, if there is one. It is added to what git's environment
// configures already.
func gitEnvironment(repository config.Repository, lookup func(string) (string, bool)) []string {
	id := runOptions{}.identity()
	env := []string{
		"GIT_AUTHOR_NAME=" + id.Name, "GIT_AUTHOR_EMAIL=" + id.Email,
		"GIT_COMMITTER_NAME=" + id.Name, "GIT_COMMITTER_EMAIL=" + id.Email,
		// There is nobody to answer while the parts are played.
		"GIT_TERMINAL_PROMPT=0",
	}
	at, err := url.Parse(repository.URL)
	token, ok := lookup(tokenVariable)
	if err != nil || at.Scheme != "https" || !ok || token == "" {
		return env
	}
	count, _ := lookup("GIT_CONFIG_COUNT")
	n, _ := strconv.Atoi(count)
	return append(env,
		fmt.Sprintf("GIT_CONFIG_COUNT=%d", n+1),
		fmt.Sprintf("GIT_CONFIG_KEY_%d=credential.https://%s.helper", n, at.Host),
		fmt.Sprintf(`GIT_CONFIG_VALUE_%d=!f() { echo username=git; echo "password=$%s"; }; f`, n, tokenVariable),
	)
}
