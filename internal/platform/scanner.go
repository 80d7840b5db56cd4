package platform

import (
	"slices"

	"go.yaml.in/yaml/v3"

	"github.com/groundwork-dev/groundwork/internal/awsname"
	"github.com/groundwork-dev/groundwork/internal/config"
)

// The service account by which Flux asks registries for an image's tags. Flux
// is no component, so that no component.yaml declares it.
const (
	ScannerNamespace = "flux-system"
	ScannerAccount   = "image-reflector-controller"
)

// scanRole is the role of the cluster's scanner: where an app that it moves is
// in ECR, and the cluster has roles for service accounts.
func (r *Resolver) scanRole(c Cluster) string {
	if r.platform.Spec.Clusters[c.Name].Kubernetes.Hardening != config.HardeningFull || len(scanned(c)) == 0 {
		return ""
	}
	aws := r.platform.Spec.AWS
	return awsname.Role(aws.Region, aws.AccountID, c.Domain, ScannerNamespace, ScannerAccount)
}

// scanned are the ARNs of the repositories in ECR that the scanner looks at,
// sorted.
func scanned(c Cluster) []string {
	var all []string
	for _, a := range c.Apps {
		if arn, ok := awsname.ECRRepository(a.Image); ok && a.Automated {
			all = append(all, arn)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// scanPolicy lets the scanner list tags and ask for the digest of one: it reads
// no layer. The right to log in knows no resource.
func scanPolicy(repositories []string) *yaml.Node {
	allow := func(resources []string, actions ...string) any {
		return map[string]any{"Effect": "Allow", "Action": actions, "Resource": resources}
	}
	var policy yaml.Node
	if err := policy.Encode(map[string]any{"Version": "2012-10-17", "Statement": []any{
		allow([]string{"*"}, "ecr:GetAuthorizationToken"),
		allow(repositories, "ecr:BatchGetImage", "ecr:ListImages"),
	}}); err != nil {
		panic("platform: texts alone are no YAML: " + err.Error())
	}
	return &policy
}
