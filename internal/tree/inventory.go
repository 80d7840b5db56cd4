package tree

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"path"
	"strings"

	"github.com/groundwork-dev/groundwork/internal/diag"
)

const inventoryHead = Header + `# The files that bootstrap owns, each with the SHA-256 of what it wrote.
apiVersion: groundwork.dev/v1alpha1
kind: Inventory
metadata:
  name: `

type digest [sha256.Size]byte

// WithInventories adds the inventory of every cluster that has files:
// clusters/<cluster>/inventory.yaml; terraform/account/inventory.yaml; and that
// of a forge's folder, such as .github/inventory.yaml.
func (t *Tree) WithInventories() error {
	if err := t.check(); err != nil {
		return err
	}
	inventories := map[string]*bytes.Buffer{}
	for _, name := range t.Paths() {
		f := t.files[name]
		if f.seed {
			continue
		}
		by := owner(name)
		b := inventories[by]
		if b == nil {
			b = &bytes.Buffer{}
			b.WriteString(inventoryHead + strings.TrimPrefix(path.Base(by), ".") + "\nfiles:\n")
			inventories[by] = b
		}
		sum := f.sum
		b.WriteString("  ")
		b.WriteString(name)
		b.WriteString(": " + digestPrefix)
		b.Write(hex.AppendEncode(b.AvailableBuffer(), sum[:]))
		b.WriteByte('\n')
	}
	t.shared = nil // nothing is merged any more
	for by, b := range inventories {
		if err := t.Add(inventoryOf(by), bytes.Clone(b.Bytes())); err != nil {
			return err
		}
	}
	return nil
}

// digestPrefix names the algorithm. A bare hash behind the name of a file such
// as secrets.yaml is what searches for leaked secrets take for one.
const digestPrefix = "sha256:"

// inventory is which files are owned, and what was written to them.
type inventory map[string]digest

func parseDigest(s string) (digest, bool) {
	var d digest
	if len(s) != 2*len(d) {
		return d, false
	}
	_, err := hex.Decode(d[:], []byte(s))
	return d, err == nil
}

// lineScanner reads lines of a path and a digest.
func lineScanner(r io.Reader) *bufio.Scanner {
	scan := bufio.NewScanner(r)
	scan.Buffer(make([]byte, 0, 4096), 2*MaxPath)
	return scan
}

// parseInventory reads an inventory that WithInventories wrote. It reads that
// form alone, line by line, so that half a million files cost little. of
// is whose it must be.
func parseInventory(file, of string, data io.Reader, into inventory) error {
	problem := func(line int, message string) error {
		return diag.Problems{{
			Position: diag.Position{File: file, Line: line}, Message: message,
			Hint: "restore the file from Git; or delete it, and files that still are as generated are taken over again",
		}}
	}
	scan := lineScanner(data)
	line, isInventory, inFiles := 0, false, false
	for scan.Scan() {
		line++
		text := scan.Text()
		if !inFiles {
			isInventory = isInventory || text == "kind: Inventory"
			inFiles = text == "files:"
			continue
		}
		name, sum, ok := strings.Cut(text, ": ")
		sum, prefixed := strings.CutPrefix(sum, digestPrefix)
		d, isDigest := parseDigest(sum)
		name, indented := strings.CutPrefix(name, "  ")
		if !ok || !prefixed || !isDigest || !indented {
			return problem(line, "is not a line of an inventory, which is a path and a SHA-256")
		}
		// A file outside its owner's folders would be deleted for nothing
		// more than being listed here.
		if checkPath(name) != nil || owner(name) != of {
			return problem(line, fmt.Sprintf("lists %q, which cannot be a generated file of %s", name, path.Base(of)))
		}
		into[name] = d
	}
	switch err := scan.Err(); {
	case err != nil:
		return problem(line+1, "cannot be read: "+err.Error())
	case !isInventory || !inFiles:
		return problem(0, "is not an inventory")
	}
	return nil
}
