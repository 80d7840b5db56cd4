// Package clusterfolder is terraform/k8s/<cluster>/, what kops rendered: it
// finds what differs from a new render, writes the difference, and tells
// without kops whether the folder still is what its inputs give. Its inventory
// is the folder's own: `generate` does not render clusters (docs/adr/0015).
package clusterfolder

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"

	"sigs.k8s.io/yaml"

	"github.com/groundwork-dev/groundwork/internal/diag"
	"github.com/groundwork-dev/groundwork/internal/strictyaml"
)

// The inventory of a folder, and what an interrupted Write was about to make it.
const (
	inventoryFile = "inventory.yaml"
	announcedFile = ".inventory.next.yaml"
)

const (
	apiVersion = "groundwork.dev/v1alpha1"
	kind       = "ClusterInventory"
)

const head = `# Made by bootstrap cluster render --cluster %s; edits are refused.
# What went in, and the SHA-256 of each file that came out.
`

// maxFiles and maxName bound what is taken from a worker.
const (
	maxFiles = 2000
	maxName  = 255
)

// safeName is what a file of a render may be called: a file, or one in data/.
var safeName = regexp.MustCompile(`^(data/)?[A-Za-z0-9][A-Za-z0-9._-]*$`)

// Dir is where a cluster's Terraform stands in the repository.
func Dir(cluster string) string { return path.Join("terraform", "k8s", cluster) }

// Inputs say what a folder was rendered from.
type Inputs struct {
	KopsVersion string `json:"kopsVersion"`
	// Request and Facts are SHA-256s.
	Request string `json:"request"`
	Facts   string `json:"facts"`
	// ExampleFacts counts the facts that are examples; with any, the folder is
	// to be read, and nothing can be built of it.
	ExampleFacts int `json:"exampleFacts,omitempty"`
}

// inventory is a folder's inventory.
type inventory struct {
	APIVersion string   `json:"apiVersion"`
	Kind       string   `json:"kind"`
	Metadata   metadata `json:"metadata"`
	Inputs     Inputs   `json:"inputs"`
	// Files are SHA-256s, with their algorithm before them, by path.
	Files map[string]string `json:"files"`
}

type metadata struct {
	Name string `json:"name"`
}

// Changes is what differs between a render and a folder. All lists are sorted
// paths in the repository.
type Changes struct {
	Create []string `json:"create,omitempty"`
	Update []string `json:"update,omitempty"`
	Delete []string `json:"delete,omitempty"`

	conflicts diag.Problems
}

// Empty reports whether nothing differs.
func (c *Changes) Empty() bool { return len(c.Create)+len(c.Update)+len(c.Delete) == 0 }

// Folder is a render of a cluster, to be compared and written.
type Folder struct {
	cluster string
	files   map[string][]byte // by path below Dir, the inventory among them
}

// New returns the folder of a render. Files are by path below the folder; a
// path that is none of a render is an error.
func New(cluster string, in Inputs, files map[string]string) (*Folder, error) {
	if len(files) == 0 || len(files) > maxFiles {
		return nil, fmt.Errorf("kops rendered %d files", len(files))
	}
	inv := inventory{APIVersion: apiVersion, Kind: kind, Metadata: metadata{cluster}, Inputs: in, Files: map[string]string{}}
	f := &Folder{cluster: cluster, files: map[string][]byte{}}
	for name, text := range files {
		if !safeName.MatchString(name) || len(name) > maxName || name == inventoryFile {
			return nil, fmt.Errorf("kops rendered a file that has no place in %s: %q", Dir(cluster), name)
		}
		f.files[name] = []byte(text)
		inv.Files[name] = Digest(f.files[name])
	}
	text, err := yaml.Marshal(inv)
	if err != nil {
		return nil, fmt.Errorf("writing the inventory of %s: %w", Dir(cluster), err)
	}
	f.files[inventoryFile] = append(fmt.Appendf(nil, head, cluster), text...)
	return f, nil
}

