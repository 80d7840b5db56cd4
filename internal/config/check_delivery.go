package config

import (
	"fmt"
	"maps"
	"slices"
	"strconv"

	"github.com/groundwork-dev/groundwork/internal/strictyaml"
)

// delivery refuses automation where the app does not run.
func (c *checker) delivery(name string, a App) {
	if a.Delivery == nil {
		return
	}
	for i, cluster := range a.Delivery.Automate {
		path := []string{"spec", "apps", name, "delivery", "automate", strconv.Itoa(i)}
		if _, known := c.p.Spec.Clusters[cluster]; !known {
			c.refuse("there is no cluster "+quote(cluster), strictyaml.DidYouMean(cluster, slices.Sorted(maps.Keys(c.p.Spec.Clusters))), path...)
		} else if !slices.Contains(a.Clusters, cluster) {
			c.refuse(fmt.Sprintf("app %s does not run on cluster %s", name, cluster), "add it to the app's clusters, or leave it out here", path...)
		}
	}
}
