package objectdiff

import (
	"math"
	"reflect"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// serverKept reports whether the server, not the author, keeps a field of
// metadata.
func serverKept(key string) bool {
	switch key {
	case "managedFields", "resourceVersion", "uid", "generation", "creationTimestamp", "selfLink":
		return true
	}
	return false
}

// Equal reports whether two objects say the same, server-kept fields and status
// apart. It looks at the trees as they are, without a copy.
func Equal(a, b *unstructured.Unstructured) bool {
	if a == nil || b == nil {
		return a == b
	}
	return sameBut(a.Object, b.Object, func(key string) bool { return key == "status" || key == "metadata" }) &&
		sameMetadata(a.Object["metadata"], b.Object["metadata"])
}

func sameMetadata(a, b any) bool {
	x, ok := a.(map[string]any)
	y, both := b.(map[string]any)
	if !ok || !both {
		return EqualValues(a, b)
	}
	return sameBut(x, y, serverKept)
}

// sameBut compares two maps without the keys that skip names.
func sameBut(a, b map[string]any, skip func(string) bool) bool {
	n := 0
	for key, x := range a {
		if skip(key) {
			continue
		}
		y, ok := b[key]
		if !ok || !EqualValues(x, y) {
			return false
		}
		n++
	}
	for key := range b {
		if !skip(key) {
			n--
		}
	}
	return n == 0
}

// EqualValues reports whether two values of an object's tree are the same.
// Numbers count by their value: 1 of a YAML parser is 1 of a JSON parser.
func EqualValues(a, b any) bool {
	switch x := a.(type) {
	case string:
		y, ok := b.(string)
		return ok && x == y
	case map[string]any:
		y, ok := b.(map[string]any)
		if !ok || len(x) != len(y) {
			return false
		}
		for key, value := range x {
			other, ok := y[key]
			if !ok || !EqualValues(value, other) {
				return false
			}
		}
		return true
	case []any:
		y, ok := b.([]any)
		if !ok || len(x) != len(y) {
			return false
		}
		for i := range x {
			if !EqualValues(x[i], y[i]) {
				return false
			}
		}
		return true
	case bool:
		y, ok := b.(bool)
		return ok && x == y
	case nil:
		return b == nil
	}
	return sameNumber(a, b)
}

func sameNumber(a, b any) bool {
	x, whole := integer(a)
	y, both := integer(b)
	if whole && both {
		return x == y
	}
	return whole == both && reflect.DeepEqual(a, b)
}

// integer returns the whole number that a value is, whatever type a parser
// gave it. Floats beyond the integers that they hold exactly are none.
func integer(value any) (int64, bool) {
	switch n := value.(type) {
	case int64:
		return n, true
	case int:
		return int64(n), true
	case int32:
		return int64(n), true
	case float64:
		if n == math.Trunc(n) && math.Abs(n) < 1<<53 {
			return int64(n), true
		}
	}
	return 0, false
}