// Digest is the checksum of an input or a file, as inventories hold it.
func Digest(data []byte) string {
	s := sha256.Sum256(data)
	return "sha256:" + hex.EncodeToString(s[:])
}

// Compare compares a render with the folder in a repository. Files that differ
// and that no render wrote are conflicts, which Write refuses.
func Compare(f *Folder, repository fs.FS) (*Changes, error) {
	owned, err := owned(repository, f.cluster)
	if err != nil {
		return nil, err
	}
	c := &Changes{}
	for _, name := range slices.Sorted(maps.Keys(f.files)) {
		at := path.Join(Dir(f.cluster), name)
		have, err := readRegular(repository, at)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			c.Create = append(c.Create, at)
		case err != nil:
			return nil, err
		case bytes.Equal(have, f.files[name]):
		case name == inventoryFile, slices.Contains(owned[name], Digest(have)):
			c.Update = append(c.Update, at)
		default:
			c.conflict(at)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(owned)) {
		at := path.Join(Dir(f.cluster), name)
		if _, wanted := f.files[name]; wanted {
			continue
		}
		have, err := readRegular(repository, at)
		switch {
		case errors.Is(err, fs.ErrNotExist):
		case err != nil:
			return nil, err
		case slices.Contains(owned[name], Digest(have)):
			c.Delete = append(c.Delete, at)
		default:
			c.conflict(at)
		}
	}
	return c, nil
}

// Conflicts says of each file that Write refuses to overwrite why.
func (c *Changes) Conflicts() diag.Problems { return c.conflicts }

func (c *Changes) conflict(at string) {
	c.conflicts = append(c.conflicts, diag.Problem{
		Position: diag.Position{File: at}, Message: "was changed by hand since it was rendered, or was never rendered",
		Hint: "make the change in platform.yaml, or in a .tf file of another name beside it; then put the file back or delete it, and render",
	})
}

// readRegular reads a regular file, and refuses any other.
func readRegular(repository fs.FS, name string) ([]byte, error) {
	info, err := fs.Lstat(repository, name)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, diag.Problems{{Position: diag.Position{File: name}, Message: "is not a regular file", Hint: "move or delete it, and render"}}
	}
	return fs.ReadFile(repository, name)
}

// owned returns the checksums of the files that renders wrote, by path: those
// of the inventory, and those that an interrupted Write announced.
func owned(repository fs.FS, cluster string) (map[string][]string, error) {
	all := map[string][]string{}
	for _, name := range []string{inventoryFile, announcedFile} {
		inv, err := readInventory(repository, cluster, name)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		for file, digest := range inv.Files {
			all[file] = append(all[file], digest)
		}
	}
	return all, nil
}

func readInventory(repository fs.FS, cluster, name string) (*inventory, error) {
	at := path.Join(Dir(cluster), name)
	problem := func(message string) error {
		return diag.Problems{{Position: diag.Position{File: at}, Message: message, Hint: "restore the file from Git, or delete it and render"}}
	}
	data, err := strictyaml.Read(repository, at)
	if err != nil {
		return nil, err
	}
	doc, err := strictyaml.Parse(at, data)
	if err != nil {
		return nil, err
	}
	inv := &inventory{}
	if err := doc.Decode(inv); err != nil {
		return nil, problem(err.Error())
	}
	if inv.APIVersion != apiVersion || inv.Kind != kind || inv.Metadata.Name != cluster {
		return nil, problem("is not the inventory of cluster " + cluster)
	}
	for file, digest := range inv.Files {
		// What is listed here may be deleted: nothing outside the folder may be.
		if !safeName.MatchString(file) || file == inventoryFile || !strings.HasPrefix(digest, "sha256:") {
			return nil, problem(fmt.Sprintf("lists %q, which is no file of a render", strictyaml.Clip(file)))
		}
	}
	return inv, nil
}
