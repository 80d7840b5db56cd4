package catalog

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"

	"github.com/groundwork-dev/groundwork/docs/schema"
	"github.com/groundwork-dev/groundwork/internal/diag"
	"github.com/groundwork-dev/groundwork/internal/strictyaml"
)

// Limits of one component.
const (
	maxFiles = 1000
	maxDepth = 2        // of folders: configs/10-name
	maxBytes = 16 << 20 // of the files that are read
)

var folderName = regexp.MustCompile(`^[a-z]([-a-z0-9]{0,38}[a-z0-9])?$`)

const nameHint = "lower-case letters, digits and dashes, a letter first, at most 40"

// CheckName reports whether a component can have that name.
func CheckName(name string) error {
	if !folderName.MatchString(name) {
		return fmt.Errorf("%q is not a name that a component can have: %s", name, nameHint)
	}
	return nil
}

// Load reads every component of the layers. A layer whose folder does not
// exist is empty. Everything that is wrong with a layer is returned at once as
// diag.Problems, and so is what is wrong between components; any other error is
// one of reading.
func Load(layers ...Layer) (*Catalog, error) {
	compiled, err := compiledSchema()
	if err != nil {
		return nil, fmt.Errorf("compiling the schema of component.yaml: %w", err)
	}
	var problems diag.Problems
	folders := map[string]*folder{}
	byLayer := make([][]*folder, len(layers))
	for i, layer := range layers {
		found, err := layer.folders(&problems)
		if err != nil {
			return nil, fmt.Errorf("reading the components in %s: %w", layer.Origin, err)
		}
		for _, f := range found {
			if first, twice := folders[f.name]; twice {
				problems = append(problems, diag.Problem{
					Position: diag.Position{File: f.path()},
					Message:  fmt.Sprintf("component %s exists twice, here and in %s", f.name, first.path()),
					Hint:     "give one of the folders another name",
				})
				continue
			}
			folders[f.name] = f
			byLayer[i] = append(byLayer[i], f)
		}
	}
	// The last layer is a user's own: what is wrong with its files is said before
	// the others are read at all.
	for _, layer := range slices.Backward(byLayer) {
		loadAll(layer, compiled)
		for _, f := range layer {
			if f.err != nil {
				return nil, fmt.Errorf("reading component %s: %w", f.name, f.err)
			}
			problems = append(problems, f.problems...)
			f.problems = nil
		}
		if len(problems) > 0 {
			problems.Sort()
			return nil, problems
		}
	}
	c := &Catalog{components: make(map[string]*Component, len(folders))}
	link(folders)
	for _, f := range folders {
		slices.Sort(f.component.DependsOn) // after link, which needs the order of the file
	}
	for name, f := range folders {
		problems = append(problems, f.problems...)
		c.components[name] = f.component
		c.names = append(c.names, name)
	}
	if err := problems.Err(); err != nil {
		problems.Sort()
		return nil, err
	}
	slices.Sort(c.names)
	return c, nil
}

// LoadFolder reads the component in one folder, origin/name for messages, by
// itself: what it says of other components is not looked at. The files of instead
// stand in the place of those of the folder, which is as if it had none where one
// is nil. The error is diag.Problems, or one of reading.
func LoadFolder(fsys fs.FS, origin, name string, instead map[string][]byte) (*Component, error) {
	compiled, err := compiledSchema()
	if err != nil {
		return nil, fmt.Errorf("compiling the schema of component.yaml: %w", err)
	}
	if err := CheckName(name); err != nil {
		return nil, err
	}
	f := &folder{origin: origin, name: name, fsys: fsys, instead: instead, component: &Component{}}
	f.load(compiled)
	if f.err != nil {
		return nil, fmt.Errorf("reading component %s: %w", name, f.err)
	}
	f.problems.Sort()
	return f.component, f.problems.Err()
}

// compiledSchema is the schema of component.yaml, compiled when a catalogue is
// first loaded.
var compiledSchema = sync.OnceValues(func() (*strictyaml.Schema, error) {
	return strictyaml.CompileSchema("component.v1alpha1.json", schema.Component)
})

// JSONSchema returns the JSON schema of component.yaml.
func JSONSchema() []byte { return slices.Clone(schema.Component) }

// loadAll loads the folders, as many at a time as there are processors.
func loadAll(folders []*folder, schema *strictyaml.Schema) {
	var wg sync.WaitGroup
	free := make(chan struct{}, runtime.GOMAXPROCS(0))
	for _, f := range folders {
		free <- struct{}{}
		wg.Go(func() {
			f.load(schema)
			<-free
		})
	}
	wg.Wait()
}

