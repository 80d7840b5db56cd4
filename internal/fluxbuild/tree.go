package fluxbuild

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"path"
	"slices"
	"strings"
	"sync"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/groundwork-dev/groundwork/internal/diag"
	"github.com/groundwork-dev/groundwork/internal/manifest"
	"github.com/groundwork-dev/groundwork/internal/strictyaml"
)

// Limits of a tree.
const (
	maxFiles = 200_000
	maxBytes = 512 << 20 // of all files that are read
)

// Tree is a repository's files. It reads and parses each of them once, never
// through a symbolic link, and remembers what it was asked for. It is safe for
// concurrent use.
type Tree struct {
	fsys fs.FS

	mu    sync.Mutex
	files map[string]*file
	dirs  map[string]*dir
	bytes int64
	// texts are the files by what they say: clusters have many that say the same.
	// A nil list is one whose files have to say themselves what is wrong with them.
	texts map[[sha256.Size]byte]func() []parsed
}

// parsed is an object, and where in a file it begins.
type parsed struct {
	object   *unstructured.Unstructured
	document int
	start    diag.Position
}

// file is one file: what it holds, or why it cannot be read.
type file struct {
	path  string
	read  func() ([]byte, error)
	parse func() ([]manifest.Object, error)
}

// dir is one folder.
type dir struct {
	list func() ([]fs.DirEntry, error)
}

// NewTree returns the tree below the root of a file system. One that lists and
// opens nothing outside of the root, such as that of an os.Root, is what keeps
// the reading inside.
func NewTree(fsys fs.FS) *Tree {
	return &Tree{fsys: fsys, files: map[string]*file{}, dirs: map[string]*dir{}, texts: map[[sha256.Size]byte]func() []parsed{}}
}

// errLink is a symbolic link.
var errLink = errors.New("is a symbolic link, which is never followed: put the file itself there")

// kind says what is at a path: a file or a folder, and no link on the way.
func (t *Tree) kind(name string) (fs.FileMode, error) {
	if !fs.ValidPath(name) {
		return 0, fmt.Errorf("%s: %w", name, fs.ErrNotExist)
	}
	if name == "." {
		return fs.ModeDir, nil
	}
	entries, err := t.entries(path.Dir(name)) // listed once for all that is in it
	if err != nil {
		return 0, err
	}
	i, found := slices.BinarySearchFunc(entries, path.Base(name), func(e fs.DirEntry, base string) int { return strings.Compare(e.Name(), base) })
	if !found {
		return 0, fmt.Errorf("%s: %w", name, fs.ErrNotExist)
	}
	switch mode := entries[i].Type(); {
	case mode&fs.ModeSymlink != 0:
		return 0, fmt.Errorf("%s: %w", name, errLink)
	case !mode.IsDir() && !mode.IsRegular():
		return 0, fmt.Errorf("%s: is not a regular file", name)
	default:
		return mode, nil
	}
}

// isDir says whether a path is a folder.
func (t *Tree) isDir(name string) bool {
	_, err := t.entries(name)
	return err == nil
}

// entries lists a folder, sorted.
func (t *Tree) entries(name string) ([]fs.DirEntry, error) {
	t.mu.Lock()
	d := t.dirs[name]
	if d == nil {
		d = &dir{list: sync.OnceValues(func() ([]fs.DirEntry, error) {
			mode, err := t.kind(name)
			if err != nil {
				return nil, err
			}
			if !mode.IsDir() {
				return nil, fmt.Errorf("%s: is not a folder", name)
			}
			return fs.ReadDir(t.fsys, name)
		})}
		t.dirs[name] = d
	}
	t.mu.Unlock()
	return d.list()
}

// file returns the file of a path, whether or not there is one.
func (t *Tree) file(name string) *file {
	t.mu.Lock()
	defer t.mu.Unlock()
	f := t.files[name]
	if f == nil {
		f = &file{path: name}
		f.read = sync.OnceValues(func() ([]byte, error) { return t.content(name) })
		f.parse = sync.OnceValues(func() ([]manifest.Object, error) { return t.objects(f) })
		t.files[name] = f
	}
	return f
}

