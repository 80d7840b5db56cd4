// Package compile turns platform.yaml and the catalogue into the files of the
// repository: it resolves the model, renders each cluster and adds the
// inventories. It is pure: the same input gives the same bytes.
package compile

import (
	"errors"
	"fmt"
	"path"
	"runtime"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/groundwork-dev/groundwork/internal/catalog"
	"github.com/groundwork-dev/groundwork/internal/clusterfolder"
	"github.com/groundwork-dev/groundwork/internal/config"
	"github.com/groundwork-dev/groundwork/internal/diag"
	"github.com/groundwork-dev/groundwork/internal/governance"
	"github.com/groundwork-dev/groundwork/internal/platform"
	"github.com/groundwork-dev/groundwork/internal/render/flux"
	"github.com/groundwork-dev/groundwork/internal/render/terraform"
	"github.com/groundwork-dev/groundwork/internal/tree"
)

// Compile returns all generated files, and the model of the platform without
// what its clusters run. The error is diag.Problems for what is wrong with
// platform.yaml.
func Compile(p *config.Platform, c *catalog.Catalog) (*tree.Tree, *platform.Model, error) {
	if err := supported(p); err != nil {
		return nil, nil, err
	}
	resolver := platform.NewResolver(p, c)
	m := resolver.Model()
	// A cluster's part of the model is many times as large as its files: it is
	// let go of as soon as these are there.
	var mu sync.Mutex
	files, problems := tree.New(), diag.Problems(nil)
	var g errgroup.Group
	g.SetLimit(runtime.GOMAXPROCS(0))
	for _, outline := range m.Clusters {
		g.Go(func() error {
			part, found, err := cluster(resolver, outline.Name, p, m)
			mu.Lock()
			defer mu.Unlock()
			problems = append(problems, found...)
			if err != nil || len(problems) > 0 { // others may have more to tell
				return err
			}
			return files.Merge(part)
		})
	}
	if err := g.Wait(); err != nil {
		return nil, nil, err
	}
	if err := problems.Err(); err != nil {
		problems.Sort()
		return nil, nil, err
	}
	account, err := terraform.Account(p)
	if err != nil {
		return nil, nil, fmt.Errorf("the account's stack: %w", err)
	}
	if err := addStack(files, terraform.AccountDir, account); err != nil {
		return nil, nil, err
	}
	if name, owners := governance.CodeOwners(p); name != "" {
		if err := files.Add(name, append([]byte(tree.Header), owners...)); err != nil {
			return nil, nil, err
		}
	}
	if err := files.WithInventories(); err != nil {
		return nil, nil, fmt.Errorf("listing the files: %w", err)
	}
	return files, m, nil
}

// cluster returns the files of one cluster, or what is wrong with it.
func cluster(r *platform.Resolver, name string, p *config.Platform, m *platform.Model) (*tree.Tree, diag.Problems, error) {
	c, problems := r.Cluster(name)
	if len(problems) > 0 {
		return nil, problems, nil
	}
	stack, err := terraform.Platform(p, c)
	if found, ok := errors.AsType[diag.Problems](err); ok {
		return nil, found, nil
	}
	if err != nil {
		return nil, nil, fmt.Errorf("the stack of cluster %s: %w", name, err)
	}
	files, err := flux.Render(c, m)
	if err != nil {
		return nil, nil, err
	}
	if err := addStack(files, clusterfolder.Dir(name), []terraform.File{terraform.KopsBackend(p, name)}); err != nil {
		return nil, nil, err
	}
	return files, nil, addStack(files, terraform.PlatformDir(name), stack)
}

// addStack adds the files of a Terraform stack in its folder.
func addStack(files *tree.Tree, dir string, stack []terraform.File) error {
	for _, f := range stack {
		if err := files.Add(path.Join(dir, f.Name), f.Data); err != nil {
			return err
		}
	}
	return nil
}

// supported reports the engines that nothing renders yet.
func supported(p *config.Platform) error {
	var problems diag.Problems
	for name, c := range p.Spec.Clusters {
		if c.Engine != config.EngineFlux {
			problems = append(problems, diag.Problem{
				Position: p.Position("spec", "clusters", name, "engine"), Path: "spec.clusters." + name + ".engine",
				Message: fmt.Sprintf("trees for engine %s cannot be generated yet", c.Engine), Hint: "use flux",
			})
		}
	}
	problems.Sort()
	return problems.Err()
}
