package object

import (
	"testing"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
	yaml11 "sigs.k8s.io/yaml"

	"github.com/groundwork-dev/groundwork/internal/tree"
)

// FuzzText holds every text to come back as the same text, from a YAML 1.2
// parser and from the one that Kubernetes uses.
func FuzzText(f *testing.F) {
	for _, s := range []string{
		"", "plain", "yes", "No", "on", "y", "1", "1.10", "0755", "12:30", "1:2:3", "-1", "+1", "0x1f", "0o17", "1e3", "null", "~", "true",
		":8080", "a: b", "#a", "a #b", "- a", "[a]", "{a}", "*a", "&a", "!a", "|", ">", "%a", "@a", "`a", "a\nb", "a\n", " a", "a ", "\t", "2001-01-01",
		".inf", "=", "<<", "1_000", "0b1", "190:20:30", "? a", "'", `"`, "a\u0085b", "\u2028", "🙂",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if !utf8.ValidString(s) {
			t.Skip("not UTF-8")
		}
		data, err := Encode(Map("key", s))
		if err != nil {
			t.Skip(err) // what YAML cannot hold
		}
		var v3, k8s map[string]any
		if err := yaml.Unmarshal(data, &v3); err != nil || v3["key"] != s {
			t.Errorf("%q became %#v (%v) in\n%s", s, v3["key"], err, data)
		}
		if err := yaml11.Unmarshal(data, &k8s); err != nil || k8s["key"] != s {
			t.Errorf("%q became %#v (%v) for Kubernetes in\n%s", s, k8s["key"], err, data)
		}
	})
}

func TestEncode(t *testing.T) {
	t.Parallel()
	o := Meta(New("v1", "Thing", "ns", "a", "spec", Comment(Map(
		"text", "x", "quoted", "yes", "number", 3, "flag", true, "none", []string(nil), "list", []string{"a", "1"},
		"maps", List(Map("a", 1), Empty()), "block", Block("one\ntwo\n"), "flow", Flow(List(Text("a"), Text("b"))),
	), "text", "Why.")), "labels", map[string]string{"b": "2", "a": "1"})
	got, err := Encode(o, New("v1", "Other", "", "b"))
	if err != nil {
		t.Fatal(err)
	}
	want := tree.Header + `apiVersion: v1
kind: Thing
metadata:
  name: a
  namespace: ns
  labels:
    a: "1"
    b: "2"
spec:
  # Why.
  text: x
  quoted: "yes"
  number: 3
  flag: true
  list:
    - a
    - "1"
  maps:
    - a: 1
    - {}
  block: |
    one
    two
  flow: [a, b]
---
apiVersion: v1
kind: Other
metadata:
  name: b
`
	if string(got) != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}
