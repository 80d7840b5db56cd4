//go:build aws

package kops_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/runtime"
	kopsapi "k8s.io/kops/pkg/apis/kops"
	"k8s.io/kops/pkg/client/simple/vfsclientset"
	"k8s.io/kops/pkg/kopscodecs"
	"k8s.io/kops/upup/pkg/fi/cloudup"
	"k8s.io/kops/upup/pkg/fi/cloudup/awsup"
	"k8s.io/kops/util/pkg/vfs"

	"github.com/groundwork-dev/groundwork/internal/clusterfolder"
)

// asKops is the argument by which the test binary makes the seed's cluster the
// way `kops create cluster` does.
const asKops = "kops-create-cluster"

// createCluster does what kops' command does with the seed's flags (cmd/kops,
// RunCreateCluster), up to where it writes the cluster to its state store, and
// writes the cluster as YAML.
func createCluster(out io.Writer) int {
	text, err := seed(context.Background())
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	write(out, text)
	return 0
}

func seed(context.Context) (string, error) {
	// The channel that ships with this version of kops.
	channels, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "k8s.io/kops").Output()
	if err != nil {
		return "", fmt.Errorf("finding kops' channel: %w", err)
	}
	kopsapi.DefaultChannelBase = "file://" + strings.TrimSpace(string(channels)) + "/channels/"
	cloud := awsup.InstallMockAWSCloud("us-east-1", "abc")
	base, err := vfs.Context.BuildVfsPath("s3://sergio-kops")
	if err != nil {
		return "", err
	}
	clientset := vfsclientset.NewVFSClientset(vfs.Context, base)

	options := &cloudup.NewClusterOptions{}
	options.InitDefaults()
	options.ClusterName = "public-k8s.henriques.live"
	options.CloudProvider = "aws" // which kops guesses from the state store's address
	options.NodeCount = 3
	options.NodeSizes = []string{"t2.medium"}
	options.Zones = []string{"us-east-1a", "us-east-1b", "us-east-1c"}
	options.ControlPlaneZones = options.Zones
	options.Networking = "calico"
	made, err := cloudup.NewCluster(options, clientset)
	if err != nil {
		return "", err
	}
	if err := cloudup.PerformAssignments(made.Cluster, clientset.VFSContext(), cloud); err != nil {
		return "", err
	}
	objects := []runtime.Object{made.Cluster}
	for _, group := range made.InstanceGroups {
		group.Labels = map[string]string{kopsapi.LabelClusterName: made.Cluster.Name}
		objects = append(objects, group)
	}
	var all [][]byte
	for _, object := range objects {
		text, err := kopscodecs.ToVersionedYaml(object)
		if err != nil {
			return "", err
		}
		all = append(all, text)
	}
	return string(bytes.Join(all, []byte("---\n"))), nil
}

// TestTheSeedsClusterIsWhatKopsMakes: what platform.yaml of the example renders
// is what kops makes of the command, but for these lines.
func TestTheSeedsClusterIsWhatKopsMakes(t *testing.T) {
	t.Parallel()
	explained := [][2]string{
		// Versions and images are chosen by platform.yaml and the facts lock;
		// the file that kops would read on the internet is not asked.
		{"  channel: stable", "  channel: none"},
		// The command names no size of the control plane; kops asks AWS which
		// types the region has (and its mock always answers m3.medium).
		{"  machineType: m3.medium", "  machineType: t2.medium"},
	}
	var stderr bytes.Buffer
	cmd := exec.CommandContext(t.Context(), os.Args[0], asKops)
	cmd.Stderr = &stderr
	output, err := cmd.Output()
	if err != nil {
		t.Fatalf("making the cluster as kops does: %v\n%s", err, stderr.String())
	}
	want := string(output)
	for _, e := range explained {
		if !strings.Contains(want, e[0]+"\n") {
			t.Errorf("kops makes no line %q: the difference is no longer one", e[0])
		}
		want = strings.ReplaceAll(want, e[0]+"\n", e[1]+"\n")
	}
	have, err := os.ReadFile(filepath.Join(committed()[2].root, clusterfolder.Dir("public-k8s"), "cluster.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, string(have)); diff != "" {
		t.Errorf("the seed's cluster is not what kops makes (-kops +ours):\n%s", diff)
	}
}
