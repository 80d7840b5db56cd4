// Package stackplan is what Terraform plans for a stack and tells while it
// applies it, as plain data: the words that the command line, the use cases and
// the adapter of Terraform have in common.
package stackplan

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Action is what a plan would do with a resource.
type Action string

// The actions that change something. Replace deletes and makes again; Forget
// lets go of a resource without deleting it.
const (
	Create  Action = "create"
	Update  Action = "update"
	Replace Action = "replace"
	Delete  Action = "delete"
	Forget  Action = "forget"
)

// Resource is a resource of a stack, with the values that are known.
type Resource struct {
	// Address is Terraform's name, such as aws_vpc.main; Type is aws_vpc.
	Address, Type string
	Values        map[string]any
}

// Change is what a plan would do with one resource.
type Change struct {
	Address string `json:"address"`
	Action  Action `json:"action"`
}

// Plan is what Terraform would do with a stack.
type Plan struct {
	// Changes are in the plan's order; what stays as it is is not among them.
	Changes []Change
	// Outputs reports whether outputs change, though no resource may.
	Outputs bool
	// Before and After are the resources as they are and as they would be.
	Before, After []Resource
}

// Empty reports whether applying the plan changes nothing.
func (p *Plan) Empty() bool { return len(p.Changes) == 0 && !p.Outputs }

// Count is how many resources get an action.
func (p *Plan) Count(actions ...Action) int {
	n := 0
	for _, c := range p.Changes {
		if slices.Contains(actions, c.Action) {
			n++
		}
	}
	return n
}

// Summary tells the numbers: "3 to create, 1 to delete".
func (p *Plan) Summary() string {
	var parts []string
	for _, action := range []Action{Create, Update, Replace, Delete, Forget} {
		if n := p.Count(action); n > 0 {
			parts = append(parts, fmt.Sprintf("%d to %s", n, action))
		}
	}
	switch {
	case len(parts) > 0:
		return strings.Join(parts, ", ")
	case p.Outputs:
		return "outputs alone change"
	}
	return "nothing to do"
}

// Event is one step of an apply.
type Event struct {
	Address string
	Action  Action
	// Done tells a resource's end from its beginning; Took is how long it took.
	Done bool
	Took time.Duration
	// Error is why it did not work, "" where it did.
	Error string
}

// Lock is what the state says of who holds it.
type Lock struct {
	ID        string
	Operation string
	Who       string
	Created   string
}

// LockedError says that somebody else works on the stack, or did and was killed.
type LockedError struct {
	// Dir is the stack's folder in the repository.
	Dir  string
	Lock Lock
}

// Refused tells the error apart from others: nothing was changed.
func (LockedError) Refused() bool { return true }

func (e LockedError) Error() string {
	return fmt.Sprintf("the state of %s is locked by %s since %s (%s, lock %s): wait for that run; if it is dead, let go of its lock with `terraform -chdir=%s force-unlock %s`, and run this again",
		e.Dir, e.Lock.Who, e.Lock.Created, strings.TrimPrefix(e.Lock.Operation, "OperationType"), e.Lock.ID, e.Dir, e.Lock.ID)
}

// StaleError says that a saved plan cannot be applied, since it was made of
// something else than there is now.
type StaleError struct {
	// Dir is the stack's folder in the repository.
	Dir string
	// Of says of what: state, set of files, or set of variables.
	Of string
}

// Refused tells the error apart from others: nothing was changed.
func (StaleError) Refused() bool { return true }

func (e StaleError) Error() string {
	return fmt.Sprintf("the saved plan of %s was made of another %s than there is now, so nothing was applied: plan again, and look at it", e.Dir, e.Of)
}
