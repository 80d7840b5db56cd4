// Package chartvendor derives from a chart what a component keeps of it, so that
// checks need no chart: the keys of its values and its CRDs, compact, and the same
// bytes every time.
package chartvendor

import (
	"errors"
	"fmt"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/groundwork-dev/groundwork/internal/catalog/chartkeys"
	"github.com/groundwork-dev/groundwork/internal/chartarchive"
)

// What a chart with its subcharts may be. One that names a subchart many times is
// read as many times.
const (
	maxCharts    = 200
	maxMetadata  = 128 << 10 // of one chart, in bytes
	maxValues    = 4 << 20   // of all, in bytes
	maxTemplates = 64 << 20  // of all, in bytes
	maxNamed     = 20_000    // values that only templates name
)

// Notes are what a person may want to know of keys.
type Notes []string

// Keys derives the keys of a chart's values, its subcharts' below their names, and
// those that only its templates name. What a person found out before, also and
// open, counts too: see chartkeys.File. It returns nil where the chart has no
// values.
func Keys(c *chartarchive.Chart, also, open []string) (*chartkeys.File, Notes, error) {
	d := deriver{charts: maxCharts, values: maxValues, templates: maxTemplates, named: maxNamed}
	keys, err := d.keys(group(c.Files))
	if err != nil {
		return nil, nil, fmt.Errorf("deriving the keys of chart %s: %w", c, err)
	}
	file := &chartkeys.File{Chart: c.Name, Version: c.Version, Also: sorted(also), Open: sorted(open), Keys: keys}
	for _, name := range file.Also {
		where, err := chartkeys.Path(name)
		if err != nil {
			return nil, nil, err
		}
		keys.Name(where...)
	}
	for _, name := range file.Open {
		where, err := chartkeys.Path(name)
		if err != nil {
			return nil, nil, err
		}
		if !keys.Open(where...) {
			return nil, nil, fmt.Errorf("chart %s has no value %s that could hold anything", c, name)
		}
	}
	if len(keys) == 0 {
		return nil, append(d.notes, "the chart has no values: nothing is held to them"), nil
	}
	return file, d.notes, nil
}

func sorted(paths []string) []string { return slices.Compact(slices.Sorted(slices.Values(paths))) }

// part is a chart, the one that is looked at or one in its charts/.
type part struct {
	metadata, requirements, values []byte
	templates                      []chartarchive.File
	parts                          map[string]*part // by folder
}

// group sorts files to the charts that they are of.
func group(files []chartarchive.File) *part {
	top := &part{parts: map[string]*part{}}
	for _, f := range files {
		in, name := top, f.Name
		for {
			below, ok := strings.CutPrefix(name, "charts/")
			folder, rest, deep := strings.Cut(below, "/")
			if !ok || !deep {
				break
			}
			if in.parts[folder] == nil {
				in.parts[folder] = &part{parts: map[string]*part{}}
			}
			in, name = in.parts[folder], rest
		}
		switch {
		case name == "Chart.yaml":
			in.metadata = f.Data
		case name == "requirements.yaml": // of charts with apiVersion v1
			in.requirements = f.Data
		case name == "values.yaml":
			in.values = f.Data
		case strings.HasPrefix(name, "templates/"):
			in.templates = append(in.templates, chartarchive.File{Name: name, Data: f.Data})
		}
	}
	return top
}

// library says that a chart has named templates alone, which are called with the
// values of the chart that it is in.
func (p *part) library() bool {
	return len(p.templates) > 0 && !slices.ContainsFunc(p.templates, func(f chartarchive.File) bool {
		return !strings.HasPrefix(path.Base(f.Name), "_")
	})
}

// metadata is what is read of Chart.yaml (helm.sh/docs/topics/charts).
type metadata struct {
	Name         string       `yaml:"name"`
	Dependencies []dependency `yaml:"dependencies"`
}

type dependency struct {
	Name string `yaml:"name"`
	// Alias is below what its values stand, its name where it is empty.
	Alias string `yaml:"alias"`
	// Condition names values that switch it, parted by commas.
	Condition string   `yaml:"condition"`
	Tags      []string `yaml:"tags"`
}

