package apischema

import (
	"fmt"
	"strconv"
	"strings"

	"sigs.k8s.io/structured-merge-diff/v6/value"
)

// fieldPath splits a path as validation writes it, spec.containers[0].image or
// metadata.labels[a.b/c], and as typing writes it, .spec.containers[name="a"].image.
// Both leave dots of keys unescaped, so that the object itself decides where one
// key ends: the longest key that it has counts. List items come out by index.
func fieldPath(text string, o any) []string {
	if text == "<nil>" { // of a path that nobody made
		return nil
	}
	var path []string
	for text != "" {
		var key string
		switch text[0] {
		case '.':
			text = text[1:]
			continue
		case '[':
			key, text = bracketed(text, o)
		default:
			key, text = named(text, o)
		}
		path = append(path, key)
		o = child(o, key)
	}
	return path
}

// named cuts a key off the text.
func named(text string, o any) (key, rest string) {
	if m, ok := o.(map[string]any); ok {
		for k := range m {
			if len(k) > len(key) && strings.HasPrefix(text, k) && ends(text[len(k):]) {
				key = k
			}
		}
	}
	if key != "" {
		return key, text[len(key):]
	}
	if i := strings.IndexAny(text, ".["); i > 0 {
		return text[:i], text[i:]
	}
	return text, ""
}

func ends(rest string) bool { return rest == "" || rest[0] == '.' || rest[0] == '[' }

// bracketed cuts an index, a key of a map, or the keys of a list item off the text.
func bracketed(text string, o any) (key, rest string) {
	switch o := o.(type) {
	case map[string]any:
		for k := range o {
			if len(k) > len(key) && strings.HasPrefix(text, "["+k+"]") {
				key = k
			}
		}
		if key != "" {
			return key, text[len(key)+2:]
		}
	case []any:
		for _, exact := range []bool{true, false} {
			for i, item := range o {
				if rest, ok := cutItem(text, item, exact); ok {
					return strconv.Itoa(i), rest
				}
			}
		}
	}
	key, rest, _ = strings.Cut(text[1:], "]")
	return key, rest
}

// cutItem cuts the keys of a list item off the text, [name="a",port=1], or the
// item itself, [="a"], if they are those of this item. A key that the item does
// not have may have a default, which nobody knows here: exact says that it has not.
func cutItem(text string, item any, exact bool) (rest string, ok bool) {
	if itself, ok := strings.CutPrefix(text, "[="+shown(item)+"]"); ok {
		return itself, true
	}
	rest = text[1:]
	for {
		key, after, found := strings.Cut(rest, "=")
		if !found || key == "" || strings.ContainsAny(key, ".[]") {
			return "", false
		}
		fields, _ := item.(map[string]any)
		got, has := fields[key]
		end, same := strings.CutPrefix(after, shown(got))
		switch {
		case !has && exact, has && !same:
			return "", false
		case !has:
			end = withoutValue(after)
		}
		switch {
		case strings.HasPrefix(end, ","):
			rest = end[1:]
		case strings.HasPrefix(end, "]"):
			return end[1:], true
		default:
			return "", false
		}
	}
}

// withoutValue cuts a value off the text, quoted if it is a string.
func withoutValue(text string) string {
	if quoted, err := strconv.QuotedPrefix(text); err == nil {
		return text[len(quoted):]
	}
	return text[strings.IndexAny(text+"]", ",]"):]
}

func shown(v any) string { return value.ToString(value.NewValueInterface(v)) }

// child is the value below o, nil when there is none.
func child(o any, key string) any {
	switch o := o.(type) {
	case map[string]any:
		return o[key]
	case []any:
		if i, err := strconv.Atoi(key); err == nil && i >= 0 && i < len(o) {
			return o[i]
		}
	}
	return nil
}

// drop deletes the map entry that the path leads to.
func drop(o any, path []string) {
	if len(path) == 0 {
		return
	}
	last := len(path) - 1
	for _, key := range path[:last] {
		o = child(o, key)
	}
	if m, ok := o.(map[string]any); ok {
		delete(m, path[last])
	}
}

// second returns the index of the second item of a list that has the keys, as a
// path element; nothing when there is none.
func second(list any, keys string) []string {
	items, _ := list.([]any)
	seen := false
	for i, item := range items {
		if _, ok := cutItem(keys, item, false); !ok {
			continue
		}
		if seen {
			return []string{fmt.Sprint(i)}
		}
		seen = true
	}
	return nil
}
