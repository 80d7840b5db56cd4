//go:build !linux

package sandbox

import "context"

// Up is for Linux only.
func (b Sandboxes) Up(context.Context, Options, func(Event)) (*State, error) {
	return nil, errNotLinux
}

// Down is for Linux only.
func (b Sandboxes) Down(context.Context, string) error { return errNotLinux }

// Main is for Linux only.
func Main([]string) (ok bool, err error) { return false, nil }

func bornAt(int) (string, error) { return "", errNotLinux }
