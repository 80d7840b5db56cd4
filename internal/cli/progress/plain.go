package progress

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"time"
)

const (
	// waitingAfter is how long what a step waits for must have stood before a
	// plain display tells it again.
	waitingAfter = 10 * time.Second
	// waitingEvery is how often it is repeated when nothing of it changed.
	waitingEvery = time.Minute
	// detailEvery bounds how often a running step tells what it does now.
	detailEvery = 2 * time.Second
)

// plain writes one line when something changes.
type plain struct {
	mu     sync.Mutex
	w      io.Writer
	now    func() time.Time
	start  time.Time
	last   map[string]Step      // as it was last told of
	lineAt map[string]time.Time // when that was
	told   string               // what the last step was said to wait for
	toldAt time.Time            // and when
}

func newPlain(w io.Writer, now func() time.Time) *plain {
	return &plain{w: w, now: now, start: now(), last: map[string]Step{}, lineAt: map[string]time.Time{}}
}

func (p *plain) Show(s Step) {
	p.mu.Lock()
	defer p.mu.Unlock()
	before, known := p.last[s.Title]
	switch {
	case s.State != Running:
		p.line(s, joinNonEmpty(s.Detail, seconds(s.Elapsed)))
	case !known || before.Detail != s.Detail && p.now().Sub(p.lineAt[s.Title]) >= detailEvery:
		p.line(s, s.Detail)
	}
	if s.State == Running && len(s.Waiting) > 0 {
		p.wait(s.Waiting)
	}
}

// wait tells what a step waits for, unless it was told lately.
func (p *plain) wait(items []Item) {
	var b strings.Builder
	write(&b, items, 1)
	text := b.String()
	silence := p.now().Sub(p.toldAt)
	if silence < waitingAfter || text == p.told && silence < waitingEvery {
		return
	}
	p.told, p.toldAt = text, p.now()
	_, _ = io.WriteString(p.w, text)
}

func (p *plain) Close() {}

func (p *plain) line(s Step, detail string) {
	p.last[s.Title], p.lineAt[s.Title] = s, p.now()
	if detail != "" {
		detail = ": " + detail
	}
	fmt.Fprintf(p.w, "[%6.1fs] %s %s%s\n", p.now().Sub(p.start).Seconds(), s.State.mark(), s.Title, detail)
}

func write(b *strings.Builder, items []Item, depth int) {
	for _, it := range items {
		fmt.Fprintf(b, "%*s waits for %s: %s\n", 10+2*depth, "", it.Name, oneLine(it.Status))
		write(b, it.Children, depth+1)
	}
}

// oneLine makes one line of a message, which may hold several.
func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

func joinNonEmpty(a, b string) string {
	if a == "" || b == "" {
		return a + b
	}
	return a + ", " + b
}
