// Package config is platform.yaml: its types, its JSON schema, and a parser
// that reports all problems at once with their lines and columns.
package config

import (
	"errors"
	"fmt"
	"io/fs"
	"sync"

	"github.com/groundwork-dev/groundwork/docs/schema"
	"github.com/groundwork-dev/groundwork/internal/diag"
	"github.com/groundwork-dev/groundwork/internal/strictyaml"
)

// MaxMarks bounds the values of platform.yaml; see strictyaml.MaxMarks. It is
// room for 10,000 components, and keeps the checks of a file that is wrong
// everywhere below 100 ms.
const MaxMarks = 12_000

// Source knows where in the file the values of a Platform stand.
type Source = strictyaml.Locator

// compiled is the schema of this package, compiled when a file is first
// parsed. It is a constant in all but name: its input is part of the program.
var compiled = sync.OnceValues(func() (*strictyaml.Schema, error) {
	return strictyaml.CompileSchema("platform.v1alpha1.json", schema.Platform)
})

// Schema returns the JSON schema of platform.yaml.
func Schema() []byte { return append([]byte(nil), schema.Platform...) }

// Parse reads a platform from the content of a file. The error is
// diag.Problems.
func Parse(file string, data []byte) (*Platform, error) {
	doc, err := strictyaml.ParseWithin(file, data, MaxMarks)
	if err != nil {
		return nil, err
	}
	return fromDocument(doc)
}

// Load reads a platform from a file. The error is diag.Problems for what is
// wrong with the file, and wraps fs.ErrNotExist when there is none.
func Load(fsys fs.FS, name string) (*Platform, error) {
	data, err := strictyaml.Read(fsys, name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%w (make one with `bootstrap init`)", err)
	}
	if err != nil {
		return nil, err
	}
	return Parse(name, data)
}

func fromDocument(doc *strictyaml.Document) (*Platform, error) {
	rules, err := compiled()
	if err != nil {
		return nil, err
	}
	problems := doc.Validate(rules)
	if len(problems) > strictyaml.MaxProblems {
		return nil, problems
	}
	p, err := decode(doc)
	switch {
	case p == nil, err != nil && len(problems) == 0:
		return nil, fmt.Errorf("decoding %s: %w", doc.File(), err)
	}
	if err := finish(p, problems); err != nil {
		return nil, err
	}
	return p, nil
}

// Complete fills in the defaults of a platform made in code and checks it as
// Parse does. The error is diag.Problems without lines.
func Complete(p *Platform) error {
	rules, err := compiled()
	if err != nil {
		return err
	}
	value, err := plain(p)
	if err != nil {
		return err
	}
	return finish(p, rules.Validate(value, p))
}

// finish adds the defaults and the semantic checks. Where the schema has
// refused a value, the checks keep quiet about the same value.
func finish(p *Platform, known diag.Problems) error {
	p.setDefaults()
	c := checker{p: p, known: known}
	c.check()
	return c.problems().Err()
}

// Position is the place in the file of the value at path, such as "spec",
// "clusters", "dev"; of the nearest value above it when there is none. A
// platform made in code has no lines.
func (p *Platform) Position(path ...string) diag.Position {
	if p.source == nil {
		return diag.Position{File: FileName}
	}
	return p.source.Position(path...)
}

// KeyPosition is the place in the file of the key of the value at path.
func (p *Platform) KeyPosition(path ...string) diag.Position {
	if p.source == nil {
		return diag.Position{File: FileName}
	}
	return p.source.KeyPosition(path...)
}
