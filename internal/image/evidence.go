package image

import (
	"crypto/ecdsa"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
)

// Evidence is what a registry has about an image.
type Evidence struct {
	// Reference is the image that was asked about, with its digest.
	Reference Reference
	// Found says that the digest is there.
	Found bool
	// TagDigest is where the reference's tag points now; empty when the tag is
	// not there, or the reference has none.
	TagDigest  string
	Signatures []Signature
	// StatedSBOM is the digest of the bill of materials that the image itself
	// states; empty when it does not.
	StatedSBOM string
	SBOMs      []SBOM
}

// SBOM is a bill of materials that refers to an image.
type SBOM struct {
	// Type is a media type, such as TypeCycloneDX.
	Type    string
	Content []byte
}

// Result is how a check ended.
type Result string

// The results of a check.
const (
	OK      Result = "ok"
	Refused Result = "refused"
	Skipped Result = "skipped" // there was nothing to check, or nothing to check it on
)

// Check is one thing that was looked at.
type Check struct {
	Name   string `json:"check"`
	Result Result `json:"result"`
	// Detail is what was found, Fix what to do when it was refused.
	Detail string `json:"detail"`
	Fix    string `json:"fix,omitempty"`
}

// Verdict is what follows from the evidence.
type Verdict struct {
	Image  string  `json:"image"`
	Checks []Check `json:"checks"`
	// Modules are what the image is made of, where its bill of materials says it.
	Modules []Module `json:"-"`
}

// Err is a *RefusedError when a check refused the image.
func (v Verdict) Err() error {
	refused := &RefusedError{Image: v.Image}
	for _, c := range v.Checks {
		if c.Result == Refused {
			refused.Checks = append(refused.Checks, c)
		}
	}
	if len(refused.Checks) == 0 {
		return nil
	}
	return refused
}

// RefusedError says why an image is not trusted, and what to do.
type RefusedError struct {
	Image  string
	Checks []Check
}

func (e *RefusedError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "image %s is refused", e.Image)
	for _, c := range e.Checks {
		fmt.Fprintf(&b, "\n%s: %s\n  fix: %s", c.Name, c.Detail, c.Fix)
	}
	return b.String()
}

// Refused tells the error apart from others.
func (*RefusedError) Refused() bool { return true }

// Judge checks the evidence against the public key that images are signed
// with: the digest is there, a signature by the key is about it under its name,
// the tag still points to it, and a bill of materials refers to it.
func (e Evidence) Judge(key *ecdsa.PublicKey) Verdict {
	v := Verdict{Image: e.Reference.String()}
	if !e.Found {
		v.Checks = []Check{{"digest", Refused, "the registry has no " + e.Reference.Pinned(), "push the image, or correct its digest"}}
		for _, name := range []string{"signature", "tag", "sbom"} {
			v.Checks = append(v.Checks, Check{Name: name, Result: Skipped, Detail: "without the image there is nothing to check"})
		}
		return v
	}
	sbom, modules := e.sbom()
	v.Checks = []Check{{"digest", OK, "is in the registry", ""}, e.signature(key), e.tag(), sbom}
	v.Modules = modules
	return v
}

func (e Evidence) signature(key *ecdsa.PublicKey) Check {
	const name = "signature"
	fix := "if the image came from your CI, sign it: bootstrap image sign --key KEY " + e.Reference.Pinned()
	if len(e.Signatures) == 0 {
		return Check{name, Refused, "the image has none", fix}
	}
	var last error
	for _, s := range e.Signatures {
		if last = s.Check(key, e.Reference); last == nil {
			return Check{name, OK, "is by the key, over this digest and name", ""}
		}
	}
	detail := "the image's is not one of this key over this image: " + last.Error()
	if n := len(e.Signatures); n > 1 {
		detail = fmt.Sprintf("none of the image's %d is one of this key over this image; of the last: %s", n, last)
	}
	return Check{name, Refused, detail, fix}
}

func (e Evidence) tag() Check {
	const name = "tag"
	tag := e.Reference.Tag
	switch e.TagDigest {
	case e.Reference.Digest:
		return Check{name, OK, tag + " points to the digest", ""}
	case "":
		if tag == "" {
			return Check{name, Skipped, "the reference has none", ""}
		}
		return Check{name, Refused, "the registry has no tag " + tag, "push the image with the tag, or name the one that it has"}
	}
	return Check{
		name, Refused, fmt.Sprintf("%s points to %s now: it was moved", tag, e.TagDigest),
		"find out who moved it; build again under a new tag, and make tags immutable in the registry",
	}
}

// sbom prefers the bill that the image states, which nobody can exchange.
func (e Evidence) sbom() (Check, []Module) {
	const name = "sbom"
	if len(e.SBOMs) == 0 {
		return Check{name, Refused, "no bill of materials refers to the image", "push the image again with `bootstrap image push`: it adds what is missing"}, nil
	}
	found, detail := e.SBOMs[0], "refers to the image; the image does not state it, so no signature covers it"
	if e.StatedSBOM != "" {
		stated := false
		for _, s := range e.SBOMs {
			if sum := sha256.Sum256(s.Content); "sha256:"+hex.EncodeToString(sum[:]) == e.StatedSBOM {
				found, stated = s, true
			}
		}
		if !stated {
			return Check{
				name, Refused, "what refers to the image is not the bill of materials that the image states, " + e.StatedSBOM,
				"find out who attached it; push the image again with `bootstrap image push`",
			}, nil
		}
		detail = "is the one that the image states"
	}
	if found.Type != TypeCycloneDX {
		return Check{name, OK, detail, ""}, nil
	}
	modules, err := ReadSBOM(found.Content)
	if err != nil {
		return Check{name, Refused, err.Error(), "build the image again with `bootstrap image build`"}, nil
	}
	return Check{name, OK, fmt.Sprintf("%s (%d modules)", detail, len(modules)), ""}, modules
}
