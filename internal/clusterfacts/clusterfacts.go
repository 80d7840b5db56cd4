// Package clusterfacts is a cluster's facts lock, clusters/<name>/facts.lock.yaml:
// everything that kops asks AWS, the internet and its state store, with where
// each answer came from and when. A render reads it instead of asking, so it
// gives the same bytes anywhere (docs/adr/0015). It holds public parts alone.
package clusterfacts

import (
	"encoding/json"
	"path"
)

// The version and kind of a facts lock, and its name in a cluster's folder.
const (
	APIVersion = "groundwork.dev/v1alpha1"
	Kind       = "ClusterFacts"
	FileName   = "facts.lock.yaml"
)

// Example is the source of what is no fact at all, but lets a cluster be
// rendered and read without an account.
const Example = "example"

// Path is where a cluster's facts stand in the repository.
func Path(cluster string) string { return path.Join("clusters", cluster, FileName) }

// Facts is a facts lock.
type Facts struct {
	APIVersion string   `json:"apiVersion" jsonschema:"enum=groundwork.dev/v1alpha1"`
	Kind       string   `json:"kind" jsonschema:"enum=ClusterFacts"`
	Metadata   Metadata `json:"metadata"`
	// KopsVersion is what the facts are for: another version asks for others.
	KopsVersion string `json:"kopsVersion"`
	// Account is whose the cluster is.
	Account Account `json:"account"`
	// Zones are the region's availability zones.
	Zones Zones `json:"zones"`
	// DNSZone is the public zone of Route 53 that the cluster's name is in.
	DNSZone *DNSZone `json:"dnsZone,omitempty"`
	// Images are the machine images, by the name that kops looks them up by.
	Images map[string]Image `json:"images"`
	// InstanceTypes are what EC2 says of the machine types.
	InstanceTypes map[string]InstanceType `json:"instanceTypes"`
	// Files are SHA-256s of what nodes download, by address.
	Files map[string]File `json:"files"`
	// Keysets are the cluster's certificates: their keys are in the state store,
	// and nowhere else.
	Keysets map[string]Keyset `json:"keysets"`
	// EncryptionConfig is about the API server's configuration of encryption,
	// which is in the state store too.
	EncryptionConfig *EncryptionConfig `json:"encryptionConfig,omitempty"`
}

// Metadata names the cluster, as platform.yaml does.
type Metadata struct {
	Name string `json:"name"`
}

// Origin is where a fact came from and when, as YYYY-MM-DD.
type Origin struct {
	Source string `json:"source"`
	Date   string `json:"date"`
}

// Account is an AWS account.
type Account struct {
	ID        string `json:"id"`
	Partition string `json:"partition"`
	Origin
}

// Zones are the availability zones of a region.
type Zones struct {
	Names []string `json:"names"`
	Origin
}

// DNSZone is a public hosted zone.
type DNSZone struct {
	Name string `json:"name"`
	ID   string `json:"id"`
	Origin
}

// Image is a machine image.
type Image struct {
	ID           string `json:"id"`
	Architecture string `json:"architecture"`
	// RootDevice is the root volume's device name.
	RootDevice string `json:"rootDevice"`
	Origin
}

// InstanceType is what kops asks of an instance type.
type InstanceType struct {
	CPUs      int32 `json:"cpus"`
	MemoryMiB int64 `json:"memoryMiB"`
	// Architectures are as EC2 calls them, x86_64 or arm64.
	Architectures     []string `json:"architectures"`
	NetworkInterfaces int32    `json:"networkInterfaces"`
	IPv4PerInterface  int32    `json:"ipv4PerInterface"`
	// LocalDisksGB are the sizes of instance storage.
	LocalDisksGB []int64 `json:"localDisksGB,omitempty"`
	GPU          bool    `json:"gpu,omitempty"`
	Origin
}

// File is a file on the internet.
type File struct {
	SHA256 string `json:"sha256"`
	Origin
}

// Keyset is one of the cluster's pairs of keys and certificates, old ones
// included.
type Keyset struct {
	// Primary is the number of the key that signs.
	Primary string `json:"primary"`
	// Certificates are in PEM, by number.
	Certificates map[string]string `json:"certificates"`
	Origin
}

// EncryptionConfig is the API server's configuration of encryption.
type EncryptionConfig struct {
	SHA256 string `json:"sha256"`
	Origin
}

// Origins returns where everything came from, by its name in the lock.
func (f *Facts) Origins() map[string]Origin {
	all := map[string]Origin{"account": f.Account.Origin, "zones": f.Zones.Origin}
	if f.DNSZone != nil {
		all["dnsZone"] = f.DNSZone.Origin
	}
	for name, v := range f.Images {
		all["images."+name] = v.Origin
	}
	for name, v := range f.InstanceTypes {
		all["instanceTypes."+name] = v.Origin
	}
	for name, v := range f.Files {
		all["files."+name] = v.Origin
	}
	for name, v := range f.Keysets {
		all["keysets."+name] = v.Origin
	}
	if f.EncryptionConfig != nil {
		all["encryptionConfig"] = f.EncryptionConfig.Origin
	}
	return all
}

// Examples counts the facts that are examples: of such a lock no cluster can
// be built.
func (f *Facts) Examples() int {
	n := 0
	for _, o := range f.Origins() {
		if o.Source == Example {
			n++
		}
	}
	return n
}

// Canonical returns the facts as JSON, the same for equal facts.
func (f *Facts) Canonical() ([]byte, error) { return json.Marshal(f) }

// New returns a lock without facts.
func New(cluster, kopsVersion string) *Facts {
	return &Facts{
		APIVersion: APIVersion, Kind: Kind, Metadata: Metadata{Name: cluster}, KopsVersion: kopsVersion,
		Images: map[string]Image{}, InstanceTypes: map[string]InstanceType{}, Files: map[string]File{}, Keysets: map[string]Keyset{},
	}
}
