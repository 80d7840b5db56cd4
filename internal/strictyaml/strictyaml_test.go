package strictyaml_test

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/groundwork-dev/groundwork/internal/strictyaml"
)

func TestParseRefuses(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ in, want string }{
		"twice":          {"a: 1\nb:\n  c: 1\n  c: 2\n", "f.yaml:4:3: b: key \"c\" is there twice (the first one is in line 3)"},
		"anchor":         {"a: &x 1\n", "f.yaml:1:4: a: anchor &x is not allowed (write the value where it is needed)"},
		"alias":          {"a: &x 1\nb: *x\n", "f.yaml:1:4: a: anchor &x is not allowed (write the value where it is needed; so with those in line 2)"},
		"aliases":        {"a: &x 1\nb: [*x, *x]\nc: *x\n", "; so with those in lines 2, 3)"},
		"unknown alias":  {"a: 1\nb: *x\n", "f.yaml:2:4: alias *x is not allowed"},
		"merge":          {"a:\n  <<: {b: 1}\n", "f.yaml:2:3: a: merge key << is not allowed"},
		"tag":            {"a: !!binary aGk=\n", "f.yaml:1:4: a: tag !!binary is not allowed"},
		"own tag":        {"a: !secret x\n", "tag !secret is not allowed"},
		"list key":       {"? [a]\n: b\n", "a key cannot be a mapping or a list"},
		"empty key":      {"~: b\n", "key ~ is empty, want text"},
		"truth key":      {"true: b\n", "key true is true or false, want text (quote it)"},
		"infinite":       {"a: .inf\n", "f.yaml:1:4: a: .inf is not a finite number"},
		"all at once":    {"a: &x 1\na: .nan\n", "f.yaml:1:4: a: anchor &x is not allowed (write the value where it is needed)\nf.yaml:2:1: key \"a\" is there twice (the first one is in line 1)"},
		"colon":          {"a: b: c\n", "a colon stands where no key can be"},
		"tab":            {"a:\n\tb: c\n", "f.yaml:2: "},
		"open quote":     {"a: \"b\n", "is not closed"},
		"open bracket":   {"a: [b\n", "is not closed"},
		"bad indent":     {"a:\n    b: 1\n  c: 2\n", "line up"},
		"odd dash":       {"a:\n  - b\n  c: d\n", "line up"},
		"lone return":    {"a: 1\rb: 2\n", "f.yaml:1:5: control character U+000D"},
		"line separator": {"a: 1\u2028b: 2\n", "f.yaml:1:5: invisible character U+2028"},
		"turned text":    {"a: \u202eb\n", "f.yaml:1:4: invisible character U+202E"},
		"late mark":      {"a: 1\n\ufeffb: 2\n", "f.yaml:2:1: invisible character U+FEFF"},
		"directive":      {"%FOO bar\n--- a\n", "not allowed"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := strictyaml.Parse("f.yaml", []byte(tc.in))
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("error is\n%v\nwant it to hold\n%s", err, tc.want)
			}
			checkLines(t, []byte(tc.in), err)
		})
	}
}

func TestValue(t *testing.T) {
	t.Parallel()
	doc, err := strictyaml.Parse("f.yaml", []byte("\ufeff# head\r\ns: text\r\nq: \"7\"\ni: 7\nf: 1.5\nb: true\nn:\nd: 2026-01-02\nl: [1, {k: v}]\n8080: port\non: yes\n"))
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]any{
		"s": "text", "q": "7", "i": 7, "f": 1.5, "b": true, "n": nil, "d": "2026-01-02",
		"l": []any{1, map[string]any{"k": "v"}}, "8080": "port", "on": "yes",
	}
	if !reflect.DeepEqual(doc.Value(), want) {
		t.Errorf("value is %#v", doc.Value())
	}
	for path, want := range map[string]string{
		"s": "f.yaml:2:4", "n": "f.yaml:7:1", "l 1 k": "f.yaml:9:12", "l 9": "f.yaml:9:4", "zz": "f.yaml:2:1",
	} {
		if got := doc.Position(strings.Fields(path)...).String(); got != want {
			t.Errorf("position of %s is %s, want %s", path, got, want)
		}
	}
	if got := doc.KeyPosition("l", "1", "k").String(); got != "f.yaml:9:9" {
		t.Errorf("position of the key is %s", got)
	}
}

