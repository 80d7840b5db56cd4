package platformgraph_test

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/groundwork-dev/groundwork/internal/platformgraph"
)

// diamond has a long way a→b→c→d, an edge that follows from it, and one that
// passes a column.
func diamond() platformgraph.Graph {
	return platformgraph.Graph{"a": nil, "b": {"a"}, "c": {"b"}, "d": {"c", "a", "e"}, "e": nil, "f": {"f2"}, "f2": nil}
}

func TestMermaid(t *testing.T) {
	t.Parallel()
	want := `flowchart LR
  c-a["a"]
  c-b["b"]
  c-c["c"]
  c-d["d"]
  c-e["e"]
  c-f["f"]
  c-f2["f2"]
  c-a --> c-b
  c-b --> c-c
  c-c --> c-d
  c-e --> c-d
  c-f2 --> c-f
`
	if diff := cmp.Diff(want, diamond().Mermaid()); diff != "" {
		t.Error(diff)
	}
}

func TestSVG(t *testing.T) {
	t.Parallel()
	svg, err := diamond().SVG()
	if err != nil {
		t.Fatal(err)
	}
	again, err := diamond().SVG()
	if err != nil || !bytes.Equal(again, svg) {
		t.Errorf("the second picture differs (%v)", err)
	}
	for d := xml.NewDecoder(strings.NewReader(string(svg))); ; {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
	}
	// Five edges remain; e→d passes two columns, each a line and a bend more.
	if got := strings.Count(string(svg), "<path"); got != 9 {
		t.Errorf("%d lines, want 9", got)
	}
	seen := map[string]bool{}
	for _, m := range regexp.MustCompile(`<rect class="b" x="([^"]+)" y="([^"]+)"`).FindAllStringSubmatch(string(svg), -1) {
		if seen[m[0]] {
			t.Errorf("two boxes at %s, %s", m[1], m[2])
		}
		seen[m[0]] = true
	}
	if len(seen) != len(diamond()) {
		t.Errorf("%d boxes, want %d", len(seen), len(diamond()))
	}
}

func TestEmpty(t *testing.T) {
	t.Parallel()
	if _, err := (platformgraph.Graph{}).SVG(); err != nil {
		t.Error(err)
	}
}
