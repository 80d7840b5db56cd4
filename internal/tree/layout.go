package tree

import (
	"path"
	"strings"
)

// InventoryFile is the name of an inventory in its owner's folder.
const InventoryFile = "inventory.yaml"

const (
	clustersDir  = "clusters"
	terraformDir = "terraform"
	// accountDir is what all clusters have in common in AWS.
	accountDir = terraformDir + "/account"
)

// Cluster returns the name of the cluster whose files a path is among, "" for
// a path that no cluster owns. The folders are
//
//	clusters/<cluster>/…
//	infrastructure/controllers/<cluster>/…
//	infrastructure/configs/<cluster>/…
//	apps/<cluster>/…
//	terraform/platform/<cluster>/…
//	terraform/k8s/<cluster>/…
//
// The last one is kops' but for what says where its state is.
func Cluster(name string) string {
	rest := name
	for _, dir := range []string{"clusters/", "infrastructure/controllers/", "infrastructure/configs/", "apps/", "terraform/platform/", "terraform/k8s/"} {
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

// owner returns the folder whose inventory lists a path: that of the path's
// cluster, terraform/account for what is in it, "" for what nobody owns.
func owner(name string) string {
	if inside, ok := strings.CutPrefix(name, accountDir+"/"); ok && inside != "" {
		return accountDir
	}
	if cluster := Cluster(name); cluster != "" {
		return path.Join(clustersDir, cluster)
	}
	return ""
}

// inventoryOf is where an owner's inventory stands.
func inventoryOf(owner string) string { return path.Join(owner, InventoryFile) }

// InventoryPath is where a cluster's inventory stands.
func InventoryPath(cluster string) string { return inventoryOf(path.Join(clustersDir, cluster)) }
