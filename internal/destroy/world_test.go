package destroy_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"

	"github.com/groundwork-dev/groundwork/internal/destroy"
	"github.com/groundwork-dev/groundwork/internal/stackplan"
)

const (
	account   = "123456789012"
	k8sDir    = "terraform/k8s/dev"
	beside    = "terraform/platform/dev"
	finalizer = "service.example.com/resources"
)

// errKilled is what a run sees of its world once it is dead.
var errKilled = errors.New("killed")

// world is a cluster with its controllers, two states of Terraform and an
// account, as far as the end of a cluster meets them. Its controllers work while
// somebody waits for them.
type world struct {
	t       *testing.T
	account string
	now     time.Time
	// up says that the API server answers.
	up      bool
	objects map[string]*unstructured.Unstructured // by name
	kinds   []schema.GroupVersionKind             // that the server has
	git     []string                              // names of what the engine brings back
	saved   map[string]*unstructured.Unstructured // what git has
	stacks  map[string]*stack
	aws     map[string]destroy.Left // by id: what the tag finds
	// stuck keeps the controllers of load balancers from working, sticky the
	// sweep; backup is how backups end.
	stuck, sticky bool
	backup        string
	outage        error // what Connect says
	declined      error // and who is asked
	refuse        error // and who deletes what has a finalizer

	uids     int
	requests []string // what was changed, in order
	asked    map[types.UID]int
	backedUp []string // what each backup found
	told     []destroy.Event
	confirms int

	killAt int
	lost   bool
	dead   bool
}

// stack is a Terraform stack with its state.
type stack struct {
	w         *world
	dir       string
	state     []string
	plan      []string
	variables map[string]any
}

func gvk(group, version, kind string) schema.GroupVersionKind {
	return schema.GroupVersionKind{Group: group, Version: version, Kind: kind}
}

// newWorld is a cluster at work: an app with a load balancer and a volume that a
// StatefulSet's pod uses, another volume that is to be retained, an Ingress.
func newWorld(t *testing.T) *world {
	w := &world{
		t: t, account: account, now: time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC), up: true, backup: "Completed",
		objects: map[string]*unstructured.Unstructured{}, asked: map[types.UID]int{}, saved: map[string]*unstructured.Unstructured{},
		kinds: []schema.GroupVersionKind{
			gvk("", "v1", "Node"), gvk("", "v1", "Namespace"), gvk("", "v1", "Service"), gvk("", "v1", "Pod"), gvk("", "v1", "Event"),
			gvk("", "v1", "PersistentVolumeClaim"), gvk("", "v1", "PersistentVolume"), gvk("networking.k8s.io", "v1", "Ingress"),
			gvk("storage.k8s.io", "v1", "StorageClass"), gvk("kustomize.toolkit.fluxcd.io", "v1", "Kustomization"),
			gvk("helm.toolkit.fluxcd.io", "v2", "HelmRelease"), gvk("velero.io", "v1", "Backup"),
		},
		aws: map[string]destroy.Left{},
	}
	w.stacks = map[string]*stack{
		k8sDir: {w: w, dir: k8sDir, state: []string{"aws_vpc.dev", "aws_instance.a"}},
		beside: {w: w, dir: beside, state: []string{`aws_kms_key.component["b"]`, `aws_s3_bucket.component["b"]`, "aws_flow_log.vpc"}},
	}
	for _, n := range []string{"Node//a", "Node//b", "Namespace//kube-system", "Namespace//shop", "Namespace//velero"} {
		w.put(n, nil)
	}
	for _, n := range []string{"Kustomization/flux-system/apps", "HelmRelease/velero/velero"} {
		w.put(n, map[string]any{"interval": "1m"})
	}
	w.put("StorageClass//ebs", nil)
	w.put("Service/shop/inside", map[string]any{"type": "ClusterIP"})
	w.put("Service/shop/web", map[string]any{"type": "LoadBalancer"}, finalizer)
	w.put("Ingress/shop/web", map[string]any{}, finalizer)
	w.volume("data-db-0", "Delete")
	w.volume("old", "Retain")
	w.pod("a")
	for _, n := range []string{"StorageClass//ebs", "Service/shop/web", "Ingress/shop/web"} {
		w.git = append(w.git, n)
		w.saved[n] = w.objects[n].DeepCopy()
	}
	for _, id := range []string{"lb-Service/shop/web", "lb-Ingress/shop/web", "vol-data-db-0", "vol-old"} {
		w.aws[id] = destroy.Left{Kind: "thing", ID: id}
	}
	return w
}

