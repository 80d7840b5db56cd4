package governance

import (
	"maps"
	"slices"
	"strconv"
	"strings"
)

// PartKind is what sort of thing of a forge settings are of.
type PartKind string

// The kinds of parts, in the order in which they are set: what tightens comes
// before what lets a workflow do more.
const (
	PartBranch      PartKind = "branch"
	PartEnvironment PartKind = "environment"
	PartSecurity    PartKind = "security"
	PartActions     PartKind = "actions"
	PartVariable    PartKind = "variable"
)

// Part is what settings are of: a branch or pattern, an environment, the
// repository's security or Actions, a variable.
type Part struct {
	Kind PartKind
	Name string // empty for security and Actions
}

func (p Part) String() string { return strings.TrimSpace(string(p.Kind) + " " + p.Name) }

// MarshalText writes the part as String does.
func (p Part) MarshalText() ([]byte, error) { return []byte(p.String()), nil }

// The settings of a branch.
const (
	// Enforced: the rules count for administrators too, and no other rule or
	// exception of the forge comes before them.
	Enforced = "enforced"
	// PullRequests: changes come by pull request, except from those of Bypass.
	PullRequests    = "pullRequests"
	Bypass          = "bypass"
	Approvals       = "approvals"
	DismissStale    = "dismissStaleApprovals"
	LastPusher      = "lastPusherCannotApprove"
	RejectionsBlock = "rejectionsBlock"
	// CodeOwner: one of the owners is among those who approve. PathOwner: one of
	// each changed path's.
	CodeOwner     = "codeOwners"
	PathOwner     = "ownersOfEachPath"
	Checks        = "checks"
	UpToDate      = "upToDate"
	SignedCommits = "signedCommits"
	NoForcePush   = "noForcePush"
	NoDeletion    = "noDeletion"
)

// The settings of the other parts.
const (
	Exists    = "exists" // an environment
	Reviewers = "reviewers"
	Deploying = "branches"

	SecretScanning      = "secretScanning"
	PushProtection      = "pushProtection"
	VulnerabilityAlerts = "vulnerabilityAlerts"

	OnlySelected  = "onlySelected"
	Allowed       = "allowed"
	PinnedBySHA   = "pinnedBySHA"
	ReadOnlyToken = "readOnlyToken"
	NoApproval    = "workflowsCannotApprove"

	VariableValue = "value"
)

// Value is what a setting is: yes or no, a number, or a list, sorted.
type Value []string

// Flag is yes or no.
func Flag(is bool) Value {
	if is {
		return Value{"yes"}
	}
	return Value{"no"}
}

// Number is a count.
func Number(n int) Value { return Value{strconv.Itoa(n)} }

// List is a set of words.
func List(words []string) Value {
	out := Value(slices.Clone(words))
	slices.Sort(out)
	return slices.Compact(out)
}

// Is reports whether a flag is yes.
func (v Value) Is() bool { return len(v) == 1 && v[0] == "yes" }

// Int is the number; 0 where it is none.
func (v Value) Int() int {
	if len(v) != 1 {
		return 0
	}
	n, _ := strconv.Atoi(v[0])
	return n
}

func (v Value) String() string {
	if len(v) == 0 {
		return "none"
	}
	return strings.Join(v, ", ")
}

// measure is how a setting that is there compares with the declared one.
type measure int

const (
	exactly measure = iota
	atLeast         // a number, or yes: more is stricter
	allOf           // a list: more is stricter
)

// Setting is one thing as it is declared.
type Setting struct {
	Part  Part
	Name  string
	Value Value
	measure
}

// Settings are what s says, one by one, in the order in which they are set.
// Variables come last, so that a workflow that they set going finds the rules
// in place.
func Settings(s State) []Setting {
	var all []Setting
	for _, b := range s.Branches {
		all = append(all, branchSettings(b, s.OwnersByPath)...)
	}
	for _, e := range s.Environments {
		part := Part{PartEnvironment, e.Name}
		all = append(all, Setting{part, Exists, Flag(true), atLeast})
		if len(e.Reviewers) > 0 { // any one of them may agree: more are weaker
			all = append(all, Setting{part, Reviewers, List(e.Reviewers), exactly})
		}
		all = append(all, Setting{part, Deploying, List(e.Branches), exactly})
	}
	all = append(all, flags(Part{Kind: PartSecurity},
		flag{SecretScanning, s.Security.SecretScanning}, flag{PushProtection, s.Security.PushProtection},
		flag{VulnerabilityAlerts, s.Security.VulnerabilityAlert})...)
	actions := Part{Kind: PartActions}
	all = append(all, Setting{actions, OnlySelected, Flag(true), atLeast}, Setting{actions, Allowed, List(s.Actions.Allowed), exactly})
	all = append(all, flags(actions, flag{PinnedBySHA, s.Actions.PinnedBySHA}, flag{ReadOnlyToken, true}, flag{NoApproval, true})...)
	for _, name := range slices.Sorted(maps.Keys(s.Variables)) {
		all = append(all, Setting{Part{PartVariable, name}, VariableValue, Value{s.Variables[name]}, exactly})
	}
	return all
}

func branchSettings(b Branch, ownersByPath bool) []Setting {
	part := Part{PartBranch, b.Name}
	bypass := make([]string, 0, len(b.Bypass))
	for _, a := range b.Bypass {
		bypass = append(bypass, a.String())
	}
	all := flags(part, flag{Enforced, true}, flag{NoForcePush, true}, flag{NoDeletion, true}, flag{PullRequests, true})
	all = append(all,
		Setting{part, Bypass, List(bypass), exactly},
		Setting{part, Approvals, Number(b.Reviews), atLeast},
		Setting{part, Checks, List(b.Checks), allOf})
	reviewed := b.Reviews > 0
	owned := reviewed && b.CodeOwners
	return append(all, flags(part,
		flag{DismissStale, reviewed}, flag{LastPusher, reviewed}, flag{RejectionsBlock, reviewed},
		flag{CodeOwner, owned}, flag{PathOwner, owned && ownersByPath},
		flag{UpToDate, len(b.Checks) > 0}, flag{SignedCommits, b.SignedCommits})...)
}

// flag is a setting that is on where it is declared, and may be either where it
// is not.
type flag struct {
	name     string
	declared bool
}

func flags(part Part, all ...flag) []Setting {
	var out []Setting
	for _, f := range all {
		if f.declared {
			out = append(out, Setting{part, f.name, Flag(true), atLeast})
		}
	}
	return out
}

// String names the actor, for people and in Bypass.
func (a Actor) String() string {
	switch a.Kind {
	case ActorApp:
		return "app " + strconv.Itoa(a.ID)
	case ActorDeployKeys:
		return "deploy keys"
	case ActorUser:
	}
	return "user " + a.Name
}
