package componentdoc

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"strings"

	"github.com/groundwork-dev/groundwork/internal/catalog"
)

// Dir is where the pages lie in this repository.
const Dir = "docs/components"

// Header is the first line of every file there.
const Header = "<!-- Generated from the components' folders: go test ./internal/componentdoc -update -->\n"

// readme is the component's own page without its title, "" when it has none.
func readme(c *catalog.Component) string {
	data, err := fs.ReadFile(c.Folder, "README.md")
	if err != nil {
		return ""
	}
	title, rest, _ := strings.Cut(string(data), "\n")
	if !strings.HasPrefix(title, "# ") {
		rest = string(data)
	}
	return strings.TrimSpace(rest)
}

// Page is the component's page: its facts, then its own README.
func (f Facts) Page() []byte {
	var b strings.Builder
	fmt.Fprintf(&b, "# %s\n\n%s\n\n", f.Name, f.Description)
	b.WriteString("| | |\n|---|---|\n")
	row := func(name, text string) {
		if text != "" {
			fmt.Fprintf(&b, "| %s | %s |\n", name, strings.ReplaceAll(text, "|", `\|`))
		}
	}
	if f.Chart != nil {
		row("chart", fmt.Sprintf("%s %s of %s", f.Chart.Name, f.Chart.Version, f.Chart.Repository))
	}
	row("namespace", "`"+f.Namespace+"`, Pod Security "+f.PodSecurity)
	row("depends on", links(f.DependsOn))
	row("needed by", links(f.NeededBy))
	row("kinds", code(f.CRDs))
	row("APIs", code(f.APIs))
	row("webhooks", strings.Join(f.Webhooks, "<br>"))
	for _, r := range f.Roles {
		row("AWS role", "of service account `"+r.ServiceAccount+"`, policy `"+r.Policy+"`")
	}
	if f.LastBackup != "" {
		row("before the cluster ends", "makes a last `"+f.LastBackup+"`")
	}
	if len(f.RecordMarkers) > 0 {
		row("at the end", "DNS records marked "+code(f.RecordMarkers)+" are deleted")
	}
	row("network", strings.Join(f.Flows, "<br>"))
	if len(f.Workloads) > 0 {
		b.WriteString("\n| runs | pods, small | pods, ha | images |\n|---|---|---|---|\n")
		for _, w := range f.Workloads {
			fmt.Fprintf(&b, "| %s `%s` | %s | %s | %s |\n", w.Kind, w.Name, pods(w, w.Small), pods(w, w.HA), code(w.Images))
		}
	}
	if len(f.Parameters) > 0 {
		b.WriteString("\n| parameter | type | default | meaning |\n|---|---|---|---|\n")
		for _, p := range f.Parameters {
			fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", p.Name, p.Type, p.DefaultText(), strings.ReplaceAll(p.Description, "|", `\|`))
		}
	}
	if f.readme != "" {
		b.WriteString("\n" + f.readme + "\n")
	}
	return []byte(b.String())
}

// DefaultText is the default for people: must be set where there is none.
func (p Parameter) DefaultText() string {
	if p.Default == nil && p.DefaultHA == nil {
		return "must be set"
	}
	s := short(p.Default)
	if p.DefaultHA != nil {
		s += "; ha: " + short(p.DefaultHA)
	}
	return s
}

func short(v any) string {
	if v == nil {
		return "must be set"
	}
	data, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprint(v)
	}
	return "`" + strings.Trim(string(data), `"`) + "`"
}

func pods(w Workload, n int) string {
	if w.Kind == string(catalog.DaemonSet) {
		return "one a node"
	}
	return fmt.Sprint(n)
}

func links(names []string) string {
	linked := make([]string, len(names))
	for i, name := range names {
		linked[i] = fmt.Sprintf("[%s](%s.md)", name, name)
	}
	return strings.Join(linked, ", ")
}

func code(words []string) string {
	quoted := make([]string, len(words))
	for i, word := range words {
		quoted[i] = "`" + word + "`"
	}
	return strings.Join(quoted, ", ")
}

// Index is the page that lists all components.
func Index(all []Facts) []byte {
	var b strings.Builder
	b.WriteString("# Components\n\nEach is one folder below `internal/catalog/components/`; `bootstrap component list` shows those of your platform.\n\n")
	b.WriteString("| component | version | what it does |\n|---|---|---|\n")
	for _, f := range all {
		version := "–"
		if f.Chart != nil {
			version = f.Chart.Version
		}
		fmt.Fprintf(&b, "| [%s](%s.md) | %s | %s |\n", f.Name, f.Name, version, f.Description)
	}
	return []byte(b.String())
}
