package imagepin_test

import (
	"strings"
	"testing"

	"github.com/groundwork-dev/groundwork/internal/imagepin"
)

const (
	old   = "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	fresh = "sha256:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
	head  = "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\n"
)

func TestNew(t *testing.T) {
	t.Parallel()
	pin := imagepin.Pin{Name: "ghcr.io/acme/app", Tag: "0.1.0", Digest: old}
	marked, err := imagepin.New("Which image dev runs.\nImage automation moves it.", pin, "app:app")
	if err != nil {
		t.Fatal(err)
	}
	want := `# Which image dev runs.
# Image automation moves it.
apiVersion: kustomize.config.k8s.io/v1alpha1
kind: Component
images:
  - name: ghcr.io/acme/app
    newName: ghcr.io/acme/app # {"$imagepolicy": "app:app:name"}
    newTag: 0.1.0 # {"$imagepolicy": "app:app:tag"}
    digest: ` + old + ` # {"$imagepolicy": "app:app:digest"}
`
	if string(marked) != want {
		t.Errorf("got\n%swant\n%s", marked, want)
	}
	plain, err := imagepin.New("Which image prod runs.", imagepin.Pin{Name: "ghcr.io/acme/app", Tag: "1.0"}, "")
	if err != nil {
		t.Fatal(err)
	}
	want = "# Which image prod runs.\n" + head + "images:\n  - name: ghcr.io/acme/app\n    newName: ghcr.io/acme/app\n    newTag: \"1.0\"\n    digest: \"\"\n"
	if string(plain) != want {
		t.Errorf("got\n%swant\n%s", plain, want)
	}
	for _, bad := range []imagepin.Pin{{Name: "r.io/nginx"}, {Name: "a b", Tag: "1"}, {Name: "r.io/nginx:1", Tag: "1"}, {Name: "nginx", Digest: "sha256:1"}, {Name: "nginx", Tag: "1\nx: y"}} {
		if _, err := imagepin.New("", bad, ""); err == nil {
			t.Errorf("%+v is taken", bad)
		}
	}
	if _, err := imagepin.New("", pin, `a"b`); err == nil {
		t.Error("a policy that is none is taken")
	}
}

func TestSet(t *testing.T) {
	t.Parallel()
	name := "ghcr.io/acme/app"
	cases := map[string]struct {
		in, out string
		to      imagepin.Pin
	}{
		"comments and layout stay": {
			"# Head.\n" + head + "\nimages:\n- name: ghcr.io/acme/app   # why\n  digest: \"" + old + "\"   # {\"$imagepolicy\": \"a:a:digest\"}\n  newTag:   '0.1.0' # tag\n# foot\n",
			"# Head.\n" + head + "\nimages:\n- name: ghcr.io/acme/app   # why\n  digest: " + fresh + "   # {\"$imagepolicy\": \"a:a:digest\"}\n  newTag:   \"1.0\" # tag\n# foot\n",
			imagepin.Pin{Name: name, Tag: "1.0", Digest: fresh},
		},
		"what was missing is added": {
			head + "images:\n  - newTag: 0.1.0\n    name: ghcr.io/acme/app",
			head + "images:\n  - newTag: main-17-3f9a2b1\n    name: ghcr.io/acme/app\n    newName: eu.acme.io/app\n    digest: " + fresh + "\n",
			imagepin.Pin{Name: name, NewName: "eu.acme.io/app", Tag: "main-17-3f9a2b1", Digest: fresh},
		},
		"ends of lines stay": {
			strings.ReplaceAll(head, "\n", "\r\n") + "images:\r\n  - name: ghcr.io/acme/app\r\n    newTag: 0.1.0\r\n",
			strings.ReplaceAll(head, "\n", "\r\n") + "images:\r\n  - name: ghcr.io/acme/app\r\n    newTag: 0.2.0\r\n",
			imagepin.Pin{Name: name, Tag: "0.2.0"},
		},
		"the same changes nothing": {
			head + "images: [{name: ghcr.io/acme/app, newTag: 0.1.0}]\n",
			head + "images: [{name: ghcr.io/acme/app, newTag: 0.1.0}]\n",
			imagepin.Pin{Name: name, Tag: "0.1.0"},
		},
		"in one line": {
			head + "images: [{name: ghcr.io/acme/app, newTag: 0.1.0}]\n",
			head + "images: [{name: ghcr.io/acme/app, newTag: 0.2.0}]\n",
			imagepin.Pin{Name: name, Tag: "0.2.0"},
		},
	}
	for title, c := range cases {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			got, err := imagepin.Set("f.yaml", []byte(c.in), c.to)
			if err != nil {
				t.Fatal(err)
			}
			if string(got) != c.out {
				t.Errorf("got\n%swant\n%s", got, c.out)
			}
			if pin, err := imagepin.Read("f.yaml", got); err != nil || pin != c.to {
				t.Errorf("read again: %+v, %v", pin, err)
			}
		})
	}
}

