package cost

import (
	"encoding/json"
	"math"
)

// Values are as Terraform's JSON has them: a block is a list of objects, and what
// is not known yet is not there.

func text(v any) string {
	s, _ := v.(string)
	return s
}

// number is a whole number that is not negative and not absurdly large.
func number(v any) (int, bool) {
	f, ok := v.(float64)
	switch v := v.(type) {
	case json.Number:
		var err error
		f, err = v.Float64()
		ok = err == nil
	case int:
		f, ok = float64(v), true
	}
	if !ok || f < 0 || f > math.MaxInt32 || f != math.Trunc(f) {
		return 0, false
	}
	return int(f), true
}

func object(v any) map[string]any {
	o, _ := v.(map[string]any)
	return o
}

// block is the first of a block's objects; nil where there is none.
func block(v any) map[string]any {
	list, _ := v.([]any)
	if len(list) == 0 {
		return nil
	}
	return object(list[0])
}
