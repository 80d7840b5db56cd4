package fluxbuild

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"

	"sigs.k8s.io/kustomize/api/konfig"

	"github.com/groundwork-dev/groundwork/internal/diag"
	"github.com/groundwork-dev/groundwork/internal/manifest"
	"github.com/groundwork-dev/groundwork/internal/strictyaml"
)

// maxFolders is how deep kustomizations may lie in each other.
const maxFolders = 50

// survey reads what a kustomization reads, before kustomize does: so that
// what is wrong has a place, nothing is fetched from elsewhere, and a file that
// is made to cost much is found in time.
type survey struct {
	tree *Tree
	// objects are those of all files that are listed, in order.
	objects []manifest.Object
	// changing are the folders whose kustomizations change objects in a way that is
	// left to kustomize.
	changing []string
	problems diag.Problems

	open []string // the folders that are being read, outermost first
}

func (s *survey) report(at diag.Position, message, hint string) {
	s.problems = append(s.problems, diag.Problem{Position: at, Message: message, Hint: hint})
}

// kustomizationFile returns the kustomization file of a folder, "" without one.
func (t *Tree) kustomizationFile(dir string) string {
	entries, err := t.entries(dir)
	if err != nil {
		return ""
	}
	for _, name := range konfig.RecognizedKustomizationFileNames() {
		if slices.ContainsFunc(entries, func(e fs.DirEntry) bool { return e.Name() == name && !e.IsDir() }) {
			return path.Join(dir, name)
		}
	}
	return ""
}

// folder reads the kustomization of a folder. It was named at a place of
// another file, if at all.
func (s *survey) folder(dir string, at diag.Position) {
	switch name := s.tree.kustomizationFile(dir); {
	case slices.Contains(s.open, dir):
		s.report(at, "kustomizations go round in a circle: "+strings.Join(append(s.open, dir), " → "), "remove one of them from the resources of the other")
	case len(s.open) == maxFolders:
		s.report(at, fmt.Sprintf("kustomizations lie more than %d deep in each other", maxFolders), "")
	case name == "":
		s.report(at, fmt.Sprintf("folder %s has no kustomization.yaml", dir), "add one, or list the folder's files")
	default:
		objects, changing := len(s.objects), len(s.changing)
		s.open = append(s.open, dir)
		s.kustomization(dir, name)
		s.open = s.open[:len(s.open)-1]
		if len(s.open) > 0 && len(s.changing) > changing && len(s.problems) == 0 {
			s.patch(dir, name, objects, changing)
		}
	}
}

// listing are the fields of a kustomization that name what it is made of.
func listing() []string { return []string{"resources", "bases", "components"} }

// loading are the keys, at any depth, whose values are files to read.
func loading() []string {
	return []string{
		"path", "paths", "files", "file", "envs", "env", "patchesStrategicMerge", "crds", "configurations",
		"generators", "transformers", "validators", "valuesFile", "additionalValuesFiles",
	}
}

func (s *survey) kustomization(dir, name string) {
	data, err := s.tree.file(name).read()
	if err != nil {
		s.unreadable(diag.Position{File: name}, name, err)
		return
	}
	doc, err := strictyaml.Parse(name, data)
	if err != nil {
		s.unreadable(diag.Position{File: name}, name, err)
		return
	}
	content, _ := doc.Value().(map[string]any)
	for key, value := range content {
		switch {
		case slices.Contains(listing(), key):
			list, _ := value.([]any)
			for i, entry := range list {
				if entry, ok := entry.(string); ok {
					s.entry(dir, entry, doc.Position(key, strconv.Itoa(i)))
				}
			}
		case key == "apiVersion" || key == "kind" || empty(value):
		case key == "helmCharts" || key == "helmChartInflationGenerator":
			s.report(doc.KeyPosition(key), "kustomize would run helm, which neither Flux nor this allows", "use a HelmRelease")
		default:
			s.changing = append(s.changing, dir)
			s.remote(doc, value, slices.Contains(loading(), key), key)
		}
	}
}