// put makes an object of a name Kind/namespace/name.
func (w *world) put(which string, spec map[string]any, finalizers ...string) *unstructured.Unstructured {
	part := strings.Split(which, "/")
	i := slices.IndexFunc(w.kinds, func(k schema.GroupVersionKind) bool { return k.Kind == part[0] })
	o := &unstructured.Unstructured{Object: map[string]any{}}
	o.SetGroupVersionKind(w.kinds[i])
	o.SetNamespace(part[1])
	o.SetName(part[2])
	o.SetFinalizers(finalizers)
	if spec != nil {
		o.Object["spec"] = spec
	}
	w.add(o)
	return o
}

func (w *world) add(o *unstructured.Unstructured) {
	w.uids++
	o.SetUID(types.UID(fmt.Sprint("uid-", w.uids)))
	o.SetCreationTimestamp(metav1.NewTime(w.now))
	w.objects[id(o)] = o
}

func id(o *unstructured.Unstructured) string {
	return o.GetKind() + "/" + o.GetNamespace() + "/" + o.GetName()
}

func (w *world) volume(claim, policy string) {
	w.put("PersistentVolumeClaim/shop/"+claim, map[string]any{"volumeName": "pv-" + claim}, "kubernetes.io/pvc-protection")
	w.put("PersistentVolume//pv-"+claim, map[string]any{
		"persistentVolumeReclaimPolicy": policy, "capacity": map[string]any{"storage": "8Gi"},
		"claimRef": map[string]any{"namespace": "shop", "name": claim},
	})
}

// pod makes the pod of the StatefulSet; node is "" for one that waits.
func (w *world) pod(node string) {
	spec := map[string]any{"volumes": []any{map[string]any{"name": "data", "persistentVolumeClaim": map[string]any{"claimName": "data-db-0"}}}}
	if node != "" {
		spec["nodeName"] = node
	}
	w.put("Pod/shop/db-0", spec)
}

// write is one change of the world, at which a run may be killed.
func (w *world) write(what string, effect func()) error {
	if w.dead {
		return errKilled
	}
	w.requests = append(w.requests, what)
	if len(w.requests) == w.killAt {
		w.dead = true
		if !w.lost {
			effect()
		}
		return errKilled
	}
	effect()
	return nil
}

// look is an answer that changes nothing.
func (w *world) look() error {
	w.now = w.now.Add(time.Second)
	if w.dead {
		return errKilled
	}
	return nil
}

// settle lets each controller do one thing, and reports whether one did.
func (w *world) settle() bool {
	for _, n := range slices.Sorted(maps.Keys(w.objects)) {
		if w.control(n, w.objects[n]) {
			return true
		}
	}
	if !suspended(w.objects["Kustomization/flux-system/apps"]) {
		for _, n := range w.git {
			if w.objects[n] == nil {
				w.t.Errorf("%s came back: the engine is not suspended", n)
				w.add(w.saved[n].DeepCopy())
				return true
			}
		}
	}
	if w.objects["Pod/shop/db-0"] == nil {
		node := ""
		if claim := w.objects["PersistentVolumeClaim/shop/data-db-0"]; claim != nil && claim.GetDeletionTimestamp() == nil && field(claim, "volumeName") != "" {
			node = "a"
		}
		w.pod(node)
		return true
	}
	if w.objects["PersistentVolumeClaim/shop/data-db-0"] == nil {
		w.put("PersistentVolumeClaim/shop/data-db-0", map[string]any{}, "kubernetes.io/pvc-protection")
		if w.objects["StorageClass//ebs"] != nil {
			w.t.Error("a volume is provisioned again")
		}
		return true
	}
	return false
}

func suspended(o *unstructured.Unstructured) bool {
	is, _, _ := unstructured.NestedBool(o.Object, "spec", "suspend")
	return is
}

func field(o *unstructured.Unstructured, name string) string {
	s, _, _ := unstructured.NestedString(o.Object, "spec", name)
	return s
}

// control is what a controller does with an object.
func (w *world) control(n string, o *unstructured.Unstructured) bool {
	if phase, _, _ := unstructured.NestedString(o.Object, "status", "phase"); o.GetKind() == "Backup" && phase == "" && w.backup != "" {
		_ = unstructured.SetNestedField(o.Object, w.backup, "status", "phase")
		return true
	}
	if o.GetKind() == "PersistentVolume" && w.objects["PersistentVolumeClaim/shop/"+strings.TrimPrefix(o.GetName(), "pv-")] == nil &&
		field(o, "persistentVolumeReclaimPolicy") == "Delete" {
		delete(w.objects, n)
		delete(w.aws, "vol-"+strings.TrimPrefix(o.GetName(), "pv-"))
		return true
	}
	if o.GetDeletionTimestamp() == nil {
		return false
	}
	pod := w.objects["Pod/shop/db-0"]
	switch {
	case o.GetKind() == "PersistentVolumeClaim" && o.GetName() == "data-db-0" && pod != nil && field(pod, "nodeName") != "":
		return false
	case slices.Contains(o.GetFinalizers(), finalizer) && w.stuck:
		return false
	}
	delete(w.objects, n)
	delete(w.aws, "lb-"+n)
	return true
}

