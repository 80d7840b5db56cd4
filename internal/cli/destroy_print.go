package cli

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/groundwork-dev/groundwork/internal/destroy"
)

// print prints the receipt, or what a dry run found.
func (o destroyOptions) print(streams Streams, r *destroy.Report, failed error) error {
	if o.output == outputJSON {
		return PrintJSON(streams.Out, r)
	}
	var text string
	switch {
	case r.DryRun && failed == nil:
		text = lossText(r) + keptText(r) + stepsText(r)
	case failed == nil:
		text = fmt.Sprintf("Cluster %s is destroyed. Left in AWS by its tag: nothing.\n", r.Cluster) + keptText(r)
	case len(r.Left) > 0:
		text = keptText(r) // what is left is in the error
	}
	for _, n := range r.NextSteps {
		text += "Next: " + n + "\n"
	}
	_, err := io.WriteString(streams.Out, text)
	return err
}

// lossText names what will be lost.
func lossText(r *destroy.Report) string {
	var b strings.Builder
	l := r.Losses
	if l.None() {
		return fmt.Sprintf("Nothing is left of cluster %s.\n", r.Cluster)
	}
	fmt.Fprintf(&b, "Lost with cluster %s:\n", r.Cluster)
	if l.Kubernetes+l.Platform > 0 {
		fmt.Fprintf(&b, "  %s of terraform/k8s/%s\n", Plural(l.Kubernetes, "resource"), r.Cluster)
		fmt.Fprintf(&b, "  %s of terraform/platform/%s\n", Plural(l.Platform-l.Forgotten, "resource"), r.Cluster)
	}
	if l.Known {
		fmt.Fprintf(&b, "  %s\n", Plural(l.Nodes, "node"))
		list(&b, "namespace of apps", "namespaces of apps", l.Namespaces)
		volumes := make([]string, len(l.Volumes))
		for i, v := range l.Volumes {
			claim := v.Claim
			if claim == "" {
				claim = "nobody's " + v.Name
			}
			volumes[i] = claim + ", " + v.Size
			if v.Policy == "Retain" {
				volumes[i] += ", although it is to be retained"
			}
		}
		list(&b, "volume", "volumes", volumes)
		list(&b, "load balancer", "load balancers", l.LoadBalancers)
	} else if l.Kubernetes > 0 {
		b.WriteString("  its nodes, namespaces, volumes and load balancers: the cluster was not asked which\n")
	}
	for _, left := range l.Left {
		fmt.Fprintf(&b, "  %s\n", left)
	}
	return b.String()
}

func list(b *strings.Builder, one, many string, names []string) {
	noun := many
	if len(names) == 1 {
		noun = one
	}
	fmt.Fprintf(b, "  %d %s\n", len(names), noun)
	for _, n := range names {
		fmt.Fprintf(b, "    %s\n", n)
	}
}

// keptText names what stays on purpose, and how to remove it: how buckets and
// keys are is said once.
func keptText(r *destroy.Report) string {
	var b strings.Builder
	b.WriteString("Kept on purpose:\n")
	for _, k := range r.Kept {
		fmt.Fprintf(&b, "  %s %s: %s\n", k.Kind, k.Name, k.Why)
		if k.Kind == keptBucket || k.Kind == keptKey {
			continue
		}
		for _, command := range k.Remove {
			fmt.Fprintf(&b, "    %s\n", command)
		}
	}
	for _, way := range []struct{ kind, set, title string }{
		{keptBucket, "B=the-name", "To remove a bucket, with every version of what is in it:"},
		{keptKey, "K=alias/the-name", "To remove a key, which makes what it has encrypted unreadable for good:"},
	} {
		if !slices.ContainsFunc(r.Kept, func(k destroy.Kept) bool { return k.Kind == way.kind }) {
			continue
		}
		fmt.Fprintf(&b, "%s\n    %s\n", way.title, way.set)
		for _, command := range removal(way.kind, "$"+way.set[:1]) {
			fmt.Fprintf(&b, "    %s\n", command)
		}
	}
	return b.String()
}

// stepsText lists what a run would do.
func stepsText(r *destroy.Report) string {
	var b strings.Builder
	b.WriteString("Would do:\n")
	for _, s := range r.Steps {
		switch s.State {
		case destroy.Planned:
			fmt.Fprintf(&b, "  %s\n", s.Title)
		case destroy.Skipped:
			if s.Step != "connect" && s.Step != "losses" {
				fmt.Fprintf(&b, "  (not: %s: %s)\n", s.Title, s.Detail)
			}
		}
	}
	return b.String()
}
