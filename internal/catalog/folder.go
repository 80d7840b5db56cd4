package catalog

import (
	"bytes"
	"encoding/json"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/groundwork-dev/groundwork/internal/catalog/reference"
	"github.com/groundwork-dev/groundwork/internal/diag"
	"github.com/groundwork-dev/groundwork/internal/strictyaml"
)

// The names in a component's folder.
const (
	specFile     = "component.yaml"
	valuesFile   = "values.yaml"
	valuesHAFile = "values-ha.yaml"
	readmeFile   = "README.md"
	manifestsDir = "manifests"
	configsDir   = "configs"
	standinDir   = "standin"
)

// The files that 'bootstrap charts vendor' makes from the chart.
const (
	CRDsFile = "crds.json.gz"
	KeysFile = "chart-keys.json"
)

var (
	manifestName = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]*\.yaml$`)
	stageName    = regexp.MustCompile(`^[0-9]{2}-([a-z0-9]([-a-z0-9]{0,18}[a-z0-9])?)$`)
)

// load fills in the component and everything that is wrong with it.
func (f *folder) load(schema *strictyaml.Schema) {
	f.used = map[string]bool{}
	if err := f.list(); err != nil {
		f.err = err
		return
	}
	c := f.component
	c.Name, c.Origin, c.Folder = f.name, f.path(), f.fsys
	if !slices.Contains(f.files, specFile) {
		if slices.ContainsFunc(f.problems, func(p diag.Problem) bool { return p.File == f.path(specFile) }) {
			return // it is there and cannot be read
		}
		f.report("", "has no component.yaml", "every folder here is a component; it says what it installs in component.yaml")
		return
	}
	if !f.loadSpec(c, schema) {
		return
	}
	f.check(c)
	names := c.references()
	over := f.template(valuesHAFile, names)
	c.values = f.template(valuesFile, names)
	c.valuesHA = reference.Merge(c.values, over)
	f.loadKeys(c, map[string]*reference.Template{valuesFile: c.values, valuesHAFile: over})
	c.Manifests = f.manifests(manifestsDir, names)
	c.Stages = f.stages(names)
	f.policies(c, names)
	f.destroy(c, names)
	f.leftovers()
}

// loadSpec reads component.yaml and says whether the rest can be checked
// against it.
func (f *folder) loadSpec(c *Component, schema *strictyaml.Schema) bool {
	doc := f.yaml(specFile)
	if doc == nil {
		return false
	}
	f.document = doc
	if problems := doc.Validate(schema); len(problems) > 0 {
		f.problems = append(f.problems, problems...)
		return false
	}
	var content file
	if err := doc.Decode(&content); err != nil {
		f.problems = append(f.problems, diag.Problem{Position: diag.Position{File: f.path(specFile)}, Message: err.Error()})
		return false
	}
	c.Spec = content.Spec
	c.setDefaults()
	return f.loadParameters(c)
}

func (c *Component) setDefaults() {
	if c.Chart != nil {
		if c.Chart.ReleaseName == "" {
			c.Chart.ReleaseName = c.Name
		}
		if c.Chart.CRDs == "" {
			c.Chart.CRDs = CRDsCreateReplace
		}
		if c.Chart.Timeout == "" {
			c.Chart.Timeout = "10m"
		}
	}
	for i := range c.Workloads {
		if c.Workloads[i].MadeBy == "" {
			c.Workloads[i].MadeBy = ByChart
		}
	}
	for i := range c.Network {
		for j := range c.Network[i].Ports {
			if c.Network[i].Ports[j].Protocol == "" {
				c.Network[i].Ports[j].Protocol = TCP
			}
		}
	}
}

// template reads a file with references; nil when there is none.
func (f *folder) template(name string, names reference.Names) *reference.Template {
	return f.compile(name, f.yaml(name), names)
}

// compile looks for the references of a document, if there is one.
func (f *folder) compile(name string, doc *strictyaml.Document, names reference.Names) *reference.Template {
	if doc == nil {
		return nil
	}
	root := doc.Root
	if root == nil || root.Kind != yaml.MappingNode {
		f.report(name, "is not a mapping", "a list or a single value means nothing here")
		return nil
	}
	t, problems := reference.Compile(f.path(name), root, names)
	f.problems = append(f.problems, problems...)
	return t
}

// manifests reads the files straight in a folder.
func (f *folder) manifests(dir string, names reference.Names) []Manifest {
	var manifests []Manifest
	for _, name := range f.files {
		if path.Dir(name) != dir {
			continue
		}
		if !manifestName.MatchString(path.Base(name)) {
			continue // reported with the leftovers
		}
		if m, ok := f.manifest(name, names); ok {
			manifests = append(manifests, m)
		}
	}
	return manifests
}

var (
	apiVersionLine = regexp.MustCompile(`(?m)^apiVersion: (\S+)$`)
	kindLine       = regexp.MustCompile(`(?m)^kind: (\S+)$`)
)

// manifest reads one file. What holds no references is kept as text, if it is
// one that can be taken as it is.
func (f *folder) manifest(name string, names reference.Names) (Manifest, bool) {
	m := Manifest{File: path.Base(name)}
	data, ok := f.read(name)
	if !ok {
		return m, false
	}
	plain := plainText(data)
	if f.proven && plain && !bytes.Contains(data, []byte("{{")) {
		if version, kind := apiVersionLine.FindSubmatch(data), kindLine.FindSubmatch(data); version != nil && kind != nil {
			m.APIVersion, m.Kind, m.Text = string(version[1]), string(kind[1]), data
			return m, true
		}
	}
	t := f.compile(name, f.parse(name, data), names)
	if t == nil {
		return m, false
	}
	f.checkObject(name, t.Root())
	version := child(t.Root(), "apiVersion")
	m.APIVersion, m.Kind = value(version), value(child(t.Root(), "kind"))
	if group, _, _ := strings.Cut(m.APIVersion, "/"); custom(group) {
		f.uses = append(f.uses, use{
			group: group, kind: m.Kind, early: path.Dir(name) == manifestsDir,
			at: diag.Position{File: f.path(name), Line: version.Line, Column: version.Column},
		})
	}
	if plain && !t.Varies() {
		m.Text = data
	} else {
		m.Doc = t
	}
	return m, true
}

func value(n *yaml.Node) string {
	if n == nil {
		return ""
	}
	return n.Value
}

// plainText says that a file can be taken as it is: the lines of Unix, and
// nothing before or after its one document.
func plainText(data []byte) bool {
	return bytes.HasSuffix(data, []byte("\n")) && !bytes.HasPrefix(data, []byte("---")) && !bytes.ContainsAny(data, "\r\uFEFF") &&
		!bytes.Contains(data, []byte("\n---")) && !bytes.Contains(data, []byte("\n..."))
}

// stages reads configs/: plain files, or numbered folders.
func (f *folder) stages(names reference.Names) []Stage {
	var stages []Stage
	if plain := f.manifests(configsDir, names); len(plain) > 0 {
		stages = append(stages, Stage{Manifests: plain})
	}
	var dirs []string
	for _, name := range f.files {
		if dir := path.Dir(name); path.Dir(dir) == configsDir && !slices.Contains(dirs, dir) {
			dirs = append(dirs, dir)
		}
	}
	slices.Sort(dirs)
	seen := map[string]string{}
	for _, dir := range dirs {
		m := stageName.FindStringSubmatch(path.Base(dir))
		switch {
		case m == nil:
			f.report(dir, "is not a stage's name", "number the folders in the order in which they are applied: configs/10-name, configs/20-name")
			continue
		case seen[m[1]] != "":
			f.report(dir, fmt.Sprintf("stage %s exists twice, here and in %s", m[1], seen[m[1]]), "give the stage another name")
			continue
		}
		seen[m[1]] = dir
		if manifests := f.manifests(dir, names); len(manifests) > 0 {
			stages = append(stages, Stage{Name: m[1], Manifests: manifests})
		}
	}
	if len(stages) > 1 && stages[0].Name == "" {
		f.report(configsDir, "has both files and stage folders", "move the files into one of the folders, so that their order is clear")
	}
	return stages
}

// checkObject says what makes a document no Kubernetes object.
func (f *folder) checkObject(name string, root *yaml.Node) {
	for _, want := range [][]string{{"apiVersion"}, {"kind"}, {"metadata", "name"}} {
		n := root
		for _, key := range want {
			n = child(n, key)
		}
		if n == nil || n.Kind != yaml.ScalarNode || n.Value == "" {
			f.problems = append(f.problems, diag.Problem{
				Position: diag.Position{File: f.path(name), Line: root.Line, Column: root.Column},
				Message:  "is not a Kubernetes object: " + strings.Join(want, ".") + " is missing",
			})
		}
	}
}

func child(n *yaml.Node, key string) *yaml.Node {
	if n == nil || n.Kind != yaml.MappingNode {
		return nil
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == key {
			return n.Content[i+1]
		}
	}
	return nil
}

// policies reads the IAM policies of the service accounts: JSON, with
// references inside of strings.
func (f *folder) policies(c *Component, names reference.Names) {
	c.policies = map[string]*reference.Template{}
	for i, sa := range c.ServiceAccounts {
		data, ok := f.read(sa.IAMPolicy)
		at := f.document.Position("spec", "serviceAccounts", fmt.Sprint(i), "iamPolicy")
		var policy map[string]any
		switch {
		case !ok:
			f.problems = append(f.problems, diag.Problem{
				Position: at, Message: "there is no file " + f.path(sa.IAMPolicy),
				Hint: "put the IAM policy of the service account there",
			})
		case json.Unmarshal(data, &policy) != nil || policy["Statement"] == nil:
			f.report(sa.IAMPolicy, "is not an IAM policy", "a JSON object with Version and Statement")
		default:
			c.policies[sa.Name] = f.template(sa.IAMPolicy, names)
		}
	}
}

// leftovers reports a missing README and files that mean nothing.
func (f *folder) leftovers() {
	if !slices.Contains(f.files, readmeFile) {
		f.report("", "has no README.md", "say in it what the component is for and what its parameters do")
	}
	for _, name := range f.files {
		if f.used[name] || name == readmeFile || name == CRDsFile || strings.HasPrefix(name, standinDir+"/") {
			continue
		}
		f.report(name, "is not a file that a component has", f.nearest(name))
	}
}

func (f *folder) nearest(name string) string {
	dir := path.Dir(name)
	if dir == manifestsDir || dir == configsDir || path.Dir(dir) == configsDir {
		return "names of manifests end in .yaml and have lower-case letters, digits, dots and dashes"
	}
	known := []string{specFile, valuesFile, valuesHAFile, readmeFile, manifestsDir + "/" + path.Base(name), configsDir + "/" + path.Base(name)}
	if near := strictyaml.Nearest(name, known); near != "" {
		return "did you mean " + near + "?"
	}
	return "a component has component.yaml, values.yaml, values-ha.yaml, manifests/, configs/, README.md and the IAM policies that its service accounts name"
}
