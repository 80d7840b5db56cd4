//go:build aws

package stack

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	tfjson "github.com/hashicorp/terraform-json"

	"github.com/groundwork-dev/groundwork/internal/config"
	"github.com/groundwork-dev/groundwork/internal/hardening"
)

// plan is what policies look at: the resources that there would be.
type plan struct {
	stack     hardening.Stack
	cluster   string
	platform  *config.Platform
	resources []resource
}

// resource is one resource as it is planned.
type resource struct {
	address, kind, name string
	values              map[string]any
	// later are the values that are known once the resource is there.
	later map[string]any
}

func planOf(s stack, from *tfjson.Plan) plan {
	p := plan{stack: hardening.Account, cluster: s.cluster, platform: s.p}
	if s.cluster != "" {
		p.stack = hardening.Platform
	}
	for _, c := range from.ResourceChanges {
		values, _ := c.Change.After.(map[string]any)
		later, _ := c.Change.AfterUnknown.(map[string]any)
		p.resources = append(p.resources, resource{c.Address, c.Type, c.Name, values, later})
	}
	return p
}

// clone returns a plan that may be changed.
func (p plan) clone() plan {
	p.resources = slices.Clone(p.resources)
	for i := range p.resources {
		r := &p.resources[i]
		r.values, r.later = deep(r.values).(map[string]any), maps.Clone(r.later)
	}
	return p
}

func deep(v any) any {
	switch v := v.(type) {
	case map[string]any:
		c := make(map[string]any, len(v))
		for k, e := range v {
			c[k] = deep(e)
		}
		return c
	case []any:
		c := make([]any, len(v))
		for i, e := range v {
			c[i] = deep(e)
		}
		return c
	}
	return v
}

// without returns the plan without the resources of a type and name.
func (p plan) without(kind, name string) plan {
	p.resources = slices.DeleteFunc(slices.Clone(p.resources), func(r resource) bool { return r.kind == kind && r.name == name })
	return p
}

// of returns the resources of a type, of the name alone where there is one.
func (p plan) of(kind string, name ...string) []resource {
	var found []resource
	for _, r := range p.resources {
		if r.kind == kind && (len(name) == 0 || r.name == name[0]) {
			found = append(found, r)
		}
	}
	return found
}

// at returns the value at a path of keys and, in lists, first elements.
func (r resource) at(path string) any {
	var v any = r.values
	for key := range strings.SplitSeq(path, ".") {
		if list, ok := v.([]any); ok {
			if len(list) == 0 {
				return nil
			}
			v = list[0]
		}
		m, _ := v.(map[string]any)
		v = m[key]
	}
	return v
}

// text is the value at a path as text, empty where there is none.
func (r resource) text(path string) string {
	if v := r.at(path); v != nil {
		return fmt.Sprint(v)
	}
	return ""
}

// set says whether a value is there, or will be.
func (r resource) set(key string) bool {
	if v, ok := r.values[key]; ok && v != nil && v != "" {
		return true
	}
	return r.later[key] == true
}

// strings returns the texts of a list.
func (r resource) strings(key string) []string {
	list, _ := r.values[key].([]any)
	var all []string
	for _, v := range list {
		all = append(all, fmt.Sprint(v))
	}
	return all
}

// blocks returns the blocks of a name.
func (r resource) blocks(key string) []map[string]any {
	list, _ := r.values[key].([]any)
	var all []map[string]any
	for _, v := range list {
		if m, ok := v.(map[string]any); ok {
			all = append(all, m)
		}
	}
	return all
}

// statement is one statement of a policy document.
type statement struct {
	Sid, Effect string
	Action      words
	Resource    words
	Principal   any
	Condition   map[string]map[string]any
}

// words are one word, or a list of them.
type words []string

func (w *words) UnmarshalJSON(data []byte) error {
	var one string
	if json.Unmarshal(data, &one) == nil {
		*w = words{one}
		return nil
	}
	return json.Unmarshal(data, (*[]string)(w))
}

// statements reads a policy document; ok is false where it is none, or is not
// known before it is there.
func statements(text string) (list []statement, ok bool) {
	var document struct{ Statement []statement }
	err := json.Unmarshal([]byte(text), &document)
	return document.Statement, err == nil && len(document.Statement) > 0
}
