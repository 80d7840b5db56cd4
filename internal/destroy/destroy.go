// Package destroy ends a cluster: an ordered run that names what will be lost,
// takes a last backup, stops what would bring things back, lets the cluster's
// own controllers free what they made in AWS, has Terraform destroy the stacks,
// sweeps what is left, and says what was kept on purpose. It keeps no state of
// its own: a run that was killed is continued by running it again.
package destroy

import (
	"context"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/groundwork-dev/groundwork/internal/stackplan"
)

// Cluster is the API server of the cluster that is meant.
type Cluster interface {
	Server() string
	// Time is the server's clock.
	Time(ctx context.Context) (time.Time, error)
	// Lock takes a Lease; the context it returns ends when the lock is lost.
	Lock(ctx context.Context, namespace, name, holder string) (held context.Context, release func(), err error)
	// Serves returns the kinds that the server has, at the version it prefers.
	Serves(ctx context.Context, kinds ...schema.GroupKind) ([]schema.GroupVersionKind, error)
	List(ctx context.Context, kind schema.GroupVersionKind) ([]*unstructured.Unstructured, error)
	// Create reports false when there is an object of that name already.
	Create(ctx context.Context, manager string, object *unstructured.Unstructured) (bool, error)
	// Merge sets fields of an object that is there.
	Merge(ctx context.Context, manager string, object *unstructured.Unstructured, fields map[string]any) error
	// Delete asks for the end of this very object; that it is gone is no error.
	Delete(ctx context.Context, object *unstructured.Unstructured) error
	// Await shows all objects of the kinds at each change until done. When ctx
	// ends first, its cause is the error.
	Await(ctx context.Context, kinds []schema.GroupVersionKind, namespace string, done func([]*unstructured.Unstructured) (bool, error)) error
}

// Stack is a Terraform stack with its state.
type Stack interface {
	Init(ctx context.Context) error
	// Resources are the addresses in the state; none for a stack that was never
	// applied, or is destroyed.
	Resources(ctx context.Context) ([]string, error)
	Outputs(ctx context.Context) (map[string]any, error)
	// Forget takes addresses out of the state and leaves what they stand for.
	Forget(ctx context.Context, addresses ...string) error
	// Plan saves a plan; Apply applies what was saved and nothing else.
	Plan(ctx context.Context, variables map[string]any, destroy bool) (*stackplan.Plan, error)
	Apply(ctx context.Context, show func(stackplan.Event)) error
}

// Sweeper finds what is in AWS by the cluster's tag, and deletes it.
type Sweeper interface {
	Left(ctx context.Context) ([]Left, error)
	// Sweep returns what is left afterwards.
	Sweep(ctx context.Context) ([]Left, error)
}

// Left is something in AWS that belongs to the cluster.
type Left struct {
	// Kind is kops' word for it, such as volume or load-balancer.
	Kind string `json:"kind"`
	ID   string `json:"id"`
	Name string `json:"name,omitempty"`
	// Why says what kept a sweep from deleting it.
	Why string `json:"why,omitempty"`
}

// Deps is the world that a run acts on.
type Deps struct {
	// Account is the number of the account that the credentials are for.
	Account func(ctx context.Context) (string, error)
	// Connect reaches the API server and makes sure that it is the cluster's. An
	// error with the method Refused is of another cluster, any other means that
	// it does not answer.
	Connect func(ctx context.Context) (Cluster, error)
	// Kubernetes is kops' stack, Platform the cluster's own beside it.
	Kubernetes, Platform Stack
	// Variables are what the platform's stack needs of the outputs of kops'.
	Variables func(outputs map[string]any) (map[string]any, error)
	Sweeper   Sweeper
	// Confirm asks whether all this shall be lost; nil means yes.
	Confirm func(ctx context.Context, r *Report) error
	Now     func() time.Time
}

// Options says what to end.
type Options struct {
	Cluster string
	// Account is the number of the AWS account in platform.yaml.
	Account string
	// Protected is where platform.yaml protects the cluster, "" for nowhere.
	Protected string
	// KubernetesDir and PlatformDir are the stacks' folders, for messages.
	KubernetesDir, PlatformDir string
	// OwnNamespaces are those that components own. What is in the others, and in
	// none of Kubernetes' own, is somebody's app.
	OwnNamespaces []string
	Backups       []Backup
	// Keep says of an address in the platform's stack that it stays.
	Keep func(address string) bool
	// Kept is what stays, whatever the state says.
	Kept []Kept

	SkipBackup, SkipDrain bool
	// BackupTimeout bounds each backup, DrainTimeout each wait for objects to go;
	// zero for no bound.
	BackupTimeout, DrainTimeout time.Duration
	DryRun                      bool
	// Holder names this run to others, such as user@host pid 7.
	Holder string
}

// Backup is an object whose making is a backup.
type Backup struct {
	Component string
	// Object has a namespace; its name is the beginning of the backup's.
	Object *unstructured.Unstructured
	// Status is the path of the field that tells how it is, Done and Failed are
	// the values at which it ended.
	Status       []string
	Done, Failed []string
}

// Kept is something that outlives the cluster on purpose.
type Kept struct {
	Kind string `json:"kind"`
	Name string `json:"name"`
	Why  string `json:"why"`
	// Remove are the commands that remove it.
	Remove []string `json:"remove,omitempty"`
}
