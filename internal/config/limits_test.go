package config_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/groundwork-dev/groundwork/internal/config"
	"github.com/groundwork-dev/groundwork/internal/diag"
	"github.com/groundwork-dev/groundwork/internal/strictyaml"
	"github.com/groundwork-dev/groundwork/internal/testsupport"
)

func TestHostileInputEndsQuickly(t *testing.T) { // not parallel: measures time and memory
	entries := func(format string, n int) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, format, i)
		}
		return b.String()
	}
	for name, in := range map[string]string{
		"unknown keys":     entries("k%d: 1\n", 10_900),
		"bad components":   strings.Replace(good, "        ingress:\n", entries("        X%d:\n", 10_900), 1),
		"bad apps":         good + entries("    a%d:\n", 10_900),
		"wrong components": strings.Replace(good, "        ingress:\n", entries("        x%d: 1\n", 10_900), 1),
		"many clusters":    good[:strings.Index(good, "  clusters:")] + "  clusters:\n" + entries("    c%d:\n", 10_900),
		"many zones":       strings.Replace(good, "eu-central-1b", "a"+strings.Repeat(", a", 10_900), 1),
		"zones":            strings.Replace(good, "eu-central-1b", entries("a%d, ", 10_900)+"b", 1),
		"near keys":        entries("apiVersio%d: 1\n", 10_900),
		"long name":        strings.Replace(good, "acme", strings.Repeat("a", 1_000_000), 1),
		"long URL":         strings.Replace(good, "https://github.com", "https://"+strings.Repeat("a/", 500_000), 1),
		"long image":       strings.Replace(good, "web:1.2.3", strings.Repeat("a/", 500_000), 1),
		"long account":     strings.Replace(good, "012345678901", strings.Repeat("0", 1_000_000), 1),
		"deep parameters":  strings.Replace(good, "retention: 7", "x: "+strings.Repeat("[", 10_000)+strings.Repeat("]", 10_000), 1),
	} {
		t.Run(name, func(t *testing.T) {
			var err error
			testsupport.Within(t, func() { _, err = config.Parse("platform.yaml", []byte(in)) })
			var problems diag.Problems
			if !errors.As(err, &problems) || len(problems) > 3*strictyaml.MaxProblems {
				t.Errorf("%d problems, error is a %T", len(problems), err)
			}
			if n := len(fmt.Sprint(err)); n > 100_000 {
				t.Errorf("the error has %d bytes", n)
			}
		})
	}
}

// A sparse file of 100 MiB costs its author nothing, and the reader neither.
func TestLoadOfAHugeFile(t *testing.T) { // not parallel: measures time and memory
	dir := t.TempDir()
	if err := os.WriteFile(dir+"/platform.yaml", nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(dir+"/platform.yaml", 100<<20); err != nil {
		t.Fatal(err)
	}
	var err error
	testsupport.Within(t, func() { _, err = config.Load(os.DirFS(dir), "platform.yaml") })
	if err == nil || !strings.Contains(err.Error(), "104857600 bytes") {
		t.Errorf("error is %v", err)
	}
}

func platformOf(clusters, components int) []byte {
	var b bytes.Buffer
	b.WriteString(good[:strings.Index(good, "  clusters:")])
	b.WriteString("  clusters:\n")
	for c := range clusters {
		fmt.Fprintf(&b, "    c%d:\n      size: small\n      domain: c%d.example.com\n      components:\n", c, c)
		for i := range components {
			fmt.Fprintf(&b, "        x%d:\n", i)
		}
	}
	return b.Bytes()
}

// BenchmarkParse goes as far as the limits of a file allow; BenchmarkComplete
// goes on with platforms made in code.
func BenchmarkParse(b *testing.B) {
	root, err := os.ReadFile("../../platform.yaml")
	if err != nil {
		b.Fatal(err)
	}
	parse := func(name string, in []byte) {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(in)))
			for b.Loop() {
				if _, err := config.Parse("platform.yaml", in); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	parse("root", root)
	for _, clusters := range []int{1, 10, 100} {
		for _, components := range []int{10, 100, 1000} {
			if clusters*components <= 10_000 {
				parse(fmt.Sprintf("%dx%d", clusters, components), platformOf(clusters, components))
			}
		}
	}
}

func BenchmarkComplete(b *testing.B) {
	for _, clusters := range []int{1, 10, 100} {
		for _, components := range []int{10, 100, 1000} {
			p, err := config.Parse("platform.yaml", []byte(good))
			if err != nil {
				b.Fatal(err)
			}
			p.Spec.Clusters = map[string]config.Cluster{}
			p.Spec.Apps = nil
			for c := range clusters {
				list := map[string]config.Component{}
				for i := range components {
					list[fmt.Sprintf("x%d", i)] = config.Component{}
				}
				p.Spec.Clusters[fmt.Sprintf("c%d", c)] = config.Cluster{Size: config.SizeSmall, Domain: fmt.Sprintf("c%d.example.com", c), Components: list}
			}
			b.Run(fmt.Sprintf("%dx%d", clusters, components), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					if err := config.Complete(p); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}
