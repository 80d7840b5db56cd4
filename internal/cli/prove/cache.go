package prove

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/groundwork-dev/groundwork/internal/cli"
	"github.com/groundwork-dev/groundwork/internal/fluxbuild"
	"github.com/groundwork-dev/groundwork/internal/validate"
)

// reports keeps the last report of a tree, and what it depends on.
type reports struct {
	dir string
	of  string // what is asked, and by which program
}

// entry is a report that is kept.
type entry struct {
	Inputs []fluxbuild.Input `json:"inputs"`
	Report *validate.Report  `json:"report"`
}

// key names a question: the folder, what is asked of it, the charts that are at
// hand, and the program that answers.
func (o validateOptions) key(dir, cache string) string {
	abs, err := filepath.Abs(dir)
	if err != nil {
		abs = dir
	}
	program := cli.Version()
	if self, err := os.Executable(); err == nil {
		if info, err := os.Stat(self); err == nil {
			program += fmt.Sprint(info.ModTime().UnixNano(), info.Size())
		}
	}
	return fmt.Sprintf("%x", sha256.Sum256(fmt.Append(nil, abs, o.path != "", o.clusters, program, archives(cache))))
}

func (r reports) file() string { return filepath.Join(r.dir, "validate", r.of[:32]+".json") }

// find returns the report that is kept, if all it depends on is as it was.
func (r reports) find(fsys fs.FS) (*validate.Report, bool) {
	data, err := os.ReadFile(r.file())
	if err != nil {
		return nil, false
	}
	var e entry
	if json.Unmarshal(data, &e) != nil || e.Report == nil || !fluxbuild.NewTree(fsys).Unchanged(e.Inputs) {
		return nil, false
	}
	return e.Report, true
}

// keep writes a report in one step.
func (r reports) keep(inputs []fluxbuild.Input, report *validate.Report) error {
	data, err := json.Marshal(entry{inputs, report})
	if err != nil {
		return err
	}
	return cli.KeepFile(r.file(), data)
}

// archives says which charts a cache folder holds.
func archives(cache string) string {
	h := sha256.New()
	_ = filepath.WalkDir(filepath.Join(cache, "charts"), func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return nil //nolint:nilerr // what cannot be listed is not there
		}
		if info, err := e.Info(); err == nil {
			fmt.Fprintln(h, path, info.Size(), info.ModTime().UnixNano())
		}
		return nil
	})
	return fmt.Sprintf("%x", h.Sum(nil))
}
