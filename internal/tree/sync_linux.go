package tree

import (
	"os"

	"golang.org/x/sys/unix"
)

// syncsAll says that syncFileSystem works here.
const syncsAll = true

// syncFileSystem puts all that was written to a file's file system onto the
// disk. The error is that of any write since the file was opened (Linux 5.8).
func syncFileSystem(f *os.File) error { return unix.Syncfs(int(f.Fd())) }
