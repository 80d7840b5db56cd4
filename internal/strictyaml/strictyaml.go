// Package strictyaml reads YAML the strict way: UTF-8, bounded in size, depth
// and number of values, without anchors, aliases, merge keys, tags or
// duplicate keys. It finds all problems at once and knows the line and column
// of every key and value, also when a JSON schema refuses one.
package strictyaml

import (
	"encoding/json"
	"fmt"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/groundwork-dev/groundwork/internal/diag"
)

// Limits of a file. They keep the worst file that passes them below 100 ms and
// a few dozen MiB; a file of hand-written YAML meets MaxBytes first.
const (
	// MaxBytes is the size of a file in bytes.
	MaxBytes = 1 << 20
	// MaxDepth is how deep mappings and lists may nest.
	MaxDepth = 64
	// MaxMarks is how many of the marks that separate values (commas, colons,
	// dashes, brackets) a file may hold; it bounds the number of values
	// before any of them is built.
	MaxMarks = 40_000
	// MaxProblems is how many problems are told one by one.
	MaxProblems = 100
)

// Document is one parsed document.
type Document struct {
	// Root is the value of the document, not its DocumentNode.
	Root *yaml.Node

	file  string
	value any
}

// Parse parses one document. The error is diag.Problems: all that is wrong,
// each with its line and column.
func Parse(file string, data []byte) (*Document, error) { return ParseWithin(file, data, MaxMarks) }

// ParseWithin is Parse with a limit of marks of the caller's own.
func ParseWithin(file string, data []byte, marks int) (*Document, error) {
	docs, err := parse(file, data, 2, rules{bytes: MaxBytes, marks: marks})
	if err != nil {
		return nil, err
	}
	switch len(docs) {
	case 0:
		return nil, diag.Problems{{
			Position: diag.Position{File: file, Line: 1, Column: 1},
			Message:  "holds no YAML value",
			Hint:     "the file is empty or holds only comments",
		}}
	case 1:
		return docs[0], nil
	default:
		return nil, diag.Problems{{
			Position: diag.Position{File: file, Line: docs[1].Root.Line, Column: docs[1].Root.Column},
			Message:  "a second YAML document starts here",
			Hint:     "keep one document in this file and remove the --- line above",
		}}
	}
}

// ParseAll parses a stream of documents separated by ---; empty ones are left
// out. The limits hold for the whole stream.
func ParseAll(file string, data []byte) ([]*Document, error) {
	return parse(file, data, -1, rules{bytes: MaxBytes, marks: MaxMarks})
}

// Limits of a file of manifests, which a program may have written.
const (
	// MaxManifestBytes is the size of the file in bytes.
	MaxManifestBytes = 8 << 20
	// MaxManifestMarks is MaxMarks for it, and how many values it may hold once
	// its aliases are followed.
	MaxManifestMarks = 400_000
)

// ParseManifests parses a stream of Kubernetes objects as others write them:
// larger than a file of ours, and anchors, aliases and merge keys are followed,
// as long as what they stand for is bounded. As Kubernetes reads YAML 1.1, yes
// and on are true, if they are not quoted.
func ParseManifests(file string, data []byte) ([]*Document, error) {
	return parse(file, data, -1, rules{bytes: MaxManifestBytes, marks: MaxManifestMarks, kubernetes: true})
}

// Value returns the document as map[string]any, []any, string, int, int64,
// uint64, float64, bool and nil. It belongs to the document: do not change it.
func (d *Document) Value() any { return d.value }

// File returns the name of the file the document came from.
func (d *Document) File() string { return d.file }

// Decode stores the document into v by its json tags; unknown fields are an
// error.
func (d *Document) Decode(v any) error {
	data, err := json.Marshal(d.value)
	if err != nil {
		return fmt.Errorf("decoding %s: %w", d.file, err)
	}
	dec := json.NewDecoder(strings.NewReader(string(data)))
	dec.DisallowUnknownFields()
	if err := dec.Decode(v); err != nil {
		return fmt.Errorf("decoding %s: %w", d.file, err)
	}
	return nil
}

// Validate returns what the schema refuses in the document.
func (d *Document) Validate(s *Schema) diag.Problems { return s.Validate(d.value, d) }
