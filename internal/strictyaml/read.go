package strictyaml

import (
	"fmt"
	"io"
	"io/fs"

	"github.com/groundwork-dev/groundwork/internal/diag"
)

// ReadFile reads and parses one regular file; see Read and Parse.
func ReadFile(fsys fs.FS, name string) (*Document, error) {
	data, err := Read(fsys, name)
	if err != nil {
		return nil, err
	}
	return Parse(name, data)
}

// Read returns the content of one regular file of at most MaxBytes. Symbolic
// links, folders, pipes and the like are refused before they are opened. The
// error is diag.Problems, or wraps the fs error when the file cannot be read.
func Read(fsys fs.FS, name string) ([]byte, error) {
	info, err := fs.Lstat(fsys, name)
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", name, err)
	}
	if err := checkInfo(name, info); err != nil {
		return nil, err
	}
	f, err := fsys.Open(name)
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", name, err)
	}
	defer f.Close()
	// The file may have been exchanged since Lstat: look again at what is open.
	if info, err = f.Stat(); err != nil {
		return nil, fmt.Errorf("reading %s: %w", name, err)
	}
	if err := checkInfo(name, info); err != nil {
		return nil, err
	}
	data, err := io.ReadAll(io.LimitReader(f, MaxBytes+1))
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", name, err)
	}
	return data, nil
}

func checkInfo(name string, info fs.FileInfo) error {
	problem := diag.Problem{Position: diag.Position{File: name}}
	switch mode := info.Mode(); {
	case mode&fs.ModeSymlink != 0:
		problem.Message, problem.Hint = "is a symbolic link, want a regular file", "replace the link by the file itself"
	case mode.IsDir():
		problem.Message = "is a folder, want a file"
	case !mode.IsRegular():
		problem.Message = "is not a regular file"
	case info.Size() > MaxBytes:
		problem = *tooLarge(name, info.Size(), MaxBytes)
	default:
		return nil
	}
	return diag.Problems{problem}
}
