package bootstrap

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"
)

// plan says what a run would do.
func (r *run) plan(context.Context) (string, error) {
	edits, err := r.edits()
	if err != nil {
		return "", err
	}
	p := &Plan{Branch: r.Repository.Branch, Files: listing(edits, r.files)}
	if len(edits) > 0 {
		p.Message = r.message(edits)
	}
	for _, o := range slices.Concat(r.flux, r.sync) {
		p.Objects = append(p.Objects, name(o))
	}
	r.report.Plan = p
	return fmt.Sprintf("%s, %d objects to apply; nothing was changed", summary(edits, r.files), len(p.Objects)), nil
}

// listing is a line a file: git's letter for what happens to it, and its path.
func listing(edits map[string][]byte, have fs.FS) []string {
	lines := make([]string, 0, len(edits))
	for _, name := range slices.Sorted(maps.Keys(edits)) {
		letter := "A"
		if edits[name] == nil {
			letter = "D"
		} else if _, err := fs.Stat(have, name); err == nil {
			letter = "M"
		}
		lines = append(lines, letter+" "+name)
	}
	return lines
}

// summary counts what edits do to the files there.
func summary(edits map[string][]byte, have fs.FS) string {
	count := map[byte]int{}
	for _, line := range listing(edits, have) {
		count[line[0]]++
	}
	var parts []string
	for _, part := range []struct {
		letter byte
		verb   string
	}{{'A', "added"}, {'M', "changed"}, {'D', "deleted"}} {
		if n := count[part.letter]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, part.verb))
		}
	}
	if len(parts) == 0 {
		return "no file differs"
	}
	return "files: " + strings.Join(parts, ", ")
}

// message is the commit's: what, why, and by which version of the tool.
func (r *run) message(edits map[string][]byte) string {
	subject := fmt.Sprintf("clusters/%s: generate from platform.yaml", r.Cluster)
	if r.base == "" {
		subject = fmt.Sprintf("clusters/%s: hand the cluster to Git", r.Cluster)
	}
	return fmt.Sprintf("%s\n\nWhat platform %s (platform.yaml) says for its clusters, %s.\n\nGenerated-By: bootstrap %s\n",
		subject, r.Platform, strings.TrimPrefix(summary(edits, r.files), "files: "), r.Version)
}

// contentHash is short, and the same for the same edits.
func contentHash(edits map[string][]byte) string {
	hash := sha256.New()
	for _, name := range slices.Sorted(maps.Keys(edits)) {
		fmt.Fprintf(hash, "%s %d %x\n", name, len(edits[name]), sha256.Sum256(edits[name]))
	}
	return hex.EncodeToString(hash.Sum(nil))[:12]
}
