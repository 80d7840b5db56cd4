// Package config is platform.yaml: its types, its JSON schema, and a parser
// that reports all problems at once with their lines and columns.
package config

import (
	"io/fs"

	"github.com/groundwork-dev/groundwork/internal/diag"
	"github.com/groundwork-dev/groundwork/internal/strictyaml"
)

// Source knows where in the file the values of a Platform stand.
type Source = strictyaml.Locator

// Parse reads a platform from the content of a file. The error is
// diag.Problems.
func Parse(file string, data []byte) (*Platform, error) { panic("soon") }

// Load reads a platform from a file. The error is diag.Problems for what is
// wrong with the file, and wraps fs.ErrNotExist when there is none.
func Load(fsys fs.FS, name string) (*Platform, error) { panic("soon") }

// Complete fills in the defaults of a platform made in code and checks it as
// Parse would.
func Complete(p *Platform) error { panic("soon") }

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

// Schema returns the JSON schema of platform.yaml.
func Schema() []byte { panic("soon") }
