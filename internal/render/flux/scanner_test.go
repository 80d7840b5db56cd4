package flux_test

import (
	"strings"
	"testing"
	"testing/fstest"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/groundwork-dev/groundwork/internal/config"
	"github.com/groundwork-dev/groundwork/internal/fluxbuild"
	"github.com/groundwork-dev/groundwork/internal/tree"
)

// system builds the folder of Flux as kustomize-controller does, and returns
// what the account and the Deployment of the scanner become.
func system(t *testing.T, files *tree.Tree) (account corev1.ServiceAccount, deployment appsv1.Deployment) {
	t.Helper()
	const dir = "clusters/dev/flux-system"
	fsys := fstest.MapFS{}
	for _, name := range files.Paths() {
		if data, ok := files.Get(name); ok && strings.HasPrefix(name, dir) {
			fsys[name] = &fstest.MapFile{Data: data}
		}
	}
	objects, problems := fluxbuild.NewTree(fsys).Kustomize(dir)
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	into := map[string]any{"ServiceAccount": &account, "Deployment": &deployment}
	for _, o := range objects {
		if to := into[o.GetKind()]; to != nil && o.GetName() == "image-reflector-controller" {
			if err := runtime.DefaultUnstructuredConverter.FromUnstructured(o.Object, to); err != nil {
				t.Fatal(err)
			}
		}
	}
	if account.Name == "" || deployment.Name == "" {
		t.Fatal("the scanner is not there")
	}
	return account, deployment
}

// TestScanner: the controller gets what AWS takes for its identity, beside what
// it had; without an image in ECR it is as it was.
func TestScanner(t *testing.T) {
	t.Parallel()
	const role = "arn:aws:iam::123456789012:role/image-reflector-controller.flux-system.sa.dev.example.com"
	built := func(image string) (corev1.ServiceAccount, appsv1.Deployment) {
		p := spec("dev", config.SizeSmall)
		p.Spec.Apps = map[string]config.App{"web": {Image: image, Port: 8080, Delivery: &config.Delivery{Automate: []string{"dev"}}}}
		return system(t, render(t, p))
	}
	plainAccount, plain := built("ghcr.io/acme/web:1.2.3")
	account, deployment := built("123456789012.dkr.ecr.eu-central-1.amazonaws.com/web:1.0.0")
	if len(plainAccount.Annotations) > 0 || account.Annotations["eks.amazonaws.com/role-arn"] != role {
		t.Errorf("annotations are %v, and %v with ECR", plainAccount.Annotations, account.Annotations)
	}
	before, after := plain.Spec.Template.Spec, deployment.Spec.Template.Spec
	was, is := before.Containers[0], after.Containers[0]
	env := map[string]string{}
	for _, e := range is.Env {
		env[e.Name] = e.Value
	}
	mount := is.VolumeMounts[0]
	for _, m := range is.VolumeMounts {
		if m.Name == "aws-token" {
			mount = m
		}
	}
	if env["AWS_ROLE_ARN"] != role || env["AWS_WEB_IDENTITY_TOKEN_FILE"] != mount.MountPath+"/token" || !mount.ReadOnly {
		t.Errorf("its environment is %v, its token is at %+v", env, mount)
	}
	var token *corev1.ServiceAccountTokenProjection
	for _, v := range after.Volumes {
		if v.Name == mount.Name && v.Projected != nil {
			token = v.Projected.Sources[0].ServiceAccountToken
		}
	}
	if token == nil || token.Audience != "amazonaws.com" || token.Path != "token" || *token.ExpirationSeconds != 86400 {
		t.Errorf("its token is %+v", token)
	}
	if len(after.Containers) != 1 || len(is.Env) != len(was.Env)+2 || len(is.VolumeMounts) != len(was.VolumeMounts)+1 || len(after.Volumes) != len(before.Volumes)+1 {
		t.Errorf("beside its identity it has other things than before: %+v", after)
	}
	if after.SecurityContext.FSGroup == nil {
		t.Error("without a group of its own the controller cannot read the token: it is not root")
	}
}
