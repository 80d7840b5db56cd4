package promote

import (
	"context"
	"crypto/ecdsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/groundwork-dev/groundwork/internal/image"
)

// Evidence is why an image may go on.
type Evidence struct {
	// Image is what is promoted, Before what the cluster runs until then.
	Image  string `json:"image"`
	Before string `json:"before"`
	Tag    string `json:"tag,omitempty"`
	Digest string `json:"digest,omitempty"`
	// Key is the SHA-256 of the public key that the signature is held to, in hex.
	Key     string        `json:"key,omitempty"`
	Checks  []image.Check `json:"checks,omitempty"`
	Health  Health        `json:"health,omitzero"`
	Modules Modules       `json:"modules,omitzero"`
	// Commits are those between both images, the newest first; CommitsNote says
	// why there are none.
	Commits     []string `json:"commits,omitempty"`
	CommitsNote string   `json:"commitsNote,omitempty"`
	// Rendered is what the cluster's objects become.
	Rendered string `json:"rendered,omitempty"`
}

// name is the image in few letters.
func (e Evidence) name() string {
	if e.Tag != "" {
		return e.Tag
	}
	return e.Digest[:min(len(e.Digest), 19)]
}

// Modules are the differences of two bills of materials.
type Modules struct {
	// Added and Removed are "module version", Changed "module version → version".
	Added   []string `json:"added,omitempty"`
	Removed []string `json:"removed,omitempty"`
	Changed []string `json:"changed,omitempty"`
	// Note says why there is no comparison.
	Note string `json:"note,omitempty"`
}

// compare compares what two images are made of.
func compare(before, after []image.Module) Modules {
	if len(before) == 0 || len(after) == 0 {
		return Modules{Note: "one of both images has no bill of materials that can be read, so there is nothing to compare"}
	}
	versions := func(list []image.Module) map[string]string {
		all := map[string]string{}
		for _, m := range list {
			all[m.Name] = m.Version
		}
		return all
	}
	var d Modules
	old, now := versions(before), versions(after)
	for _, name := range slices.Sorted(maps.Keys(now)) {
		switch was, had := old[name]; {
		case !had:
			d.Added = append(d.Added, name+" "+now[name])
		case was != now[name]:
			d.Changed = append(d.Changed, name+" "+was+" → "+now[name])
		}
	}
	for _, name := range slices.Sorted(maps.Keys(old)) {
		if _, has := now[name]; !has {
			d.Removed = append(d.Removed, name+" "+old[name])
		}
	}
	return d
}

// changelog lists the commits between both images. That it cannot is no
// refusal: a release's tag names no commit, and sources may live elsewhere.
func (r *run) changelog(ctx context.Context, p pins) error {
	e := &r.report.Evidence
	from, to := image.CommitOf(p.to.Tag), image.CommitOf(p.from.Tag)
	if from == "" || to == "" {
		e.CommitsNote = "not both tags name a commit"
		return nil
	}
	commits, err := r.Repository.Log(ctx, r.Base, from, to)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil {
		e.CommitsNote = err.Error()
	}
	e.Commits = commits
	return nil
}

// fingerprint names a public key.
func fingerprint(key *ecdsa.PublicKey) string {
	der, err := x509.MarshalPKIXPublicKey(key)
	if err != nil { // no key of a curve that was checked does that
		return ""
	}
	sum := sha256.Sum256(der)
	return hex.EncodeToString(sum[:])
}

func stamp(t time.Time) string {
	if t.IsZero() {
		return "a time that nothing tells"
	}
	return t.UTC().Format("2006-01-02 15:04:05Z")
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// clean is text for a code span.
func clean(s string) string { return strings.ReplaceAll(oneLine(s), "`", "'") }

// cut shortens text to a number of bytes.
func cut(s string, most int) string {
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most-len("…")], "") + "…"
}

// bound shortens lines to a number of bytes, and says so.
func bound(s string, most int) string {
	if len(s) <= most {
		return s
	}
	kept := s[:most]
	if at := strings.LastIndexByte(kept, '\n'); at >= 0 {
		kept = kept[:at+1]
	}
	return strings.ToValidUTF8(kept, "") + fmt.Sprintf("… %d lines more; `bootstrap promote --dry-run --output json` has all\n", strings.Count(s[len(kept):], "\n"))
}
