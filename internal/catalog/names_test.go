package catalog_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/groundwork-dev/groundwork/internal/catalog"
)

// A component is its folder: Go code that knows one by name would have to
// change with it. What is special about a component is a field of
// component.yaml.
func TestNoGoCodeKnowsAComponent(t *testing.T) {
	t.Parallel()
	c, err := catalog.Load(catalog.BuiltinLayer())
	if err != nil {
		t.Fatal(err)
	}
	for _, root := range []string{"../../internal", "../../cmd"} {
		err := filepath.WalkDir(root, func(path string, e fs.DirEntry, err error) error {
			switch {
			case err != nil:
				return err
			case e.IsDir() && e.Name() == "testdata":
				return fs.SkipDir
			case e.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go"):
				return nil
			}
			checkLiterals(t, path, c.Names())
			return nil
		})
		if err != nil && !os.IsNotExist(err) {
			t.Fatal(err)
		}
	}
}

func checkLiterals(t *testing.T, path string, names []string) {
	t.Helper()
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, path, nil, parser.SkipObjectResolution)
	if err != nil {
		t.Errorf("parsing %s: %v", path, err)
		return
	}
	ast.Inspect(file, func(n ast.Node) bool {
		if spec, ok := n.(*ast.ImportSpec); ok && spec != nil {
			return false
		}
		literal, ok := n.(*ast.BasicLit)
		if !ok || literal.Kind != token.STRING {
			return true
		}
		for _, name := range names {
			if strings.Contains(literal.Value, name) {
				t.Errorf("%s: the string %s names the component %s; make it a field of component.yaml", fset.Position(literal.Pos()), literal.Value, name)
			}
		}
		return true
	})
}
