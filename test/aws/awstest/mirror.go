//go:build aws

package awstest

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/groundwork-dev/groundwork/internal/render/terraform"
)

// MirrorConfig returns a configuration of Terraform's command line that knows
// the machine's mirror and nothing else. GROUNDWORK_TF_MIRROR names a mirror
// that is in none of the usual places.
func MirrorConfig(t testing.TB) string {
	t.Helper()
	home, err := os.UserHomeDir()
	if err != nil {
		home = "/"
	}
	for _, dir := range []string{
		os.Getenv("GROUNDWORK_TF_MIRROR"), "/opt/tf-plugins", filepath.Join(home, ".terraform.d", "plugins"),
		filepath.Join(home, ".local", "share", "terraform", "plugins"), "/usr/local/share/terraform/plugins", "/usr/share/terraform/plugins",
	} {
		found, err := filepath.Glob(filepath.Join(dir, "registry.terraform.io", "hashicorp", "aws", terraform.ProviderVersion, "*"))
		if dir == "" || err != nil || len(found) == 0 {
			continue
		}
		file := filepath.Join(t.TempDir(), "terraformrc")
		write(t, file, fmt.Appendf(nil, "disable_checkpoint = true\nprovider_installation {\n  filesystem_mirror {\n    path = %q\n  }\n}\n", dir))
		return file
	}
	missing(t, "a mirror with hashicorp/aws "+terraform.ProviderVersion+" (make one with terraform providers mirror, and name it in GROUNDWORK_TF_MIRROR)")
	return ""
}
