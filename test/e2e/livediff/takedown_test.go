//go:build e2e

package livediff

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/groundwork-dev/groundwork/internal/cluster"
	"github.com/groundwork-dev/groundwork/internal/destroy"
	"github.com/groundwork-dev/groundwork/internal/stackplan"
)

// takedown is what the engine keeps in the cluster: an app with load balancers,
// and a StatefulSet whose pod has a volume.
const takedown = `apiVersion: v1
kind: Namespace
metadata: {name: takedown}
---
apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata: {name: takedown}
provisioner: takedown.example.com
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: takedown}
spec: {type: LoadBalancer, loadBalancerClass: example.com/takedown, selector: {app: web}, ports: [{port: 80}]}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: web, namespace: takedown}
spec: {ingressClassName: takedown, defaultBackend: {service: {name: web, port: {number: 80}}}}
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: db, namespace: takedown}
spec:
  serviceName: db
  selector: {matchLabels: {app: db}}
  template:
    metadata: {labels: {app: db}}
    spec:
      terminationGracePeriodSeconds: 0
      containers: [{name: db, image: db, volumeMounts: [{name: data, mountPath: /data}]}]
  volumeClaimTemplates:
    - metadata: {name: data}
      spec: {accessModes: [ReadWriteOnce], storageClassName: takedown, resources: {requests: {storage: 1Gi}}}
`

const balancerFinalizer = "takedown.example.com/resources"

func coreKind(kind string) schema.GroupVersionKind {
	return schema.GroupVersionKind{Version: "v1", Kind: kind}
}

// TestTakedown suspends the real engine and drains a real API server. The test
// plays the controllers that only a cloud has: that of load balancers, at first
// not at work, and the provisioner of volumes. Terraform and the sweep are left
// out.
func TestTakedown(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	f := startFlux(t)
	f.kubectl("delete", "kustomization", "--namespace", "livediff-0", "--all") // of another test, and none that Flux would take
	f.kubectl("patch", "kustomization", "livediff", "--type", "merge", "--patch", `{"spec":{"interval":"1s","suspend":false}}`)
	cloud := &cloud{t: t, cluster: connect(t), name: "provisioner", work: provision}
	go cloud.run(ctx)
	f.apply(takedown)
	f.kubectl("wait", "pod/db-0", "--namespace", "takedown", "--for=create", "--timeout=1m")
	f.kubectl("wait", "pod/db-0", "--namespace", "takedown", "--for=jsonpath={.spec.nodeName}", "--timeout=1m")
	for _, kind := range []schema.GroupVersionKind{coreKind("Service"), {Group: "networking.k8s.io", Version: "v1", Kind: "Ingress"}} {
		// Not by kubectl, whose changes Flux takes back.
		if err := f.cluster.Merge(ctx, "takedown-cloud", f.find(kind, "web"), map[string]any{"metadata": map[string]any{"finalizers": []any{balancerFinalizer}}}); err != nil {
			t.Fatal(err)
		}
	}
	first := f.find(coreKind("Pod"), "db-0").GetUID()

	report, err := f.takedown(ctx, 3*time.Second, func(destroy.Event) {})
	var stuck *destroy.StuckError
	if !errors.As(err, &stuck) || !strings.Contains(err.Error(), "Ingress/takedown/web (finalizers "+balancerFinalizer+")") {
		t.Fatalf("no controller frees load balancers: %v, %+v", err, report)
	}
	t.Log(err)
	if l := report.Losses; !slices.Contains(l.LoadBalancers, "Service/takedown/web") || !slices.ContainsFunc(l.Volumes, func(v destroy.Volume) bool {
		return v.Claim == "takedown/data-db-0" && v.Size == "1Gi" && v.Policy == "Delete"
	}) || !slices.Contains(l.Namespaces, "takedown") {
		t.Errorf("losses: %+v", l)
	}

	balancers := *cloud
	balancers.name, balancers.work = "controller of load balancers", free
	var once sync.Once
	report, err = f.takedown(ctx, time.Minute, func(e destroy.Event) {
		if e.Step == "balancers" && len(e.Waiting) > 0 {
			once.Do(func() { go balancers.run(ctx) })
		}
	})
	if err != nil || !report.Destroyed {
		t.Fatal(err)
	}
	for _, s := range report.Steps {
		t.Logf("%s: %s: %s", s.Step, s.State, s.Detail)
	}
	f.drained(ctx, first)
}

