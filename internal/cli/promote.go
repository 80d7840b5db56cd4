package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/groundwork-dev/groundwork/internal/cli/progress"
	"github.com/groundwork-dev/groundwork/internal/config"
	"github.com/groundwork-dev/groundwork/internal/platform"
	"github.com/groundwork-dev/groundwork/internal/promote"
)

type promoteOptions struct {
	runOptions     // how the repository is reached, and as whom
	app, from, to  string
	key            string
	healthyFor     time.Duration
	wait           time.Duration
	check, revert  bool
	branch, commit string
	registry       registryFlags
}

func newPromoteCommand(streams Streams) *cobra.Command {
	var o promoteOptions
	cmd := &cobra.Command{
		Use:   "promote",
		Short: "Bring the image that one cluster runs to another, by a pull request",
		Long: `promote takes the image that --from runs to --to: one pull request for an app and a
cluster, from the branch promote/APP-TO, that changes the one line with the image and
carries the evidence: what changes in the rendered objects, digest and signature, the
difference of the bills of materials, how the app does in --from, and the commits.

It refuses, with the reason and what to do (exit 4): an image without a digest; one
that is not in the registry, whose tag was moved, that the key did not sign, or whose
bill of materials is missing or was exchanged; one that --from does not run, or not
healthy for as long as --healthy-for says. With nothing to promote it ends well.

A newer image supersedes what the request was about. Nothing is pushed by force, and
nothing is ever merged: that is for who may approve the request.

--check judges a branch instead, whoever made it, and sets the status
` + promote.StatusName + ` of its last commit, which a protected branch may require. A
branch that moves no image of another cluster than --from passes as no promotion; one
that brings back an image that the cluster had needs the registry's evidence alone.

--revert asks --to instead: where its last rollout failed, with the image that the
repository names, it says so at the request that brought the image, and opens one from
the branch revert/APP-TO that goes back to what the cluster still runs.

The cluster --from, with --revert --to, is reached by the kubeconfig. It has to read Deployments and pods in
the app's namespace, Flux's Kustomizations, and what tells that it is this cluster: the
namespace kube-system with its ConfigMap kube-root-ca.crt, and groundwork-identity in
flux-system. With a rollout, Canaries too. The token of the repository comes from
` + tokenVariable + `; it writes contents, pull requests and statuses.`,
		Example: `  bootstrap promote --app sampleapp --from dev --to prod --key cosign.pub --dry-run
  bootstrap promote --app sampleapp --from dev --to prod --key cosign.pub --context dev
  bootstrap promote --revert --app sampleapp --from dev --to prod --key cosign.pub --context prod
  bootstrap promote --check --branch promote/sampleapp-prod --from dev --key cosign.pub --output json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return o.run(cmd.Context(), streams) },
	}
	o.addFlags(cmd)
	return cmd
}

func (o *promoteOptions) addFlags(cmd *cobra.Command) {
	AddDirFlag(cmd, &o.dir)
	f := cmd.Flags()
	f.StringVar(&o.app, "app", defaultApp, "the app, as platform.yaml names it")
	f.StringVar(&o.from, "from", "", "cluster that runs the image")
	f.StringVar(&o.to, "to", "", "cluster that is to get it")
	f.StringVar(&o.key, "key", "", "file of the public key that images are signed with, or awskms:///…")
	f.DurationVar(&o.healthyFor, "healthy-for", 10*time.Minute, "how long the app must have been healthy in --from")
	f.DurationVar(&o.wait, "wait", 0, "how long to wait for that, where nothing else is missing")
	f.BoolVar(&o.revert, "revert", false, "take a rollout back that failed in --to, by a pull request")
	f.BoolVar(&o.check, "check", false, "judge a branch, and set its last commit's status "+promote.StatusName)
	f.StringVar(&o.branch, "branch", "", "with --check: the branch (default that of --app and --to)")
	f.StringVar(&o.commit, "commit", "", "with --check: the commit that the branch must be at")
	f.BoolVar(&o.dryRun, "dry-run", false, "change nothing; print the verdict and the evidence")
	f.StringVar(&o.kubeconfig, "kubeconfig", "", "kubeconfig file for --from; as kubectl finds it by default")
	f.StringVar(&o.context, "context", "", "context of the kubeconfig; its current one by default")
	o.addRepositoryFlags(cmd)
	o.addAuthorFlags(cmd)
	f.StringVar(&o.registry.username, "registry-username", "", "the registry's user; AWS for ECR")
	f.BoolVar(&o.registry.stdin, "registry-password-stdin", false, "read the registry's password or token from standard input")
	cmd.MarkFlagsRequiredTogether("registry-username", "registry-password-stdin")
	addOutputFlag(cmd, &o.output)
	cmd.MarkFlagsMutuallyExclusive("revert", "check")
	Must(cmd.MarkFlagRequired("from"))
	Must(cmd.MarkFlagRequired("key"))
	for _, name := range []string{"from", "to"} {
		Must(cmd.RegisterFlagCompletionFunc(name, completeClusters(&o.dir)))
	}
	Must(cmd.RegisterFlagCompletionFunc("app", completeApps(&o.dir)))
}

func completeApps(dir *string) cobra.CompletionFunc {
	return func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		p, _, err := LoadDir(*dir)
		if err != nil {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return slices.Sorted(maps.Keys(p.Spec.Apps)), cobra.ShellCompDirectiveNoFileComp
	}
}

func (o promoteOptions) run(ctx context.Context, streams Streams) error {
	if !o.check && (o.to == "" || o.branch != "" || o.commit != "") {
		return usageError{errors.New("name the cluster with --to; --branch and --commit go with --check")}
	}
	subjects, repository, err := o.subjects()
	if err != nil {
		return err
	}
	var one promote.Options
	if o.to != "" {
		if one, err = o.subject(subjects); err != nil {
			return err
		}
	}
	if o.check && o.branch == "" && o.to == "" {
		return usageError{errors.New("name the branch to check with --branch, or the promotion with --app and --to")}
	}
	deps, err := o.deps(ctx, streams, repository)
	if err != nil {
		return err
	}
	display := newStepDisplay(streams)
	began := map[string]time.Time{}
	tell := func(e promote.Event) { display.show(promoteStep(e, began)) }
	if o.check {
		branch := cmp.Or(o.branch, promote.Branch(o.app, o.to))
		checked, err := promote.Check(ctx, branch, o.commit, subjects, deps, tell)
		display.close()
		if none, ok := errors.AsType[*promote.NoBranchError](err); ok && o.branch == "" {
			fmt.Fprintf(streams.Err, "There is nothing to check: %v.\n", none)
			return nil
		}
		return errors.Join(o.printChecked(streams, checked), err)
	}
	if o.revert {
		reverted, err := promote.Revert(ctx, one, deps, tell)
		display.close()
		return errors.Join(o.printReverted(streams, reverted), err)
	}
	report, err := promote.Run(ctx, one, deps, tell)
	display.close()
	return errors.Join(o.printPromoted(streams, report), err)
}

func promoteStep(e promote.Event, began map[string]time.Time) progress.Step {
	s := progress.Step{Title: e.Title, Detail: e.Detail}
	if !e.Ended {
		began[e.Title] = time.Now()
		return s
	}
	s.State, s.Elapsed = progress.Done, time.Since(began[e.Title])
	if e.Err != nil {
		s.State = progress.Failed
	}
	return s
}

// subjects are all promotions from a cluster that there may be: of every app to
// every other cluster where nothing moves it by itself.
func (o promoteOptions) subjects() ([]promote.Options, config.Repository, error) {
	p, known, err := LoadDir(o.dir)
	if err != nil {
		return nil, config.Repository{}, err
	}
	if err := checkCluster(o.from, clustersOf(p)); err != nil {
		return nil, config.Repository{}, err
	}
	resolver := platform.NewResolver(p, known)
	source, problems := resolver.Cluster(o.from)
	if err := problems.Err(); err != nil {
		return nil, config.Repository{}, err
	}
	var all []promote.Options
	for _, name := range clustersOf(p) {
		if name == o.from {
			continue
		}
		c, problems := resolver.Cluster(name)
		if err := problems.Err(); err != nil {
			return nil, config.Repository{}, err
		}
		for _, a := range c.Apps {
			at := slices.IndexFunc(source.Apps, func(b platform.App) bool { return a.Name == b.Name })
			if at < 0 || a.Automated {
				continue
			}
			s := promote.Options{
				App: a.Name, From: o.from, To: name, Base: p.Spec.Repository.Branch,
				HealthyFor: o.healthyFor, Wait: o.wait, DryRun: o.dryRun,
			}
			asked := source.Apps[at]
			if o.revert {
				asked = a
			}
			if s.Namespace = asked.Namespace; asked.Rollout != nil {
				s.RolloutGroup = asked.Rollout.Group
			}
			all = append(all, s)
		}
	}
	return all, p.Spec.Repository, nil
}

// subject is the one that the flags name.
func (o promoteOptions) subject(all []promote.Options) (promote.Options, error) {
	for _, s := range all {
		if s.App == o.app && s.To == o.to {
			return s, nil
		}
	}
	p, _, err := LoadDir(o.dir)
	if err == nil {
		err = checkCluster(o.to, clustersOf(p))
	}
	switch {
	case err != nil:
		return promote.Options{}, err
	case o.from == o.to:
		return promote.Options{}, usageError{errors.New("--from and --to are the same cluster")}
	case p.Spec.Apps[o.app].Image == "":
		return promote.Options{}, usageError{fmt.Errorf("platform.yaml has no app %q: name one with --app", o.app)}
	}
	return promote.Options{}, usageError{fmt.Errorf("the app %s is not on both %s and %s, or image automation moves it on %s", o.app, o.from, o.to, o.to)}
}

func (o promoteOptions) printPromoted(streams Streams, r *promote.Report) error {
	if r == nil {
		return nil
	}
	if o.output == outputJSON {
		return PrintJSON(streams.Out, r)
	}
	text := r.Evidence.Text()
	switch r.Result {
	case promote.Nothing:
		text = fmt.Sprintf("Nothing to promote: %s has %s already, as %s does.\n", r.To, r.Evidence.Image, r.From)
	case promote.DryRun:
		text += "\nThe request would be:\n\n" + r.Body
	case promote.Opened, promote.Updated:
		if r.Request != nil {
			text += fmt.Sprintf("%s %s\n", r.Result, r.Request.URL)
		}
	}
	_, err := fmt.Fprint(streams.Out, text)
	return err
}

// asked is the cluster whose API is asked.
func (o promoteOptions) asked() string {
	if o.revert {
		return o.to
	}
	return o.from
}

func (o promoteOptions) printReverted(streams Streams, r *promote.Reverted) error {
	if o.output == outputJSON {
		return PrintJSON(streams.Out, r)
	}
	var text string
	switch r.Result {
	case promote.Nothing:
		text = fmt.Sprintf("Nothing to take back: %s.\n", strings.Join(r.Why, "; "))
	case promote.DryRun:
		text = fmt.Sprintf("The rollout failed: %s.\nThe request would go back to %s.\n  %s\n", r.Image, r.Back, strings.Join(r.Why, "\n  "))
	case promote.Opened, promote.Updated:
		text = fmt.Sprintf("The rollout failed: %s.\nback to %s: %s %s\n", r.Image, r.Back, r.Result, r.Request.URL)
		if r.Promotion != nil {
			text += fmt.Sprintf("told %s\n", r.Promotion.URL)
		}
	}
	_, err := fmt.Fprint(streams.Out, text)
	return err
}

func (o promoteOptions) printChecked(streams Streams, c *promote.Checked) error {
	if c == nil {
		return nil
	}
	if o.output == outputJSON {
		return PrintJSON(streams.Out, c)
	}
	_, err := fmt.Fprintf(streams.Out, "%s%s at %s: %s\n", c.Evidence.Text(), c.Branch, c.Commit, c.Status)
	return err
}
