package strictyaml

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/big"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6/kind"

	"github.com/groundwork-dev/groundwork/internal/diag"
)

// problems turns the findings into problems, the first MaxProblems in the
// order of their paths.
func (e *explainer) problems() diag.Problems {
	slices.SortStableFunc(e.findings, func(a, b finding) int {
		if c := slices.Compare(a.path, b.path); c != 0 {
			return c
		}
		return strings.Compare(a.key, b.key)
	})
	more := max(0, len(e.findings)-MaxProblems)
	var ps diag.Problems
	for _, f := range e.findings[:len(e.findings)-more] {
		p := e.explain(f)
		if !slices.Contains(ps, p) {
			ps = append(ps, p)
		}
	}
	return capped(ps, more)
}

func (e *explainer) explain(f finding) diag.Problem {
	if k, ok := f.kind.(*kind.UniqueItems); ok {
		f.path = append(slices.Clone(f.path), strconv.Itoa(k.Duplicates[1]))
	}
	f.schema = e.schemaAt(f.url)
	path := slices.Concat(e.prefix, f.path)
	if f.key != "" {
		return e.explainKey(f, path)
	}
	p := diag.Problem{Position: e.at.Position(path...), Path: dotted(path)}
	p.Message, p.Hint = e.message(f, path)
	return p
}

// explainKey explains an unknown, missing or misspelled key of the mapping at
// path.
func (e *explainer) explainKey(f finding, path []string) diag.Problem {
	full := append(slices.Clone(path), f.key)
	p := diag.Problem{Path: dotted(full)}
	properties, _ := f.schema["properties"].(map[string]any)
	switch f.kind.(type) {
	case *kind.AdditionalProperties:
		p.Position = e.at.KeyPosition(full...)
		if _, named := f.schema["patternProperties"]; named && len(properties) == 0 {
			p.Message = fmt.Sprintf("%q is not a valid name", Clip(f.key))
			p.Hint = want(f.schema, "x-want-name")
			return p
		}
		p.Message, p.Hint = "unknown key", DidYouMean(f.key, slices.Collect(maps.Keys(properties)))
	case *kind.PropertyNames:
		p.Position = e.at.KeyPosition(full...)
		p.Message, p.Hint = fmt.Sprintf("%q is not a valid name", Clip(f.key)), want(f.schema, "x-want")
	default:
		p.Position = e.at.KeyPosition(path...)
		p.Message = "is missing"
		property, _ := properties[f.key].(map[string]any)
		p.Hint = want(e.deref(property), "x-want")
		if p.Hint == "" {
			p.Hint = oneOf(e.deref(property)["enum"])
		}
	}
	return p
}

// message says what is wrong with a value and what to do.
func (e *explainer) message(f finding, path []string) (message, hint string) {
	value := lookup(e.root, f.path)
	shown := e.show(f.schema, value, path)
	wanted := want(f.schema, "x-want")
	switch k := f.kind.(type) {
	case *kind.Type:
		return typeMessage(k, value, shown, wanted, oneOf(f.schema["enum"]))
	case *kind.Enum:
		return enumMessage(k.Want, value, shown)
	case *kind.Const:
		return fmt.Sprintf("is %s, want %v", shown, k.Want), ""
	case *kind.Pattern:
		if wanted == "" {
			wanted = "want text that matches " + k.Want
		}
		return fmt.Sprintf("is %s, %s", shown, wanted), ""
	case *kind.UniqueItems:
		return shown + " is there twice", fmt.Sprintf("the first one is number %d of the list", k.Duplicates[0]+1)
	}
	if m := boundMessage(f.kind, shown); m != "" {
		return m, wanted
	}
	if wanted != "" {
		return fmt.Sprintf("is %s, %s", shown, wanted), ""
	}
	return fmt.Sprintf("is %s, which is not allowed here", shown), describe(f.schema)
}

// typeMessage explains a value of the wrong type; choices are the values of an
// enum in words.
func typeMessage(k *kind.Type, value any, shown, wanted, choices string) (message, hint string) {
	if choices != "" {
		wanted = choices
	}
	if wanted == "" {
		nouns := make([]string, 0, len(k.Want))
		for _, w := range k.Want {
			if w != "null" {
				nouns = append(nouns, noun(w))
			}
		}
		wanted = "want " + strings.Join(nouns, " or ")
	}
	text, isText := value.(string)
	switch {
	case value == nil:
		return "is empty, " + wanted, ""
	case k.Got == "object" || k.Got == "array":
		return fmt.Sprintf("is %s, %s", noun(k.Got), wanted), ""
	case !isText && choices == "" && slices.Contains(k.Want, "string"):
		return fmt.Sprintf("%s is %s, %s", shown, noun(k.Got), wanted), fmt.Sprintf("quote it: %q", strings.Trim(shown, `"`))
	case isText && slices.Contains(k.Want, "boolean"):
		hint = booleanHint(text)
	case isText && isNumber(text) && (slices.Contains(k.Want, "integer") || slices.Contains(k.Want, "number")):
		return fmt.Sprintf("%s is %s, %s", shown, noun(k.Got), wanted), "remove the quotes"
	}
	return fmt.Sprintf("%s is %s, %s", shown, noun(k.Got), wanted), hint
}

