// Package compile turns platform.yaml and the catalogue into the files of the
// repository: it resolves the model, renders each cluster and adds the
// inventories. It is pure: the same input gives the same bytes.
package compile

import (
	"errors"
	"fmt"
	"runtime"
	"sync"

	"github.com/groundwork-dev/groundwork/internal/catalog"
	"github.com/groundwork-dev/groundwork/internal/config"
	"github.com/groundwork-dev/groundwork/internal/diag"
	"github.com/groundwork-dev/groundwork/internal/platform"
	"github.com/groundwork-dev/groundwork/internal/render/flux"
	"github.com/groundwork-dev/groundwork/internal/tree"
)

// Compile returns all generated files, and the model that they were rendered
// from. The error is diag.Problems for what is wrong with platform.yaml.
func Compile(p *config.Platform, c *catalog.Catalog) (*tree.Tree, *platform.Model, error) {
	if err := supported(p); err != nil {
		return nil, nil, err
	}
	m, err := platform.Resolve(p, c)
	if err != nil {
		return nil, nil, err
	}
	t, err := Render(m)
	if err != nil {
		return nil, nil, err
	}
	return t, m, nil
}

// Render returns all files of a model, inventories included.
func Render(m *platform.Model) (*tree.Tree, error) {
	trees, errs := make([]*tree.Tree, len(m.Clusters)), make([]error, len(m.Clusters))
	var wg sync.WaitGroup
	free := make(chan struct{}, runtime.GOMAXPROCS(0))
	for i, cluster := range m.Clusters {
		free <- struct{}{}
		wg.Go(func() {
			trees[i], errs[i] = flux.Render(cluster, m)
			<-free
		})
	}
	wg.Wait()
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	t := tree.New()
	for _, files := range trees {
		if err := t.Merge(files); err != nil {
			return nil, fmt.Errorf("putting the clusters together: %w", err)
		}
	}
	if err := t.WithInventories(); err != nil {
		return nil, fmt.Errorf("listing the files: %w", err)
	}
	return t, nil
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
