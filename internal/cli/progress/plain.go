package progress

import (
	"fmt"
	"io"
	"sync"
	"time"
)

// waitingEvery is how often a plain display repeats what a step waits for.
const waitingEvery = 10 * time.Second

// plain writes one line when something changes.
type plain struct {
	mu      sync.Mutex
	w       io.Writer
	now     func() time.Time
	start   time.Time
	last    map[string]Step
	waiting time.Time
}

func newPlain(w io.Writer, now func() time.Time) *plain {
	return &plain{w: w, now: now, start: now(), last: map[string]Step{}}
}

func (p *plain) Show(s Step) {
	p.mu.Lock()
	defer p.mu.Unlock()
	before, known := p.last[s.Title]
	p.last[s.Title] = s
	switch {
	case s.State != Running:
		p.line(s.State.mark(), s.Title, joinNonEmpty(s.Detail, seconds(s.Elapsed)))
	case !known || before.Detail != s.Detail:
		p.line(s.State.mark(), s.Title, s.Detail)
	}
	if s.State == Running && len(s.Waiting) > 0 && p.now().Sub(p.waiting) >= waitingEvery {
		p.waiting = p.now()
		p.items(s.Waiting, 1)
	}
}

func (p *plain) Close() {}

func (p *plain) line(mark, title, detail string) {
	if detail != "" {
		detail = ": " + detail
	}
	fmt.Fprintf(p.w, "[%6.1fs] %s %s%s\n", p.now().Sub(p.start).Seconds(), mark, title, detail)
}

func (p *plain) items(items []Item, depth int) {
	for _, it := range items {
		fmt.Fprintf(p.w, "%*s waits for %s: %s\n", 10+2*depth, "", it.Name, it.Status)
		p.items(it.Children, depth+1)
	}
}

func joinNonEmpty(a, b string) string {
	if a == "" || b == "" {
		return a + b
	}
	return a + ", " + b
}