// run runs the end of cluster dev.
func (w *world) run(change func(*destroy.Options)) (*destroy.Report, error) {
	options := destroy.Options{
		Cluster: "dev", Account: account, KubernetesDir: k8sDir, PlatformDir: beside, OwnNamespaces: []string{"velero"},
		Keep: func(a string) bool { return strings.Contains(a, ".component[") },
		Kept: []destroy.Kept{{Kind: "bucket", Name: "b", Why: "backups"}},
		Backups: []destroy.Backup{{
			Component: "velero", Status: []string{"status", "phase"}, Done: []string{"Completed"}, Failed: []string{"Failed"},
			Object: &unstructured.Unstructured{Object: map[string]any{
				"apiVersion": "velero.io/v1", "kind": "Backup", "metadata": map[string]any{"name": "last", "namespace": "velero"},
			}},
		}},
	}
	if change != nil {
		change(&options)
	}
	return destroy.Run(w.t.Context(), options, destroy.Deps{
		Account: func(context.Context) (string, error) { return w.account, w.look() },
		Connect: func(context.Context) (destroy.Cluster, error) {
			switch {
			case w.outage != nil:
				return nil, w.outage
			case !w.up:
				return nil, errors.New("connection refused")
			}
			err := w.look()
			return w, err
		},
		Kubernetes: w.stacks[k8sDir], Platform: w.stacks[beside], Sweeper: w,
		Variables: func(outputs map[string]any) (map[string]any, error) { return outputs, nil },
		Confirm: func(context.Context, *destroy.Report) error {
			w.confirms++
			return errors.Join(w.declined, w.look())
		},
		Now: func() time.Time { return w.now },
	}, func(e destroy.Event) { w.told = append(w.told, e) })
}

// The stacks.

func (s *stack) Init(context.Context) error { return s.w.look() }

func (s *stack) Resources(context.Context) ([]string, error) {
	return slices.Clone(s.state), s.w.look()
}

func (s *stack) Outputs(context.Context) (map[string]any, error) {
	if len(s.state) == 0 {
		return map[string]any{}, s.w.look()
	}
	return map[string]any{"vpc_id": "vpc-1"}, s.w.look()
}

func (s *stack) Forget(_ context.Context, addresses ...string) error {
	for _, a := range addresses {
		if err := s.w.write("forget "+a, func() { s.drop(a) }); err != nil {
			return err
		}
	}
	return nil
}

func (s *stack) drop(address string) {
	s.state = slices.DeleteFunc(s.state, func(a string) bool { return a == address })
}

func (s *stack) Plan(_ context.Context, variables map[string]any, end bool) (*stackplan.Plan, error) {
	if !end {
		s.w.t.Errorf("%s is planned, and not its end", s.dir)
	}
	plan := &stackplan.Plan{}
	s.plan, s.variables = slices.Clone(s.state), variables
	for _, a := range s.state {
		if strings.Contains(a, ".component[") {
			return nil, fmt.Errorf("%s has prevent_destroy", a)
		}
		plan.Changes = append(plan.Changes, stackplan.Change{Address: a, Action: stackplan.Delete})
	}
	return plan, s.w.look()
}

func (s *stack) Apply(_ context.Context, show func(stackplan.Event)) error {
	switch s.dir {
	case beside:
		if s.variables["vpc_id"] != "vpc-1" {
			s.w.t.Errorf("the platform's stack has the variables %v", s.variables)
		}
	case k8sDir:
		if left := s.w.stacks[beside].state; len(left) > 0 {
			s.w.t.Errorf("the cluster is destroyed before %v", left)
		}
	}
	for _, a := range s.plan {
		err := s.w.write("destroy "+a, func() {
			s.drop(a)
			s.w.up = s.w.up && s.dir != k8sDir
		})
		if err != nil {
			return err
		}
		show(stackplan.Event{Address: a, Action: stackplan.Delete, Done: true, Took: time.Second})
	}
	return nil
}

// The sweep.

func (w *world) Left(context.Context) ([]destroy.Left, error) {
	left := []destroy.Left{}
	for _, id := range slices.Sorted(maps.Keys(w.aws)) {
		left = append(left, w.aws[id])
	}
	return left, w.look()
}

func (w *world) Sweep(ctx context.Context) ([]destroy.Left, error) {
	if n := len(w.stacks[k8sDir].state) + len(w.stacks[beside].state); n > 0 {
		w.t.Errorf("the sweep is before the end of %d resources", n)
	}
	for _, id := range slices.Sorted(maps.Keys(w.aws)) {
		if w.sticky {
			continue
		}
		if err := w.write("sweep "+id, func() { delete(w.aws, id) }); err != nil {
			return nil, err
		}
	}
	return w.Left(ctx)
}
