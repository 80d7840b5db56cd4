package cli

import (
	"fmt"
	"io"
	"os"
	"strings"
	"sync"

	"github.com/groundwork-dev/groundwork/internal/redact"
)

// maxToken bounds a token's file, in bytes.
const maxToken = 64 << 10

// tokenSource is where a run's token comes from: a file, which may change, or
// the environment.
type tokenSource struct {
	file string

	mu   sync.Mutex
	seen []redact.Secret // the last one is in use
}

// token reads the token for the first time: from --token-file, from the file
// that the environment names, or from the environment itself.
func (o runOptions) token() (*tokenSource, error) {
	s := &tokenSource{file: o.tokenFile}
	if s.file == "" {
		s.file = os.Getenv(tokenFileVariable)
	}
	if s.file == "" {
		s.seen = []redact.Secret{redact.Secret(os.Getenv(tokenVariable))}
		return s, nil
	}
	if _, err := s.Renew(); err != nil {
		return nil, usageError{err}
	}
	return s, nil
}

// Current is the token in use.
func (s *tokenSource) Current() redact.Secret {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.seen[len(s.seen)-1]
}

// secrets are all tokens that were in use.
func (s *tokenSource) secrets() []redact.Secret {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]redact.Secret(nil), s.seen...)
}

// Renew reads the file again and reports whether it holds another token. The
// environment cannot change while a process lasts.
func (s *tokenSource) Renew() (bool, error) {
	if s.file == "" {
		return false, nil
	}
	f, err := os.Open(s.file)
	if err != nil {
		return false, fmt.Errorf("reading the token: %w", err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxToken+1))
	if err != nil {
		return false, fmt.Errorf("reading the token: %w", err)
	}
	token := redact.Secret(strings.TrimSpace(string(data)))
	if token.Empty() || len(data) > maxToken {
		return false, fmt.Errorf("reading the token: %s is to hold one token and nothing else", s.file)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.seen) > 0 && s.seen[len(s.seen)-1] == token {
		return false, nil
	}
	s.seen = append(s.seen, token)
	return true, nil
}

// Source says where the token comes from.
func (s *tokenSource) Source() string {
	if s.file == "" {
		return tokenVariable
	}
	return s.file
}
