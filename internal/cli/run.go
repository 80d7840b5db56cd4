package cli

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/user"
	"path"
	"strings"
	"time"

	"github.com/go-git/go-git/v5/plumbing/transport"
	"github.com/spf13/cobra"

	"github.com/groundwork-dev/groundwork/internal/bootstrap"
	"github.com/groundwork-dev/groundwork/internal/cli/progress"
	"github.com/groundwork-dev/groundwork/internal/cluster"
	"github.com/groundwork-dev/groundwork/internal/config"
	"github.com/groundwork-dev/groundwork/internal/forge"
	"github.com/groundwork-dev/groundwork/internal/gitrepo"
	"github.com/groundwork-dev/groundwork/internal/platform"
	"github.com/groundwork-dev/groundwork/internal/redact"
	"github.com/groundwork-dev/groundwork/internal/tree"
)

// tokenVariable is the environment variable with the repository's token: never
// a flag, because arguments are seen by every user of the machine.
const tokenVariable = "GROUNDWORK_GIT_TOKEN"

type runOptions struct {
	dir, cluster        string
	kubeconfig, context string
	username            string
	sshKey, knownHosts  string
	authorName, author  string
	webhookURL          string
	writableKey         bool
	timeout             time.Duration
	dryRun              bool
	output              string
}

