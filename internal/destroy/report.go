package destroy

import (
	"fmt"
	"strings"
	"time"
)

// State says what an Event tells of its step.
type State string

// The states of a step.
const (
	Started  State = "started"
	Progress State = "progress"
	Done     State = "done"
	Skipped  State = "skipped"
	Failed   State = "failed"
	// Planned is a step that a dry run leaves out.
	Planned State = "planned"
)

// Event is one thing that happened in a run.
type Event struct {
	State State
	// Step is the step's name, the same in every event; Title is for people.
	Step, Title string
	Detail      string
	Took        time.Duration
	// Waiting is what the step waits for.
	Waiting []Item
}

// Item is an object that is waited for.
type Item struct{ Object, Status string }

// StepReport is how one step went.
type StepReport struct {
	Step    string  `json:"step"`
	Title   string  `json:"title"`
	State   State   `json:"state"`
	Detail  string  `json:"detail,omitempty"`
	Seconds float64 `json:"seconds"`
}

// Report is the outcome of a run, its receipt.
type Report struct {
	Cluster string `json:"cluster"`
	DryRun  bool   `json:"dryRun"`
	// Destroyed says that the run came to its end and nothing is left.
	Destroyed bool   `json:"destroyed"`
	Losses    Losses `json:"losses"`
	// Left is what the sweep could not remove.
	Left []Left `json:"left"`
	Kept []Kept `json:"kept"`
	// Steps are in the order in which they ran.
	Steps []StepReport `json:"steps"`
	// NextSteps are for a person.
	NextSteps []string `json:"nextSteps,omitempty"`
}

// Losses is what the end of the cluster takes along. The lists are of a cluster
// that answers; of another they are unknown.
type Losses struct {
	// Kubernetes and Platform are numbers of resources in the stacks' states,
	// Forgotten how many of the platform's stay.
	Kubernetes int `json:"kubernetesResources"`
	Platform   int `json:"platformResources"`
	Forgotten  int `json:"platformResourcesKept"`
	// Known says that the cluster was asked.
	Known         bool     `json:"clusterAsked"`
	Nodes         int      `json:"nodes"`
	Namespaces    []string `json:"namespaces"`
	Volumes       []Volume `json:"volumes"`
	LoadBalancers []string `json:"loadBalancers"`
	// Left is what is in AWS by the cluster's tag, looked for where no state
	// tells of the cluster any more.
	Left []Left `json:"left,omitempty"`
}

// None reports whether there is nothing to destroy.
func (l *Losses) None() bool { return l.Kubernetes+l.Platform+len(l.Left) == 0 }

// Volume is a persistent volume.
type Volume struct {
	// Claim is namespace/name, "" for a volume that nobody claims.
	Claim string `json:"claim,omitempty"`
	Name  string `json:"name"`
	Size  string `json:"size"`
	// Policy is Delete, or Retain: the sweep takes that one.
	Policy string `json:"reclaimPolicy"`
}

// RefusedError says why nothing was changed.
type RefusedError struct{ Reason, Fix string }

func (e *RefusedError) Error() string {
	if e.Fix == "" {
		return e.Reason
	}
	return e.Reason + ": " + e.Fix
}

// Refused tells the error apart from others.
func (*RefusedError) Refused() bool { return true }

// Stuck is an object that does not go.
type Stuck struct {
	Object string
	// Finalizers wait for those who put them there.
	Finalizers []string
	// Why is what can be seen of the reason.
	Why string
}

// StuckError names what did not go in time.
type StuckError struct {
	After time.Duration
	Left  []Stuck
}

func (e *StuckError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "not gone after %s", e.After)
	for _, s := range e.Left {
		fmt.Fprintf(&b, "\n  %s", s.Object)
		if len(s.Finalizers) > 0 {
			fmt.Fprintf(&b, " (finalizers %s)", strings.Join(s.Finalizers, ", "))
		}
		if s.Why != "" {
			b.WriteString(": " + s.Why)
		}
	}
	b.WriteString("\nrun it again to go on waiting, with a longer --drain-timeout where AWS is slow; --skip-drain leaves what does not go to the sweep by tag")
	return b.String()
}

// TimedOut tells the error apart from others.
func (*StuckError) TimedOut() bool { return true }

// BackupError says that there is no last backup.
type BackupError struct{ Object, Problem string }

func (e *BackupError) Error() string {
	return fmt.Sprintf("%s %s: see to it and run this again, which makes another; --skip-backup goes on without", e.Object, e.Problem)
}

// LeftError says what the sweep did not get rid of.
type LeftError struct{ Left []Left }

func (e *LeftError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d things of the cluster are still in AWS:", len(e.Left))
	for _, l := range e.Left {
		fmt.Fprintf(&b, "\n  %s", l)
	}
	b.WriteString("\nrun it again, since AWS may need time to let go of what they depend on; what stays after that, delete by hand in the console or with the aws command, by these ids")
	return b.String()
}

// String is for a line: kind and id, the name where it is another, and what keeps it.
func (l Left) String() string {
	text := l.Kind + " " + l.ID
	if l.Name != "" && l.Name != l.ID {
		text += " (" + l.Name + ")"
	}
	if l.Why != "" {
		text += ": " + l.Why
	}
	return text
}
