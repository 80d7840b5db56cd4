package clusterspec

import (
	"fmt"
	"slices"

	"github.com/groundwork-dev/groundwork/internal/clusterfacts"
)

// Missing says which facts a render of the request needs that the lock does not
// have, or has about something else. Keysets are the worker's to miss: which
// ones there are is kops' own knowledge.
func (r *Request) Missing(f *clusterfacts.Facts) []string {
	var lacks []string
	lack := func(format string, args ...any) { lacks = append(lacks, fmt.Sprintf(format, args...)) }
	if f.KopsVersion != KopsVersion {
		lack("facts for kops %s: these are for %s", KopsVersion, f.KopsVersion)
	}
	if f.Account.ID != r.AccountID || f.Account.Partition != r.Partition {
		lack("account %s in %s: it is about %s in %s", r.AccountID, r.Partition, f.Account.ID, f.Account.Partition)
	}
	if r.DNSZone != "" && (f.DNSZone == nil || f.DNSZone.Name != r.DNSZone) {
		lack("the hosted zone %s", r.DNSZone)
	}
	for _, zone := range r.Zones {
		if !slices.Contains(f.Zones.Names, zone) {
			lack("availability zone %s", zone)
		}
	}
	images := map[string]bool{}
	for _, name := range r.MachineTypes() {
		t, ok := f.InstanceTypes[name]
		if !ok {
			lack("instance type %s", name)
			continue
		}
		at := slices.IndexFunc(Images(), func(i Image) bool { return slices.Contains(t.Architectures, i.Architecture) })
		if at < 0 {
			lack("an image for the architectures of %s, %v", name, t.Architectures)
			continue
		}
		image := Images()[at].Name
		if _, ok := f.Images[image]; !ok && !images[image] {
			images[image] = true
			lack("image %s", image)
		}
	}
	for _, address := range Files() {
		if _, ok := f.Files[address]; !ok {
			lack("the checksum of %s", address)
		}
	}
	if r.EncryptSecrets && f.EncryptionConfig == nil {
		lack("the checksum of the configuration of encryption")
	}
	return lacks
}

// Example returns facts that are none: the sizes of the usual machine types,
// and made-up numbers for what AWS and the internet would have to say. The
// worker adds certificates. They let a cluster be rendered and read; each says
// of itself that it is an example.
func (r *Request) Example(cluster, date string) *clusterfacts.Facts {
	o := clusterfacts.Origin{Source: clusterfacts.Example, Date: date}
	f := clusterfacts.New(cluster, KopsVersion)
	f.Account = clusterfacts.Account{ID: r.AccountID, Partition: r.Partition, Origin: o}
	f.Zones = clusterfacts.Zones{Names: r.Zones, Origin: o}
	if r.DNSZone != "" {
		f.DNSZone = &clusterfacts.DNSZone{Name: r.DNSZone, ID: "Z0EXAMPLE", Origin: o}
	}
	for i, image := range Images() {
		device := "/dev/sda1"
		f.Images[image.Name] = clusterfacts.Image{ID: fmt.Sprintf("ami-%017d", i+1), Architecture: image.Architecture, RootDevice: device, Origin: o}
	}
	for _, name := range r.MachineTypes() {
		t := clusterfacts.InstanceType{CPUs: 2, MemoryMiB: 8192, Architectures: []string{"x86_64"}, NetworkInterfaces: 3, IPv4PerInterface: 10, Origin: o}
		f.InstanceTypes[name] = t
	}
	for i, address := range Files() {
		f.Files[address] = clusterfacts.File{SHA256: fmt.Sprintf("%064x", i+1), Origin: o}
	}
	return f
}
