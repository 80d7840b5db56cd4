package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"

	"github.com/groundwork-dev/groundwork/internal/clusterspec"
)

type clusterKubeconfigOptions struct {
	clusterChoice
	file             string
	lifetime         time.Duration
	oidc, setCurrent bool
	scopes           []string
	dryRun           bool
	output           string
}

func newClusterKubeconfigCommand(streams Streams) *cobra.Command {
	var o clusterKubeconfigOptions
	cmd := &cobra.Command{
		Use:   "kubeconfig",
		Short: "Write how a cluster is reached into a kubeconfig",
		Long: `kubeconfig adds a context to the kubeconfig that kubectl would use, and leaves all
others as they are. The context is named by the cluster's domain; one of that name is
replaced. The current context changes where there is none, and with --set-current.
The file is for its owner alone afterwards.

Its user is an administrator (system:masters) by a certificate that ends after
--lifetime, a day at most. It is signed by the cluster's authority, whose key is in
the state bucket and leaves neither it nor the process that signs: the credentials
that AWS's own tools would use must be those of the account, and may read that bucket.
A certificate cannot be called back before it ends, so keep it short.

--oidc writes the context <domain>-oidc instead, for people: kubectl then opens a
browser at the provider of spec.clusters.<name>.kubernetes.oidc, through the plugin
kubelogin (kubectl oidc-login). It holds no certificate and no key, and AWS is not
asked. What a person may do there, the roles in the cluster say.`,
		Example: `  bootstrap cluster kubeconfig --cluster dev                       # an hour as administrator
  bootstrap cluster kubeconfig --cluster dev --lifetime 10m --file -
  bootstrap cluster kubeconfig --cluster prod --oidc --set-current
  bootstrap cluster kubeconfig --cluster dev --dry-run`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return o.run(cmd.Context(), streams) },
	}
	o.addFlags(cmd)
	f := cmd.Flags()
	f.StringVar(&o.file, "file", "", "kubeconfig to write to, - for standard output; as kubectl finds it by default")
	f.DurationVar(&o.lifetime, "lifetime", time.Hour, "how long the certificate holds, at most "+clusterspec.MaxLifetime.String())
	f.BoolVar(&o.oidc, "oidc", false, "write a login for people, without a certificate")
	f.StringSliceVar(&o.scopes, "scope", []string{"email", "profile"}, "with --oidc: what the provider is asked for beside openid; some want groups")
	f.BoolVar(&o.setCurrent, "set-current", false, "make it the current context")
	f.BoolVar(&o.dryRun, "dry-run", false, "sign and write nothing; print what would change")
	Must(cmd.MarkFlagFilename("file"))
	cmd.MarkFlagsMutuallyExclusive("oidc", "lifetime")
	addOutputFlag(cmd, &o.output)
	return cmd
}

// written is what the command tells.
type written struct {
	Context string `json:"context"`
	File    string `json:"file"`
	// Added says that the file had no such context.
	Added   bool `json:"added"`
	Current bool `json:"current"`
	DryRun  bool `json:"dryRun,omitempty"`
	// Ends is when the certificate ends.
	Ends *time.Time `json:"ends,omitempty"`
}

func (o clusterKubeconfigOptions) run(ctx context.Context, streams Streams) error {
	if o.lifetime < time.Second || o.lifetime > clusterspec.MaxLifetime {
		return usageError{fmt.Errorf("--lifetime %s: the least is a second, the most %s", o.lifetime, clusterspec.MaxLifetime)}
	}
	request, err := o.request()
	if err != nil {
		return err
	}
	name := request.Name
	var made *clientcmdapi.Config
	if o.oidc {
		name += oidcSuffix
		if made, err = o.oidcKubeconfig(request); err != nil {
			return err
		}
	} else if !o.dryRun {
		fmt.Fprintf(streams.Err, "signing a certificate for %s with the authority of cluster %s in %s\n", o.lifetime, o.cluster, request.StateStore)
		if made, err = clusterKubeconfig(ctx, request, o.lifetime); err != nil {
			return err
		}
	}
	if o.file == "-" && !o.dryRun {
		text, err := clientcmd.Write(*made)
		if err != nil {
			return fmt.Errorf("writing the kubeconfig: %w", err)
		}
		_, err = streams.Out.Write(text)
		return err
	}
	told, err := o.merge(name, made)
	if err != nil {
		return err
	}
	return o.print(streams, told, made)
}

// merge puts a context into a kubeconfig, or tells what it would do.
func (o clusterKubeconfigOptions) merge(name string, made *clientcmdapi.Config) (written, error) {
	told := written{Context: name, File: "-", Added: true, Current: true, DryRun: o.dryRun}
	if o.file == "-" {
		return told, nil
	}
	paths := clientcmd.NewDefaultPathOptions()
	if o.file != "" {
		paths.LoadingRules.ExplicitPath = o.file
	}
	config, err := paths.GetStartingConfig()
	if err != nil {
		return told, fmt.Errorf("reading the kubeconfig: %w", err)
	}
	told.File = paths.GetDefaultFilename()
	if old := config.Contexts[name]; old != nil {
		told.Added = false
		if old.LocationOfOrigin != "" {
			told.File = old.LocationOfOrigin
		}
	}
	told.Current = o.setCurrent || config.CurrentContext == "" || config.CurrentContext == name
	if o.dryRun {
		return told, nil
	}
	put(config.Clusters, name, made.Clusters[name], func(c *clientcmdapi.Cluster) *string { return &c.LocationOfOrigin }, told.File)
	put(config.AuthInfos, name, made.AuthInfos[name], func(a *clientcmdapi.AuthInfo) *string { return &a.LocationOfOrigin }, told.File)
	put(config.Contexts, name, made.Contexts[name], func(c *clientcmdapi.Context) *string { return &c.LocationOfOrigin }, told.File)
	if told.Current {
		config.CurrentContext = name
	}
	// Before there is a key in it.
	if err := os.Chmod(told.File, 0o600); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return told, fmt.Errorf("closing the kubeconfig to others: %w", err)
	}
	if err := clientcmd.ModifyConfig(paths, *config, false); err != nil {
		return told, fmt.Errorf("writing the kubeconfig %s: %w", told.File, err)
	}
	return told, nil
}

// put replaces an entry and says in which file it is to stand.
func put[T any](entries map[string]*T, name string, entry *T, origin func(*T) *string, file string) {
	*origin(entry) = file
	entries[name] = entry
}

func (o clusterKubeconfigOptions) print(streams Streams, told written, made *clientcmdapi.Config) error {
	if made != nil && !o.oidc {
		ends := time.Now().Add(o.lifetime).UTC().Truncate(time.Second)
		told.Ends = &ends
	}
	if o.output == outputJSON {
		return PrintJSON(streams.Out, told)
	}
	letter := "M"
	if told.Added {
		letter = "A"
	}
	if _, err := fmt.Fprintf(streams.Out, "%s context %s in %s\n", letter, told.Context, filepath.Clean(told.File)); err != nil {
		return err
	}
	how := "kubectl --context " + told.Context
	if told.Current {
		how = "kubectl"
	}
	if !o.dryRun {
		fmt.Fprintf(streams.Err, "reach the cluster with: %s get nodes\n", how)
	}
	return nil
}