// takedown ends the cluster, as far as there is one.
func (f *flux) takedown(ctx context.Context, drain time.Duration, tell func(destroy.Event)) (*destroy.Report, error) {
	options := destroy.Options{
		Cluster: "takedown", Account: "nobody's", DrainTimeout: drain, KubernetesDir: "kubernetes", PlatformDir: "platform", Keep: func(string) bool { return false }, Holder: "takedown",
	}
	return destroy.Run(ctx, options, destroy.Deps{
		Account:    func(context.Context) (string, error) { return options.Account, nil },
		Connect:    func(context.Context) (destroy.Cluster, error) { return f.cluster, nil },
		Kubernetes: &noStack{addresses: []string{"aws_vpc.takedown"}}, Platform: &noStack{}, Sweeper: noSweep{},
		Confirm: func(context.Context, *destroy.Report) error { return nil },
		Now:     time.Now,
	}, tell)
}

// drained holds the cluster to what a drain leaves: nothing that has something
// in the cloud, and a pod that was made again and waits in vain.
func (f *flux) drained(ctx context.Context, first any) {
	f.t.Helper()
	kinds := []schema.GroupVersionKind{
		coreKind("Pod"), coreKind("Service"), coreKind("PersistentVolume"), coreKind("PersistentVolumeClaim"),
		{Group: "networking.k8s.io", Version: "v1", Kind: "Ingress"},
		{Group: "storage.k8s.io", Version: "v1", Kind: "StorageClass"},
		{Group: "kustomize.toolkit.fluxcd.io", Version: "v1", Kind: "Kustomization"},
	}
	err := f.cluster.Await(ctx, kinds, "", func(objects []*unstructured.Unstructured) (bool, error) {
		again := false
		for _, o := range objects {
			spec, _ := o.Object["spec"].(map[string]any)
			switch {
			case o.GetKind() == "Pod" && o.GetName() == "db-0":
				again = o.GetUID() != first
				if again && spec["nodeName"] != nil {
					f.t.Error("the pod that was made again runs")
				}
			case o.GetKind() == "Kustomization":
				if spec["suspend"] != true {
					f.t.Errorf("Kustomization %s is not suspended", o.GetName())
				}
			case o.GetKind() == "Service" && spec["type"] != "LoadBalancer", o.GetKind() == "Pod":
			case o.GetKind() == "PersistentVolumeClaim" && spec["volumeName"] == nil:
			default:
				f.t.Errorf("%s %s is still there", o.GetKind(), o.GetName())
			}
		}
		return again || f.t.Failed(), nil
	})
	if err != nil {
		f.t.Errorf("the StatefulSet does not make its pod again: %v", err)
	}
}

// find returns an object in the namespace takedown.
func (f *flux) find(kind schema.GroupVersionKind, name string) *unstructured.Unstructured {
	f.t.Helper()
	o, err := f.cluster.Get(f.t.Context(), kind, "takedown", name)
	if err != nil || o == nil {
		f.t.Fatalf("no %s %s: %v", kind.Kind, name, err)
	}
	return o
}

// cloud is a controller that the test plays: work does what a look at the
// objects asks for.
type cloud struct {
	t       *testing.T
	cluster *cluster.Cluster
	name    string
	work    func(ctx context.Context, c *cluster.Cluster, objects []*unstructured.Unstructured) error
}

