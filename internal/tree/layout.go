package tree

import (
	"path"
	"strings"
)

// InventoryFile is the name of a cluster's inventory in its folder.
const InventoryFile = "inventory.yaml"

const clustersDir = "clusters"

// Cluster returns the name of the cluster whose files a path is among, "" for
// a path that no cluster owns. The folders are
//
//	clusters/<cluster>/…
//	infrastructure/controllers/<cluster>/…
//	infrastructure/configs/<cluster>/…
//	apps/<cluster>/…
func Cluster(name string) string {
	rest := name
	for _, dir := range []string{"clusters/", "infrastructure/controllers/", "infrastructure/configs/", "apps/"} {
		var ok bool
		if rest, ok = strings.CutPrefix(name, dir); ok {
			break
		}
	}
	if rest == name {
		return ""
	}
	cluster, inside, ok := strings.Cut(rest, "/")
	if !ok || inside == "" {
		return ""
	}
	return cluster
}

// InventoryPath is where a cluster's inventory stands.
func InventoryPath(cluster string) string { return path.Join(clustersDir, cluster, InventoryFile) }
