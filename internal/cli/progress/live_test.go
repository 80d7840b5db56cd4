package progress

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"charm.land/lipgloss/v2"
)

func (s screen) with(t *testing.T, messages ...tea.Msg) screen {
	t.Helper()
	for _, m := range messages {
		model, _ := s.Update(m)
		s = model.(screen)
	}
	return s
}

// What is under way fits the window, whatever its size and however much there
// is to say.
func TestLiveFitsTheWindow(t *testing.T) {
	t.Parallel()
	items := make([]Item, 40)
	for i := range items {
		items[i] = Item{Name: fmt.Sprintf("Kustomization/flux-system/a-rather-long-name-%d", i), Status: "waits\nfor größere Dinge than this"}
	}
	for _, size := range []tea.WindowSizeMsg{{Width: 200, Height: 50}, {Width: 80, Height: 24}, {Width: 20, Height: 6}, {Width: 3, Height: 2}, {Width: 1, Height: 1}} {
		t.Run(fmt.Sprintf("%dx%d", size.Width, size.Height), func(t *testing.T) {
			t.Parallel()
			s := newScreen().with(t, size)
			for i := range 10 {
				s = s.with(t, Step{Title: fmt.Sprintf("step %d with a title that is long", i), Detail: "detail", Waiting: items})
			}
			lines := strings.Split(s.View().Content, "\n")
			if len(lines) > max(size.Height-1, 2) {
				t.Errorf("%d lines in a window of %d", len(lines), size.Height)
			}
			for _, line := range lines {
				if w := lipgloss.Width(line); w > size.Width {
					t.Errorf("a line of %d in a window of %d: %q", w, size.Width, line)
				}
			}
		})
	}
}

// What has ended is written out whole, however narrow the window.
func TestLiveEndsAreWhole(t *testing.T) {
	t.Parallel()
	s := newScreen().with(t, tea.WindowSizeMsg{Width: 30, Height: 10}, Step{Title: "a step"},
		Step{Title: "a step", State: Failed, Elapsed: time.Second, Detail: "a reason that is longer than the window, and\nhas two lines"})
	model, cmd := s.Update(printedMsg{})
	if cmd != nil || len(model.(screen).queue) > 0 {
		t.Error("a line waits although nothing is being printed")
	}
	line := s.ended["a step"]
	for l := range strings.SplitSeq(line, "\n") {
		if w := lipgloss.Width(l); w >= 30 {
			t.Errorf("a line of %d in a window of 30: %q", w, l)
		}
	}
	plain := regexp.MustCompile(`\x1b\[[0-9;]*m`).ReplaceAllString(line, "")
	if got, want := strings.Join(strings.Fields(plain), " "), "✗ a step a reason that is longer than the window, and has two lines, 1s"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// Lines are written one batch after the other, for what is handed to the
// terminal side by side may arrive in any order; the last batch ends a display
// that is closed.
func TestLivePrintsInOrder(t *testing.T) {
	t.Parallel()
	s := newScreen()
	next := func(m tea.Msg) tea.Cmd {
		model, cmd := s.Update(m)
		s = model.(screen)
		return cmd
	}
	if next(Step{Title: "one"}) != nil {
		t.Error("a running step was printed")
	}
	if next(Step{Title: "one", State: Done}) == nil {
		t.Error("an ended step was not printed")
	}
	if next(Step{Title: "one", State: Done}) != nil || len(s.queue) != 0 {
		t.Error("an ended step was printed again")
	}
	if next(Step{Title: "two", State: Done}) != nil {
		t.Error("two was printed before one was")
	}
	next(Step{Title: "three"})
	if next(closeMsg{}) != nil || len(s.queue) != 2 {
		t.Errorf("closed with %q queued; want two and three to be printed first", s.queue)
	}
	if next(printedMsg{}) == nil || len(s.queue) != 0 {
		t.Error("the rest was not printed")
	}
	cmd := next(printedMsg{})
	if cmd == nil {
		t.Fatal("the display did not end")
	}
	if _, ok := cmd().(tea.QuitMsg); !ok {
		t.Error("the display did not end")
	}
}
