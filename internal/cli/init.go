package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"

	"github.com/spf13/cobra"

	"github.com/groundwork-dev/groundwork/docs/schema"
	"github.com/groundwork-dev/groundwork/internal/catalog"
	"github.com/groundwork-dev/groundwork/internal/config"
	"github.com/groundwork-dev/groundwork/internal/initfile"
)

type initOptions struct {
	dir     string
	answers initfile.Answers
	yes     bool
	stdout  bool
}

func newInitCommand(streams Streams) *cobra.Command {
	var o initOptions
	cmd := &cobra.Command{
		Use:   "init",
		Short: "Write a platform.yaml",
		Long: `init writes a commented platform.yaml and the schema that editors complete it
with. In a terminal it asks for what the flags did not say. It never overwrites
a platform.yaml.`,
		Example: `  bootstrap init
  bootstrap init --name acme --repository https://github.com/acme/platform \
    --account 123456789012 --region eu-central-1 --domain acme.example.com --yes`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return o.run(cmd.Context(), streams) },
	}
	AddDirFlag(cmd, &o.dir)
	a, f := &o.answers, cmd.Flags()
	f.StringVar(&a.Name, "name", "", "name of the platform, part of every cluster's and AWS resource's name")
	f.StringVar(&a.Repository, "repository", "", "URL of the Git repository that the clusters follow")
	f.StringVar(&a.Branch, "branch", "", "branch that the clusters follow (default main)")
	f.StringVar((*string)(&a.Provider), "provider", "", "forge of the repository: github, gitea, gitlab or git; its host tells by default")
	f.StringVar((*string)(&a.Auth), "auth", "", "how clusters read the repository: token or ssh; its scheme tells by default")
	f.StringVar(&a.AccountID, "account", "", "AWS account, 12 digits")
	f.StringVar(&a.Region, "region", "", "AWS region, such as eu-central-1")
	f.StringSliceVar(&a.Zones, "zones", nil, "availability zones; a, b and c of the region by default")
	f.StringVar(&a.Domain, "domain", "", "DNS name above the clusters: cluster dev is reached below dev.<domain>")
	f.StringSliceVar(&a.Components, "components", nil, "components to install on every cluster; all of the catalogue by default")
	f.StringVar(&a.App.Name, "app", "", "name of the first application; none by default")
	f.StringVar(&a.App.Image, "app-image", "", "image of the first application, such as ghcr.io/acme/app:1.0.0")
	f.IntVar(&a.App.Port, "app-port", 0, "port that the first application answers on (default 8080)")
	f.BoolVar(&o.yes, "yes", false, "ask nothing; flags and defaults decide")
	f.BoolVar(&o.stdout, "stdout", false, "print platform.yaml instead of writing it")
	return cmd
}

func (o initOptions) run(ctx context.Context, streams Streams) error {
	root, err := os.OpenRoot(o.dir)
	if err != nil {
		return fmt.Errorf("opening the repository's folder: %w", err)
	}
	defer root.Close()
	if _, err := root.Lstat(config.FileName); err == nil && !o.stdout {
		return fmt.Errorf("%s has a %s already: edit it, or name another folder with --dir", absolute(o.dir), config.FileName)
	}
	c, err := catalog.Load(catalog.Layer{Origin: "built in", FS: catalog.Builtin()})
	if err != nil {
		return err
	}
	a := o.answers
	a.Available = c.Names()
	if len(a.Components) == 0 {
		a.Components = c.Names()
	}
	a.SetDefaults()
	if streams.Interactive && !o.yes {
		if err := initfile.Ask(ctx, &a, streams.In, streams.Err); err != nil {
			return err
		}
	}
	text, err := initfile.Render(a)
	if err != nil {
		return err
	}
	if o.stdout {
		_, err := streams.Out.Write(text)
		return err
	}
	if err := writeNew(root, config.FileName, text); err != nil {
		return err
	}
	if err := writeNew(root, initfile.SchemaFile, schema.Platform); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	fmt.Fprintf(streams.Err, "Wrote %s. Next: 'bootstrap generate', read the result, commit.\n", config.FileName)
	return nil
}

// writeNew writes a file that must not exist.
func writeNew(root *os.Root, name string, data []byte) error {
	if err := root.MkdirAll(path.Dir(name), 0o755); err != nil {
		return err
	}
	f, err := root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return fmt.Errorf("writing %s: %w", name, err)
	}
	_, err = f.Write(data)
	return errors.Join(err, f.Close())
}
