//go:build e2e

// Package verdicts compares what internal/apischema says of an object with what
// a real API server answers to it: a dry-run apply and a dry-run create, both
// with strict field validation. The objects are those of this repository's trees,
// samples of the kinds that the trees do not have, and mutations of both.
package verdicts

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/kustomize/kyaml/filesys"

	"github.com/groundwork-dev/groundwork/internal/apischema"
	"github.com/groundwork-dev/groundwork/internal/apischema/apischematest"
)

const repository = "../../.."

// explained are the disagreements that are meant, by what the fault says: the
// server takes the object, and does something else than the object says.
func explained(f apischema.Fault) bool {
	return f.Kind == apischema.Scope // the server drops the namespace without a word
}

// TestVerdicts asks about definitions and namespaces while the server has none,
// makes them, and asks about everything else.
func TestVerdicts(t *testing.T) {
	server := start(t)
	var objects []*unstructured.Unstructured
	for _, cluster := range []string{"dev", "prod"} {
		objects = append(objects, apischematest.Objects(t, filesys.MakeFsOnDisk(), repository, cluster)...)
	}
	objects = append(objects, samples(t)...)
	definitions := apischematest.Definitions(t, objects)
	schemas, err := apischema.New(definitions)
	if err != nil {
		t.Fatal(err)
	}
	first := func(o *unstructured.Unstructured) bool {
		return o.GetKind() == "CustomResourceDefinition" || o.GetKind() == "Namespace"
	}
	rest := slices.DeleteFunc(slices.Clone(objects), first)
	early := append(slices.DeleteFunc(slices.Clone(objects), func(o *unstructured.Unstructured) bool { return !first(o) }), definitions...)
	c := &comparison{t: t, server: server, schemas: schemas}
	c.compare(early)
	server.install(t, definitions, objects)
	c.compare(rest)
	c.report()
}

// comparison counts.
type comparison struct {
	t       *testing.T
	server  *server
	schemas *apischema.Schemas

	whole, mutated, refused, paths, placeless int
	disagreements, meant, lost                []string
	kinds                                     map[string]int
}

// compare asks both about each object and its mutations.
func (c *comparison) compare(objects []*unstructured.Unstructured) {
	c.t.Helper()
	if c.kinds == nil {
		c.kinds = map[string]int{}
	}
	seen := map[string]bool{}
	for _, o := range objects {
		text := fmt.Sprint(o.Object)
		if seen[text] { // dev and prod have much in common
			continue
		}
		seen[text] = true
		c.whole++
		c.ask(mutation{what: "as it is", object: o})
		kind := o.GetAPIVersion() + " " + o.GetKind()
		if c.kinds[kind]++; c.kinds[kind] > objectsPerKind {
			continue
		}
		for _, m := range mutations(o) {
			c.mutated++
			c.ask(m)
		}
	}
}

func (c *comparison) ask(m mutation) {
	c.t.Helper()
	o := m.object
	faults, err := c.schemas.Check(c.t.Context(), o)
	if err != nil {
		c.t.Fatal(err)
	}
	answers := c.server.answers(c.t, o)
	at := fmt.Sprintf("%s %s %s/%s, %s", o.GetAPIVersion(), o.GetKind(), o.GetNamespace(), o.GetName(), m.what)
	if len(answers) > 0 {
		c.refused++
	}
	switch {
	case (len(faults) > 0) == (len(answers) > 0):
		c.comparePaths(at, m.path, faults, answers)
	case !slices.ContainsFunc(faults, func(f apischema.Fault) bool { return !explained(f) }) && len(faults) > 0:
		c.meant = append(c.meant, at)
	default:
		c.disagreements = append(c.disagreements, fmt.Sprintf("%s:\n  here:   %v\n  server: %s", at, faults, strings.Join(answers, "\n          ")))
	}
}

// comparePaths looks for a path of ours in what the server says. What cannot be
// decoded (quantities, times, base64) the server refuses without saying where, or
// by the fields of Go types, and admission looks for a service account before
// anything is validated: there, ours has to be the place of the mutation.
func (c *comparison) comparePaths(at string, mutated []string, faults []apischema.Fault, answers []string) {
	c.t.Helper()
	if len(faults) == 0 {
		return
	}
	answer := strings.Join(answers, "\n")
	placeless := slices.ContainsFunc([]string{"unable to convert unstructured object", "cannot be handled as a", "error looking up service account"},
		func(part string) bool { return strings.Contains(answer, part) })
	for _, f := range faults {
		switch {
		case len(f.Path) == 0, strings.Contains(dotted(answer), names(f.Path)):
			c.paths++
			return
		case placeless && len(f.Path) >= len(mutated) && slices.Equal(f.Path[:len(mutated)], mutated):
			c.placeless++
			return
		}
	}
	c.lost = append(c.lost, fmt.Sprintf("%s:\n  here:   %v\n  server: %s", at, faults, strings.Join(answers, "\n          ")))
}

// names are the field names of a path, without the indexes of lists. Of one
// into a definition's version only the end: the server says it as if there were
// no versions.
func names(path []string) string {
	if len(path) > 4 && path[0] == "spec" && path[1] == "versions" {
		path = path[4:]
	}
	var fields []string
	for _, p := range path {
		if strings.Trim(p, "0123456789") != "" {
			fields = append(fields, p)
		}
	}
	return strings.Join(fields, ".")
}

// dotted takes indexes and keys of list items out of the paths of a message, and
// writes keys of maps like fields.
func dotted(text string) string {
	text = regexp.MustCompile(`\[(\d+|[^\[\]\s]*=[^\[\]\s]*)\]`).ReplaceAllString(text, "")
	return regexp.MustCompile(`\[([^\[\]\s]+)\]`).ReplaceAllString(text, ".$1")
}

func (c *comparison) report() {
	c.t.Helper()
	c.t.Logf("%d objects as they are, %d mutations, of %d kinds; the server refused %d; %d disagreements, %d meant; our path was in the server's message %d times, the server gave none %d times, and %d times not",
		c.whole, c.mutated, len(c.kinds), c.refused, len(c.disagreements), len(c.meant), c.paths, c.placeless, len(c.lost))
	for _, d := range c.disagreements {
		c.t.Errorf("disagreement about %s", d)
	}
	if len(c.meant) == 0 {
		c.t.Error("no disagreement was meant: the server has begun to refuse a namespace where there must be none")
	}
	for _, l := range c.lost {
		c.t.Errorf("path not in the server's message about %s", l)
	}
	if c.whole < 400 || c.mutated < 200 {
		c.t.Errorf("%d objects and %d mutations are too few to mean anything", c.whole, c.mutated)
	}
}
