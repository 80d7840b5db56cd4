package cli

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"

	"github.com/groundwork-dev/groundwork/internal/aws"
	"github.com/groundwork-dev/groundwork/internal/awsname"
	"github.com/groundwork-dev/groundwork/internal/catalog"
	"github.com/groundwork-dev/groundwork/internal/cli/progress"
	"github.com/groundwork-dev/groundwork/internal/clusterfacts"
	"github.com/groundwork-dev/groundwork/internal/clusterfolder"
	"github.com/groundwork-dev/groundwork/internal/clusterspec"
	"github.com/groundwork-dev/groundwork/internal/clusterstate"
	"github.com/groundwork-dev/groundwork/internal/clusterup"
	"github.com/groundwork-dev/groundwork/internal/compile"
	"github.com/groundwork-dev/groundwork/internal/config"
	"github.com/groundwork-dev/groundwork/internal/cost"
	"github.com/groundwork-dev/groundwork/internal/stackplan"
	"github.com/groundwork-dev/groundwork/internal/terraform"
	"github.com/groundwork-dev/groundwork/internal/tree"
)

// buildable is a cluster whose Terraform may be planned and applied: its files
// are what they are made from, its facts are real, and the credentials are those
// of its account.
type buildable struct {
	platform  *config.Platform
	catalog   *catalog.Catalog
	request   *clusterspec.Request
	terraform terraform.Program
}

// buildable refuses what nothing can be built of, before anything is asked of
// Terraform.
func (o clusterChoice) buildable(ctx context.Context) (*buildable, error) {
	p, c, err := LoadDir(o.dir)
	if err != nil {
		return nil, err
	}
	if err := checkCluster(o.cluster, clustersOf(p)); err != nil {
		return nil, err
	}
	b := &buildable{platform: p, catalog: c}
	if b.request, err = clusterRequest(p, c, o.cluster); err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(o.dir)
	if err != nil {
		return nil, fmt.Errorf("opening the repository's folder: %w", err)
	}
	defer root.Close()
	if err := o.current(root.FS(), p, c); err != nil {
		return nil, err
	}
	if b.terraform, err = terraform.Find(ctx); err != nil {
		return nil, err
	}
	return b, o.hasState(ctx, p)
}

// current refuses files that are not what they would be generated and rendered
// as, and those that were rendered by examples.
func (o clusterChoice) current(repository fs.FS, p *config.Platform, c *catalog.Catalog) error {
	if !clusterfolder.Rendered(repository, o.cluster) {
		return refused(clusterfolder.Dir(o.cluster)+" was never rendered", "run 'bootstrap cluster render --cluster "+o.cluster+"', read the result and commit it")
	}
	facts, err := clusterfacts.Load(repository, o.cluster)
	if err != nil {
		return err
	}
	if n := facts.Examples(); n > 0 {
		return refused(fmt.Sprintf("%s of cluster %s in %s are examples, of which nothing can be built", Plural(n, "fact"), o.cluster, clusterfacts.Path(o.cluster)),
			"record real ones with 'bootstrap cluster facts --cluster "+o.cluster+" --refresh', and render the cluster again")
	}
	want, _, err := compile.Compile(p, c)
	if err != nil {
		return err
	}
	changes, err := tree.Compare(want, repository)
	if err != nil {
		return fmt.Errorf("comparing with the files in %s: %w", o.dir, err)
	}
	if !changes.Empty() {
		return driftError{changes.Len()}
	}
	found, err := renderDriftOf(repository, p, c, o.cluster)
	if err != nil {
		return err
	}
	if len(found) > 0 {
		return fmt.Errorf("%s: %w", strings.Join(found, "; "), renderDriftError{[]string{o.cluster}})
	}
	return nil
}