func (p *part) read() (*metadata, error) {
	if len(p.metadata) == 0 {
		return nil, errors.New("a subchart has no Chart.yaml")
	}
	if len(p.metadata) > maxMetadata || len(p.requirements) > maxMetadata {
		return nil, fmt.Errorf("a Chart.yaml or requirements.yaml is larger than %d KiB", maxMetadata>>10)
	}
	var m metadata
	for _, text := range [][]byte{p.metadata, p.requirements} {
		if err := yaml.Unmarshal(text, &m); err != nil {
			return nil, fmt.Errorf("reading Chart.yaml or requirements.yaml: %w", err)
		}
	}
	if m.Name == "" {
		return nil, errors.New("a Chart.yaml has no name")
	}
	return &m, nil
}

// deriver is what is left of the limits, and what was noticed.
type deriver struct {
	charts, values, templates, named int
	notes                            Notes
}

// spend takes an amount from what is left.
func spend(left *int, amount int, of string) error {
	if *left -= amount; *left < 0 {
		return fmt.Errorf("it has too many %s", of)
	}
	return nil
}

func (d *deriver) keys(p *part) (chartkeys.Keys, error) {
	meta, err := p.read()
	if err := errors.Join(err, spend(&d.charts, 1, "subcharts"), spend(&d.values, len(p.values), "values")); err != nil {
		return nil, err
	}
	keys, err := chartkeys.Derive(p.values)
	if err != nil {
		return nil, fmt.Errorf("values.yaml of %s: %w", meta.Name, err)
	}
	packed, err := p.byName()
	if err != nil {
		return nil, err
	}
	declared := map[string]bool{}
	for _, dep := range meta.Dependencies {
		declared[dep.Name] = true
		if err := d.depend(keys, dep, packed[dep.Name]); err != nil {
			return nil, err
		}
	}
	for _, name := range slices.Sorted(maps.Keys(packed)) {
		if declared[name] {
			continue
		}
		if err := d.depend(keys, dependency{Name: name}, packed[name]); err != nil {
			return nil, err
		}
	}
	return keys, d.name(keys, p)
}

// byName returns the charts in a chart by the names that they have themselves.
func (p *part) byName() (map[string]*part, error) {
	named := map[string]*part{}
	for _, folder := range slices.Sorted(maps.Keys(p.parts)) {
		sub := p.parts[folder]
		if len(sub.metadata) == 0 {
			continue // a folder that is no chart
		}
		meta, err := sub.read()
		if err != nil {
			return nil, err
		}
		named[meta.Name] = sub
	}
	return named, nil
}

// depend adds what a subchart reads; nil where it is not in the chart.
func (d *deriver) depend(keys chartkeys.Keys, dep dependency, sub *part) error {
	name := dep.Name
	if dep.Alias != "" {
		name = dep.Alias
	}
	if sub == nil {
		keys[name] = nil
		d.notes = append(d.notes, fmt.Sprintf("subchart %s is not in it: whatever stands below %s is taken to be right", dep.Name, name))
	} else {
		below, err := d.keys(sub)
		if err != nil {
			return err
		}
		keys.Add(name, below)
		if global, ok := below["global"]; ok { // Helm hands it down
			keys.Add("global", global)
		}
	}
	for condition := range strings.SplitSeq(dep.Condition, ",") {
		if where := strings.Split(strings.TrimSpace(condition), "."); !slices.Contains(where, "") {
			keys.Name(where...)
		}
	}
	if len(dep.Tags) > 0 {
		keys.Name("tags")
	}
	return nil
}

// reference is where a template reads a value. What it takes for one and is none,
// in a comment, makes one more key known.
var reference = regexp.MustCompile(`\.Values((?:\.[A-Za-z_][A-Za-z0-9_]*)+)`)

// name adds the values that templates alone name.
func (d *deriver) name(keys chartkeys.Keys, p *part) error {
	templates := p.templates
	for _, folder := range slices.Sorted(maps.Keys(p.parts)) {
		if sub := p.parts[folder]; sub.library() {
			templates = append(slices.Clone(templates), sub.templates...)
		}
	}
	for _, f := range templates {
		if err := spend(&d.templates, len(f.Data), "templates"); err != nil {
			return err
		}
		for rest := f.Data; ; {
			at := reference.FindSubmatchIndex(rest)
			if at == nil {
				break
			}
			if keys.Name(strings.Split(string(rest[at[2]+1:at[3]]), ".")...) {
				if err := spend(&d.named, 1, "values that only templates name"); err != nil {
					return err
				}
			}
			rest = rest[at[1]:]
		}
	}
	return nil
}
