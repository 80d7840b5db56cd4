package strictyaml

import (
	"bytes"
	"strconv"
	"strings"

	"github.com/groundwork-dev/groundwork/internal/diag"
)

// syntaxProblem turns an error of the YAML library into words that say what to
// do. The library knows only a line, and not always the exact one.
func syntaxProblem(file string, data []byte, err error) diag.Problem {
	text := strings.TrimPrefix(err.Error(), "yaml: ")
	line := 1
	if rest, ok := strings.CutPrefix(text, "line "); ok {
		number, message, _ := strings.Cut(rest, ": ")
		if n, err := strconv.Atoi(number); err == nil {
			line, text = n, message
		}
	}
	if alias, ok := strings.CutPrefix(text, "unknown anchor '"); ok {
		name, _, _ := strings.Cut(alias, "'")
		if i := bytes.Index(data, []byte("*"+name)); i >= 0 {
			return *at(file, data, i, "alias *"+Clip(name)+" is not allowed", "write the value itself; text that starts with * needs quotes")
		}
	}
	last := bytes.Count(bytes.TrimRight(data, "\n"), []byte{'\n'}) + 1
	p := diag.Problem{Position: diag.Position{File: file, Line: min(max(line, 1), last)}}
	p.Message, p.Hint = syntaxWords(text)
	return p
}

// syntaxWords maps the library's phrases to ours.
func syntaxWords(text string) (message, hint string) {
	for _, w := range []struct{ phrase, message, hint string }{
		{"exceeded max depth", "values nest far too deep", ""},
		{"mapping values are not allowed", "a colon stands where no key can be", "check the indentation; quote text that holds \": \""},
		{"did not find expected key", "the keys here do not line up", "check the indentation of this line and the ones above"},
		{"did not find expected '-' indicator", "the list items here do not line up", "check the indentation of the dashes"},
		{"block sequence entries are not allowed", "a list item stands where none can be", "start the list on a line of its own"},
		{"mapping keys are not allowed", "a key stands where none can be", "check the indentation"},
		{"could not find expected ':'", "a key lacks its colon", "write key: value; check the indentation"},
		{"did not find expected ',' or", "a bracket is not closed, or a comma is missing", "close it with ] or }"},
		{"tab character", "a tab stands where the indentation must be spaces", "replace the tab by spaces"},
		{"unexpected end of stream", "a quote or bracket is not closed", "close it"},
		{"cannot start any token", "a character stands where no value can start with it", "indent with spaces only; quote text that starts with @, `, % or a tab"},
		{"unknown escape character", "unknown escape after a backslash", "use single quotes where the backslash is meant as such"},
		{"hexdecimal number", "unknown escape after a backslash", "use single quotes where the backslash is meant as such"},
		{"undefined tag handle", "tags are not allowed", "quote text that starts with !"},
		{"directive", "directives are not allowed", "remove the line that starts with %"},
		{"anchor or alias", "anchors and aliases are not allowed", "quote text that starts with & or *"},
		{"while scanning an anchor", "anchors and aliases are not allowed", "quote text that starts with & or *"},
		{"alphabetic or numeric character", "anchors and aliases are not allowed", "quote text that starts with & or *"},
		{"<document start>", "a line stands after the end of the document", "check the indentation"},
	} {
		if strings.Contains(text, w.phrase) {
			return w.message, w.hint
		}
	}
	return "is not valid YAML", "check indentation, quotes and brackets in this line and the one above"
}
