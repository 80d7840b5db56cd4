package flux

import (
	"go.yaml.in/yaml/v3"

	"github.com/groundwork-dev/groundwork/internal/platform"
	"github.com/groundwork-dev/groundwork/internal/render/object"
)

// Where a pod finds the token that AWS takes for its identity, and whom the
// token is for: as kops has it in the pods of its own, and in the provider that
// the role trusts (k8s.io/kops v1.36.2, pkg/model/iam/subject.go).
const (
	identityVolume   = "token-amazonaws-com"
	identityDir      = "/var/run/secrets/amazonaws.com/"
	identityFile     = "token"
	identityAudience = "amazonaws.com"
	identitySeconds  = 24 * 60 * 60 // kubelet renews it before
)

// scanner gives the controller that asks registries for tags the role that lets
// it into ECR. No webhook of the cluster does it.
func (r *renderer) scanner() []patch {
	role := r.cluster.ScanRole
	if role == "" {
		return nil
	}
	account := object.New("v1", "ServiceAccount", "", platform.ScannerAccount)
	object.Meta(account, "annotations", object.Map("eks.amazonaws.com/role-arn", role))
	deployment := object.New("apps/v1", "Deployment", "", platform.ScannerAccount, "spec", object.Map("template", object.Map("spec", object.Map(
		"containers", object.List(object.Map(
			"name", "manager",
			"env", object.List(
				object.Map("name", "AWS_ROLE_ARN", "value", role),
				object.Map("name", "AWS_WEB_IDENTITY_TOKEN_FILE", "value", identityDir+identityFile),
			),
			"volumeMounts", object.List(object.Map("name", identityVolume, "mountPath", identityDir, "readOnly", true)),
		)),
		"volumes", object.List(object.Map("name", identityVolume, "projected", object.Map("sources", object.List(
			object.Map("serviceAccountToken", object.Map("audience", identityAudience, "expirationSeconds", identitySeconds, "path", identityFile)),
		)))),
	))))
	target := func(kind string) *yaml.Node { return object.Map("kind", kind, "name", platform.ScannerAccount) }
	return []patch{
		{target("ServiceAccount"), account, "The role may list the tags of the apps' repositories in ECR, and no more (docs/delivery.md)."},
		{target("Deployment"), deployment, "Its token is mounted here, since no webhook does it."},
	}
}
