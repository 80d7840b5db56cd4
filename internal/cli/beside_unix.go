//go:build unix

package cli

import (
	"fmt"
	"os"
	"syscall"
)

// replaceProcess ends only when the program could not be started: its signals,
// streams and exit code are those of this process.
func replaceProcess(program string, args []string) error {
	if err := syscall.Exec(program, append([]string{program}, args...), os.Environ()); err != nil {
		return fmt.Errorf("running %s: %w", program, err)
	}
	return nil
}