func empty(v any) bool {
	switch v := v.(type) {
	case nil:
		return true
	case []any:
		return len(v) == 0
	case map[string]any:
		return len(v) == 0
	}
	return false
}

// entry reads one thing that a kustomization lists.
func (s *survey) entry(dir, entry string, at diag.Position) {
	name := join(dir, entry)
	switch mode, err := s.tree.kind(name); {
	case isRemote(entry):
		s.report(at, fmt.Sprintf("%s lies elsewhere: nothing is fetched", entry), "copy it into the repository, so that what is reviewed is what is applied")
	case name == ".." || strings.HasPrefix(name, "../") || path.IsAbs(entry):
		s.report(at, fmt.Sprintf("%s leads out of the repository", entry), "")
	case errors.Is(err, fs.ErrNotExist):
		s.report(at, fmt.Sprintf("there is no %s", name), s.near(name))
	case err != nil:
		s.unreadable(at, name, err)
	case mode.IsDir():
		s.folder(name, at)
	case !below(dir, name):
		s.report(at, fmt.Sprintf("%s is a file outside of the kustomization's folder, which kustomize refuses to read", entry),
			"list a folder with a kustomization.yaml, or move the file")
	default:
		s.file(name, at)
	}
}

// file takes the objects of a file.
func (s *survey) file(name string, at diag.Position) {
	objects, err := s.tree.file(name).parse()
	if err != nil {
		s.unreadable(at, name, err)
		return
	}
	s.objects = append(s.objects, objects...)
}

// unreadable reports why a file cannot be used: by the places in it, or else by
// the place that names it.
func (s *survey) unreadable(at diag.Position, name string, err error) {
	if problems, ok := errors.AsType[diag.Problems](err); ok {
		s.problems = append(s.problems, problems...)
		return
	}
	message := err.Error()
	if pathError, ok := errors.AsType[*fs.PathError](err); ok {
		message = name + ": " + pathError.Err.Error()
	}
	s.report(at, message, "")
}

// remote reports what kustomize would fetch.
func (s *survey) remote(doc *strictyaml.Document, value any, loaded bool, path ...string) {
	switch v := value.(type) {
	case string:
		if loaded && isRemote(v) {
			s.report(doc.Position(path...), fmt.Sprintf("%s lies elsewhere: nothing is fetched", v), "copy it into the repository")
		}
	case []any:
		for i, child := range v {
			s.remote(doc, child, loaded, append(slices.Clone(path), strconv.Itoa(i))...)
		}
	case map[string]any:
		for key, child := range v {
			s.remote(doc, child, slices.Contains(loading(), key), append(slices.Clone(path), key)...)
		}
	}
}

// isRemote says whether kustomize would take a name for an address. It may err
// towards yes only for names that nobody gives a file.
func isRemote(name string) bool {
	host, _, _ := strings.Cut(name, "/")
	return strings.Contains(name, "://") || strings.HasPrefix(name, "git@") || strings.Contains(name, "?ref=") ||
		strings.HasPrefix(name, "git::") || slices.Contains([]string{"github.com", "gitlab.com", "bitbucket.org"}, host) ||
		strings.Contains(name, ".git//")
}

// near names what lies beside a missing file and is called nearly the same.
func (s *survey) near(name string) string {
	entries, err := s.tree.entries(path.Dir(name))
	if err != nil {
		return ""
	}
	names := make([]string, len(entries))
	for i, e := range entries {
		names[i] = e.Name()
	}
	if near := strictyaml.Nearest(path.Base(name), names); near != "" {
		return "did you mean " + near + "?"
	}
	return ""
}

// twice reports objects that are there more than once, which kustomize refuses.
func (s *survey) twice() {
	seen := make(map[manifest.ID]manifest.Object, len(s.objects))
	for _, o := range s.objects {
		first, there := seen[o.ID()]
		if !there {
			seen[o.ID()] = o
			continue
		}
		s.report(o.At.Position(), fmt.Sprintf("%s is there twice in one kustomization", o.ID()), "the first one is in "+first.At.Position().String())
	}
}