func newRunCommand(streams Streams) *cobra.Command {
	var o runOptions
	cmd := &cobra.Command{
		Use:   "run",
		Short: "Hand a cluster to Git",
		Long: `run compiles platform.yaml, commits and pushes the result, installs Flux, and
waits until the cluster is what the repository says. It looks before it acts and
does only what is missing: run it again after anything, a crash included, and it
goes on from what it finds. It changes nothing before it knows that this is the
cluster that the repository means.

The token of an HTTPS repository comes from the environment variable
` + tokenVariable + `.`,
		Example: `  bootstrap run --cluster dev --dry-run      # what it would commit and apply
  bootstrap run --cluster dev
  bootstrap run --cluster prod --context prod --timeout 30m --output json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return o.run(cmd.Context(), streams) },
	}
	addDirFlag(cmd, &o.dir)
	f := cmd.Flags()
	f.StringVar(&o.cluster, "cluster", "", "cluster of platform.yaml to run (required)")
	f.StringVar(&o.kubeconfig, "kubeconfig", "", "kubeconfig file; as kubectl finds it by default")
	f.StringVar(&o.context, "context", "", "context of the kubeconfig; its current one by default")
	f.StringVar(&o.username, "username", "git", "user name that goes with the token")
	f.StringVar(&o.sshKey, "ssh-key", "", "private key to push with over SSH; the SSH agent by default")
	f.StringVar(&o.knownHosts, "known-hosts", "", "known_hosts file; the user's own by default")
	f.StringVar(&o.authorName, "author-name", "", "name that commits are made under; git's user.name by default")
	f.StringVar(&o.author, "author-email", "", "address that commits are made under; git's user.email by default")
	f.StringVar(&o.webhookURL, "webhook-url", "", "address under which the forge reaches the cluster's Receiver, to be told about pushes at once")
	f.BoolVar(&o.writableKey, "writable-deploy-key", false, "let the cluster push, which image automation needs")
	f.DurationVar(&o.timeout, "timeout", 20*time.Minute, "how long the whole run may take; 0 for no bound")
	f.BoolVar(&o.dryRun, "dry-run", false, "change nothing; print the commit and the objects that a run would make")
	addOutputFlag(cmd, &o.output)
	must(cmd.RegisterFlagCompletionFunc("cluster", o.completeCluster))
	return cmd
}

func (o *runOptions) completeCluster(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	p, _, err := loadDir(o.dir)
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	var names []string
	for name := range p.Spec.Clusters {
		names = append(names, name)
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}

func (o runOptions) run(ctx context.Context, streams Streams) error {
	want, model, err := compileDir(o.dir)
	if err != nil {
		return err
	}
	c, ok := model.Cluster(o.cluster)
	if o.cluster == "" {
		return usageError{fmt.Errorf("which cluster? name it with --cluster: platform.yaml has %s", clusterNames(model))}
	}
	if !ok {
		return usageError{fmt.Errorf("platform.yaml has no cluster %q; it has %s", o.cluster, clusterNames(model))}
	}
	if c.Engine != config.EngineFlux {
		return usageError{fmt.Errorf("cluster %s wants engine %s: only flux can be run yet", c.Name, c.Engine)}
	}
	options, err := o.options(want, model)
	if err != nil {
		return err
	}
	deps, err := o.deps(want, model.Repository)
	if err != nil {
		return err
	}
	display := progress.New(streams.Err, streams.Terminal)
	report, err := bootstrap.Run(ctx, options, deps, func(e bootstrap.Event) { display.Show(runStep(e)) })
	display.Close()
	if printErr := o.print(streams, report); printErr != nil {
		return errors.Join(err, printErr)
	}
	return err
}

func clusterNames(m *platform.Model) string {
	names := make([]string, len(m.Clusters))
	for i, c := range m.Clusters {
		names[i] = c.Name
	}
	return strings.Join(names, ", ")
}

func (o runOptions) options(want *tree.Tree, model *platform.Model) (bootstrap.Options, error) {
	inputs, err := readInputs(o.dir)
	if err != nil {
		return bootstrap.Options{}, err
	}
	return bootstrap.Options{
		Cluster: o.cluster, Platform: model.Name, Repository: model.Repository,
		Tree: want, Inputs: inputs,
		Username: o.username, Token: redact.Secret(os.Getenv(tokenVariable)),
		WritableDeployKey: o.writableKey, WebhookURL: o.webhookURL,
		Timeout: o.timeout, DryRun: o.dryRun, Version: version().Version, Holder: holder(),
	}, nil
}

// readInputs reads what the trees are generated from, as it is committed with
// them.
func readInputs(dir string) (map[string][]byte, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	inputs := map[string][]byte{}
	read := func(name string) error {
		data, err := fs.ReadFile(root.FS(), name)
		inputs[name] = data
		return err
	}
	if err := read(config.FileName); err != nil {
		return nil, err
	}
	err = fs.WalkDir(root.FS(), componentsDir, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		return read(name)
	})
	if errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	return inputs, err
}

// holder names this run to others.
func holder() string {
	host, _ := os.Hostname()
	name := "unknown"
	if u, err := user.Current(); err == nil {
		name = u.Username
	}
	return fmt.Sprintf("%s@%s (process %d)", name, host, os.Getpid())
}

func (o runOptions) deps(want *tree.Tree, repository config.Repository) (bootstrap.Deps, error) {
	token := redact.Secret(os.Getenv(tokenVariable))
	auth, err := o.auth(repository, token)
	if err != nil {
		return bootstrap.Deps{}, err
	}
	remote, err := gitrepo.Open(gitrepo.Options{
		URL: repository.URL, Auth: auth, Author: o.identity(), Secrets: []redact.Secret{token},
	})
	if err != nil {
		return bootstrap.Deps{}, err
	}
	f, err := forge.Open(forge.Options{Provider: repository.Provider, URL: repository.URL, Token: token})
	if err != nil {
		return bootstrap.Deps{}, err
	}
	c, err := cluster.Connect(cluster.Options{Kubeconfig: o.kubeconfig, Context: o.context, UserAgent: "bootstrap/" + version().Version})
	if err != nil {
		return bootstrap.Deps{}, err
	}
	checkout, err := gitrepo.OpenCheckout(o.dir)
	if err != nil {
		return bootstrap.Deps{}, err
	}
	deps := bootstrap.Deps{
		Repository: remote, Forge: f, Cluster: c,
		Compare: func(have fs.FS) (*bootstrap.Changes, error) {
			changes, err := tree.Compare(want, have)
			if err != nil {
				return nil, err
			}
			return &bootstrap.Changes{
				Create: changes.Create, Update: changes.Update, Delete: changes.Delete,
				HandEdited: changes.HandEdited, Foreign: changes.Foreign,
			}, nil
		},
		HostKeys: func(ctx context.Context) ([]byte, []string, error) {
			return gitrepo.HostKeys(ctx, repository.URL)
		},
		Now: time.Now, Random: rand.Reader,
	}
	if checkout != nil {
		deps.Checkout = checkout
	}
	return deps, nil
}

func (o runOptions) auth(repository config.Repository, token redact.Secret) (transport.AuthMethod, error) {
	if repository.Auth == config.AuthSSH {
		return gitrepo.SSHAuth("git", o.sshKey, o.knownHosts)
	}
	return gitrepo.TokenAuth(o.username, token), nil
}

func (o runOptions) identity() gitrepo.Identity {
	id := gitrepo.UserIdentity()
	if o.authorName != "" {
		id.Name = o.authorName
	}
	if o.author != "" {
		id.Email = o.author
	}
	if id.Name == "" {
		id.Name = "bootstrap"
	}
	if id.Email == "" {
		id.Email = "bootstrap@localhost"
	}
	return id
}

// runStep shows an event of the run.
func runStep(e bootstrap.Event) progress.Step {
	states := map[bootstrap.State]progress.State{
		bootstrap.Done: progress.Done, bootstrap.Skipped: progress.Skipped, bootstrap.Failed: progress.Failed,
	}
	s := progress.Step{Title: e.Title, State: states[e.State], Detail: e.Detail, Waiting: waitingItems(e.Waiting)}
	if s.State != progress.Running {
		s.Elapsed = time.Duration(e.Seconds * float64(time.Second))
	}
	return s
}

func waitingItems(items []bootstrap.Item) []progress.Item {
	shown := make([]progress.Item, len(items))
	for i, it := range items {
		status := it.Status
		if it.Message != "" {
			status += ": " + it.Message
		}
		shown[i] = progress.Item{Name: it.Object, Status: status, Children: waitingItems(it.Children)}
	}
	return shown
}

func (o runOptions) print(streams Streams, report *bootstrap.Report) error {
	if report == nil {
		return nil
	}
	if o.output == outputJSON {
		return printJSON(streams.Out, report)
	}
	return printReport(streams.Out, report)
}

// printReport tells a person what a run did.
func printReport(w io.Writer, r *bootstrap.Report) error {
	var b strings.Builder
	if r.Plan != nil {
		fmt.Fprintf(&b, "Would commit to %s:\n", r.Plan.Branch)
		for _, f := range r.Plan.Files {
			fmt.Fprintf(&b, "  %s\n", f)
		}
		fmt.Fprintf(&b, "Would apply:\n")
		for _, o := range r.Plan.Objects {
			fmt.Fprintf(&b, "  %s\n", o)
		}
	}
	if len(r.Kustomizations) > 0 {
		fmt.Fprintf(&b, "Cluster %s is at %s of %s after %.1fs.\n", r.Cluster, r.Revision, r.Repository, r.Seconds)
		for _, k := range r.Kustomizations {
			fmt.Fprintf(&b, "  %-10s %s\n", k.Status, path.Base(k.Object))
		}
	}
	if r.PullRequest != "" {
		fmt.Fprintf(&b, "Pull request: %s\n", r.PullRequest)
	}
	if r.DeployKey != "" {
		fmt.Fprintf(&b, "Deploy key of the cluster: %s\n", r.DeployKey)
	}
	if len(r.NotReal) > 0 {
		fmt.Fprintf(&b, "Not real here, simulated or a stand-in:\n")
		for _, n := range r.NotReal {
			fmt.Fprintf(&b, "  %s\n", n)
		}
	}
	for _, n := range r.NextSteps {
		fmt.Fprintf(&b, "Next: %s\n", n)
	}
	_, err := io.WriteString(w, b.String())
	return err
}
