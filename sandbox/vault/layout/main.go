// Command layout lays out the SDK that this version of Vault is built with. Vault
// takes it from a folder of its own repository, which the module proxy serves
// only at other commits: this is the nearest published version, with the two
// places that differ put right. It writes into a folder the SDK, and a go.mod
// and go.sum that build this module with it:
//
//	go run ./layout DIR && go build -modfile DIR/go.mod -tags minimal .
package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

const (
	sdk = "github.com/hashicorp/vault/sdk"
	// near is the nearest version; newer has the file that came to both.
	near, newer = "v0.21.0", "v0.24.0"
	newerFile   = "helper/keysutil/lock_manager.go"
	// wrongFile has a callback with one argument more than Vault 1.21 gives it.
	wrongFile    = "framework/backend.go"
	wrong, right = "ActivationFunc func(context.Context, *logical.Request, string) error", "ActivationFunc func(context.Context, *logical.Request) error"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: go run ./layout DIR")
		os.Exit(2)
	}
	if err := layout(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "layout:", err)
		os.Exit(1)
	}
}

func layout(dir string) error {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return err
	}
	base, err := download(near)
	if err != nil {
		return err
	}
	other, err := download(newer)
	if err != nil {
		return err
	}
	target := filepath.Join(dir, "sdk")
	if err := errors.Join(os.RemoveAll(target), os.MkdirAll(target, 0o755)); err != nil {
		return err
	}
	if err := os.CopyFS(target, os.DirFS(base)); err != nil {
		return fmt.Errorf("copying the SDK: %w", err)
	}
	data, err := os.ReadFile(filepath.Join(other, newerFile))
	if err != nil {
		return err
	}
	if err := replace(filepath.Join(target, newerFile), data); err != nil {
		return err
	}
	data, err = os.ReadFile(filepath.Join(target, wrongFile))
	if err != nil {
		return err
	}
	if bytes.Count(data, []byte(wrong)) != 1 {
		return fmt.Errorf("%s of %s is not as expected", wrongFile, near)
	}
	if err := replace(filepath.Join(target, wrongFile), bytes.Replace(data, []byte(wrong), []byte(right), 1)); err != nil {
		return err
	}
	return modfile(dir, target)
}

// modfile writes this module's go.mod with the SDK replaced, and its go.sum.
func modfile(dir, target string) error {
	for _, name := range []string{"go.mod", "go.sum"} {
		data, err := os.ReadFile(name)
		if err != nil {
			return fmt.Errorf("reading the module in the current folder: %w", err)
		}
		if name == "go.mod" {
			data = append(data, "\nreplace "+sdk+" => "+target+"\n"...)
		}
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// replace writes a file anew: those of the module cache are read-only.
func replace(path string, data []byte) error {
	if err := os.Remove(path); err != nil {
		return err
	}
	return os.WriteFile(path, data, 0o644)
}

// download returns the folder of a version of the SDK in the module cache.
func download(version string) (string, error) {
	cmd := exec.Command("go", "mod", "download", "-json", sdk+"@"+version)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("downloading %s %s: %w %s", sdk, version, err, strings.TrimSpace(stderr.String()))
	}
	var module struct{ Dir string }
	err = json.Unmarshal(out, &module)
	return module.Dir, err
}
