// Package imagepin reads and changes the one file that says which image of an
// app a cluster runs: a kustomize Component with one entry under images. Image
// automation, promotion and people move it; generate writes it once.
package imagepin

import (
	_ "embed"
	"fmt"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/groundwork-dev/groundwork/internal/diag"
	"github.com/groundwork-dev/groundwork/internal/image"
	"github.com/groundwork-dev/groundwork/internal/strictyaml"
)

// Pin is an image as kustomize replaces it.
type Pin struct {
	// Name is the image in the app's Deployment, without tag and digest.
	Name string `json:"name"`
	// NewName is where it is pulled from; empty when that is Name.
	NewName string `json:"newName"`
	// Tag may be empty, and so may Digest, sha256:…, but not both.
	Tag    string `json:"newTag"`
	Digest string `json:"digest"`
}

// Path is where a cluster's pin of an app is in the repository.
func Path(cluster, app string) string {
	return "apps/" + cluster + "/" + app + "/image/kustomization.yaml"
}

// Branch is where image automation pushes a cluster's pin of an app, where it may
// not push to the branch that the cluster follows.
func Branch(cluster, app string) string { return "flux/" + cluster + "-" + app }

// Image is the reference that the cluster runs, as it is written.
func (p Pin) Image() string {
	s := p.NewName
	if s == "" {
		s = p.Name
	}
	if p.Tag != "" {
		s += ":" + p.Tag
	}
	if p.Digest != "" {
		s += "@" + p.Digest
	}
	return s
}

// check refuses what no registry could have.
func (p Pin) check() error {
	if p.Tag == "" && p.Digest == "" {
		return fmt.Errorf("image %s has neither tag nor digest: it would pin nothing", p.Name)
	}
	for _, s := range []string{p.Name, p.Image()} {
		if _, err := image.ParseReference(s); err != nil {
			return err
		}
	}
	bare, err := image.ParseReference(p.Name)
	if err == nil && (bare.Tag != "" || bare.Digest != "") {
		err = fmt.Errorf("image %s: want its name alone, without tag and digest", p.Name)
	}
	return err
}

//go:embed schema.json
var schemaFile []byte

// parsed is a file with a pin.
type parsed struct {
	pin   Pin
	entry *yaml.Node
}

// Read returns the pin in data; file is its name in messages. The error is
// diag.Problems with line and column when this is no such file.
func Read(file string, data []byte) (Pin, error) {
	p, err := parse(file, data)
	return p.pin, err
}

func parse(file string, data []byte) (parsed, error) {
	doc, err := strictyaml.Parse(file, data)
	if err != nil {
		return parsed{}, err
	}
	schema, err := strictyaml.CompileSchema("image pin", schemaFile)
	if err != nil {
		return parsed{}, err
	}
	if problems := doc.Validate(schema); len(problems) > 0 {
		return parsed{}, problems
	}
	var content struct {
		APIVersion string `json:"apiVersion"`
		Kind       string `json:"kind"`
		Images     []Pin  `json:"images"`
	}
	if err := doc.Decode(&content); err != nil {
		return parsed{}, err
	}
	pin := content.Images[0]
	if err := pin.check(); err != nil {
		return parsed{}, diag.Problems{{Position: doc.Position("images", "0"), Path: "images[0]", Message: err.Error()}}
	}
	return parsed{pin, value(doc.Root, "images").Content[0]}, nil
}

func value(m *yaml.Node, key string) *yaml.Node {
	for i := 0; i+1 < len(m.Content); i += 2 {
		if m.Content[i].Value == key {
			return m.Content[i+1]
		}
	}
	return nil
}

// Set returns data with the pin's values in it and nothing else changed:
// comments, order and layout stay. The name in the Deployment cannot change.
func Set(file string, data []byte, to Pin) ([]byte, error) {
	before, err := parse(file, data)
	if err != nil {
		return nil, err
	}
	if to.Name != before.pin.Name {
		return nil, fmt.Errorf("%s is about the image %s, not %s", file, before.pin.Name, to.Name)
	}
	if err := to.check(); err != nil {
		return nil, err
	}
	e := editor{file: file, lines: strings.SplitAfter(string(data), "\n"), entry: before.entry}
	// From the last to the first, so that an added line moves none to come.
	for _, f := range []struct{ key, was, is string }{
		{"digest", before.pin.Digest, to.Digest}, {"newTag", before.pin.Tag, to.Tag}, {"newName", before.pin.NewName, to.NewName},
	} {
		if f.was == f.is {
			continue
		}
		if err := e.set(f.key, f.is); err != nil {
			return nil, err
		}
	}
	data = []byte(strings.Join(e.lines, ""))
	after, err := Read(file, data)
	if err != nil {
		return nil, fmt.Errorf("editing %s: %w", file, err)
	}
	if after != to {
		return nil, fmt.Errorf("%s is written in a way that cannot be edited; set its image to %s by hand", file, to.Image())
	}
	return data, nil
}
