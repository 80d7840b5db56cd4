package cli

import (
	"context"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	"sigs.k8s.io/yaml"

	"github.com/groundwork-dev/groundwork/internal/cluster"
)

// The ConfigMap by which a run told the cluster whose it is.
const (
	identityNamespace = "flux-system"
	identityConfigMap = "groundwork-identity"
)

// ClusterTarget says which cluster of a platform.yaml is meant, and how it is
// reached.
type ClusterTarget struct {
	// Dir is the repository's folder, Cluster a name in its platform.yaml.
	Dir, Cluster string
	// Kubeconfig and Context are as kubectl finds them when they are empty.
	Kubeconfig, Context string
}

// AddReachFlags adds the flags that say how the cluster is reached.
func (t *ClusterTarget) AddReachFlags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&t.Kubeconfig, "kubeconfig", "", "kubeconfig file; as kubectl finds it by default")
	cmd.Flags().StringVar(&t.Context, "context", "", "context of the kubeconfig; its current one by default")
}

// CompleteCluster completes the name of a cluster.
func (t *ClusterTarget) CompleteCluster(c *cobra.Command, args []string, to string) ([]string, cobra.ShellCompDirective) {
	return completeClusters(&t.Dir)(c, args, to)
}

// Open connects to the cluster, and makes sure that it is the one that is meant.
func (t ClusterTarget) Open(ctx context.Context) (*cluster.Cluster, *rest.Config, error) {
	rules := clientcmd.NewDefaultClientConfigLoadingRules()
	rules.ExplicitPath = t.Kubeconfig
	config, err := clientcmd.NewNonInteractiveDeferredLoadingClientConfig(rules, &clientcmd.ConfigOverrides{CurrentContext: t.Context}).ClientConfig()
	if err != nil {
		return nil, nil, fmt.Errorf("reading kubeconfig: %w", err)
	}
	config.UserAgent = userAgent()
	c, err := cluster.New(config)
	if err != nil {
		return nil, nil, err
	}
	return c, config, t.check(ctx, c, false)
}

// check refuses a cluster other than the one that platform.yaml means:
// the identity that run left in the cluster, and in the repository, must be
// this one's. A cluster that says nothing of itself yet is refused, unless it is
// known to be the one by how it was reached.
func (t ClusterTarget) check(ctx context.Context, c *cluster.Cluster, known bool) error {
	p, _, err := LoadDir(t.Dir)
	if err != nil {
		return err
	}
	if err := checkCluster(t.Cluster, clustersOf(p)); err != nil {
		return err
	}
	uid, ca, err := c.Identity(ctx)
	if err != nil {
		return err
	}
	recorded, err := c.Get(ctx, schema.GroupVersionKind{Version: "v1", Kind: "ConfigMap"}, identityNamespace, identityConfigMap)
	if err != nil {
		return err
	}
	folder := path.Join("clusters", t.Cluster)
	switch {
	case recorded == nil && known:
	case recorded == nil:
		return refused(fmt.Sprintf("%s is not under Git's control yet, so nothing says that it is %s", c.Server(), t.Cluster), "hand it to Git first: bootstrap run --cluster "+t.Cluster)
	default:
		if err := t.sameIdentity(c, recorded, map[string]string{
			"clusterUID": uid, "clusterCA": ca, "path": folder, "repository": p.Spec.Repository.URL,
		}); err != nil {
			return err
		}
	}
	data, err := os.ReadFile(filepath.Join(t.Dir, folder, "identity.yaml"))
	if os.IsNotExist(err) {
		return nil // this checkout is older than the first run
	}
	if err != nil {
		return fmt.Errorf("reading whose cluster %s is: %w", folder, err)
	}
	var file unstructured.Unstructured
	if err := yaml.Unmarshal(data, &file.Object); err != nil {
		return fmt.Errorf("reading %s/identity.yaml: %w", folder, err)
	}
	return t.sameIdentity(c, &file, map[string]string{"clusterUID": uid, "clusterCA": ca})
}

func (t ClusterTarget) sameIdentity(c *cluster.Cluster, recorded *unstructured.Unstructured, want map[string]string) error {
	for _, key := range []string{"path", "repository", "clusterUID", "clusterCA"} {
		value, ok := want[key]
		if !ok {
			continue
		}
		found, _, _ := unstructured.NestedString(recorded.Object, "data", key)
		if clean(found) != clean(value) {
			return refused(fmt.Sprintf("%s is not the cluster %s: its %s is %s, expected %s", c.Server(), t.Cluster, key, value, found), "check the kubeconfig context and --cluster; nothing was changed")
		}
	}
	return nil
}

// clean makes two spellings of an address or a path the same.
func clean(s string) string {
	return strings.TrimSuffix(strings.Trim(strings.TrimPrefix(strings.TrimSpace(s), "./"), "/"), ".git")
}
