package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/groundwork-dev/groundwork/internal/cli/progress"
	"github.com/groundwork-dev/groundwork/internal/config"
	"github.com/groundwork-dev/groundwork/internal/forge"
	"github.com/groundwork-dev/groundwork/internal/imagerequest"
	"github.com/groundwork-dev/groundwork/internal/platform"
)

type imageRequestOptions struct {
	runOptions // how the repository is reached, and as whom
	app        string
	merge      bool
}

func newImageRequestCommand(streams Streams) *cobra.Command {
	var o imageRequestOptions
	cmd := &cobra.Command{
		Use:   "request",
		Short: "Open the pull request of image automation, and merge it by the forge's rules",
		Long: `request takes what image automation has pushed to flux/CLUSTER-APP, where platform.yaml
says delivery.via: pullRequest, into the branch that the clusters follow: by one pull
request, which it opens or keeps. Without --app and --cluster it does so for all.

It refuses (exit 4) a branch that changes anything but tag and digest of the app's image
on that cluster, whose tag is not a build's, that has no digest, or that holds a merge.
The image itself is not looked at.

--merge asks the forge to merge the commit that was judged. Nothing is forced: where
checks or approvals are missing, that is told, the request stays open and the exit code
is 0; run it again. What was merged, or has nothing new in it, is deleted, since image
automation would go on with the branch and not with what main has by then.

The token comes from ` + tokenVariable + `; it writes contents and pull requests. On GitHub
it must not be one that may bypass the rules: no call could forbid it to.`,
		Example: `  bootstrap image request --app sampleapp --cluster dev --dry-run
  bootstrap image request --app sampleapp --cluster dev --merge
  bootstrap image request --merge --output json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return o.run(cmd.Context(), streams) },
	}
	AddDirFlag(cmd, &o.dir)
	f := cmd.Flags()
	f.StringVar(&o.app, "app", "", "the app, as platform.yaml names it (default all)")
	f.StringVar(&o.cluster, "cluster", "", "the cluster (default all)")
	f.BoolVar(&o.merge, "merge", false, "have the forge merge the request, once its rules are met")
	f.BoolVar(&o.dryRun, "dry-run", false, "change nothing; print the verdict")
	o.addRepositoryFlags(cmd)
	addOutputFlag(cmd, &o.output)
	Must(cmd.RegisterFlagCompletionFunc("app", completeApps(&o.dir)))
	Must(cmd.RegisterFlagCompletionFunc("cluster", completeClusters(&o.dir)))
	return cmd
}

func (o imageRequestOptions) run(ctx context.Context, streams Streams) error {
	all, repository, err := o.subjects()
	if err != nil {
		return err
	}
	deps, err := o.deps(repository)
	if err != nil {
		return err
	}
	reports := make([]*imagerequest.Report, 0, len(all))
	var failed []error
	display := newStepDisplay(streams)
	for _, one := range all {
		step, began := progress.Step{Title: one.App + " on " + one.Cluster}, time.Now()
		display.show(step)
		report, err := imagerequest.Run(ctx, one, deps)
		if step.State = progress.Done; err != nil {
			step.State = progress.Failed
		}
		step.Elapsed, step.Detail = time.Since(began), string(report.Result)
		display.show(step)
		reports, failed = append(reports, report), append(failed, err)
	}
	display.close()
	return errors.Join(append([]error{o.print(streams, reports)}, failed...)...)
}

// subjects are the apps that image automation moves by pull requests.
func (o imageRequestOptions) subjects() ([]imagerequest.Options, config.Repository, error) {
	p, known, err := LoadDir(o.dir)
	if err != nil {
		return nil, config.Repository{}, err
	}
	if _, is := p.Spec.Apps[o.app]; o.app != "" && !is {
		return nil, config.Repository{}, usageError{fmt.Errorf("platform.yaml has no app %q: name one with --app", o.app)}
	}
	if o.cluster != "" {
		if err := checkCluster(o.cluster, clustersOf(p)); err != nil {
			return nil, config.Repository{}, err
		}
	}
	resolver := platform.NewResolver(p, known)
	var all []imagerequest.Options
	for _, name := range clustersOf(p) {
		if o.cluster != "" && name != o.cluster {
			continue
		}
		c, problems := resolver.Cluster(name)
		if err := problems.Err(); err != nil {
			return nil, config.Repository{}, err
		}
		for _, a := range c.Apps {
			if a.Automated && a.Config.Delivery.Via == config.ViaPullRequest && (o.app == "" || a.Name == o.app) {
				all = append(all, imagerequest.Options{App: a.Name, Cluster: name, Base: p.Spec.Repository.Branch, Merge: o.merge, DryRun: o.dryRun})
			}
		}
	}
	if len(all) == 0 && (o.app != "" || o.cluster != "") {
		return nil, config.Repository{}, usageError{errors.New("image automation moves no such app there by pull requests: platform.yaml says so with delivery: {automate: [CLUSTER], via: pullRequest}")}
	}
	return all, p.Spec.Repository, nil
}

func (o imageRequestOptions) deps(repository config.Repository) (imagerequest.Deps, error) {
	token, err := o.token()
	if err != nil {
		return imagerequest.Deps{}, err
	}
	remote, err := o.tokenRemote(repository, token)
	if err != nil {
		return imagerequest.Deps{}, err
	}
	f, err := forge.Open(forge.Options{Provider: repository.Provider, URL: repository.URL, Token: token.Current})
	return imagerequest.Deps{Repository: remote, Forge: f, Pause: pauseFor}, err
}

func (o imageRequestOptions) print(streams Streams, reports []*imagerequest.Report) error {
	if o.output == outputJSON {
		return PrintJSON(streams.Out, reports)
	}
	var text strings.Builder
	if len(reports) == 0 {
		text.WriteString("Nothing to request: no app in platform.yaml has delivery with via: pullRequest.\n")
	}
	for _, r := range reports {
		switch {
		case r.Result == imagerequest.Nothing:
			fmt.Fprintf(&text, "Nothing to request of %s on %s: %s.\n", r.App, r.Cluster, r.Why)
		case r.Result == imagerequest.DryRun:
			fmt.Fprintf(&text, "The request would be: %s on %s from %s to %s.\n", r.App, r.Cluster, r.Before, r.Image)
		case r.Request != nil:
			fmt.Fprintf(&text, "%s: %s on %s, %s\n", r.Result, r.App, r.Cluster, r.Request.URL)
			if r.Why != "" {
				fmt.Fprintf(&text, "  not merged yet: %s\n", strings.ReplaceAll(r.Why, "\n", "\n  "))
			}
		}
	}
	_, err := fmt.Fprint(streams.Out, text.String())
	return err
}