// hasState refuses credentials of another account, and an account that has no
// place for Terraform's state yet.
func (o clusterChoice) hasState(ctx context.Context, p *config.Platform) error {
	account, region := p.Spec.AWS.AccountID, p.Spec.AWS.Region
	state, err := aws.OpenState(ctx, region)
	if err != nil {
		return err
	}
	missing, err := clusterstate.Ensure(ctx, state, account, awsname.Partition(region), []clusterstate.Bucket{clusterstate.OfPlatform(p.Metadata.Name, account)}, true)
	if err != nil {
		return err
	}
	for _, change := range missing {
		if change.Made {
			return refused(fmt.Sprintf("the %s %s, where Terraform keeps its state, is not there", change.Kind, change.Name), "make it with 'bootstrap cluster state'")
		}
	}
	return nil
}

// stacks opens a stack by its folder in the repository.
func (o clusterChoice) stacks(b *buildable) func(folder string) (clusterup.Stack, error) {
	return func(folder string) (clusterup.Stack, error) { return b.terraform.Open(o.dir, folder) }
}

// upStep shows an event of a cluster's making.
func upStep(e clusterup.Event) progress.Step {
	states := map[clusterup.State]progress.State{clusterup.Done: progress.Done, clusterup.Skipped: progress.Skipped, clusterup.Failed: progress.Failed}
	step := progress.Step{Title: e.Title, State: states[e.State], Detail: e.Detail, Elapsed: e.Took}
	for _, item := range e.Waiting {
		step.Waiting = append(step.Waiting, progress.Item{Name: item.Name, Status: item.Status})
	}
	return step
}

// costs estimates what a plan changes of what a stack costs; the error names a
// region without prices.
func (b *buildable) costs(plan *stackplan.Plan) (cost.Difference, error) {
	prices, err := cost.List()
	if err != nil {
		return cost.Difference{}, err
	}
	return cost.OfPlan(prices, b.platform.Spec.AWS.Region, plan)
}

// printPlan tells what a plan would do and what that costs.
func (b *buildable) printPlan(w io.Writer, folder string, plan *stackplan.Plan) error {
	if err := printChanges(w, folder, plan); err != nil || plan.Empty() {
		return err
	}
	difference, err := b.costs(plan)
	if err != nil {
		_, err = fmt.Fprintf(w, "cost: not estimated, %v\n", err)
		return err
	}
	return difference.Text(w)
}

// printChanges writes a line for each resource that is there and would not stay
// as it is, and one for each type of those that would be made.
func printChanges(w io.Writer, folder string, plan *stackplan.Plan) error {
	if _, err := fmt.Fprintf(w, "%s: %s\n", folder, plan.Summary()); err != nil {
		return err
	}
	marks := map[stackplan.Action]string{stackplan.Update: "~", stackplan.Replace: "±", stackplan.Delete: "-", stackplan.Forget: "."}
	var types []string
	made := map[string]int{}
	for _, change := range plan.Changes {
		if change.Action != stackplan.Create {
			if _, err := fmt.Fprintf(w, "  %s %s %s\n", marks[change.Action], change.Action, change.Address); err != nil {
				return err
			}
			continue
		}
		kind, _, _ := strings.Cut(change.Address, ".")
		if made[kind]++; made[kind] == 1 {
			types = append(types, kind)
		}
	}
	for _, kind := range types {
		if _, err := fmt.Fprintf(w, "  + %d × %s\n", made[kind], kind); err != nil {
			return err
		}
	}
	return nil
}

// answer asks a question that wants a word, and reports whether it was that one.
func answer(ctx context.Context, streams Streams, question, want string) (bool, error) {
	fmt.Fprintf(streams.Err, "%s Type %s to go on: ", question, want)
	lines := make(chan string, 1)
	go func() {
		line, _ := bufio.NewReader(streams.In).ReadString('\n')
		lines <- line
	}()
	select {
	case <-ctx.Done():
		fmt.Fprintln(streams.Err)
		return false, context.Cause(ctx)
	case line := <-lines:
		return strings.TrimSpace(line) == want, nil
	}
}
