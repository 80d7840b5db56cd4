package terraform

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	tfjson "github.com/hashicorp/terraform-json"

	"github.com/groundwork-dev/groundwork/internal/stackplan"
)

// maxLine bounds a line of Terraform's log, in bytes; what is longer is passed
// over.
const maxLine = 4 << 20

// log reads what Terraform tells while it works, one JSON object a line
// (https://developer.hashicorp.com/terraform/internals/machine-readable-ui).
type log struct {
	show    func(stackplan.Event)
	rest    []byte   // of a line that has not ended
	failure []string // what went wrong
}

// entry is the part of a line that is looked at.
type entry struct {
	Type string `json:"type"`
	Hook struct {
		Resource struct {
			Address string `json:"addr"`
		} `json:"resource"`
		Action  string  `json:"action"`
		Elapsed float64 `json:"elapsed_seconds"`
	} `json:"hook"`
	Diagnostic struct {
		Severity string `json:"severity"`
		Summary  string `json:"summary"`
		Detail   string `json:"detail"`
		Address  string `json:"address"`
	} `json:"diagnostic"`
}

// Write reads what has come.
func (l *log) Write(p []byte) (int, error) {
	l.rest = append(l.rest, p...)
	for {
		line, rest, ended := bytes.Cut(l.rest, []byte("\n"))
		if !ended {
			break
		}
		l.read(line)
		l.rest = rest
	}
	if len(l.rest) > maxLine {
		l.rest = nil
	}
	return len(p), nil
}

func (l *log) read(line []byte) {
	var e entry
	if json.Unmarshal(line, &e) != nil {
		return // not a line of the log: what a wrapper of Terraform says, say
	}
	event := stackplan.Event{Address: e.Hook.Resource.Address, Action: action(e.Hook.Action), Took: time.Duration(e.Hook.Elapsed * float64(time.Second))}
	switch e.Type {
	case "apply_start":
	case "apply_complete":
		event.Done = true
	case "apply_errored":
		event.Done, event.Error = true, "failed"
	case "diagnostic":
		if e.Diagnostic.Severity == "error" {
			l.failure = append(l.failure, message(e))
		}
		return
	default:
		return
	}
	if l.show != nil {
		l.show(event)
	}
}

// message is an error as a person reads it.
func message(e entry) string {
	d := e.Diagnostic
	text := d.Summary
	if d.Detail != "" {
		text += ": " + strings.TrimSpace(d.Detail)
	}
	if d.Address != "" && !strings.Contains(text, d.Address) {
		text = d.Address + ": " + text
	}
	return text
}

func action(hook string) stackplan.Action {
	switch hook {
	case "create", "update", "delete":
		return stackplan.Action(hook)
	}
	return ""
}

// failed is the error of a command that told what went wrong in its log.
func (s *Stack) failed(what string, err error, said *log) error {
	if len(said.failure) == 0 || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return s.explain(what, err)
	}
	return s.explain(what, errors.New(strings.Join(said.failure, "\n")))
}

// stale is what Terraform says of a plan that was made of another state
// (internal/backend/local/backend_local.go).
const stale = "Saved plan is stale"

// explain says what an error of a command means.
func (s *Stack) explain(what string, err error) error {
	if err == nil {
		return nil
	}
	if lock, locked := lockOf(err.Error()); locked {
		return stackplan.LockedError{Dir: s.name, Lock: lock}
	}
	if strings.Contains(err.Error(), stale) {
		return stackplan.StaleError{Dir: s.name, Of: "state"}
	}
	return fmt.Errorf("%s in %s: %w", what, s.name, err)
}

// lockOf reads who holds a state's lock out of the error that it is held
// (internal/states/statemgr/locker.go, LockInfo.String).
func lockOf(text string) (stackplan.Lock, bool) {
	if !strings.Contains(text, "Error acquiring the state lock") {
		return stackplan.Lock{}, false
	}
	field := func(name string) string {
		found := regexp.MustCompile(`(?m)^[\s│]*` + name + `:[ \t]*(.*)$`).FindStringSubmatch(text)
		if found == nil {
			return "unknown"
		}
		return strings.TrimSpace(found[1])
	}
	return stackplan.Lock{ID: field("ID"), Operation: field("Operation"), Who: field("Who"), Created: field("Created")}, true
}

// PlanOf takes of a plan what others want to know.
func PlanOf(p *tfjson.Plan) *stackplan.Plan {
	plan := &stackplan.Plan{}
	for _, c := range p.ResourceChanges {
		if c.Mode != tfjson.ManagedResourceMode || c.Change == nil {
			continue
		}
		if action, changes := changeOf(c.Change.Actions); changes {
			plan.Changes = append(plan.Changes, stackplan.Change{Address: c.Address, Action: action})
		}
	}
	for _, o := range p.OutputChanges {
		plan.Outputs = plan.Outputs || !o.Actions.NoOp()
	}
	if p.PriorState != nil && p.PriorState.Values != nil {
		plan.Before = resources(p.PriorState.Values.RootModule)
	}
	if p.PlannedValues != nil {
		plan.After = resources(p.PlannedValues.RootModule)
	}
	return plan
}

func changeOf(a tfjson.Actions) (stackplan.Action, bool) {
	switch {
	case a.Create():
		return stackplan.Create, true
	case a.Update():
		return stackplan.Update, true
	case a.Replace():
		return stackplan.Replace, true
	case a.Delete():
		return stackplan.Delete, true
	case a.Forget():
		return stackplan.Forget, true
	}
	return "", false
}

func resources(m *tfjson.StateModule) (all []stackplan.Resource) {
	if m == nil {
		return nil
	}
	for _, r := range m.Resources {
		if r.Mode == tfjson.ManagedResourceMode {
			all = append(all, stackplan.Resource{Address: r.Address, Type: r.Type, Values: r.AttributeValues})
		}
	}
	for _, child := range m.ChildModules {
		all = append(all, resources(child)...)
	}
	return all
}
