package catalog

import (
	"fmt"
	"regexp"
	"slices"

	"go.yaml.in/yaml/v3"

	"github.com/groundwork-dev/groundwork/internal/catalog/chartkeys"
	"github.com/groundwork-dev/groundwork/internal/catalog/reference"
	"github.com/groundwork-dev/groundwork/internal/diag"
	"github.com/groundwork-dev/groundwork/internal/strictyaml"
)

// loadKeys reads which values the chart has and holds the component's own to
// them: those of its files, by name, and the defaults of its parameters.
func (f *folder) loadKeys(c *Component, values map[string]*reference.Template) {
	text, ok := f.read(KeysFile)
	if !ok {
		return
	}
	if len(text) > chartkeys.MaxBytes {
		f.report(KeysFile, fmt.Sprintf("is larger than %d KiB", chartkeys.MaxBytes>>10), "keep the keys of the chart's values alone in it")
		return
	}
	derive := "derive it anew: bootstrap charts vendor " + f.path()
	file, err := chartkeys.Parse(text)
	switch {
	case err != nil:
		f.report(KeysFile, err.Error(), derive)
		return
	case c.Chart == nil:
		f.report(KeysFile, "has the keys of a chart, but the component has none", "add spec.chart to component.yaml, or remove the file")
		return
	case file.Chart != c.Chart.Name || file.Version != c.Chart.Version:
		f.report(KeysFile, fmt.Sprintf("is about chart %s %s, and the component installs %s %s", file.Chart, file.Version, c.Chart.Name, c.Chart.Version), derive)
		return
	}
	c.chartKeys = file.Keys
	p := &c.parameters
	p.keys = map[string][]chartkeys.Keys{}
	for _, name := range []string{valuesFile, valuesHAFile} {
		if values[name] == nil {
			continue
		}
		for _, u := range file.Keys.Unknown(values[name].Root()) {
			at := diag.Position{File: f.path(name), Line: u.Key.Line, Column: u.Key.Column}
			f.problems = append(f.problems, noSuchValue(at, u, u.Path))
		}
		p.place(nil, values[name].Root(), file.Keys)
	}
	for name, param := range p.declared {
		if param.Default != nil {
			f.problems = append(f.problems, p.unknownKeys(name, p.small[name], f.document, "spec", "parameters", name, "default")...)
		}
		if param.DefaultHA != nil {
			f.problems = append(f.problems, p.unknownKeys(name, p.ha[name], f.document, "spec", "parameters", name, "defaultHA")...)
		}
	}
}

func noSuchValue(at diag.Position, u chartkeys.Unknown, path []string) diag.Problem {
	return diag.Problem{Position: at, Path: strictyaml.Dotted(path...), Message: "the chart has no such value", Hint: u.Hint}
}

// unknownKeys returns the keys of a parameter's value that the chart does not
// have where the values take it. The value stands at path.
func (p *parameters) unknownKeys(name string, value *yaml.Node, at strictyaml.Locator, path ...string) diag.Problems {
	var problems diag.Problems
	for _, keys := range p.keys[name] {
		for _, u := range keys.Unknown(value) {
			full := slices.Concat(path, u.Path)
			if problem := noSuchValue(at.KeyPosition(full...), u, full); !slices.Contains(problems, problem) {
				problems = append(problems, problem)
			}
		}
	}
	return problems
}

var wholeParameter = regexp.MustCompile(`^\{\{ *` + regexp.QuoteMeta(RefParameters) + `([a-zA-Z0-9]+) *\}\}$`)

// place notes what a chart expects where a parameter is a whole value.
func (p *parameters) place(path []string, n *yaml.Node, keys chartkeys.Keys) {
	switch n.Kind {
	case yaml.MappingNode:
		for i := 0; i+1 < len(n.Content); i += 2 {
			p.place(append(slices.Clone(path), n.Content[i].Value), n.Content[i+1], keys)
		}
	case yaml.ScalarNode:
		if m := wholeParameter.FindStringSubmatch(n.Value); m != nil {
			if below := keys.At(path...); len(below) > 0 {
				p.keys[m[1]] = append(p.keys[m[1]], below)
			}
		}
	}
}
