package image_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"os"
	"strings"
	"testing"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/secure-systems-lab/go-securesystemslib/encrypted"

	"github.com/groundwork-dev/groundwork/internal/image"
	"github.com/groundwork-dev/groundwork/internal/redact"
)

const digest = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

// made is an image of this test's own executable.
func made(t *testing.T, version string) image.Image {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	i, err := image.New(image.Spec{
		App: "web", Version: version, Revision: "abc", Source: "https://example.com/x", Created: time.Unix(1_000_000_000, 0),
		Binaries: []image.Binary{
			{Platform: v1.Platform{OS: "linux", Architecture: "amd64"}, Path: self},
			{Platform: v1.Platform{OS: "linux", Architecture: "arm64"}, Path: self},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return i
}

func digestOf(t *testing.T, of interface{ Digest() (v1.Hash, error) }) string {
	t.Helper()
	h, err := of.Digest()
	if err != nil {
		t.Fatal(err)
	}
	return h.String()
}

func TestNew(t *testing.T) {
	t.Parallel()
	a, b, other := made(t, "1.0.0"), made(t, "1.0.0"), made(t, "1.0.1")
	if digestOf(t, a.Index) != digestOf(t, b.Index) || digestOf(t, a.SBOM) != digestOf(t, b.SBOM) {
		t.Error("the same input gave two digests")
	}
	if digestOf(t, a.Index) == digestOf(t, other.Index) {
		t.Error("another version gave the same digest")
	}
	index, err := a.Index.IndexManifest()
	if err != nil || len(index.Manifests) != 2 {
		t.Fatalf("index %v, %v: want two images", index, err)
	}
	for i, arch := range []string{"amd64", "arm64"} {
		one, err := a.Index.Image(index.Manifests[i].Digest)
		if err != nil {
			t.Fatal(err)
		}
		file, err := one.ConfigFile()
		if err != nil {
			t.Fatal(err)
		}
		if file.Architecture != arch || file.OS != "linux" || file.Config.User != image.User || file.Config.Entrypoint[0] != "/web" || file.Created.Unix() != 1_000_000_000 {
			t.Errorf("configuration %+v", file)
		}
	}
	for key, want := range map[string]string{
		"org.opencontainers.image.source": "https://example.com/x", "org.opencontainers.image.revision": "abc", "org.opencontainers.image.version": "1.0.0",
	} {
		if got := index.Annotations[key]; got != want {
			t.Errorf("annotation %s is %q, want %q", key, got, want)
		}
	}
	sbom, err := a.SBOM.Manifest()
	if err != nil {
		t.Fatal(err)
	}
	if sbom.Subject.Digest.String() != digestOf(t, a.Index) || sbom.Layers[0].Digest.String() != index.Annotations[image.AnnotationSBOM] {
		t.Errorf("bill of materials %+v belongs to another image", sbom)
	}
}

func TestTags(t *testing.T) {
	t.Parallel()
	for tag, ok := range map[string]bool{
		"main-17-3f9a2b1": true, "main-1-" + strings.Repeat("a", 40): true, "1.2.3": true, "v1.2.3": true, "1.2.3-rc.1": true,
		"latest": false, "": false, "main": false, "main-0-3f9a2b1": false, "main-17-3f9a2b": false, "main-17-3F9A2B1": false,
		"1.2": false, "1.2.3+x": false, "01.2.3": false, "1.2.3\n": false, "vv1.2.3": false,
	} {
		if err := image.CheckTag(tag); (err == nil) != ok {
			t.Errorf("tag %q: %v", tag, err)
		}
	}
	if err := image.CheckTags([]string{"main-1-abcdef0"}, "fedcba9876"); err == nil {
		t.Error("a tag of another commit was taken")
	}
	if got := image.VersionOf([]string{"main-1-abcdef0", "v1.2.3"}); got != "1.2.3" {
		t.Errorf("version %q", got)
	}
}

func TestReference(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]image.Reference{
		"ghcr.io/a/b":              {Name: "ghcr.io/a/b"},
		"127.0.0.1:5000/web:1.2.3": {Name: "127.0.0.1:5000/web", Tag: "1.2.3"},
		"ghcr.io/a/b:1@" + digest:  {Name: "ghcr.io/a/b", Tag: "1", Digest: digest},
		"web@" + digest:            {Name: "index.docker.io/library/web", Digest: digest},
	} {
		if got, err := image.ParseReference(in); err != nil || got != want {
			t.Errorf("%q: %+v, %v", in, got, err)
		}
	}
	for _, in := range []string{"", "@" + digest, "a@", "a@sha256:00", "a b", "ghcr.io/a:", "A/B@" + digest, "a@sha512:" + strings.Repeat("0", 128)} {
		if got, err := image.ParseReference(in); err == nil {
			t.Errorf("%q was read as %+v", in, got)
		}
	}
}

func newKey(t *testing.T) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func TestSignature(t *testing.T) {
	t.Parallel()
	key, r := newKey(t), image.Reference{Name: "ghcr.io/a/b", Digest: digest}
	s, err := image.Sign(key, r)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := image.Sign(key, r); err != nil || again.Base64 != s.Base64 {
		t.Errorf("signed again it is %q, %v", again.Base64, err)
	}
	if err := s.Check(&key.PublicKey, r); err != nil {
		t.Error(err)
	}
	tampered := image.Signature{Payload: []byte(strings.Replace(string(s.Payload), "ghcr.io/a/b", "ghcr.io/a/c", 1)), Base64: s.Base64}
	for name, err := range map[string]error{
		"another key":     s.Check(&newKey(t).PublicKey, r),
		"another name":    s.Check(&key.PublicKey, image.Reference{Name: "ghcr.io/a/c", Digest: digest}),
		"another digest":  s.Check(&key.PublicKey, image.Reference{Name: r.Name, Digest: "sha256:" + strings.Repeat("0", 64)}),
		"tampered":        tampered.Check(&key.PublicKey, image.Reference{Name: "ghcr.io/a/c", Digest: digest}),
		"no base64":       image.Signature{Payload: s.Payload, Base64: "!"}.Check(&key.PublicKey, r),
		"empty signature": image.Signature{Payload: s.Payload}.Check(&key.PublicKey, r),
	} {
		if err == nil {
			t.Errorf("%s was taken", name)
		}
	}
}

func TestKeys(t *testing.T) {
	t.Parallel()
	key := newKey(t)
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	locked, err := encrypted.Encrypt(der, []byte("pass"))
	if err != nil {
		t.Fatal(err)
	}
	cosign := pem.EncodeToMemory(&pem.Block{Type: "ENCRYPTED SIGSTORE PRIVATE KEY", Bytes: locked})
	for name, data := range map[string][]byte{"PKCS #8": pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), "cosign": cosign} {
		if got, err := image.ParsePrivateKey(data, redact.Secret("pass")); err != nil || !got.Equal(key) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := image.ParsePrivateKey(cosign, redact.Secret("wrong")); err == nil {
		t.Error("a wrong password opened the key")
	}
	other, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	if der, err = x509.MarshalPKIXPublicKey(&other.PublicKey); err != nil {
		t.Fatal(err)
	}
	if _, err := image.ParsePublicKey(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})); err == nil || !strings.Contains(err.Error(), "P-256") {
		t.Errorf("a key on another curve: %v", err)
	}
}
