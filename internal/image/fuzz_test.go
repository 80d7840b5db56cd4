package image

import "testing"

// FuzzPayload: nothing panics, and what is read names a digest.
func FuzzPayload(f *testing.F) {
	f.Add([]byte(`{"critical":{"identity":{"docker-reference":"ghcr.io/a/b"},"image":{"docker-manifest-digest":"sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},"type":"cosign container image signature"},"optional":null}`))
	f.Add([]byte(`{"critical":{}} {}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := parsePayload(data)
		if err == nil && (r.Digest == "" || r.Name == "") {
			t.Errorf("%q was read as %+v", data, r)
		}
	})
}

// FuzzTag: what is taken is what the registry takes in a reference.
func FuzzTag(f *testing.F) {
	for _, s := range []string{"main-17-3f9a2b1", "1.2.3-rc.1", "v1.2.3", "latest", "main-1-"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, tag string) {
		if CheckTag(tag) != nil {
			return
		}
		if r, err := ParseReference("ghcr.io/a/b:" + tag); err != nil || r.Tag != tag {
			t.Errorf("tag %q is taken, and its reference read as %+v, %v", tag, r, err)
		}
	})
}

// FuzzReference: what is read means the same when it is read again.
func FuzzReference(f *testing.F) {
	for _, s := range []string{"a", "ghcr.io/a/b:1.2.3", "127.0.0.1:5000/a"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		r, err := ParseReference(s)
		if err != nil {
			return
		}
		if again, err := ParseReference(r.String()); err != nil || again != r {
			t.Errorf("%q is %+v, and read again %+v, %v", s, r, again, err)
		}
	})
}
