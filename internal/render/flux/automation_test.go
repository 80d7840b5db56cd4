package flux_test

import (
	"regexp"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"

	"github.com/groundwork-dev/groundwork/internal/config"
	"github.com/groundwork-dev/groundwork/internal/imagepin"
	"github.com/groundwork-dev/groundwork/internal/render/flux"
)

func TestAutomation(t *testing.T) {
	t.Parallel()
	p := spec("dev", config.SizeSmall)
	p.Spec.Apps = map[string]config.App{
		"web":  {Image: "ghcr.io/acme/web:1.2.3", Port: 8080, Delivery: &config.Delivery{Automate: []string{"dev"}, Dispatch: true}},
		"shop": {Image: "123456789012.dkr.ecr.eu-central-1.amazonaws.com/shop:1.0.0", Port: 8080, Delivery: &config.Delivery{Automate: []string{"dev"}, Via: config.ViaPullRequest}},
		"blog": {Image: "ghcr.io/acme/blog:1.0.0", Port: 8080, Delivery: &config.Delivery{}},
		"old":  {Image: "ghcr.io/acme/old:1.0.0", Port: 8080},
	}
	files := render(t, p)
	get := func(path string) string {
		data, ok := files.Get(path)
		if !ok {
			t.Fatalf("no %s", path)
		}
		return string(data)
	}
	all := get("clusters/dev/image-automation.yaml")
	for what, want := range map[string]int{
		"kind: ImageRepository\nmetadata": 2, "kind: ImageUpdateAutomation": 2, "namespace: flux-system": 7,
		"path: ./apps/dev/web/image\n": 1, "path: ./apps/dev/shop/image\n": 1, "branch: " + imagepin.Branch("dev", "shop") + "\n": 1, "branch: main\n": 3,
		"provider: aws": 1, "image: ghcr.io/acme/web\n": 1, "blog": 0, "type: generic-hmac": 1,
	} {
		if got := strings.Count(all, what); got != want {
			t.Errorf("%q is there %d times, want %d, in\n%s", what, got, want, all)
		}
	}
	if !flux.Pushes(files, "dev") || flux.Pushes(files, "prod") {
		t.Error("Pushes is wrong about who does")
	}
	if pin := get("apps/dev/web/image/kustomization.yaml"); !strings.Contains(pin, `newTag: 1.2.3 # {"$imagepolicy": "flux-system:web:tag"}`) {
		t.Errorf("web's pin:\n%s", pin)
	}
	if pin := get("apps/dev/blog/image/kustomization.yaml"); strings.Contains(pin, "imagepolicy") {
		t.Errorf("blog's pin:\n%s", pin)
	}
	if d := get("apps/dev/web/deployment.yaml"); !strings.Contains(d, "image: ghcr.io/acme/web:1.2.3\n") {
		t.Errorf("web's Deployment:\n%s", d)
	}
	if _, ok := files.Get("apps/dev/old/image/kustomization.yaml"); ok || !strings.Contains(get("apps/dev/old/deployment.yaml"), "image: ghcr.io/acme/old:1.0.0\n") {
		t.Error("an app without delivery is not as it was")
	}
}

// TestBuildTags: signatures, referrers, releases and what looks like a build
// never win.
func TestBuildTags(t *testing.T) {
	t.Parallel()
	p := spec("dev", config.SizeSmall)
	p.Spec.Apps = map[string]config.App{"web": {Image: "ghcr.io/acme/web:1.2.3", Port: 8080, Delivery: &config.Delivery{Automate: []string{"dev"}}}}
	data, _ := render(t, p).Get("clusters/dev/image-automation.yaml")
	var policy struct {
		Spec struct{ FilterTags struct{ Pattern string } }
	}
	for doc := range strings.SplitSeq(string(data), "---\n") {
		if strings.Contains(doc, "kind: ImagePolicy\n") {
			if err := yaml.Unmarshal([]byte(doc), &policy); err != nil {
				t.Fatal(err)
			}
		}
	}
	pattern := regexp.MustCompile(policy.Spec.FilterTags.Pattern)
	for tag, want := range map[string]bool{
		"main-17-3f9a2b1": true, "main-2-" + strings.Repeat("a", 40): true,
		"sha256-" + strings.Repeat("a", 64): false, "sha256-" + strings.Repeat("a", 64) + ".sig": false,
		"main-17-3f9a2b1.sig": false, "main-99-zzzzzzz": false, "xmain-17-3f9a2b1": false, "1.2.3": false, "latest": false,
	} {
		if pattern.MatchString(tag) != want {
			t.Errorf("%s: %t, want %t", tag, !want, want)
		}
	}
}