func (c *cloud) run(ctx context.Context) {
	kinds := []schema.GroupVersionKind{
		coreKind("Service"), coreKind("PersistentVolume"), coreKind("PersistentVolumeClaim"),
		{Group: "networking.k8s.io", Version: "v1", Kind: "Ingress"},
		{Group: "storage.k8s.io", Version: "v1", Kind: "StorageClass"},
	}
	err := c.cluster.Await(ctx, kinds, "", func(objects []*unstructured.Unstructured) (bool, error) {
		return false, c.work(ctx, c.cluster, objects)
	})
	if ctx.Err() == nil {
		c.t.Errorf("%s: %v", c.name, err)
	}
}

// free lets go of the load balancers of what is deleted.
func free(ctx context.Context, c *cluster.Cluster, objects []*unstructured.Unstructured) error {
	for _, o := range objects {
		if o.GetDeletionTimestamp() == nil || !slices.Contains(o.GetFinalizers(), balancerFinalizer) {
			continue
		}
		if err := c.Merge(ctx, "takedown-cloud", o, map[string]any{"metadata": map[string]any{"finalizers": nil}}); err != nil && !apierrors.IsNotFound(err) {
			return err
		}
	}
	return nil
}

// provision makes volumes for claims whose class is there, and deletes those that
// are released.
func provision(ctx context.Context, c *cluster.Cluster, objects []*unstructured.Unstructured) error {
	classes := slices.ContainsFunc(objects, func(o *unstructured.Unstructured) bool {
		return o.GetKind() == "StorageClass" && o.GetName() == "takedown" && o.GetDeletionTimestamp() == nil
	})
	for _, o := range objects {
		phase, _, _ := unstructured.NestedString(o.Object, "status", "phase")
		volume, _, _ := unstructured.NestedString(o.Object, "spec", "volumeName")
		switch {
		case o.GetKind() == "PersistentVolume" && phase == "Released" && o.GetDeletionTimestamp() == nil:
			if err := c.Delete(ctx, o); err != nil {
				return err
			}
		case o.GetKind() == "PersistentVolumeClaim" && o.GetNamespace() == "takedown" && volume == "" && classes && o.GetDeletionTimestamp() == nil:
			if _, err := c.Create(ctx, "takedown-cloud", volumeFor(o)); err != nil {
				return err
			}
		}
	}
	return nil
}

func volumeFor(claim *unstructured.Unstructured) *unstructured.Unstructured {
	return &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "v1", "kind": "PersistentVolume",
		"metadata": map[string]any{
			"name":        "takedown-" + string(claim.GetUID()),
			"annotations": map[string]any{"pv.kubernetes.io/provisioned-by": "takedown.example.com"},
		},
		"spec": map[string]any{
			"accessModes": []any{"ReadWriteOnce"}, "capacity": map[string]any{"storage": "1Gi"}, "storageClassName": "takedown",
			"persistentVolumeReclaimPolicy": "Delete", "hostPath": map[string]any{"path": "/takedown"},
			"claimRef": map[string]any{
				"apiVersion": "v1", "kind": "PersistentVolumeClaim", "namespace": claim.GetNamespace(), "name": claim.GetName(), "uid": string(claim.GetUID()),
			},
		},
	}}
}

// noStack is a stack that has nothing in AWS.
type noStack struct{ addresses []string }

func (*noStack) Init(context.Context) error                           { return nil }
func (s *noStack) Resources(context.Context) ([]string, error)        { return s.addresses, nil }
func (*noStack) Outputs(context.Context) (map[string]any, error)      { return nil, nil }
func (*noStack) Forget(context.Context, ...string) error              { return nil }
func (s *noStack) Apply(context.Context, func(stackplan.Event)) error { s.addresses = nil; return nil }

func (*noStack) Plan(context.Context, map[string]any, bool) (*stackplan.Plan, error) {
	return &stackplan.Plan{}, nil
}

type noSweep struct{}

func (noSweep) Left(context.Context) ([]destroy.Left, error)  { return nil, nil }
func (noSweep) Sweep(context.Context) ([]destroy.Left, error) { return nil, nil }
