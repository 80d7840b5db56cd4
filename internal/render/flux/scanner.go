package flux

import (
	"go.yaml.in/yaml/v3"

	"github.com/groundwork-dev/groundwork/internal/awsname"
	"github.com/groundwork-dev/groundwork/internal/platform"
	"github.com/groundwork-dev/groundwork/internal/render/object"
)

// Where the controller finds its token, and how long one is good: kubelet renews it
// before.
const (
	identityVolume  = "aws-token"
	identityDir     = "/var/run/secrets/amazonaws.com"
	identityFile    = "token"
	identitySeconds = 24 * 60 * 60
)

// scanner gives the controller that asks registries for tags the role that lets
// it into ECR. No webhook of the cluster does it.
func (r *renderer) scanner() []patch {
	role := r.cluster.ScanRole
	if role == "" {
		return nil
	}
	account := object.New("v1", "ServiceAccount", "", platform.ScannerAccount)
	object.Meta(account, "annotations", object.Map(awsname.RoleAnnotation, role))
	deployment := object.New("apps/v1", "Deployment", "", platform.ScannerAccount, "spec", object.Map("template", object.Map("spec", object.Map(
		"containers", object.List(object.Map(
			"name", "manager",
			"env", object.List(
				object.Map("name", awsname.RoleVariable, "value", role),
				object.Map("name", awsname.TokenVariable, "value", identityDir+"/"+identityFile),
			),
			"volumeMounts", object.List(object.Map("name", identityVolume, "mountPath", identityDir, "readOnly", true)),
		)),
		"volumes", object.List(object.Map("name", identityVolume, "projected", object.Map("sources", object.List(
			object.Map("serviceAccountToken", object.Map("audience", awsname.TokenAudience, "expirationSeconds", identitySeconds, "path", identityFile)),
		)))),
	))))
	target := func(kind string) *yaml.Node { return object.Map("kind", kind, "name", platform.ScannerAccount) }
	return []patch{
		{target("ServiceAccount"), account, "The role may list the tags of the apps' repositories in ECR, and no more (docs/delivery.md)."},
		{target("Deployment"), deployment, "Its token is mounted here, since no webhook does it."},
	}
}
