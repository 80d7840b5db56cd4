//go:build aws

package kops_test

import (
	"encoding/json"
	"path"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/groundwork-dev/groundwork/internal/platform"
	"github.com/groundwork-dev/groundwork/internal/render/flux"
)

// TestFluxHasTheRoleThatKopsMakes holds both sides of Flux' role to each other:
// its name, whom it trusts, and for whom the token in the pod is.
func TestFluxHasTheRoleThatKopsMakes(t *testing.T) {
	t.Parallel()
	p, c := load(t, filepath.Join("testdata", "private.yaml"))
	m, err := platform.Resolve(p, c)
	if err != nil {
		t.Fatal(err)
	}
	tree, err := flux.Render(m.Clusters[0], m)
	if err != nil {
		t.Fatal(err)
	}
	patches, _ := tree.Get("clusters/example/flux-system/kustomization.yaml")
	role := path.Base(m.Clusters[0].ScanRole)
	files := renderCase(t, "private")
	const issuer = "acme-example-oidc-123456789012.s3.eu-west-1.amazonaws.com/example.acme.example.com"
	for name, want := range map[string]string{
		"aws_iam_role_" + role + "_policy": `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sts:AssumeRoleWithWebIdentity",
			"Principal":{"Federated":"arn:aws:iam::123456789012:oidc-provider/` + issuer + `"},
			"Condition":{"StringEquals":{"` + issuer + `:sub":"system:serviceaccount:flux-system:image-reflector-controller"}}}]}`,
		"aws_iam_role_policy_" + role + "_policy": `{"Version":"2012-10-17","Statement":[
			{"Effect":"Allow","Action":["ecr:GetAuthorizationToken"],"Resource":["*"]},
			{"Effect":"Allow","Action":["ecr:BatchGetImage","ecr:ListImages"],"Resource":["arn:aws:ecr:eu-west-1:123456789012:repository/team/shop"]}]}`,
	} {
		var have, wanted any
		if err := json.Unmarshal([]byte(files["data/"+name]), &have); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if err := json.Unmarshal([]byte(want), &wanted); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(wanted, have); diff != "" {
			t.Errorf("%s (-want +have):\n%s", name, diff)
		}
	}
	for text, in := range map[string]string{
		"role/" + role + "\n":                       string(patches),
		"audience: amazonaws.com\n":                 string(patches),
		`client_id_list = ["amazonaws.com"]` + "\n": files["kubernetes.tf"],
	} {
		if !strings.Contains(in, text) {
			t.Errorf("%q is not there: the provider takes a token for another than the pod's, or another role", text)
		}
	}
}
