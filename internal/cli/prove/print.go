package prove

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/groundwork-dev/groundwork/internal/cli"
	"github.com/groundwork-dev/groundwork/internal/validate"
)

// How a report is printed.
const (
	outputText   = "text"
	outputJSON   = "json"
	outputSARIF  = "sarif"
	outputGitHub = "github"
)

// print prints a report, and is an error where the report has errors.
func (o validateOptions) print(streams cli.Streams, r *validate.Report, took time.Duration, kept bool) error {
	var err error
	switch o.output {
	case outputJSON:
		err = cli.PrintJSON(streams.Out, r)
	case outputSARIF:
		err = printSARIF(streams.Out, r)
	case outputGitHub:
		err = printGitHub(streams.Out, r)
	default:
		err = o.printText(streams.Out, r)
	}
	if streams.Terminal {
		how := ""
		if kept {
			how = ", nothing has changed since the last time"
		}
		fmt.Fprintf(streams.Err, "%.2f s%s\n", took.Seconds(), how)
	}
	if err == nil && r.Errors() > 0 {
		err = cli.FoundError{Errors: r.Errors()}
	}
	return err
}

func (o validateOptions) printText(w io.Writer, r *validate.Report) error {
	var b strings.Builder
	for _, f := range r.Findings {
		mark := ""
		if f.Severity == validate.Warning {
			mark = "warning: "
		}
		fmt.Fprintf(&b, "%s%s [%s]\n", mark, f.Problem, name(f))
	}
	if o.gaps {
		for _, g := range r.Gaps {
			fmt.Fprintf(&b, "not checked: %s: %s\n", g.At, g.Reason)
		}
	} else if n := len(r.Gaps); n > 0 {
		fmt.Fprintf(&b, "not checked, or taken for granted: %d things (--gaps lists them)\n", n)
	}
	for _, c := range r.Clusters {
		fmt.Fprintf(&b, "%s: %s\n", c.Entry, summary(c))
		if o.waves {
			start := c.ColdStart
			start.Assumptions, start.Warnings, start.Deadlocks = nil, nil, nil // said above
			b.WriteString(start.Text())
		}
	}
	verdict := "nothing is wrong"
	if n := len(r.Findings); n > 0 {
		verdict = cli.Plural(r.Errors(), "error") + ", " + cli.Plural(n-r.Errors(), "warning")
	}
	fmt.Fprintln(&b, verdict)
	_, err := io.WriteString(w, b.String())
	return err
}

// name is what a finding is called: its check, and the check's rule.
func name(f validate.Finding) string {
	if f.Rule == "" {
		return string(f.Check)
	}
	return string(f.Check) + "/" + f.Rule
}

// summary says how much of a cluster was looked at.
func summary(c validate.Cluster) string {
	s := fmt.Sprintf("%d Kustomizations, %d objects", c.Kustomizations, c.Objects)
	if c.Releases > 0 {
		s += fmt.Sprintf(", %d charts", c.Releases)
	}
	if c.Rendered > 0 {
		s += fmt.Sprintf(", %d rendered", c.Rendered)
	}
	if c.KnownValues > 0 {
		s += fmt.Sprintf(", %d not at hand whose values' keys are known", c.KnownValues)
	}
	if c.Accepted > 0 {
		s += fmt.Sprintf(", %d faults accepted with a reason", c.Accepted)
	}
	if steps := len(c.ColdStart.Steps); steps > 0 {
		s += ", a cold start in " + cli.Plural(len(c.ColdStart.Waves), "wave")
	}
	return s
}

// printGitHub prints a report as the commands that make annotations of a pull
// request (docs.github.com, "Workflow commands for GitHub Actions").
func printGitHub(w io.Writer, r *validate.Report) error {
	property := strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C")
	data := strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A")
	var b strings.Builder
	for _, f := range r.Findings {
		p := f.Problem
		p.Position.File, p.Position.Line = "", 0
		place := "file=" + property.Replace(f.File)
		if f.Line > 0 {
			place += fmt.Sprintf(",line=%d", f.Line)
		}
		if f.Column > 0 {
			place += fmt.Sprintf(",col=%d", f.Column)
		}
		fmt.Fprintf(&b, "::%s %s,title=%s::%s\n", f.Severity, place, property.Replace("bootstrap validate: "+name(f)), data.Replace(p.String()))
	}
	_, err := io.WriteString(w, b.String())
	return err
}
