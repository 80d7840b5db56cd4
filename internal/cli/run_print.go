package cli

import (
	"fmt"
	"io"
	"path"
	"strings"
	"time"

	"github.com/groundwork-dev/groundwork/internal/bootstrap"
	"github.com/groundwork-dev/groundwork/internal/cli/progress"
)

// runDisplay shows a run's events, and aside of them what a person has to do.
type runDisplay struct{ *stepDisplay }

func newRunDisplay(streams Streams) runDisplay { return runDisplay{newStepDisplay(streams)} }

func (d runDisplay) show(e bootstrap.Event) {
	d.stepDisplay.show(runStep(e))
	if e.Notice == "" {
		return
	}
	_ = d.aside(func() error {
		_, err := fmt.Fprintf(d.streams.Err, "\nTo do: %s\n\n", e.Notice)
		return err
	})
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
		return PrintJSON(streams.Out, report)
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
