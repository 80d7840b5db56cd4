package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestTokenSource: the flag goes before the environment's file, the file before
// the environment's token; a file is read again, the environment is not.
func TestTokenSource(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		t.Helper()
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return file
	}
	t.Setenv(tokenVariable, "from-the-environment")
	s, err := runOptions{}.token()
	if err != nil || s.Current().Reveal() != "from-the-environment" || s.Source() != tokenVariable {
		t.Fatalf("%v, %v", s.Current().Reveal(), err)
	}
	if changed, err := s.Renew(); changed || err != nil {
		t.Fatalf("the environment was renewed: %v, %v", changed, err)
	}
	t.Setenv(tokenFileVariable, write("environment", "from-its-file\n"))
	if s, err = (runOptions{}).token(); err != nil || s.Current().Reveal() != "from-its-file" {
		t.Fatalf("%v, %v", s.Current().Reveal(), err)
	}
	file := write("flag", "from-the-flag\n")
	if s, err = (runOptions{tokenFile: file}).token(); err != nil || s.Current().Reveal() != "from-the-flag" || s.Source() != file {
		t.Fatalf("%v, %v", s.Current().Reveal(), err)
	}
	if changed, err := s.Renew(); changed || err != nil {
		t.Fatalf("the same token was renewed: %v, %v", changed, err)
	}
	write("flag", "another-one")
	if changed, err := s.Renew(); !changed || err != nil || s.Current().Reveal() != "another-one" || len(s.secrets()) != 2 {
		t.Fatalf("changed %v, %v, %d tokens seen", changed, err, len(s.secrets()))
	}
	for _, bad := range []string{"", strings.Repeat("x", maxToken+1)} {
		write("flag", bad)
		if changed, err := s.Renew(); changed || err == nil {
			t.Errorf("a file of %d bytes was taken", len(bad))
		}
	}
}
