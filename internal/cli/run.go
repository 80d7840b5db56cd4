package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/user"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/groundwork-dev/groundwork/internal/bootstrap"
	"github.com/groundwork-dev/groundwork/internal/cluster"
	"github.com/groundwork-dev/groundwork/internal/config"
	"github.com/groundwork-dev/groundwork/internal/platform"
	"github.com/groundwork-dev/groundwork/internal/render/flux"
	"github.com/groundwork-dev/groundwork/internal/tree"
)

// tokenVariable is the environment variable with the repository's token: never
// a flag, because arguments are seen by every user of the machine.
const tokenVariable = "GROUNDWORK_GIT_TOKEN"

// tokenFileVariable names a file with the token, for tokens that do not last.
const tokenFileVariable = "GROUNDWORK_GIT_TOKEN_FILE"

type runOptions struct {
	dir, cluster        string
	kubeconfig, context string
	username, tokenFile string
	sshKey, knownHosts  string
	authorName, author  string
	webhookURL          string
	writableKey         bool
	up, yes             bool
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
` + tokenVariable + `, or from a file, which is read again when the
repository's host refuses the token: for tokens that last shorter than a run.`,
		Example: `  bootstrap run --cluster dev --dry-run      # what it would commit and apply
  bootstrap run --cluster dev
  bootstrap run --cluster prod --context prod --timeout 30m --output json
  bootstrap run --cluster dev --up           # make the cluster in AWS first`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return o.run(cmd.Context(), streams) },
	}
	o.addReachFlags(cmd)
	o.addAuthorFlags(cmd)
	f := cmd.Flags()
	f.StringVar(&o.webhookURL, "webhook-url", "", "address under which the forge reaches the cluster's Receiver, to be told about pushes at once")
	f.BoolVar(&o.writableKey, "writable-deploy-key", false, "let the cluster push; with image automation in platform.yaml it may in any case")
	f.BoolVar(&o.up, "up", false, "make the cluster first, as 'bootstrap cluster up' does, and reach it by a kubeconfig from its state store")
	f.BoolVar(&o.yes, "yes", false, "with --up, apply Terraform's plans without asking")
	f.DurationVar(&o.timeout, "timeout", 20*time.Minute, "how long the whole run may take; 0 for no bound")
	f.BoolVar(&o.dryRun, "dry-run", false, "change nothing; print the commit and the objects that a run would make")
	addOutputFlag(cmd, &o.output)
	return cmd
}

// addReachFlags adds those that say which cluster is meant, and how it and the
// repository are reached.
func (o *runOptions) addReachFlags(cmd *cobra.Command) {
	AddDirFlag(cmd, &o.dir)
	f := cmd.Flags()
	f.StringVar(&o.cluster, "cluster", "", "cluster of platform.yaml that is meant (required)")
	f.StringVar(&o.kubeconfig, "kubeconfig", "", "kubeconfig file; as kubectl finds it by default")
	f.StringVar(&o.context, "context", "", "context of the kubeconfig; its current one by default")
	o.addRepositoryFlags(cmd)
	Must(cmd.RegisterFlagCompletionFunc("cluster", completeClusters(&o.dir)))
}

// addRepositoryFlags adds those that say how the repository is reached.
func (o *runOptions) addRepositoryFlags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVar(&o.username, "username", "git", "user name that goes with the token")
	f.StringVar(&o.tokenFile, "token-file", "", "file with the token, read again when the token is refused; $"+tokenFileVariable+" by default")
	f.StringVar(&o.sshKey, "ssh-key", "", "private key for the repository over SSH; the SSH agent by default")
	f.StringVar(&o.knownHosts, "known-hosts", "", "known_hosts file that vouches for the repository's SSH host, to this run and to the cluster; the user's own by default")
}

// addAuthorFlags adds those that say who commits.
func (o *runOptions) addAuthorFlags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&o.authorName, "author-name", "", "name that commits are made under; git's user.name by default")
	cmd.Flags().StringVar(&o.author, "author-email", "", "address that commits are made under; git's user.email by default")
}

func (o runOptions) run(ctx context.Context, streams Streams) error {
	if o.up && o.dryRun {
		return usageError{errors.New("--up makes a cluster, which --dry-run must not: run 'bootstrap cluster plan', and the dry run once the cluster is there")}
	}
	want, model, err := compileDir(o.dir)
	if err != nil {
		return err
	}
	if _, err := o.chosen(model); err != nil {
		return err
	}
	options, err := o.options(want, model)
	if err != nil {
		return err
	}
	deps, err := o.deps(want, model.Repository)
	if err != nil {
		return err
	}
	if deps.Cluster, err = o.reach(ctx, streams); err != nil {
		return err
	}
	display := newRunDisplay(streams)
	report, err := bootstrap.Run(ctx, options, deps, display.show)
	display.close()
	if printErr := o.print(streams, report); printErr != nil {
		return errors.Join(err, printErr)
	}
	return err
}

// reach returns the cluster, which is made first where that is asked for.
func (o runOptions) reach(ctx context.Context, streams Streams) (*cluster.Cluster, error) {
	if !o.up {
		return o.connect()
	}
	target := clusterUpOptions{clusterChoice: clusterChoice{o.dir, o.cluster}, kubeconfig: o.kubeconfig, context: o.context, yes: o.yes, timeout: upTimeout}
	if _, err := target.run(ctx, streams); err != nil {
		return nil, err
	}
	request, err := target.request()
	if err != nil {
		return nil, err
	}
	return target.connect(ctx, request) // anew: waiting may have used up most of a certificate's hour
}

// connect returns the cluster of a kubeconfig.
func (o runOptions) connect() (*cluster.Cluster, error) {
	return cluster.Connect(cluster.Options{Kubeconfig: o.kubeconfig, Context: o.context, UserAgent: userAgent()})
}

// chosen returns the cluster that is meant.
func (o runOptions) chosen(model *platform.Model) (platform.Cluster, error) {
	c, ok := model.Cluster(o.cluster)
	if o.cluster == "" {
		return platform.Cluster{}, usageError{fmt.Errorf("which cluster? name it with --cluster: platform.yaml has %s", strings.Join(clusterNames(model), ", "))}
	}
	if !ok {
		return platform.Cluster{}, checkCluster(o.cluster, clusterNames(model))
	}
	if c.Engine != config.EngineFlux {
		return platform.Cluster{}, usageError{fmt.Errorf("cluster %s wants engine %s: only flux can be run yet", c.Name, c.Engine)}
	}
	return c, nil
}

func clusterNames(m *platform.Model) []string {
	names := make([]string, len(m.Clusters))
	for i, c := range m.Clusters {
		names[i] = c.Name
	}
	return names
}

func (o runOptions) options(want *tree.Tree, model *platform.Model) (bootstrap.Options, error) {
	inputs, err := readInputs(o.dir)
	if err != nil {
		return bootstrap.Options{}, err
	}
	return bootstrap.Options{
		Cluster: o.cluster, Platform: model.Name, Repository: model.Repository,
		Tree: want, Inputs: inputs,
		Username:          o.username,
		WritableDeployKey: o.writableKey || flux.Pushes(want, o.cluster), WebhookURL: o.webhookURL,
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
