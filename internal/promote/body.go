package promote

import (
	"fmt"
	"strings"

	"github.com/groundwork-dev/groundwork/internal/image"
)

// What others write into the request is bounded, in bytes: GitHub takes 65536
// letters in all.
const (
	mostRendered = 30000
	mostModules  = 12000
	mostCommits  = 12000
)

// body is the request's text. What comes from commits, modules and manifests
// stands in fences, so that nobody can write into the rest.
func (r *run) body() string {
	e := r.report.Evidence
	var b strings.Builder
	fmt.Fprintf(&b, "`%s` gets the image of `%s` that runs in `%s`.\n\n", r.To, r.App, r.From)
	fmt.Fprintf(&b, "Only `%s` changes. Merging promotes. `bootstrap promote` made this request and keeps it current; the check `%s` derives all of this anew.\n\n", r.path(), StatusName)
	b.WriteString("| what | is |\n|---|---|\n")
	row := func(name, text string) { fmt.Fprintf(&b, "| %s | %s |\n", name, text) }
	row("image", code(e.Image))
	row("until now", code(e.Before))
	row("digest", code(e.Digest))
	for _, c := range e.Checks {
		switch c.Name {
		case "pin", "digest":
		case "signature":
			row(c.Name, cell(c.Detail)+"; key SHA-256 "+code(e.Key))
		default:
			row(c.Name, cell(c.Detail))
		}
	}
	row("workload", fmt.Sprintf("Deployment %s in %s, pods: %d, read at %s", code(e.Health.Workload), r.From, e.Health.Pods, stamp(e.Health.At)))
	canary := "none there"
	if e.Health.Canary != "" {
		canary = cell(e.Health.Canary)
	}
	row("canary in "+r.From, canary)
	b.WriteString("\n### Rendered difference\n\n")
	fenced(&b, "diff", bound(e.Rendered, mostRendered), "nothing")
	b.WriteString("\n### Modules\n\n")
	fenced(&b, "diff", bound(e.Modules.text(), mostModules), "no difference")
	b.WriteString("\n### Commits\n\n")
	commits := strings.Join(append(e.Commits, ""), "\n")
	if e.CommitsNote != "" {
		commits = e.CommitsNote
	}
	fenced(&b, "", bound(commits, mostCommits), "none")
	return b.String()
}

func (m Modules) text() string {
	if m.Note != "" {
		return m.Note
	}
	var b strings.Builder
	for _, group := range []struct {
		mark  string
		lines []string
	}{{"+", m.Added}, {"-", m.Removed}, {"!", m.Changed}} {
		for _, line := range group.lines {
			fmt.Fprintf(&b, "%s %s\n", group.mark, oneLine(line))
		}
	}
	return b.String()
}

// fenced writes text that may hold fences itself.
func fenced(b *strings.Builder, language, text, otherwise string) {
	if strings.TrimSpace(text) == "" {
		b.WriteString(otherwise + "\n")
		return
	}
	fence := "~~~"
	for strings.Contains(text, fence) {
		fence += "~"
	}
	fmt.Fprintf(b, "%s%s\n%s\n%s\n", fence, language, strings.TrimRight(text, "\n"), fence)
}

func code(s string) string { return "`" + strings.ReplaceAll(clean(s), "|", `\|`) + "`" }

// cell is text for a table, without any markup in it.
func cell(s string) string {
	return strings.NewReplacer("|", `\|`, "<", "&lt;", "@", "&#64;", "`", "'").Replace(oneLine(s))
}

// Text is the evidence for a terminal.
func (e Evidence) Text() string {
	var b strings.Builder
	for _, c := range e.Checks {
		if c.Result != image.Refused { // the error tells it, with its fix
			fmt.Fprintf(&b, "%s: %s: %s\n", c.Name, c.Result, c.Detail)
		}
	}
	return b.String()
}
