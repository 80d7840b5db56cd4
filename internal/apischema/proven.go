package apischema

import (
	"bufio"
	"crypto/sha256"
	_ "embed" // of the list
	"encoding/hex"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"sync"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

//go:embed proven.txt
var provenList string

// proven are the digests of definitions that Check has nothing to say of: those
// that the tool itself brings. TestProven keeps the list.
var proven = sync.OnceValue(func() map[string]bool {
	known := map[string]bool{}
	for line := range strings.Lines(provenList) {
		digest, _, _ := strings.Cut(line, " ")
		known[digest] = true
	}
	return known
})

// Proven says that a definition needs no Check: it was checked when this program
// was made. Most of what a definition costs is the compilation of its rules.
func Proven(definition *unstructured.Unstructured) bool {
	return proven()[Digest(definition)]
}

// Digest is the SHA-256, in hex, of what a definition defines: all of it but
// descriptions, which charts have and the catalogue has not, and status.
func Digest(definition *unstructured.Unstructured) string {
	content := maps.Clone(definition.Object)
	delete(content, "status")
	h := sha256.New()
	w := bufio.NewWriter(h)
	write(w, content, false)
	_ = w.Flush() // a hash takes everything
	return hex.EncodeToString(h.Sum(nil))
}

// write writes a value in one way, keys sorted. Among the names of properties,
// description is one of them.
func write(w io.Writer, value any, names bool) {
	switch v := value.(type) {
	case map[string]any:
		_, _ = io.WriteString(w, "{")
		for _, key := range slices.Sorted(maps.Keys(v)) {
			child := v[key]
			if _, text := child.(string); text && key == "description" && !names {
				continue
			}
			_, _ = fmt.Fprintf(w, "%q:", key)
			write(w, child, key == "properties" && !names)
			_, _ = io.WriteString(w, ",")
		}
		_, _ = io.WriteString(w, "}")
	case []any:
		_, _ = io.WriteString(w, "[")
		for _, child := range v {
			write(w, child, false)
			_, _ = io.WriteString(w, ",")
		}
		_, _ = io.WriteString(w, "]")
	case string:
		_, _ = fmt.Fprintf(w, "%q", v)
	default:
		_, _ = fmt.Fprintf(w, "%T %v", v, v)
	}
}
