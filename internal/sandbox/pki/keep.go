package pki

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// renewBefore is how long before its end a kept authority is replaced.
const renewBefore = 48 * time.Hour

// Keep returns the authority that is kept in a folder, made when there is none
// or it is about to end. Images built on this machine trust it, so it outlives
// sandboxes; its key is readable by the user alone.
func Keep(dir string, now time.Time) (*Authority, error) {
	certFile, keyFile := filepath.Join(dir, "ca.crt"), filepath.Join(dir, "ca.key")
	cert, certErr := os.ReadFile(certFile)
	key, keyErr := os.ReadFile(keyFile)
	switch err := errors.Join(certErr, keyErr); {
	case err == nil:
		kept, err := Load(Pair{Cert: cert, Key: key})
		if err == nil && now.Before(kept.cert.NotAfter.Add(-renewBefore)) {
			return kept, nil
		}
	case !errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("reading the sandbox's authority: %w", err)
	}
	made, err := New(now)
	if err != nil {
		return nil, err
	}
	pair, err := made.Pair()
	if err != nil {
		return nil, err
	}
	if err := errors.Join(os.MkdirAll(dir, 0o700), os.WriteFile(certFile, pair.Cert, 0o600), os.WriteFile(keyFile, pair.Key, 0o600)); err != nil {
		return nil, fmt.Errorf("keeping the sandbox's authority: %w", err)
	}
	return made, nil
}

// Bundle returns the certificates that the system trusts and the authority's
// own, PEM.
func (a *Authority) Bundle() ([]byte, error) {
	system, err := SystemBundle()
	if err != nil {
		return nil, err
	}
	pair, err := a.Pair()
	if err != nil {
		return nil, err
	}
	return append(system, pair.Cert...), nil
}
