//go:build aws

package life

import (
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"syscall"
	"testing"

	"github.com/groundwork-dev/groundwork/internal/cluster/apitest"
	"github.com/groundwork-dev/groundwork/test/aws/awstest"
)

// nothing is the SHA-256 of no certificates: the played API server has none.
const nothing = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

// receipt is what destroy prints.
type receipt struct {
	Destroyed bool
	Losses    struct {
		KubernetesResources, PlatformResources, PlatformResourcesKept, Nodes int
		LoadBalancers                                                        []string
	}
	Left  []struct{ Kind, ID string }
	Kept  []struct{ Kind, Name string }
	Steps []struct{ Step, State, Detail string }
}

// end takes the cluster down: interrupted in both stacks, killed in the last, and
// run again each time. What nobody knows of is swept; what is kept is there.
func (w *world) end(t *testing.T) {
	t.Helper()
	w.govern()
	volume := w.plant(t)
	end := []string{"destroy", "--cluster", cluster, "--kubeconfig", w.kubeconfig}
	look := w.destroy(t, append(end, "--dry-run")...)
	if l := look.Losses; look.Destroyed || l.Nodes != 3 || len(l.LoadBalancers) != 1 || l.KubernetesResources < 80 || l.PlatformResourcesKept < 10 {
		t.Errorf("would be lost: %+v", l)
	}
	has(t, w.run(t, 4, end...).err, "this is no terminal", "--yes --cluster dev")
	if w.api.Get(service) == nil {
		t.Error("a dry run deletes a Service")
	}
	end = append(end, "--yes")
	if s := w.stop(t, syscall.SIGINT, `Destroy terraform/platform/dev: \d+ of`, 0, end...); s.code != 130 {
		t.Errorf("interrupted, it exits with %d:\n%s", s.code, s.err)
	}
	if w.api.Get(service) != nil {
		t.Error("the cluster is not drained before its end")
	}
	if s := w.stop(t, syscall.SIGINT, `Destroy terraform/k8s/dev: \d+ of`, 0, end...); s.code != 130 {
		t.Errorf("interrupted, it exits with %d:\n%s", s.code, s.err)
	}
	answer := w.silence() // as of a cluster whose machines are gone
	defer answer()
	done := w.destroy(t, end...)
	if !done.Destroyed || len(done.Left) > 0 {
		t.Errorf("the receipt: %+v", done)
	}
	swept := false
	for _, s := range done.Steps {
		swept = swept || s.Step == "sweep" && strings.HasPrefix(s.Detail, "removed")
	}
	if volumes := w.ec2(t, "DescribeVolumes", nil); !swept || strings.Contains(volumes, volume) {
		t.Errorf("swept %v, the planted volume %s is still there:\n%s", swept, volume, volumes)
	}
	for _, k := range done.Kept {
		if k.Kind == "bucket" {
			awstest.Call(t, http.MethodHead, w.moto.URL+"/"+k.Name, "", signed()...)
		}
	}
	has(t, w.run(t, 0, end...).out, "Left in AWS by its tag: nothing", "bucket groundwork-dev-backups-123456789012")
}

func (w *world) destroy(t *testing.T, args ...string) (r receipt) {
	t.Helper()
	if err := json.Unmarshal([]byte(w.run(t, 0, append(args, "--output", "json")...).out), &r); err != nil {
		t.Fatal(err)
	}
	return r
}

const service = "/api/v1/namespaces/shop/services/web"

// govern fills the API server with what a cluster has that Git runs: whose it is,
// an engine, an app with a load balancer, and a kind that is backed up by.
func (w *world) govern() {
	for _, o := range []apitest.Object{
		custom("kustomize.toolkit.fluxcd.io", "v1", "kustomizations", "Kustomization"),
		custom("velero.io", "v1", "backups", "Backup"),
	} {
		w.api.Define(o)
	}
	for _, o := range []apitest.Object{
		{
			"apiVersion": "v1", "kind": "ConfigMap", "metadata": apitest.Object{"namespace": "flux-system", "name": "groundwork-identity"},
			"data": apitest.Object{
				"clusterUID": "uid-of-" + cluster, "clusterCA": nothing, "path": "clusters/" + cluster,
				"repository": "ssh://git@github.com/groundwork-dev/groundwork",
			},
		},
		{
			"apiVersion": "kustomize.toolkit.fluxcd.io/v1", "kind": "Kustomization",
			"metadata": apitest.Object{"namespace": "flux-system", "name": "flux-system"}, "spec": apitest.Object{"prune": true},
		},
		{
			"apiVersion": "v1", "kind": "Service", "metadata": apitest.Object{"namespace": "shop", "name": "web"},
			"spec": apitest.Object{"type": "LoadBalancer"},
		},
	} {
		w.api.Put(o)
	}
	w.api.Changed(func(o apitest.Object) {
		if o["kind"] == "Backup" {
			w.api.Put(apitest.Object{
				"apiVersion": o["apiVersion"], "kind": "Backup", "status": apitest.Object{"phase": "Completed"}, "metadata": o["metadata"],
			})
		}
	})
}

func custom(group, version, plural, kind string) apitest.Object {
	return apitest.Object{"spec": apitest.Object{
		"group": group, "scope": "Namespaced", "names": apitest.Object{"plural": plural, "kind": kind},
		"versions": []any{apitest.Object{"name": version}},
	}}
}

// plant makes a volume as the cluster's driver would, which Terraform does not
// know of.
func (w *world) plant(t *testing.T) string {
	t.Helper()
	answer := w.ec2(t, "CreateVolume", url.Values{
		"AvailabilityZone": {region + "a"}, "Size": {"1"}, "TagSpecification.1.ResourceType": {"volume"},
		"TagSpecification.1.Tag.1.Key": {"KubernetesCluster"}, "TagSpecification.1.Tag.1.Value": {"dev.groundwork.example.com"},
		"TagSpecification.1.Tag.2.Key": {"kubernetes.io/cluster/dev.groundwork.example.com"}, "TagSpecification.1.Tag.2.Value": {"owned"},
	})
	_, id, _ := strings.Cut(answer, "<volumeId>")
	id, _, _ = strings.Cut(id, "</volumeId>")
	if id == "" {
		t.Fatalf("no volume is made: %s", answer)
	}
	return id
}

// ec2 asks moto's EC2, as anybody.
func (w *world) ec2(t *testing.T, action string, values url.Values) string {
	t.Helper()
	form := url.Values{"Action": {action}, "Version": {"2016-11-15"}}
	maps.Copy(form, values)
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, w.moto.URL, strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=none/20261124/"+region+"/ec2/aws4_request")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusOK {
		t.Fatalf("%s: %v, %s\n%s", action, err, response.Status, text)
	}
	return string(text)
}
