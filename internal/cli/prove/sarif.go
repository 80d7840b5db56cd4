package prove

import (
	"io"

	"github.com/owenrumney/go-sarif/v3/pkg/report"
	"github.com/owenrumney/go-sarif/v3/pkg/report/v210/sarif"

	"github.com/groundwork-dev/groundwork/internal/cli"
	"github.com/groundwork-dev/groundwork/internal/validate"
)

// printSARIF prints a report as SARIF 2.1.0, which code hosts show beside the
// lines.
func printSARIF(w io.Writer, r *validate.Report) error {
	run := sarif.NewRunWithInformationURI("bootstrap validate", "https://github.com/groundwork-dev/groundwork/blob/main/docs/validate.md")
	run.Tool.Driver.WithVersion(cli.Version())
	for _, c := range validate.Checks() {
		run.AddRule(string(c.Name)).WithDescription(c.Description)
	}
	for _, f := range r.Findings {
		place := sarif.NewPhysicalLocation().WithArtifactLocation(sarif.NewSimpleArtifactLocation(f.File))
		if f.Line > 0 {
			place.WithRegion(sarif.NewRegion().WithStartLine(f.Line).WithStartColumn(max(f.Column, 1)))
		}
		p := f.Problem
		p.Position.File, p.Position.Line = "", 0
		run.CreateResultForRule(string(f.Check)).
			WithLevel(string(f.Severity)).
			WithMessage(sarif.NewTextMessage(p.String())).
			AddLocation(sarif.NewLocationWithPhysicalLocation(place))
	}
	out := report.NewV210Report()
	out.AddRun(run)
	return out.PrettyWrite(w)
}