func TestParseAll(t *testing.T) {
	t.Parallel()
	docs, err := strictyaml.ParseAll("f.yaml", []byte("---\na: 1\n---\n# nothing\n---\nb: 2\n"))
	if err != nil || len(docs) != 2 {
		t.Fatalf("%d documents, error %v", len(docs), err)
	}
	if got := docs[1].Position("b").String(); got != "f.yaml:6:4" {
		t.Errorf("position is %s", got)
	}
}

func TestDecodeRefusesUnknownFields(t *testing.T) {
	t.Parallel()
	doc, err := strictyaml.Parse("f.yaml", []byte("a: 1\nb: 2\n"))
	if err != nil {
		t.Fatal(err)
	}
	var got struct{ A, B int }
	if err := doc.Decode(&got); err != nil || got.A != 1 || got.B != 2 {
		t.Errorf("decoded %+v, error %v", got, err)
	}
	var less struct{ A int }
	if err := doc.Decode(&less); err == nil {
		t.Error("an unknown field passed")
	}
}

func TestNearest(t *testing.T) {
	t.Parallel()
	known := []string{"dev", "prod", "engine", "cert-manager"}
	for word, want := range map[string]string{
		"engin": "engine", "Engine": "engine", "dve": "dev", "certmanager": "cert-manager", "staging": "", "": "", strings.Repeat("x", 100): "",
	} {
		if got := strictyaml.Nearest(word, known); got != want {
			t.Errorf("nearest to %q is %q, want %q", word, got, want)
		}
	}
}

func TestParseManifests(t *testing.T) {
	t.Parallel()
	bomb := "a: &a [x,x,x,x,x,x,x,x,x]\n"
	for c := 'b'; c <= 'i'; c++ {
		p := string(c - 1)
		bomb += fmt.Sprintf("%c: &%c [%s]\n", c, c, strings.TrimSuffix(strings.Repeat("*"+p+",", 9), ","))
	}
	for name, test := range map[string]struct{ data, want string }{
		"plain":       {"a: {b: 1}\n", `[{"a":{"b":1}}]`},
		"stream":      {"a: 1\n---\n---\nb: 2\n", `[{"a":1} {"b":2}]`},
		"alias":       {"a: &x {b: [1]}\nc: *x\n", `[{"a":{"b":[1]},"c":{"b":[1]}}]`},
		"merge":       {"a: &x {b: 1, c: 2}\nd:\n  <<: *x\n  c: 3\n", `[{"a":{"b":1,"c":2},"d":{"b":1,"c":3}}]`},
		"merge list":  {"a: &x {b: 1}\nc: &y {b: 2, d: 3}\ne: {<<: [*x, *y]}\n", `[{"a":{"b":1},"c":{"b":2,"d":3},"e":{"b":1,"d":3}}]`},
		"yes":         {"a: [yes, 'yes', off, y, No, yesterday]\n", `[{"a":[true,"yes",false,true,false,"yesterday"]}]`},
		"bomb":        {bomb, "aliases make more values"},
		"itself":      {"a: &a [*a]\n", "nest more than 64 deep"},
		"key twice":   {"a: 1\nb: 2\na: 3\n", `t.yaml:3:1: key "a" is there twice (the first one is in line 1)`},
		"no anchor":   {"a: *x\n", "t.yaml:1:4: alias *x"},
		"not a value": {"a: !!binary aGk=\n", "tag !!binary is not allowed"},
	} {
		docs, err := strictyaml.ParseManifests("t.yaml", []byte(test.data))
		got := fmt.Sprint(err)
		if err == nil {
			values := make([]string, len(docs))
			for i, doc := range docs {
				text, err := json.Marshal(doc.Value())
				if err != nil {
					t.Fatal(err)
				}
				values[i] = string(text)
			}
			got = fmt.Sprint(values)
		}
		if !strings.Contains(got, test.want) {
			t.Errorf("%s: got %s, want %s", name, got, test.want)
		}
	}
}
