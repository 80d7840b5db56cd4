package objectdiff

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// fields lists what differs, in the order of the paths.
func fields(before, after map[string]any) []Field {
	var found []Field
	compareMaps("", before, after, &found)
	return found
}

func compareMaps(path string, before, after map[string]any, found *[]Field) {
	keys := slices.Collect(maps.Keys(before))
	for key := range after {
		if _, ok := before[key]; !ok {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	for _, key := range keys {
		compareValues(join(path, key), before[key], after[key], found)
	}
}

func compareValues(path string, before, after any, found *[]Field) {
	if EqualValues(before, after) {
		return
	}
	switch x := before.(type) {
	case map[string]any:
		if y, ok := after.(map[string]any); ok {
			compareMaps(path, x, y, found)
			return
		}
	case []any:
		if y, ok := after.([]any); ok && compareLists(path, x, y, found) {
			return
		}
	}
	*found = append(*found, Field{path, before, after})
}

// compareLists compares element by element where it is clear which belong
// together, and reports whether it was.
func compareLists(path string, before, after []any, found *[]Field) bool {
	if key := listKey(before, after); key != "" {
		if !sameOrder(key, before, after) {
			return false
		}
		x, y := index(key, before), index(key, after)
		for _, element := range before {
			value := keyOf(key, element)
			compareValues(elementPath(path, key, value), element, y[value], found)
		}
		for _, element := range after {
			if value := keyOf(key, element); x[value] == nil {
				compareValues(elementPath(path, key, value), nil, element, found)
			}
		}
		return true
	}
	if len(before) != len(after) {
		return false
	}
	for i := range before {
		compareValues(path+"["+strconv.Itoa(i)+"]", before[i], after[i], found)
	}
	return true
}

func elementPath(path, key, value string) string { return path + "[" + key + "=" + value + "]" }

// listKey returns the field that tells the elements of both lists apart.
func listKey(lists ...[]any) string {
	for _, key := range []string{"name", "key", "mountPath", "containerPort", "port", "host", "type", "id"} {
		if !slices.ContainsFunc(lists, func(list []any) bool { return !distinct(key, list) }) {
			return key
		}
	}
	return ""
}

func distinct(key string, list []any) bool {
	seen := map[string]bool{}
	for _, element := range list {
		value := keyOf(key, element)
		if value == "" || seen[value] {
			return false
		}
		seen[value] = true
	}
	return true
}

// keyOf is the element's value of key as text, empty when it has none.
func keyOf(key string, element any) string {
	m, _ := element.(map[string]any)
	switch value := m[key].(type) {
	case string:
		return value
	case nil, map[string]any, []any:
		return ""
	default:
		return fmt.Sprint(value)
	}
}

func index(key string, list []any) map[string]any {
	elements := make(map[string]any, len(list))
	for _, element := range list {
		elements[keyOf(key, element)] = element
	}
	return elements
}

// sameOrder reports whether the elements that both lists have come in the same
// order.
func sameOrder(key string, before, after []any) bool {
	shared := func(list []any, other map[string]any) (keys []string) {
		for _, element := range list {
			if value := keyOf(key, element); other[value] != nil {
				keys = append(keys, value)
			}
		}
		return keys
	}
	return slices.Equal(shared(before, index(key, after)), shared(after, index(key, before)))
}

// join adds a key to a path, quoted where its own dots would mislead.
func join(path, key string) string {
	switch {
	case strings.ContainsAny(key, `.[]"/ `) || key == "":
		return path + "[" + strconv.Quote(key) + "]"
	case path == "":
		return key
	}
	return path + "." + key
}
