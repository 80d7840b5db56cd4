package hardening_test

import (
	"flag"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/groundwork-dev/groundwork/internal/cost"
	"github.com/groundwork-dev/groundwork/internal/hardening"
)

var update = flag.Bool("update", false, "write the table of docs/hardening.md")

// TestDocument keeps the table of docs/hardening.md what the list and the
// prices say; -update writes it.
func TestDocument(t *testing.T) {
	t.Parallel()
	const file, begin, end = "../../docs/hardening.md", "-update -->\n", "<!-- end of table -->"
	prices, err := cost.List()
	if err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, found := strings.Cut(string(data), begin)
	_, after, ended := strings.Cut(rest, end)
	if !found || !ended {
		t.Fatalf("%s has no place for the table between %q and %q", file, begin, end)
	}
	want := before + begin + hardening.Table(prices.Notes()) + end + after
	if *update {
		if err := os.WriteFile(file, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	} else if want != string(data) {
		t.Errorf("%s is not current: run go test ./internal/hardening -update", file)
	}
}

// TestItems holds the list to its own form.
func TestItems(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, i := range hardening.Items() {
		if seen[i.Name] {
			t.Errorf("%s is there twice", i.Name)
		}
		seen[i.Name] = true
		if i.Title == "" || i.Default == "" || len(i.Stacks) == 0 || len(i.Resources) == 0 || !slices.IsSorted(i.Resources) {
			t.Errorf("%s says too little: %+v", i.Name, i)
		}
		for _, needed := range i.Requires {
			other, ok := hardening.Find(needed)
			if !ok || !slices.Equal(other.Stacks, i.Stacks) {
				t.Errorf("%s needs %s, which is not in the same stack", i.Name, needed)
			}
		}
	}
	if _, ok := hardening.Find("none"); ok {
		t.Error("an item that is not there was found")
	}
}
