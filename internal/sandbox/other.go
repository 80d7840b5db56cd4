//go:build !linux

package sandbox

import (
	"context"
	"errors"
)

var errNotLinux = errors.New("a sandbox needs Linux, for namespaces and cgroups: use a Linux machine, or an existing cluster by --kubeconfig")

// Up is for Linux only.
func (b Sandboxes) Up(context.Context, Options, func(Event)) (*State, error) {
	return nil, errNotLinux
}

// Down is for Linux only.
func (b Sandboxes) Down(context.Context, string) error { return errNotLinux }

// Main is for Linux only.
func Main([]string) (ok bool, err error) { return false, nil }

func bornAt(int) (string, error) { return "", errNotLinux }
