package coldstart

import (
	"fmt"
	"strings"
)

// Text returns the verdict for a person: the waves and the critical path, what
// keeps the rest from becoming ready, and what was taken for granted.
func (v *Verdict) Text() string {
	var b strings.Builder
	for i, wave := range v.Waves {
		fmt.Fprintf(&b, "wave %-3d %s\n", i+1, strings.Join(wave, ", "))
	}
	if len(v.CriticalPath) > 1 {
		fmt.Fprintf(&b, "critical path: %s\n", strings.Join(v.CriticalPath, " → "))
	}
	for _, d := range v.Deadlocks {
		b.WriteString("\n" + d.String() + "\n")
	}
	section := func(title string, notes []Note) {
		if len(notes) == 0 {
			return
		}
		b.WriteString("\n" + title + ":\n")
		for _, n := range notes {
			b.WriteString("  " + n.String() + "\n")
		}
	}
	section("warnings", v.Warnings)
	section("taken for granted", v.Assumptions)
	return b.String()
}

// String returns the deadlock for a person, the cause first.
func (d Deadlock) String() string {
	var b strings.Builder
	if at := d.At.String(); at != "" {
		b.WriteString(at + ": ")
	}
	kind := "deadlock"
	if d.Race {
		kind = "possible deadlock"
	}
	b.WriteString(kind + ": " + d.Message + "\n  fix: " + d.Fix)
	for _, link := range d.Chain {
		b.WriteString("\n  - " + link)
	}
	if len(d.Waiting) > 0 {
		b.WriteString("\n  also never ready: " + strings.Join(d.Waiting, ", "))
	}
	return b.String()
}

// String returns the note as one line.
func (n Note) String() string {
	if at := n.At.String(); at != "" {
		return at + ": " + n.Message
	}
	return n.Message
}
