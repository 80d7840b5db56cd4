package terraform_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/groundwork-dev/groundwork/internal/render/terraform"
)

// TestOutlives reads the stack's own files: what may not be destroyed outlives
// the cluster, and so does everything that is a part of it, and nothing else.
func TestOutlives(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("platform/*.tf")
	if err != nil || len(files) < 5 {
		t.Fatalf("%v, %d files", err, len(files))
	}
	resource := regexp.MustCompile(`(?ms)\nresource "([a-z0-9_]+)" "([a-z0-9_]+)" \{$(.*?)\n\}$`)
	kept := map[string]bool{}
	text := map[string]string{}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range resource.FindAllStringSubmatch("\n"+string(data), -1) {
			address := m[1] + "." + m[2]
			text[address] = m[3]
			kept[address] = strings.Contains(m[3], "prevent_destroy = true")
		}
	}
	if !kept["aws_s3_bucket.component"] || !kept["aws_kms_key.component"] {
		t.Fatalf("the stack has no buckets and keys of components that stay: %v", kept)
	}
	for address, body := range text {
		want := kept[address]
		for other, stays := range kept {
			want = want || stays && strings.Contains(body, other)
		}
		for _, at := range []string{address, address + `["backups"]`} {
			if terraform.Outlives(at) != want {
				t.Errorf("Outlives(%s) is %v, want %v", at, !want, want)
			}
		}
	}
	if terraform.Outlives("module.x.aws_s3_bucket.component") || terraform.Outlives("aws_s3_bucket.components") {
		t.Error("an address that only looks like it outlives the cluster")
	}
}
