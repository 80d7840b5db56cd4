package progress

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"
	"charm.land/lipgloss/v2"
)

const (
	// frameEvery is how often the running steps' spinner turns.
	frameEvery = 120 * time.Millisecond
	// maxItems bounds the waiting lines that are shown of one step.
	maxItems = 12
	// titleWidth is the column that details begin at, unless a title is longer.
	titleWidth = 34
)

// live redraws what is under way on a terminal. A step that ended is written
// above it once and for all: it scrolls away with the screen, and no resize or
// small window touches it any more.
type live struct {
	program *tea.Program
	done    chan struct{}
}

func newLive(w io.Writer) *live {
	l := &live{
		// Interrupts are the caller's: it cancels the work, and the work's end
		// closes the display.
		program: tea.NewProgram(newScreen(), tea.WithOutput(w), tea.WithInput(nil), tea.WithoutSignalHandler()),
		done:    make(chan struct{}),
	}
	go func() {
		defer close(l.done)
		_, _ = l.program.Run()
	}()
	return l
}

func (l *live) Show(s Step) { l.program.Send(s) }

func (l *live) Close() {
	l.program.Send(closeMsg{})
	<-l.done
}

// screen is the model of the live display.
type screen struct {
	styles        styles
	running       []Step // in the order in which they began
	began         map[string]time.Time
	ended         map[string]string // the lines of steps that ended, by title
	frame         int
	now           time.Time
	width, height int

	queue    []string // lines to be written above
	printing bool
	closing  bool
}

type styles struct {
	done, failed, dim lipgloss.Style
}

type (
	frameMsg time.Time
	closeMsg struct{}
	// printedMsg says that the last lines stand above.
	printedMsg struct{}
)

func newScreen() screen {
	return screen{
		began: map[string]time.Time{},
		ended: map[string]string{},
		now:   time.Now(),
		width: 80, height: 24,
		styles: styles{
			done:   lipgloss.NewStyle().Foreground(lipgloss.Green),
			failed: lipgloss.NewStyle().Foreground(lipgloss.Red).Bold(true),
			dim:    lipgloss.NewStyle().Faint(true),
		},
	}
}

func nextFrame() tea.Cmd {
	return tea.Tick(frameEvery, func(t time.Time) tea.Msg { return frameMsg(t) })
}

func (s screen) Init() tea.Cmd { return nextFrame() }

func (s screen) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		s.width, s.height = msg.Width, msg.Height
	case frameMsg:
		s.frame++
		s.now = time.Time(msg)
		return s, nextFrame()
	case Step:
		return s.step(msg).flush()
	case printedMsg:
		s.printing = false
		return s.flush()
	case closeMsg:
		s.closing = true
		for _, step := range s.running {
			s.queue = append(s.queue, s.endLine(step))
		}
		s.running = nil
		return s.flush()
	}
	return s, nil
}

// step takes in what was shown of a step.
func (s screen) step(step Step) screen {
	same := func(other Step) bool { return other.Title == step.Title }
	if step.State == Running {
		if _, ok := s.began[step.Title]; !ok {
			s.began[step.Title] = s.now
		}
		if i := slices.IndexFunc(s.running, same); i >= 0 {
			s.running[i] = step
		} else {
			s.running = append(s.running, step)
		}
		return s
	}
	s.running = slices.DeleteFunc(s.running, same)
	line := s.endLine(step)
	if s.ended[step.Title] != line {
		s.queue = append(s.queue, line)
	}
	s.ended[step.Title] = line
	return s
}

// flush writes the queued lines above, one batch after the other, as commands
// run side by side; after the last one a closing display ends.
func (s screen) flush() (tea.Model, tea.Cmd) {
	switch {
	case s.printing:
		return s, nil
	case len(s.queue) == 0 && s.closing:
		return s, tea.Quit
	case len(s.queue) == 0:
		return s, nil
	}
	lines := strings.Join(s.queue, "\n")
	s.queue, s.printing = nil, true
	return s, tea.Sequence(tea.Println(lines), func() tea.Msg { return printedMsg{} })
}

// View is what is under way, and an empty line that the cursor rests on: it
// stays visible, so that a process that is killed leaves a whole terminal.
func (s screen) View() tea.View {
	var lines []string
	for _, step := range s.running {
		lines = append(lines, s.runLine(step))
		left := maxItems
		lines = s.items(lines, step.Waiting, 1, &left)
	}
	if room := max(s.height-2, 1); len(lines) > room {
		lines = append(lines[:room-1], s.styles.dim.Render("…"))
	}
	view := tea.NewView(strings.Join(append(lines, " "), "\n"))
	view.Cursor = tea.NewCursor(0, len(lines))
	view.DisableBracketedPasteMode = true
	return view
}

func (s screen) runLine(step Step) string {
	spinner := []rune("⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏")
	return s.cut(s.text(string(spinner[s.frame%len(spinner)]), step, s.now.Sub(s.began[step.Title])))
}

// endLine is the line of a step that changes no more, in as many lines of the
// terminal as it needs.
func (s screen) endLine(step Step) string {
	mark := step.State.mark()
	switch step.State {
	case Done:
		mark = s.styles.done.Render(mark)
	case Failed:
		mark = s.styles.failed.Render(mark)
	case Running, Skipped:
		mark = s.styles.dim.Render(mark)
	}
	const indent = "  "
	wrapped := lipgloss.Wrap(s.text(mark, step, step.Elapsed), max(s.width-len(indent)-1, 1), "/")
	return strings.ReplaceAll(wrapped, "\n", "\n"+indent)
}

func (s screen) text(mark string, step Step, elapsed time.Duration) string {
	return fmt.Sprintf("%s %-*s %s", mark, titleWidth, step.Title, s.styles.dim.Render(joinNonEmpty(oneLine(step.Detail), seconds(elapsed))))
}

func (s screen) items(lines []string, items []Item, depth int, left *int) []string {
	for _, it := range items {
		if *left == 0 {
			lines = append(lines, s.styles.dim.Render("    …"))
			*left--
		}
		if *left < 0 {
			return lines
		}
		*left--
		line := fmt.Sprintf("%*s└ %s %s", 2*depth, "", it.Name, s.styles.dim.Render(oneLine(it.Status)))
		lines = s.items(append(lines, s.cut(line)), it.Children, depth+1, left)
	}
	return lines
}

// cut makes a line fit the terminal: one that wraps would be counted as one
// and leave its rest behind.
func (s screen) cut(line string) string {
	width := max(s.width-1, 1)
	if lipgloss.Width(line) <= width {
		return line
	}
	return lipgloss.NewStyle().MaxWidth(width-1).Render(line) + "…"
}
