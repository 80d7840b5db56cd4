package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"

	"github.com/groundwork-dev/groundwork/internal/aws"
	"github.com/groundwork-dev/groundwork/internal/cluster"
	"github.com/groundwork-dev/groundwork/internal/clusterfolder"
	"github.com/groundwork-dev/groundwork/internal/clusterspec"
	"github.com/groundwork-dev/groundwork/internal/clusterup"
	"github.com/groundwork-dev/groundwork/internal/config"
	"github.com/groundwork-dev/groundwork/internal/destroy"
	"github.com/groundwork-dev/groundwork/internal/platform"
	tfrender "github.com/groundwork-dev/groundwork/internal/render/terraform"
	"github.com/groundwork-dev/groundwork/internal/terraform"
)

// ending is the cluster that is to end, as platform.yaml has it.
type ending struct {
	platform *config.Platform
	cluster  platform.Cluster
	request  *clusterspec.Request
}

func (o destroyOptions) load() (*ending, error) {
	p, c, err := LoadDir(o.dir)
	if err != nil {
		return nil, err
	}
	if err := checkCluster(o.cluster, clustersOf(p)); err != nil {
		return nil, err
	}
	resolver := platform.NewResolver(p, c)
	resolved, problems := resolver.Cluster(o.cluster)
	if err := problems.Err(); err != nil {
		problems.Sort()
		return nil, err
	}
	request, err := clusterspec.New(p, &resolved, resolver.ServiceAccounts(resolved))
	return &ending{p, resolved, request}, err
}

// options are what the use case is to know of the cluster.
func (o destroyOptions) options(e *ending) (destroy.Options, error) {
	p, resolved := e.platform, e.cluster
	protected, err := o.protectedAt(p)
	if err != nil {
		return destroy.Options{}, err
	}
	options := destroy.Options{
		Cluster: o.cluster, Account: p.Spec.AWS.AccountID, Protected: protected,
		KubernetesDir: clusterfolder.Dir(o.cluster), PlatformDir: tfrender.PlatformDir(o.cluster),
		Keep:       tfrender.Outlives,
		SkipBackup: o.skipBackup, SkipDrain: o.skipDrain, BackupTimeout: o.backupTimeout, DrainTimeout: o.drainTimeout,
		DryRun: o.dryRun, Holder: holder(),
	}
	for _, component := range resolved.Components {
		options.OwnNamespaces = append(options.OwnNamespaces, component.Namespace)
	}
	if options.Backups, err = lastBackups(resolved); err != nil {
		return destroy.Options{}, err
	}
	options.Kept = keptAtEnd(p, resolved, e.request)
	return options, nil
}

// lastBackups are the backups that the cluster's components can make.
func lastBackups(c platform.Cluster) ([]destroy.Backup, error) {
	var all []destroy.Backup
	for _, component := range c.Components {
		if component.LastBackup == nil {
			continue
		}
		object, err := objectOf(*component.LastBackup)
		if err != nil {
			return nil, fmt.Errorf("reading the last backup of %s: %w", component.Name, err)
		}
		rule := component.Spec.Destroy.Backup
		all = append(all, destroy.Backup{
			Component: component.Name, Object: object,
			Status: strings.Split(rule.Status, "."), Done: rule.Done, Failed: rule.Failed,
		})
	}
	return all, nil
}

func objectOf(m platform.Manifest) (*unstructured.Unstructured, error) {
	var content map[string]any
	var err error
	if m.Doc != nil {
		err = m.Doc.Decode(&content)
	} else {
		err = yaml.Unmarshal(m.Text, &content)
	}
	if err != nil {
		return nil, err
	}
	data, err := json.Marshal(content) // whose numbers are those that objects have
	if err != nil {
		return nil, err
	}
	object := &unstructured.Unstructured{}
	err = object.UnmarshalJSON(data)
	return object, err
}

// deps wires the adapters.
func (o destroyOptions) deps(ctx context.Context, e *ending) (destroy.Deps, error) {
	account, err := aws.OpenState(ctx, e.platform.Spec.AWS.Region)
	if err != nil {
		return destroy.Deps{}, err
	}
	program, err := terraform.Find(ctx)
	if err != nil {
		return destroy.Deps{}, err
	}
	open := func(dir, command string) (*terraform.Stack, error) {
		if _, err := os.Stat(filepath.Join(o.dir, filepath.FromSlash(dir))); err != nil {
			return nil, &destroy.RefusedError{Reason: dir + " is not here, which says where the state is", Fix: "write it with '" + command + "'"}
		}
		return program.Open(o.dir, dir)
	}
	kubernetes, err := open(clusterfolder.Dir(o.cluster), "bootstrap cluster render --cluster "+o.cluster)
	if err != nil {
		return destroy.Deps{}, err
	}
	beside, err := open(tfrender.PlatformDir(o.cluster), "bootstrap generate")
	if err != nil {
		return destroy.Deps{}, err
	}
	sweeper, err := newSweeper(e)
	if err != nil {
		return destroy.Deps{}, err
	}
	return destroy.Deps{
		Account: account.Account, Kubernetes: kubernetes, Platform: beside, Sweeper: sweeper,
		Connect: func(ctx context.Context) (destroy.Cluster, error) {
			c, err := o.connect(ctx, e.request)
			if err != nil {
				return nil, err
			}
			return c, nil
		},
		Variables: func(outputs map[string]any) (map[string]any, error) { return o.variables(ctx, program, outputs) },
	}, nil
}

// connect reaches the cluster: by the kubeconfig that is named, or by one that is
// made of the authority in its state store and so fits no other cluster.
func (o destroyOptions) connect(ctx context.Context, request *clusterspec.Request) (*cluster.Cluster, error) {
	target := ClusterTarget{Dir: o.dir, Cluster: o.cluster, Kubeconfig: o.kubeconfig, Context: o.context}
	if o.kubeconfig != "" || o.context != "" {
		c, _, err := target.Open(ctx)
		return c, err
	}
	lifetime := clusterspec.MaxLifetime
	if o.backupTimeout > 0 && o.drainTimeout > 0 {
		lifetime = min(lifetime, time.Hour+o.backupTimeout+2*o.drainTimeout)
	}
	config, err := clusterRESTConfig(ctx, request, lifetime)
	if err != nil {
		return nil, err
	}
	c, err := cluster.New(config)
	if err != nil {
		return nil, err
	}
	return c, target.check(ctx, c, true)
}

// variables are those of the platform's stack, to which the account's stack tells
// something too; that one is only read.
func (o destroyOptions) variables(ctx context.Context, program terraform.Program, kubernetes map[string]any) (map[string]any, error) {
	dir, _, _ := clusterup.Folders(o.cluster)
	account, err := program.Open(o.dir, dir)
	if err != nil {
		return nil, err
	}
	if err := account.Init(ctx); err != nil {
		return nil, err
	}
	outputs, err := account.Outputs(ctx)
	if err != nil {
		return nil, err
	}
	return clusterup.Variables(kubernetes, outputs), nil
}
