package progress

import (
	"fmt"
	"io"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"
	"charm.land/lipgloss/v2"
)

// frameEvery is how often the running steps' spinner turns.
const frameEvery = 120 * time.Millisecond

// maxItems bounds the waiting lines that are shown, so that the display fits a
// screen.
const maxItems = 12

// live redraws itself on a terminal.
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
	l.program.Quit()
	<-l.done
}

// screen is the model of the live display.
type screen struct {
	styles  styles
	steps   []Step
	started map[string]time.Time
	frame   int
	now     time.Time
	width   int
}

type styles struct {
	done, failed, dim lipgloss.Style
}

type frameMsg time.Time

func newScreen() screen {
	return screen{
		started: map[string]time.Time{},
		now:     time.Now(),
		width:   80,
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
		s.width = msg.Width
	case frameMsg:
		s.frame++
		s.now = time.Time(msg)
		return s, nextFrame()
	case Step:
		s.steps = upsert(s.steps, msg)
		if _, ok := s.started[msg.Title]; !ok {
			s.started[msg.Title] = s.now
		}
	}
	return s, nil
}

func upsert(steps []Step, step Step) []Step {
	for i := range steps {
		if steps[i].Title == step.Title {
			steps[i] = step
			return steps
		}
	}
	return append(steps, step)
}

func (s screen) View() tea.View {
	var b strings.Builder
	for _, step := range s.steps {
		b.WriteString(s.line(step) + "\n")
		if step.State != Running {
			continue
		}
		left := maxItems
		s.items(&b, step.Waiting, 1, &left)
	}
	return tea.NewView(b.String())
}

func (s screen) line(step Step) string {
	elapsed := step.Elapsed
	mark := step.State.mark()
	switch step.State {
	case Running:
		elapsed = s.now.Sub(s.started[step.Title])
		mark = string([]rune("⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏")[s.frame%10])
	case Done:
		mark = s.styles.done.Render(mark)
	case Failed:
		mark = s.styles.failed.Render(mark)
	case Skipped:
		mark = s.styles.dim.Render(mark)
	}
	text := fmt.Sprintf("%s %-34s %s", mark, step.Title, s.styles.dim.Render(joinNonEmpty(step.Detail, seconds(elapsed))))
	return lipgloss.NewStyle().MaxWidth(s.width).Render(text)
}

func (s screen) items(b *strings.Builder, items []Item, depth int, left *int) {
	for _, it := range items {
		if *left == 0 {
			b.WriteString(s.styles.dim.Render("    …") + "\n")
			*left--
		}
		if *left < 0 {
			return
		}
		*left--
		line := fmt.Sprintf("%*s└ %s %s", 2*depth, "", it.Name, s.styles.dim.Render(oneLine(it.Status)))
		b.WriteString(lipgloss.NewStyle().MaxWidth(s.width).Render(line) + "\n")
		s.items(b, it.Children, depth+1, left)
	}
}
