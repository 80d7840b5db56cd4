package config_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/groundwork-dev/groundwork/internal/config"
	"github.com/groundwork-dev/groundwork/internal/diag"
)

// FuzzParse: nothing panics or takes long, every problem stands in the file,
// and a platform that passes is the same after it was written and read again.
func FuzzParse(f *testing.F) {
	f.Add([]byte(good))
	if root, err := os.ReadFile("../../platform.yaml"); err == nil {
		f.Add(root)
	}
	f.Add(bytes.ReplaceAll([]byte(good), []byte("https://github.com"), []byte("git@github.com:a")))
	f.Add(bytes.ReplaceAll([]byte(good), []byte("web:1.2.3"), []byte("web")))
	f.Add(bytes.ReplaceAll([]byte(good), []byte("engine"), []byte("engin")))
	f.Add([]byte("spec: {clusters: {dev: {components: {x: {parameters: {a: [1, 2]}}}}}}\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		start := time.Now()
		p, err := config.Parse("platform.yaml", data)
		if took := time.Since(start); took > time.Second {
			t.Errorf("took %s", took)
		}
		if err != nil {
			checkProblems(t, data, err)
			return
		}
		again := write(t, p)
		second, err := config.Parse("platform.yaml", again)
		if err != nil {
			t.Fatalf("written again it is refused: %v\n%s", err, again)
		}
		if third := write(t, second); !bytes.Equal(again, third) {
			t.Fatalf("is\n%s\nwritten again\n%s", again, third)
		}
	})
}

func checkProblems(t *testing.T, data []byte, err error) {
	t.Helper()
	var problems diag.Problems
	if !errors.As(err, &problems) {
		t.Fatalf("error is a %T: %v", err, err)
	}
	lines := bytes.Count(data, []byte{'\n'}) + 1
	for _, p := range problems {
		if p.Line < 1 || p.Line > lines || p.Message == "" {
			t.Errorf("not a place in a file of %d lines: %s", lines, p)
		}
	}
}

func write(t *testing.T, p *config.Platform) []byte {
	t.Helper()
	data, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	var v any
	if err := yaml.Unmarshal(data, &v); err != nil {
		t.Fatal(err)
	}
	out, err := yaml.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return out
}
