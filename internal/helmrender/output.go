package helmrender

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"
	"unicode"

	yamlv3 "go.yaml.in/yaml/v3"
	"sigs.k8s.io/yaml"
)

// What one document of the output may be.
const (
	maxDepth    = 200
	maxExpanded = 100_000 // values, where some are named and referred to
)

// objects reads the documents of files, in the order of the files' names. left
// is what they may take as JSON.
func objects(texts map[string]string, left *int64) ([]made, error) {
	var all []made
	for _, name := range slices.Sorted(maps.Keys(texts)) {
		base := path.Base(name)
		// A chart's notes are for people, and partials only for other templates.
		if strings.HasSuffix(name, "NOTES.txt") || strings.HasPrefix(base, "_") {
			continue
		}
		for _, doc := range split(texts[name]) {
			found, err := object(doc)
			if err != nil {
				return nil, fmt.Errorf("%s: %s", name, oneLine(err.Error(), " "))
			}
			for _, o := range found {
				if *left -= int64(len(o)); *left < 0 {
					return nil, fmt.Errorf("%s: its objects are too large", name)
				}
				all = append(all, made{File: name, JSON: o})
			}
		}
	}
	return all, nil
}

// split cuts a file into documents where Helm does: at three dashes that begin a
// line, whatever follows them.
func split(text string) []string {
	var docs []string
	var doc strings.Builder
	cut := func() {
		if text := strings.TrimLeftFunc(doc.String(), unicode.IsSpace); text != "" {
			docs = append(docs, text)
		}
		doc.Reset()
	}
	for line := range strings.Lines(strings.TrimLeftFunc(text, unicode.IsSpace)) {
		if rest, ok := strings.CutPrefix(line, "---"); ok {
			cut()
			line = rest
		}
		doc.WriteString(line)
	}
	cut()
	return docs
}

// object reads one document: no object where it is only comments, several where
// it is a List.
func object(doc string) ([][]byte, error) {
	if err := expands(doc); err != nil {
		return nil, err
	}
	data, err := yaml.YAMLToJSON([]byte(doc))
	if err != nil {
		return nil, err
	}
	if string(data) == "null" {
		return nil, nil
	}
	if data[0] != '{' {
		return nil, errors.New("a document is no object")
	}
	if deep(data) {
		return nil, fmt.Errorf("an object is nested more than %d deep", maxDepth)
	}
	var o struct {
		APIVersion string            `json:"apiVersion"`
		Kind       string            `json:"kind"`
		Items      []json.RawMessage `json:"items"`
	}
	if err := json.Unmarshal(data, &o); err != nil {
		return nil, errors.New("apiVersion, kind or items are of another type")
	}
	if o.APIVersion == "" || o.Kind == "" {
		return nil, errors.New("an object has no apiVersion or no kind")
	}
	if o.APIVersion != "v1" || o.Kind != "List" {
		return [][]byte{data}, nil
	}
	var all [][]byte
	for _, item := range o.Items {
		all = append(all, item)
	}
	return all, nil
}

// deep says that brackets are nested too deep.
func deep(data []byte) bool {
	depth, text := 0, false
	for i := 0; i < len(data); i++ {
		switch c := data[i]; {
		case text && c == '\\':
			i++
		case c == '"':
			text = !text
		case text:
		case c == '{' || c == '[':
			if depth++; depth > maxDepth {
				return true
			}
		case c == '}' || c == ']':
			depth--
		}
	}
	return false
}

// expands refuses a document that is much larger than it looks, because it refers
// to its own parts again and again.
func expands(doc string) error {
	if !strings.Contains(doc, "&") || !strings.Contains(doc, "*") {
		return nil
	}
	var root yamlv3.Node
	if err := yamlv3.NewDecoder(bytes.NewBufferString(doc)).Decode(&root); err != nil {
		return nil //nolint:nilerr // the parser that counts says what is wrong
	}
	sizes := map[*yamlv3.Node]int{}
	var size func(n *yamlv3.Node) int
	size = func(n *yamlv3.Node) int {
		if known, ok := sizes[n]; ok {
			return known
		}
		sizes[n] = maxExpanded + 1 // what holds itself has no end
		total := 1
		if n.Alias != nil {
			total += size(n.Alias)
		}
		for _, child := range n.Content {
			total = min(total+size(child), maxExpanded+1)
		}
		sizes[n] = total
		return total
	}
	if size(&root) > maxExpanded {
		return fmt.Errorf("a document expands to more than %d values", maxExpanded)
	}
	return nil
}
