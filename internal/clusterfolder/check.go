package clusterfolder

import (
	"errors"
	"io/fs"
	"maps"
	"path"
	"slices"
)

// Rendered reports whether a repository has a render of the cluster.
func Rendered(repository fs.FS, cluster string) bool {
	_, err := fs.Lstat(repository, path.Join(Dir(cluster), inventoryFile))
	return err == nil
}

// Drift says in which ways the folder is not what its inputs give, without
// rendering anything: it was made from other inputs, or files are not as they
// were written. The error is diag.Problems for an inventory that makes no sense.
func Drift(repository fs.FS, cluster string, in Inputs) ([]string, error) {
	inv, err := readInventory(repository, cluster, inventoryFile)
	if err != nil {
		return nil, err
	}
	dir := Dir(cluster)
	var drift []string
	for _, input := range []struct{ name, have, want string }{
		{"another version of kops, " + inv.Inputs.KopsVersion, inv.Inputs.KopsVersion, in.KopsVersion},
		{"another platform.yaml or catalogue", inv.Inputs.Request, in.Request},
		{"other facts", inv.Inputs.Facts, in.Facts},
	} {
		if input.have != input.want {
			drift = append(drift, dir+" was rendered from "+input.name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(inv.Files)) {
		data, err := readRegular(repository, path.Join(dir, name))
		switch {
		case errors.Is(err, fs.ErrNotExist):
			drift = append(drift, path.Join(dir, name)+" is gone")
		case err != nil:
			return nil, err
		case Digest(data) != inv.Files[name]:
			drift = append(drift, path.Join(dir, name)+" was changed by hand")
		}
	}
	return drift, nil
}