func (t *Tree) content(name string) ([]byte, error) {
	mode, err := t.kind(name)
	if err != nil {
		return nil, err
	}
	if mode.IsDir() {
		return nil, fmt.Errorf("%s: is a folder", name)
	}
	opened, err := t.fsys.Open(name)
	if err != nil {
		return nil, err
	}
	defer opened.Close()
	data, err := io.ReadAll(io.LimitReader(opened, strictyaml.MaxManifestBytes+1))
	if err != nil {
		return nil, err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.bytes += int64(len(data))
	switch {
	case len(data) > strictyaml.MaxManifestBytes:
		return nil, fmt.Errorf("%s: is larger than %d MiB", name, strictyaml.MaxManifestBytes>>20)
	case t.bytes > maxBytes, len(t.files) > maxFiles:
		return nil, fmt.Errorf("%s: the tree has more than %d files or %d MiB", name, maxFiles, maxBytes>>20)
	}
	return data, nil
}

// objects returns the objects of a file; those of another that says the same are
// the same. The error is diag.Problems where the file is to blame.
func (t *Tree) objects(f *file) ([]manifest.Object, error) {
	data, err := f.read()
	if err != nil {
		return nil, err
	}
	key := sha256.Sum256(data)
	t.mu.Lock()
	said := t.texts[key]
	if said == nil {
		said = sync.OnceValue(func() []parsed {
			all, err := parse(f.path, data)
			if err != nil {
				return nil
			}
			return all
		})
		t.texts[key] = said
	}
	t.mu.Unlock()
	all := said()
	if all == nil {
		if all, err = parse(f.path, data); err != nil {
			return nil, err
		}
	}
	objects := make([]manifest.Object, len(all))
	for i, p := range all {
		p.start.File = f.path
		objects[i] = manifest.Object{Unstructured: p.object, At: &source{file: f, document: p.document, start: p.start}}
	}
	return objects, nil
}

// parse returns the objects of a file. The error is diag.Problems.
func parse(name string, data []byte) ([]parsed, error) {
	docs, err := strictyaml.ParseManifests(name, data)
	if err != nil {
		return nil, err
	}
	objects := []parsed{}
	var problems diag.Problems
	for i, doc := range docs {
		if doc.Value() == nil {
			continue
		}
		content, ok := plain(doc.Value()).(map[string]any)
		o := &unstructured.Unstructured{Object: content}
		if !ok || o.GetAPIVersion() == "" || o.GetKind() == "" {
			problems = append(problems, diag.Problem{
				Position: doc.Position(), Message: "is not a Kubernetes object: apiVersion or kind is missing",
			})
			continue
		}
		objects = append(objects, parsed{o, i, doc.Position()})
	}
	return objects, problems.Err()
}

// plain makes the values of a parser those of JSON: int64 and float64 are its
// only numbers.
func plain(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for key, child := range v {
			v[key] = plain(child)
		}
	case []any:
		for i, child := range v {
			v[i] = plain(child)
		}
	case int:
		return int64(v)
	case uint64:
		if v <= math.MaxInt64 {
			return int64(v)
		}
		return float64(v)
	}
	return v
}

// source is a document of a file.
type source struct {
	file     *file
	document int
	start    diag.Position
}

// Position implements manifest.Source. The file is parsed again: few objects
// are asked.
func (s *source) Position(path ...string) diag.Position {
	if len(path) == 0 {
		return s.start
	}
	data, err := s.file.read()
	if err != nil {
		return s.start
	}
	docs, err := strictyaml.ParseManifests(s.file.path, data)
	if err != nil || s.document >= len(docs) {
		return s.start
	}
	return docs[s.document].KeyPosition(path...)
}

// Input is one thing that a result depends on.
type Input struct {
	// Path is a file's; that of a folder ends in a slash.
	Path string `json:"path"`
	// Digest is the SHA-256 of the content or of the list of names; empty where
	// there was nothing.
	Digest string `json:"digest,omitempty"`
}

// Inputs returns what was looked at so far, sorted by path.
func (t *Tree) Inputs() []Input {
	t.mu.Lock()
	files, dirs := make([]*file, 0, len(t.files)), make([]string, 0, len(t.dirs))
	for _, f := range t.files {
		files = append(files, f)
	}
	for name := range t.dirs {
		dirs = append(dirs, name)
	}
	t.mu.Unlock()
	inputs := make([]Input, 0, len(files)+len(dirs))
	for _, f := range files {
		inputs = append(inputs, t.input(f))
	}
	for _, name := range dirs {
		inputs = append(inputs, t.listing(name))
	}
	slices.SortFunc(inputs, func(a, b Input) int { return strings.Compare(a.Path, b.Path) })
	return inputs
}

// Depend notes files, and folders with all that is in them, as things that a
// result depends on.
func (t *Tree) Depend(names ...string) {
	for _, name := range names {
		entries, err := t.entries(name)
		if err != nil {
			t.file(name)
			continue
		}
		for _, e := range entries {
			t.Depend(path.Join(name, e.Name()))
		}
	}
}

// Unchanged says whether everything is as it was.
func (t *Tree) Unchanged(inputs []Input) bool {
	for _, in := range inputs {
		name, folder := strings.CutSuffix(in.Path, "/")
		now := t.listing
		if !folder {
			now = func(name string) Input { return t.input(t.file(name)) }
		}
		if now(name) != in {
			return false
		}
	}
	return true
}

func (t *Tree) input(f *file) Input {
	data, err := f.read()
	if err != nil {
		return Input{Path: f.path}
	}
	return Input{Path: f.path, Digest: digest(data)}
}

func (t *Tree) listing(name string) Input {
	in := Input{Path: name + "/"}
	entries, err := t.entries(name)
	if err != nil {
		return in
	}
	var names bytes.Buffer
	for _, e := range entries {
		fmt.Fprintf(&names, "%s %v\n", e.Name(), e.Type())
	}
	in.Digest = digest(names.Bytes())
	return in
}

func digest(data []byte) string { return fmt.Sprintf("%x", sha256.Sum256(data)) }

// below says whether a path is in a folder, or the folder itself.
func below(folder, name string) bool {
	return folder == "." || name == folder || strings.HasPrefix(name, folder+"/")
}

// join joins a path of the tree and one that a file of it names. It may lead
// out of the tree, and then starts with "..".
func join(dir, name string) string { return path.Join(dir, name) }
