package tree

import (
	"path"
	"slices"
	"strings"
)

// InventoryFile is the name of an inventory in its owner's folder.
const InventoryFile = "inventory.yaml"

const (
	clustersDir  = "clusters"
	terraformDir = "terraform"
	// accountDir is what all clusters have in common in AWS.
	accountDir = terraformDir + "/account"
	// codeOwnersFile is the one generated file of a forge's folder.
	codeOwnersFile = "CODEOWNERS"
)

// forgeDirs are the folders in which forges look for their files.
func forgeDirs() []string { return []string{".gitea", ".github", ".gitlab"} }

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
// cluster, terraform/account for what is in it, a forge's folder for its
// CODEOWNERS and its inventory alone, "" for what nobody owns.
func owner(name string) string {
	if inside, ok := strings.CutPrefix(name, accountDir+"/"); ok && inside != "" {
		return accountDir
	}
	if dir, file := path.Split(name); slices.Contains(forgeDirs(), path.Clean(dir)) && (file == codeOwnersFile || file == InventoryFile) {
		return path.Clean(dir)
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
