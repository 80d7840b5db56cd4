// Package strictyaml reads one YAML document the strict way: UTF-8, bounded in
// size, depth and number of values, without anchors, aliases, merge keys,
// tags or duplicate keys. It finds all problems at once and knows the line and
// column of every key and value, also when a JSON schema refuses one.
package strictyaml

import (
	"io/fs"

	"go.yaml.in/yaml/v3"

	"github.com/groundwork-dev/groundwork/internal/diag"
)

// Limits of a file.
const (
	// MaxBytes is the size of a file in bytes.
	MaxBytes = 1 << 20
	// MaxDepth is how deep mappings and sequences may nest.
	MaxDepth = 64
)

// Locator knows where the values of a document stand.
type Locator interface {
	// Position is the place of the value at path; of the nearest value above
	// it when there is none.
	Position(path ...string) diag.Position
	// KeyPosition is the place of the key of the value at path.
	KeyPosition(path ...string) diag.Position
}

// Document is one parsed document.
type Document struct {
	// Root is the value of the document, not its DocumentNode.
	Root *yaml.Node

	file  string
	value any
}

// Parse parses one document. The error is diag.Problems: all that is wrong,
// each with its line and column.
func Parse(file string, data []byte) (*Document, error) { panic("soon") }

// ParseAll parses a stream of documents separated by ---; empty ones are left
// out. The limits hold for the whole stream.
func ParseAll(file string, data []byte) ([]*Document, error) { panic("soon") }

// ReadFile reads and parses one regular file of at most MaxBytes; symbolic
// links are refused. The error is diag.Problems, or wraps the fs error when
// the file cannot be read.
func ReadFile(fsys fs.FS, name string) (*Document, error) { panic("soon") }

// Value returns the document as map[string]any, []any, string, int, int64,
// uint64, float64, bool and nil. It belongs to the document: do not change it.
func (d *Document) Value() any { return d.value }

// Decode stores the document into v by its json tags; unknown fields are an
// error.
func (d *Document) Decode(v any) error { panic("soon") }

// Position implements Locator.
func (d *Document) Position(path ...string) diag.Position { panic("soon") }

// KeyPosition implements Locator.
func (d *Document) KeyPosition(path ...string) diag.Position { panic("soon") }

// Validate returns what the schema refuses in the document.
func (d *Document) Validate(s *Schema) diag.Problems { panic("soon") }

// Schema is a compiled JSON schema.
type Schema struct{}

// CompileSchema compiles a JSON schema (draft 2020-12 unless it says
// otherwise); name stands in errors about the schema itself.
func CompileSchema(name string, jsonSchema []byte) (*Schema, error) { panic("soon") }

// Validate returns what the schema refuses in value, which stands at path of
// the document that at knows. Use it to check a part of a document, such as
// the parameters of a component.
func (s *Schema) Validate(value any, at Locator, path ...string) diag.Problems { panic("soon") }

// Nearest returns the candidate that is spelled most like word, "" when none
// is near.
func Nearest(word string, candidates []string) string { panic("soon") }