func booleanHint(text string) string {
	switch strings.ToLower(text) {
	case "yes", "on", "true", "y":
		return "write true, without quotes"
	case "no", "off", "false", "n":
		return "write false, without quotes"
	}
	return ""
}

func enumMessage(allowed []any, value any, shown string) (message, hint string) {
	words := make([]string, len(allowed))
	for i, a := range allowed {
		words[i] = fmt.Sprint(a)
	}
	message = fmt.Sprintf("is %s, want %s", shown, strings.Join(words, " or "))
	if len(words) > 2 {
		message = fmt.Sprintf("is %s, want one of %s", shown, strings.Join(words, ", "))
	}
	if text, ok := value.(string); ok {
		if near := Nearest(text, words); near != "" {
			hint = `did you mean "` + near + `"?`
		}
	}
	return message, hint
}

// boundMessage explains lengths, counts and ranges; "" for other kinds.
func boundMessage(k any, shown string) string {
	switch k := k.(type) {
	case *kind.MinItems:
		return fmt.Sprintf("has %d items, want at least %d", k.Got, k.Want)
	case *kind.MaxItems:
		return fmt.Sprintf("has %d items, want at most %d", k.Got, k.Want)
	case *kind.MinProperties:
		return fmt.Sprintf("has %d entries, want at least %d", k.Got, k.Want)
	case *kind.MaxProperties:
		return fmt.Sprintf("has %d entries, want at most %d", k.Got, k.Want)
	case *kind.MinLength:
		if k.Got == 0 {
			return "is empty text"
		}
		return fmt.Sprintf("is %s, want at least %d characters", shown, k.Want)
	case *kind.MaxLength:
		return fmt.Sprintf("has %d characters, want at most %d", k.Got, k.Want)
	case *kind.Minimum:
		return fmt.Sprintf("is %s, want at least %s", shown, number(k.Want))
	case *kind.Maximum:
		return fmt.Sprintf("is %s, want at most %s", shown, number(k.Want))
	case *kind.ExclusiveMinimum:
		return fmt.Sprintf("is %s, want more than %s", shown, number(k.Want))
	case *kind.ExclusiveMaximum:
		return fmt.Sprintf("is %s, want less than %s", shown, number(k.Want))
	case *kind.MultipleOf:
		return fmt.Sprintf("is %s, want a multiple of %s", shown, number(k.Want))
	}
	return ""
}

// show writes a value for a message, as it stands in the file where that is
// known. What a schema marks writeOnly is a secret and stays out of messages.
func (e *explainer) show(schema map[string]any, value any, path []string) string {
	if secret, _ := schema["writeOnly"].(bool); secret || schema["x-secret"] != nil {
		return "the value"
	}
	switch v := value.(type) {
	case nil:
		return "empty"
	case map[string]any:
		return "a mapping"
	case []any:
		return "a list"
	case string:
		return strconv.Quote(Clip(v))
	}
	if t, ok := e.at.(interface{ text(path ...string) string }); ok && path != nil {
		if written := t.text(path...); written != "" {
			return Clip(written)
		}
	}
	return fmt.Sprint(value)
}

func noun(jsonType string) string {
	switch jsonType {
	case "object":
		return "a mapping"
	case "array":
		return "a list"
	case "string":
		return "text"
	case "integer":
		return "a whole number"
	case "number":
		return "a number"
	case "boolean":
		return "true or false"
	default:
		return "empty"
	}
}

// want returns the wish that a schema expresses in words.
func want(schema map[string]any, keyword string) string {
	if s, _ := schema[keyword].(string); s != "" {
		return "want " + s
	}
	return ""
}

func describe(schema map[string]any) string {
	s, _ := schema["description"].(string)
	return s
}

func oneOf(enum any) string {
	list, _ := enum.([]any)
	words := make([]string, len(list))
	for i, v := range list {
		words[i] = fmt.Sprint(v)
	}
	if len(words) == 0 {
		return ""
	}
	return "want " + strings.Join(words, " or ")
}

func number(r *big.Rat) string {
	if r.IsInt() {
		return r.Num().String()
	}
	f, _ := r.Float64()
	return strconv.FormatFloat(f, 'g', -1, 64)
}

func isNumber(s string) bool {
	_, err := json.Number(s).Float64()
	return err == nil
}

func sortedKeys(m map[string]any) []string { return slices.Sorted(maps.Keys(m)) }

func unescapeURL(s string) string {
	if u, err := url.PathUnescape(s); err == nil {
		return u
	}
	return s
}
