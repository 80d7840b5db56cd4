// Package scaffold writes the start of a user's own component: a folder that
// loads, renders and passes every check as it is, to be changed from there.
package scaffold

import (
	"embed"
	"io/fs"
	"strings"
)

// The templates are whole components, with words in capitals for what a
// person said.
//
//go:embed plain chart
var templates embed.FS

// Component is what is known of a component before it exists.
type Component struct {
	// Name is the folder's name and the namespace.
	Name string
	// Chart, Version and Repository name a Helm chart; without one the
	// component is plain manifests.
	Chart, Version, Repository string
}

// Files returns the component's files by their path in its folder.
func Files(c Component) (map[string][]byte, error) {
	kind := "plain"
	if c.Chart != "" {
		kind = "chart"
	}
	fill := strings.NewReplacer("NAME", c.Name, "CHART", c.Chart, "VERSION", c.Version, "REPOSITORY", c.Repository)
	files := map[string][]byte{}
	err := fs.WalkDir(templates, kind, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := templates.ReadFile(path)
		files[strings.TrimPrefix(path, kind+"/")] = []byte(fill.Replace(string(data)))
		return err
	})
	return files, err
}