// folders lists the component folders of a layer. Plain files beside them,
// such as a README, are none of the catalogue's business.
func (l Layer) folders(problems *diag.Problems) ([]*folder, error) {
	entries, err := fs.ReadDir(l.FS, ".")
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var found []*folder
	for _, e := range entries {
		at := diag.Position{File: path.Join(l.Origin, e.Name())}
		switch {
		case e.Type()&fs.ModeSymlink != 0:
			*problems = append(*problems, diag.Problem{Position: at, Message: "is a symbolic link", Hint: "put the component's folder itself here"})
		case !e.IsDir() || strings.HasPrefix(e.Name(), "."):
		case CheckName(e.Name()) != nil:
			*problems = append(*problems, diag.Problem{Position: at, Message: "is not a name that a component can have", Hint: nameHint})
		default:
			sub, err := fs.Sub(l.FS, e.Name())
			if err != nil {
				return nil, err
			}
			found = append(found, &folder{origin: l.Origin, name: e.Name(), fsys: sub, proven: l.Proven, component: &Component{}})
		}
	}
	return found, nil
}

// folder is a component that is being loaded.
type folder struct {
	origin, name string
	fsys         fs.FS
	proven       bool              // see Layer
	instead      map[string][]byte // see LoadFolder

	files     []string // paths in the folder, sorted
	bytes     int      // read so far
	used      map[string]bool
	document  *strictyaml.Document // component.yaml, nil when it cannot be parsed
	component *Component           // never nil, incomplete where there are problems
	uses      []use
	problems  diag.Problems
	err       error // of reading
}

func (f *folder) path(elem ...string) string {
	return path.Join(append([]string{f.origin, f.name}, elem...)...)
}

func (f *folder) report(file, message, hint string) {
	f.problems = append(f.problems, diag.Problem{Position: diag.Position{File: f.path(file)}, Message: message, Hint: hint})
}

// list collects the regular files of the folder. Anything else but a folder,
// a symbolic link first of all, is a problem.
func (f *folder) list() error {
	for name, data := range f.instead {
		if data != nil {
			f.files = append(f.files, name)
		}
	}
	err := fs.WalkDir(f.fsys, ".", func(name string, e fs.DirEntry, err error) error {
		_, replaced := f.instead[name]
		switch {
		case err != nil:
			return err
		case replaced:
		case e.IsDir() && strings.Count(name, "/") >= maxDepth:
			f.report(name, "is not a folder that a component has", "configs/10-name is the deepest one")
			return fs.SkipDir
		case e.IsDir():
		case !e.Type().IsRegular():
			f.report(name, "is not a regular file", "symbolic links and special files are refused; copy the file here")
		case len(f.files) == maxFiles:
			f.report("", fmt.Sprintf("has more than %d files", maxFiles), "split the component")
			return fs.SkipAll
		default:
			f.files = append(f.files, name)
		}
		return nil
	})
	slices.Sort(f.files)
	return err
}

// read returns a file's content; false when it does not exist, or was
// reported.
func (f *folder) read(name string) ([]byte, bool) {
	if !slices.Contains(f.files, name) {
		return nil, false
	}
	f.used[name] = true
	if data, ok := f.instead[name]; ok {
		return data, true
	}
	file, err := f.fsys.Open(name)
	if err != nil {
		f.err = errors.Join(f.err, err)
		return nil, false
	}
	defer file.Close()
	data, err := io.ReadAll(io.LimitReader(file, strictyaml.MaxBytes+1))
	if err != nil {
		f.err = errors.Join(f.err, err)
		return nil, false
	}
	f.bytes += len(data)
	switch {
	case len(data) > strictyaml.MaxBytes:
		f.report(name, "is larger than 1 MiB", "split it")
	case f.bytes > maxBytes:
		f.report(name, "makes the component larger than 16 MiB", "split the component")
	default:
		return data, true
	}
	return nil, false
}

// yaml returns a parsed file; nil when it does not exist, or was reported.
func (f *folder) yaml(name string) *strictyaml.Document {
	data, ok := f.read(name)
	if !ok {
		return nil
	}
	return f.parse(name, data)
}

// parse parses what a file holds.
func (f *folder) parse(name string, data []byte) *strictyaml.Document {
	doc, err := strictyaml.Parse(f.path(name), data)
	if err == nil {
		return doc
	}
	if problems, ok := errors.AsType[diag.Problems](err); ok {
		f.problems = append(f.problems, problems...)
	} else {
		f.err = errors.Join(f.err, err)
	}
	return nil
}
