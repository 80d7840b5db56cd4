package platform_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/groundwork-dev/groundwork/internal/catalog"
	"github.com/groundwork-dev/groundwork/internal/platform"
	"github.com/groundwork-dev/groundwork/internal/render/fluxsystem"
)

// TestScanRole: a role is there where an app that the cluster moves is in ECR,
// and may do this much.
func TestScanRole(t *testing.T) {
	t.Parallel()
	const (
		dev   = "  clusters:\n    dev: {size: small, domain: dev.example.com}\n"
		apps  = "  apps:\n"
		moved = "delivery: {automate: [dev]}"
		ecr   = "012345678901.dkr.ecr.eu-central-1.amazonaws.com/"
		role  = "arn:aws:iam::012345678901:role/image-reflector-controller.flux-system.sa.dev.example.com"
		shop  = "arn:aws:ecr:eu-central-1:012345678901:repository/team/shop"
	)
	app := func(name, image, delivery string) string {
		return fmt.Sprintf("    %s: {image: %q, port: 8080, %s}\n", name, image, delivery)
	}
	policy := func(repositories ...string) string {
		return `[{"Action":["ecr:GetAuthorizationToken"],"Effect":"Allow","Resource":["*"]},` +
			`{"Action":["ecr:BatchGetImage","ecr:ListImages"],"Effect":"Allow","Resource":["` + strings.Join(repositories, `","`) + `"]}]`
	}
	for name, tc := range map[string]struct {
		text, role, policy string
	}{
		"ECR":              {head + dev + apps + app("shop", ecr+"team/shop:1.0.0", moved), role, policy(shop)},
		"GHCR":             {head + dev + apps + app("shop", "ghcr.io/team/shop:1.0.0", moved), "", ""},
		"no automation":    {head + dev + apps + app("shop", ecr+"team/shop:1.0.0", "delivery: {}"), "", ""},
		"no delivery":      {head + dev + apps + app("shop", ecr+"team/shop:1.0.0", "namespace: shop"), "", ""},
		"elsewhere":        {head + dev + "    prod: {size: ha, domain: prod.example.com}\n" + apps + app("shop", ecr+"team/shop:1.0.0", "delivery: {automate: [prod]}"), "", ""},
		"hardening: kops":  {head + strings.Replace(dev, "}", ", kubernetes: {apiAccess: [203.0.113.0/24], hardening: kops}}", 1) + apps + app("shop", ecr+"team/shop:1.0.0", moved), "", ""},
		"no apps":          {head + dev, "", ""},
		"another account":  {head + dev + apps + app("shop", "210987654321.dkr.ecr.us-east-1.amazonaws.com/shop:1.0.0", moved), role, policy("arn:aws:ecr:us-east-1:210987654321:repository/shop")},
		"several, one new": {head + dev + apps + app("a", ecr+"z:1.0.0", moved) + app("b", ecr+"team/shop:1.0.0", moved) + app("c", ecr+"team/shop:2.0.0", moved) + app("d", "ghcr.io/d/d:1.0.0", moved), role, policy(shop, "arn:aws:ecr:eu-central-1:012345678901:repository/z")},
		"China": {
			strings.NewReplacer("eu-central-1", "cn-north-1").Replace(head+dev) + apps + app("shop", "012345678901.dkr.ecr.cn-north-1.amazonaws.com.cn/shop:1.0.0", moved),
			strings.Replace(role, "arn:aws:", "arn:aws-cn:", 1), policy("arn:aws-cn:ecr:cn-north-1:012345678901:repository/shop"),
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, err := catalog.Load(catalog.BuiltinLayer())
			if err != nil {
				t.Fatal(err)
			}
			resolver := platform.NewResolver(parse(t, tc.text), c)
			cluster, problems := resolver.Cluster("dev")
			if err := problems.Err(); err != nil {
				t.Fatal(err)
			}
			if cluster.ScanRole != tc.role {
				t.Errorf("role %q, want %q", cluster.ScanRole, tc.role)
			}
			accounts := resolver.ServiceAccounts(cluster)
			if tc.policy == "" {
				if len(accounts) > 0 {
					t.Errorf("there are roles for %+v", accounts)
				}
				return
			}
			if len(accounts) != 1 || accounts[0].Namespace != "flux-system" || accounts[0].Name != "image-reflector-controller" {
				t.Fatalf("there are roles for %+v", accounts)
			}
			var document struct {
				Statement []map[string]any `yaml:"Statement"`
			}
			if err := accounts[0].Policy.Decode(&document); err != nil {
				t.Fatal(err)
			}
			if got, err := json.Marshal(document.Statement); err != nil || string(got) != tc.policy {
				t.Errorf("%v, the policy is\n%s\nwant\n%s", err, got, tc.policy)
			}
		})
	}
}

// TestScannerIsFluxsOwn: the name that the role trusts is that of a controller.
func TestScannerIsFluxsOwn(t *testing.T) {
	t.Parallel()
	if platform.ScannerNamespace != fluxsystem.Namespace {
		t.Errorf("Flux is in %s", fluxsystem.Namespace)
	}
	for _, c := range fluxsystem.Controllers() {
		if c.Name == platform.ScannerAccount {
			return
		}
	}
	t.Errorf("Flux has no %s", platform.ScannerAccount)
}
