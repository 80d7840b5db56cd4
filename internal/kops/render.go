// Package kops renders a cluster as Terraform with kops as a library. kops
// keeps much in package variables, reads the environment and ends its process
// on some errors: one process renders one cluster (docs/adr/0015).
package kops

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/runtime"
	kopsapi "k8s.io/kops/pkg/apis/kops"
	"k8s.io/kops/pkg/client/simple"
	"k8s.io/kops/pkg/client/simple/vfsclientset"
	"k8s.io/kops/pkg/featureflag"
	"k8s.io/kops/pkg/kopscodecs"
	"k8s.io/kops/pkg/kubemanifest"
	"k8s.io/kops/upup/pkg/fi"
	"k8s.io/kops/upup/pkg/fi/cloudup"
	"k8s.io/kops/upup/pkg/fi/cloudup/awsup"
	"k8s.io/kops/util/pkg/vfs"

	"github.com/groundwork-dev/groundwork/internal/clusterfacts"
	"github.com/groundwork-dev/groundwork/internal/clusterspec"
)

// specFile is what a render tells kops, in kops' own words: what `kops create
// cluster --dry-run -o yaml` prints. It is for reading.
const specFile = "cluster.yaml"

// Render returns the Terraform files of a cluster by their paths below its
// folder, kubernetes.tf and data/…, and the cluster.yaml they follow from. It asks nothing of the network. The error
// is a MissingError for a fact that is not in the lock.
func Render(ctx context.Context, r *clusterspec.Request, facts *clusterfacts.Facts) (map[string][]byte, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	dir, err := os.MkdirTemp("", "bootstrap-kops-")
	if err != nil {
		return nil, fmt.Errorf("making a folder to render in: %w", err)
	}
	defer os.RemoveAll(dir)
	if err := useBuckets(ctx, filepath.Join(dir, "state"), r.Region); err != nil {
		return nil, err
	}
	useLockedFiles(facts)
	clientset, err := newClientset(r)
	if err != nil {
		return nil, err
	}
	out := filepath.Join(dir, "out")
	cloud := newLockedCloud(facts, r.Region, r.Name)
	text, err := apply(ctx, r, facts, lockedClientset{clientset, facts}, cloud, out)
	if err != nil {
		return nil, err
	}
	files, err := readFiles(out)
	if err != nil {
		return nil, err
	}
	files[specFile] = text
	return files, nil
}

func newClientset(r *clusterspec.Request) (simple.Clientset, error) {
	base, err := vfs.Context.BuildVfsPath(r.StateStore)
	if err != nil {
		return nil, fmt.Errorf("reading the address of the state store: %w", err)
	}
	return vfsclientset.NewVFSClientset(vfs.Context, base), nil
}

// useBuckets lets this process find its S3 in a folder. Once kops has a client,
// the address is taken out of the environment, from where it would get into
// the nodes' start-up scripts.
func useBuckets(ctx context.Context, dir, region string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("making the loopback state store: %w", err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return fmt.Errorf("opening the loopback state store: %w", err)
	}
	context.AfterFunc(ctx, func() { _ = root.Close() })
	endpoint, err := serveBuckets(ctx, buckets{root: root, region: region})
	if err != nil {
		return err
	}
	only := map[string]string{
		"S3_ENDPOINT": endpoint, "S3_REGION": region, "S3_ACCESS_KEY_ID": "loopback", "S3_SECRET_ACCESS_KEY": "loopback",
	}
	for name, value := range only {
		if err := os.Setenv(name, value); err != nil {
			return fmt.Errorf("pointing kops at the loopback state store: %w", err)
		}
	}
	probe, err := vfs.Context.BuildVfsPath("s3://probe/nothing")
	if err != nil {
		return fmt.Errorf("opening the loopback state store: %w", err)
	}
	if _, err := probe.ReadFile(ctx); !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("asking the loopback state store: %w", err)
	}
	for name := range only {
		if err := os.Unsetenv(name); err != nil {
			return fmt.Errorf("hiding the loopback state store: %w", err)
		}
	}
	return os.Setenv("AWS_REGION", region)
}

// useLockedFiles lets this process read of the internet what is locked, and
// nothing else.
func useLockedFiles(facts *clusterfacts.Facts) {
	http.DefaultTransport = lockedFiles{facts} //nolint:reassign // kops reads with the default client
	featureflag.ParseFlags("-ImageDigest")     // digests of images would be asked of their registries
}

// lockedFiles answers for the checksums of the locked files.
type lockedFiles struct{ facts *clusterfacts.Facts }

// RoundTrip answers one request.
func (l lockedFiles) RoundTrip(r *http.Request) (*http.Response, error) {
	file, ok := l.facts.Files[strings.TrimSuffix(r.URL.String(), ".sha256")]
	if !ok || !strings.HasSuffix(r.URL.Path, ".sha256") {
		return nil, missing(r.URL.String())
	}
	return &http.Response{
		StatusCode: http.StatusOK, Status: "200 OK", Header: http.Header{}, Request: r,
		Body: io.NopCloser(strings.NewReader(file.SHA256)),
	}, nil
}

// apply lets kops write a cluster's Terraform to a folder, and returns the
// cluster as YAML.
func apply(ctx context.Context, r *clusterspec.Request, facts *clusterfacts.Facts, clientset simple.Clientset, cloud awsup.AWSCloud, out string) ([]byte, error) {
	spec, err := newSpec(r, facts, clientset)
	if err != nil {
		return nil, err
	}
	if err := cloudup.PerformAssignments(spec.cluster, clientset.VFSContext(), cloud); err != nil {
		return nil, fmt.Errorf("assigning networks: %w", err)
	}
	text, err := spec.yaml() // before kops fills in the rest
	if err != nil {
		return nil, err
	}
	// Nothing here waits for anything else's time: what fails fails at once.
	options := &fi.RunTasksOptions{MaxTaskDuration: time.Second, WaitAfterAllTasksFailed: time.Millisecond}
	_, err = (&cloudup.ApplyClusterCmd{
		Cloud: cloud, Clientset: clientset, Cluster: spec.cluster, InstanceGroups: spec.groups,
		AdditionalObjects: kubemanifest.ObjectList{}, TargetName: cloudup.TargetTerraform, OutDir: out,
		RunTasksOptions: options, DeletionProcessing: fi.DeletionProcessingModeIgnore,
	}).Run(ctx)
	return text, err
}

// readFiles reads a folder.
func readFiles(dir string) (map[string][]byte, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("reading what kops wrote: %w", err)
	}
	defer root.Close()
	files := map[string][]byte{}
	err = fs.WalkDir(root.FS(), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		files[name], err = root.ReadFile(name)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("reading what kops wrote: %w", err)
	}
	return files, nil
}

// spec is a cluster in kops' own types.
type spec struct {
	cluster *kopsapi.Cluster
	groups  []*kopsapi.InstanceGroup
}

// yaml returns the cluster and its groups as kops writes them.
func (s *spec) yaml() ([]byte, error) {
	objects := []runtime.Object{s.cluster}
	for _, group := range s.groups {
		group = group.DeepCopy()
		group.Labels = map[string]string{kopsapi.LabelClusterName: s.cluster.Name}
		objects = append(objects, group)
	}
	var all [][]byte
	for _, object := range objects {
		text, err := kopscodecs.ToVersionedYaml(object)
		if err != nil {
			return nil, fmt.Errorf("writing the cluster in kops' words: %w", err)
		}
		all = append(all, text)
	}
	return bytes.Join(all, []byte("---\n")), nil
}