func TestRefuses(t *testing.T) {
	t.Parallel()
	cases := map[string]struct{ in, want string }{
		"another kind":     {"apiVersion: v1\nkind: Secret\nimages:\n  - name: r.io/nginx\n    newTag: x\n", "f.yaml:1"},
		"more than a pin":  {head + "resources: [x]\nimages:\n  - name: r.io/nginx\n    newTag: x\n", "f.yaml:3"},
		"two images":       {head + "images:\n  - name: r.io/nginx\n    newTag: x\n  - name: other\n    newTag: x\n", "f.yaml:4"},
		"a number":         {head + "images:\n  - name: r.io/nginx\n    newTag: 1.0\n", "f.yaml:5"},
		"pins nothing":     {head + "images:\n  - name: r.io/nginx\n", "f.yaml:4"},
		"a digest of none": {head + "images:\n  - name: r.io/nginx\n    digest: sha256:12\n", "f.yaml:4"},
		"no YAML":          {"a: [", "f.yaml:1"},
	}
	for title, c := range cases {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			_, err := imagepin.Read("f.yaml", []byte(c.in))
			if err == nil || !strings.HasPrefix(err.Error(), c.want) {
				t.Errorf("want %s…, got %v", c.want, err)
			}
		})
	}
	good := []byte(head + "images:\n  - name: r.io/nginx\n    newTag: x\n")
	for title, to := range map[string]imagepin.Pin{
		"another name": {Name: "other", Tag: "x"},
		"nothing":      {Name: "r.io/nginx"},
		"a bad tag":    {Name: "r.io/nginx", Tag: "x # y"},
	} {
		if _, err := imagepin.Set("f.yaml", good, to); err == nil {
			t.Errorf("%s: taken", title)
		}
	}
	folded := []byte(head + "images:\n  - name: r.io/nginx\n    newTag: >-\n      x\n")
	if _, err := imagepin.Set("f.yaml", folded, imagepin.Pin{Name: "r.io/nginx", Tag: "y"}); err == nil || !strings.HasPrefix(err.Error(), "f.yaml:5:") {
		t.Errorf("over lines: %v", err)
	}
}

// FuzzSet: nothing panics; what is set is read, and setting back what was there
// gives the file's meaning again.
func FuzzSet(f *testing.F) {
	f.Add(head+"images:\n  - name: r.io/nginx\n    newTag: x # y\n", "1.0")
	f.Add(head+"images: [{name: r.io/nginx, newTag: \"x\"}]\n", "main-1-abcdefa")
	f.Add("'apiVersion': kustomize.config.k8s.io/v1alpha1\nkind: Component\nimages:\n- \"name\": r.io/nginx\n  newTag: |-\n   x\n", "y")
	f.Fuzz(func(t *testing.T, text, tag string) {
		was, err := imagepin.Read("f.yaml", []byte(text))
		if err != nil {
			return
		}
		to := was
		to.Tag, to.Digest = tag, fresh
		out, err := imagepin.Set("f.yaml", []byte(text), to)
		if err != nil {
			return
		}
		if is, err := imagepin.Read("f.yaml", out); err != nil || is != to {
			t.Fatalf("%q became %q: %+v, %v", text, out, is, err)
		}
		back, err := imagepin.Set("f.yaml", out, was)
		if err != nil {
			t.Fatalf("%q cannot be set back: %v", out, err)
		}
		if is, err := imagepin.Read("f.yaml", back); err != nil || is != was {
			t.Fatalf("set back: %+v, %v", is, err)
		}
	})
}
