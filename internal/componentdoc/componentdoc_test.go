package componentdoc_test

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/groundwork-dev/groundwork/internal/catalog"
	"github.com/groundwork-dev/groundwork/internal/componentdoc"
)

const fix = "run go test ./internal/componentdoc -update"

var update = flag.Bool("update", false, "write "+componentdoc.Dir)

func facts(t *testing.T) []componentdoc.Facts {
	t.Helper()
	c, err := catalog.Load(catalog.BuiltinLayer())
	if err != nil {
		t.Fatal(err)
	}
	return componentdoc.Of(c, map[string][]string{"dev": {c.Names()[0]}})
}

// TestPages keeps docs/components/ what the folders say; -update writes it.
func TestPages(t *testing.T) {
	t.Parallel()
	all := facts(t)
	want := map[string][]byte{"README.md": componentdoc.Index(all)}
	for _, f := range all {
		want[f.Name+".md"] = f.Page()
	}
	for name, page := range want {
		want[name] = append([]byte(componentdoc.Header), page...)
	}
	dir := filepath.Join("..", "..", filepath.FromSlash(componentdoc.Dir))
	if *update {
		if err := os.RemoveAll(dir); err != nil {
			t.Fatal(err)
		}
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		for name, data := range want {
			if err := os.WriteFile(filepath.Join(dir, name), data, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		return
	}
	for name, data := range want {
		if got, err := os.ReadFile(filepath.Join(dir, name)); err != nil || !bytes.Equal(got, data) {
			t.Errorf("%s/%s is not current (%v): %s", componentdoc.Dir, name, err, fix)
		}
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if want[e.Name()] == nil {
			t.Errorf("%s/%s belongs to no component: %s", componentdoc.Dir, e.Name(), fix)
		}
	}
}

// TestPicture keeps the picture of docs/platform.md, and the same as Mermaid in
// its text, what the folders say; -update writes both.
func TestPicture(t *testing.T) {
	t.Parallel()
	const begin, end = "-update -->\n", "<!-- end of graph -->"
	docs := filepath.Join("..", "..", "docs")
	g := componentdoc.Graph(facts(t), "")
	svg, err := g.SVG()
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(docs, "platform.md"))
	if err != nil {
		t.Fatal(err)
	}
	before, rest, found := bytes.Cut(text, []byte(begin))
	_, after, ended := bytes.Cut(rest, []byte(end))
	if !found || !ended {
		t.Fatalf("docs/platform.md has no place for the graph between %q and %q", begin, end)
	}
	want := map[string][]byte{
		"platform.svg": svg,
		"platform.md":  fmt.Appendf(nil, "%s%s```mermaid\n%s```\n%s%s", before, begin, g.Mermaid(), end, after),
	}
	for name, data := range want {
		at := filepath.Join(docs, name)
		if *update {
			if err := os.WriteFile(at, data, 0o644); err != nil {
				t.Fatal(err)
			}
		} else if got, err := os.ReadFile(at); err != nil || !bytes.Equal(got, data) {
			t.Errorf("docs/%s is not current (%v): %s", name, err, fix)
		}
	}
}

// TestGraph: what needs a component is the reverse of what it depends on.
func TestGraph(t *testing.T) {
	t.Parallel()
	byName := map[string]componentdoc.Facts{}
	for _, f := range facts(t) {
		byName[f.Name] = f
	}
	edges := 0
	for _, f := range byName {
		for _, needed := range f.DependsOn {
			edges++
			if !slices.Contains(byName[needed].NeededBy, f.Name) {
				t.Errorf("%s depends on %s, whose page does not say so", f.Name, needed)
			}
		}
	}
	if edges == 0 {
		t.Error("no component depends on another: nothing was compared")
	}
}
