package prove

import (
	"bytes"
	"fmt"
	"strings"
	"unicode"

	"github.com/groundwork-dev/groundwork/internal/catalog"
	"github.com/groundwork-dev/groundwork/internal/chartarchive"
	"github.com/groundwork-dev/groundwork/internal/chartvendor"
	"github.com/groundwork-dev/groundwork/internal/cli"
)

// vendorReport is what vendor prints.
type vendorReport struct {
	Component string `json:"component"`
	Chart     string `json:"chart"`
	Version   string `json:"version"`
	// Files differ from what the chart says.
	Files []fileChange `json:"files"`
	chartvendor.Changes
	Notes chartvendor.Notes `json:"notes,omitempty"`
}

type fileChange struct {
	// Change is A, M or D, as Git has it.
	Change string `json:"change"`
	Path   string `json:"path"`
}

func (f *componentFolder) report(chart *chartarchive.Chart, was, now *vendored) *vendorReport {
	r := &vendorReport{Component: f.path(), Chart: chart.Name, Version: chart.Version, Files: []fileChange{}}
	for _, name := range []string{catalog.KeysFile, catalog.CRDsFile} {
		before, after := was.files[name], now.files[name]
		change := "M"
		switch {
		case bytes.Equal(before, after):
			continue
		case before == nil:
			change = "A"
		case after == nil:
			change = "D"
		}
		r.Files = append(r.Files, fileChange{Change: change, Path: f.path(name)})
	}
	r.compareKeys(was, now)
	r.CompareCRDs(was.crds, now.crds)
	return r
}

// compareKeys lists nothing where there were no keys: all of them are new.
func (r *vendorReport) compareKeys(was, now *vendored) {
	if was.keys != nil && now.keys != nil {
		r.CompareKeys(was.keys.Keys, now.keys.Keys)
	}
}

func (o vendorOptions) printVendored(streams cli.Streams, r *vendorReport) error {
	if o.output == outputJSON {
		return cli.PrintJSON(streams.Out, r)
	}
	for _, note := range r.Notes {
		fmt.Fprintln(streams.Err, "Note: "+printable(note))
	}
	var b strings.Builder
	for _, f := range r.Files {
		fmt.Fprintf(&b, "%s %s\n", f.Change, f.Path)
	}
	for _, list := range []struct {
		mark, what, more string
		names            []string
	}{
		{"+", "value", "", r.AddedKeys},
		{"-", "value", "", r.RemovedKeys},
		{"~", "value", " may hold anything now", r.OpenedKeys},
		{"~", "value", " has keys of its own now", r.ClosedKeys},
		{"+", "CRD", "", r.AddedCRDs},
		{"-", "CRD", "", r.RemovedCRDs},
		{"~", "CRD", "", r.ChangedCRDs},
	} {
		for _, name := range list.names {
			fmt.Fprintf(&b, "%s %s %s%s\n", list.mark, list.what, name, list.more)
		}
	}
	_, err := fmt.Fprint(streams.Out, printable(b.String()))
	return err
}

// printable keeps what a chart calls its values from moving the cursor.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) || r == '\n' {
			return r
		}
		return unicode.ReplacementChar
	}, s)
}
