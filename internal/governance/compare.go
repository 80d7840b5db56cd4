package governance

import (
	"fmt"
	"slices"
)

// Key names a setting of a forge.
type Key struct {
	Part Part
	Name string
}

// Found is what a forge says of the declared settings. Each is in one of the
// two: what is not there at all has the weakest value.
type Found struct {
	Values map[Key]Value
	// Cannot is why the forge does not know a setting.
	Cannot map[Key]string
}

// NewFound returns one with nothing in it.
func NewFound() Found { return Found{Values: map[Key]Value{}, Cannot: map[Key]string{}} }

// Set puts down what a setting is.
func (f Found) Set(part Part, name string, v Value) { f.Values[Key{part, name}] = v }

// SetFlag puts down whether a setting is on.
func (f Found) SetFlag(part Part, name string, is bool) { f.Set(part, name, Flag(is)) }

// SetCannot puts down why the forge does not know settings.
func (f Found) SetCannot(part Part, why string, names ...string) {
	for _, name := range names {
		f.Cannot[Key{part, name}] = why
	}
}

// Change is a setting that is weaker than declared.
type Change struct {
	Part    Part   `json:"part"`
	Setting string `json:"setting"`
	From    Value  `json:"from"`
	To      Value  `json:"to"`
}

// Unable is a setting that the forge does not know.
type Unable struct {
	Part    Part   `json:"part"`
	Setting string `json:"setting"`
	Why     string `json:"why"`
}

// Step is one part of a forge that differs, with the value that each of its
// settings is to have: those that are stricter than declared keep theirs.
type Step struct {
	Part    Part
	Changes []Change
	To      map[string]Value
}

// Compare says what is to change so that a forge holds what s declares. Nothing
// that is stricter is made weaker.
func Compare(s State, found Found) (steps []Step, unable []Unable, err error) {
	for _, want := range Settings(s) {
		key := Key{want.Part, want.Name}
		if why, cannot := found.Cannot[key]; cannot {
			unable = append(unable, Unable{want.Part, want.Name, why})
			continue
		}
		have, known := found.Values[key]
		if !known {
			return nil, nil, fmt.Errorf("comparing the settings: the forge says nothing of %s of %s", want.Name, want.Part)
		}
		if len(steps) == 0 || steps[len(steps)-1].Part != want.Part {
			steps = append(steps, Step{Part: want.Part, To: map[string]Value{}})
		}
		step := &steps[len(steps)-1]
		to := want.over(have)
		step.To[want.Name] = to
		if !slices.Equal(have, to) {
			step.Changes = append(step.Changes, Change{want.Part, want.Name, have, to})
		}
	}
	steps = slices.DeleteFunc(steps, func(s Step) bool { return len(s.Changes) == 0 })
	return steps, unable, nil
}

// over is the value that a setting gets that is have now.
func (s Setting) over(have Value) Value {
	switch s.measure {
	case atLeast:
		if have.Is() || s.Value.Int() <= have.Int() && !s.Value.Is() {
			return have
		}
	case allOf:
		return List(append(slices.Clone(s.Value), have...))
	case exactly:
	}
	return s.Value
}
