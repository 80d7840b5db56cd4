package apischema

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"sigs.k8s.io/structured-merge-diff/v6/typed"

	"github.com/groundwork-dev/groundwork/internal/strictyaml"
)

// typeFault is the fault of an object that does not fit its schema.
func typeFault(o map[string]any, e typed.ValidationError) Fault {
	f := Fault{Path: fieldPath(e.Path, o), Kind: Invalid, Message: plainValues(e.ErrorMessage)}
	switch {
	case e.ErrorMessage == "field not declared in schema":
		f.Kind = UnknownField
	case strings.HasPrefix(e.ErrorMessage, "expected "):
		f.Kind = WrongType
	case strings.Contains(e.ErrorMessage, "omits key field"):
		f.Kind = Required
	}
	if keys, duplicate := strings.CutPrefix(e.ErrorMessage, "duplicate entries for key "); duplicate {
		f.Kind = Duplicate
		f.Path = append(f.Path, second(at(o, f.Path), keys)...)
	}
	return f
}

// plainValues takes the names of Go types out of a message, which typing leaves
// there: &value.valueUnstructured{Value:1}, &{1}.
func plainValues(message string) string {
	return regexp.MustCompile(`&(?:value\.\w+)?\{(?:Value:)?(.*)\}`).ReplaceAllString(message, "$1")
}

// undecodable finds the values that the version's type cannot read: those that
// cannot be read alone either, and hold none that cannot. The messages of
// decoding say what is wrong and not where.
func undecodable(o map[string]any, decode func(map[string]any) error) []Fault {
	var faults []Fault
	var visit func(path []string, v any) bool
	visit = func(path []string, v any) bool {
		err := decode(alone(path, o, v))
		if err == nil {
			return false
		}
		found := false
		if decode(alone(path, o, empty(v))) == nil { // it is not wrong that there is a map or list
			for key, below := range children(v) {
				found = visit(append(slices.Clone(path), key), below) || found
			}
		}
		if !found {
			faults = append(faults, Fault{Path: path, Kind: Invalid, Message: err.Error()})
		}
		return true
	}
	visit(nil, o)
	slices.SortFunc(faults, func(a, b Fault) int { return slices.Compare(a.Path, b.Path) })
	return faults
}

// empty is a map or list without what is in it.
func empty(v any) any {
	switch v.(type) {
	case map[string]any:
		return map[string]any{}
	case []any:
		return []any{}
	}
	return v
}

// children are the values of a map or list, by the path's element.
func children(v any) map[string]any {
	switch v := v.(type) {
	case map[string]any:
		return v
	case []any:
		items := map[string]any{}
		for i, item := range v {
			items[strconv.Itoa(i)] = item
		}
		return items
	}
	return nil
}

// alone is an object that holds one value, at the place that the path has in o;
// a list on the way to it has one item.
func alone(path []string, o, v any) map[string]any {
	shape := make([]any, len(path))
	for i, key := range path {
		shape[i], o = o, child(o, key)
	}
	for i, key := range slices.Backward(path) {
		if _, list := shape[i].([]any); list {
			v = []any{v}
		} else {
			v = map[string]any{key: v}
		}
	}
	m, _ := v.(map[string]any)
	return m
}

func at(o any, path []string) any {
	for _, key := range path {
		o = child(o, key)
	}
	return o
}

// meant names the field that the schema declares and that is spelled most like
// the last one of the path.
func meant(path []string, known func([]string) []string) string {
	if len(path) == 0 {
		return ""
	}
	last := len(path) - 1
	return strictyaml.DidYouMean(path[last], known(path[:last]))
}

// causeKind classes a cause of the server's status.
func causeKind(c metav1.CauseType) Kind {
	switch field.ErrorType(c) {
	case field.ErrorTypeRequired:
		return Required
	case field.ErrorTypeNotSupported:
		return Unsupported
	case field.ErrorTypeDuplicate:
		return Duplicate
	case field.ErrorTypeTypeInvalid:
		return WrongType
	default:
		return Invalid
	}
}
