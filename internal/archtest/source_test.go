package archtest

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// source calls visit with each node of each non-test Go file of the packages
// that keep accepts.
func source(t *testing.T, keep func(pkg) bool, visit func(at token.Position, n ast.Node)) {
	t.Helper()
	for _, p := range packages(t) {
		if !keep(p) {
			continue
		}
		for _, name := range p.GoFiles {
			files := token.NewFileSet()
			file, err := parser.ParseFile(files, filepath.Join(p.Dir, name), nil, parser.SkipObjectResolution)
			if err != nil {
				t.Errorf("reading the source: %v", err)
				continue
			}
			for n := range ast.Preorder(file) {
				visit(files.Position(n.Pos()), n)
			}
		}
	}
}

// TestPurePackagesAskNoClockOrEnvironment finds the calls by name; the linter's
// typed check would find them behind an alias too.
func TestPurePackagesAskNoClockOrEnvironment(t *testing.T) {
	t.Parallel()
	banned := map[string][]string{
		"time": {"Now", "Since", "Until", "Sleep", "After", "Tick", "NewTimer", "NewTicker"},
		"os":   {"Getenv", "LookupEnv", "Environ", "ExpandEnv", "Getwd", "Hostname"},
	}
	isPure := func(p pkg) bool { _, c := place(p.path()); return c == pure }
	source(t, isPure, func(at token.Position, n ast.Node) {
		sel, ok := n.(*ast.SelectorExpr)
		if !ok {
			return
		}
		if of, ok := sel.X.(*ast.Ident); ok && slices.Contains(banned[of.Name], sel.Sel.Name) {
			t.Errorf("%s: a pure package uses %s.%s", at, of.Name, sel.Sel.Name)
		}
	})
}

func TestNoInit(t *testing.T) {
	t.Parallel()
	source(t, func(pkg) bool { return true }, func(at token.Position, n ast.Node) {
		if f, ok := n.(*ast.FuncDecl); ok && f.Recv == nil && f.Name.Name == "init" {
			t.Errorf("%s: func init: do the work where it is needed", at)
		}
	})
}

// TestNoComponentNamedInGo holds the catalogue's promise: adding a component
// needs no Go, so no Go knows one.
func TestNoComponentNamedInGo(t *testing.T) {
	t.Parallel()
	entries, err := os.ReadDir(filepath.Join("..", "catalog", "components"))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		if e.IsDir() {
			names = append(names, regexp.QuoteMeta(e.Name()))
		}
	}
	if len(names) == 0 {
		t.Fatal("the catalogue has no component")
	}
	// Files whose work is a component's own API, which no field can do.
	about := map[string]string{"internal/vault": "vault", "internal/escrow": "vault", "internal/cli/vault": "vault", "internal/apischema/constraint": "gatekeeper"}
	named := regexp.MustCompile(`(^|[^a-z0-9-])(` + strings.Join(names, "|") + `)([^a-z0-9-]|$)`)
	imported := map[ast.Node]bool{} // a component's library is no name of it
	source(t, func(pkg) bool { return true }, func(at token.Position, n ast.Node) {
		if spec, ok := n.(*ast.ImportSpec); ok {
			imported[spec.Path] = true
		}
		lit, ok := n.(*ast.BasicLit)
		if !ok || lit.Kind != token.STRING || imported[n] {
			return
		}
		text, err := strconv.Unquote(lit.Value)
		if err != nil {
			t.Errorf("%s: %v", at, err)
			return
		}
		m := named.FindStringSubmatch(text)
		if m == nil {
			return
		}
		known := false
		for path, component := range about {
			known = known || component == m[2] && strings.Contains(filepath.ToSlash(at.Filename), "/"+path)
		}
		if !known {
			t.Errorf("%s: Go names the component %q: make its need a field of component.yaml", at, m[2])
		}
	})
}
