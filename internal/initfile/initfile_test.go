package initfile

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"io"
	"os"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/groundwork-dev/groundwork/internal/config"
	"github.com/groundwork-dev/groundwork/internal/diag"
)

var update = flag.Bool("update", false, "write golden files anew")

func answers() Answers {
	return Answers{
		Name: "acme", Repository: "https://github.com/acme/platform", AccountID: "012345678901", Region: "eu-central-1",
		Domain: "example.com", Components: []string{"ingress", "metrics"}, App: App{Name: "web", Image: "ghcr.io/acme/web:1.2.3"},
	}
}

func TestRenderGolden(t *testing.T) {
	t.Parallel()
	full := answers()
	full.Repository, full.Branch, full.Provider, full.Auth = "ssh://git@forge.example.com/acme/platform", "trunk", config.ProviderGitea, config.AuthSSH
	full.Clusters = []Cluster{{Name: "one", Size: config.SizeHA, Engine: config.EngineArgoCD}}
	small := answers()
	small.Components, small.App = nil, App{}
	for name, a := range map[string]Answers{"default": answers(), "full": full, "small": small} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := Render(a)
			if err != nil {
				t.Fatal(err)
			}
			file := "testdata/" + name + ".yaml"
			if *update {
				if err := os.WriteFile(file, got, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(got, want) {
				t.Errorf("differs from %s; read the diff after -update:\n%s", file, got)
			}
		})
	}
}

func TestRenderRefuses(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*Answers){
		"name":    func(a *Answers) { a.Name = "A" },
		"account": func(a *Answers) { a.AccountID = "12" },
		"quotes":  func(a *Answers) { a.Domain = "x\"\n  - y: z" },
		"comment": func(a *Answers) { a.Region = "eu # x" },
		"image":   func(a *Answers) { a.App.Image = "web:latest" },
		"cluster": func(a *Answers) { a.Clusters = []Cluster{{Name: "../x", Size: config.SizeSmall}} },
		"twice":   func(a *Answers) { a.Components = []string{"a", "a"} },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := answers()
			change(&a)
			_, err := Render(a)
			if _, ok := errors.AsType[diag.Problems](err); !ok {
				t.Errorf("error is %v", err)
			}
		})
	}
}

// The form without a screen asks the same questions with the same checks.
func TestForm(t *testing.T) {
	t.Parallel()
	d := newDraft(Answers{Available: []string{"ingress", "metrics"}})
	lines := []string{
		"Acme", "acme", "example.com",
		"git@github.com:acme/platform", "https://github.com/acme/platform", "1",
		"12", "012345678901", "eu-central-1",
		"y",
		"1", "0",
		"web", "web:latest", "ghcr.io/acme/web:1.2.3", "9090",
	}
	in := iotest.OneByteReader(strings.NewReader(strings.Join(lines, "\n") + "\n"))
	var out bytes.Buffer
	if err := d.form().WithAccessible(true).WithInput(in).WithOutput(&out).RunWithContext(t.Context()); err != nil {
		t.Fatal(err)
	}
	want := answers()
	want.Components, want.App.Port = []string{"ingress"}, 9090
	got := d.answers()
	one, err := Render(got)
	if err != nil {
		t.Fatalf("%v\n%s", err, out.String())
	}
	two, err := Render(want)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(one, two) {
		t.Errorf("the form gave\n%s\n%s", one, out.String())
	}
	for _, want := range []string{"want at most 30 of", "write ssh://git@github.com/acme/platform", "12 digits", "has the tag latest"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the form did not say %q:\n%s", want, out.String())
		}
	}
}

func TestAskEndsWithItsContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	r, w := io.Pipe()
	defer w.Close()
	a := answers()
	if err := Ask(ctx, &a, r, io.Discard); err == nil {
		t.Error("no error")
	}
	if a.Name != "acme" {
		t.Error("the answers changed")
	}
}
