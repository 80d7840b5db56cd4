// Package hardening is the list of what protects an AWS account and the
// network of a cluster: one item a row, by the name that platform.yaml turns it
// off by. It is data: Terraform renders it, the documentation prints it, and
// the tests of plans go through it row by row.
package hardening

import "slices"

// Stack is a set of Terraform files that is applied at once.
type Stack string

// The account has one stack for all clusters; each cluster has a stack of its
// own beside the one that kops makes.
const (
	Account  Stack = "account"
	Platform Stack = "platform"
)

// Item is one row of the list.
type Item struct {
	// Name is the key under spec.aws.hardening, and the name of the item's file.
	Name string
	// Title says what it does, one sentence.
	Title string
	// Stacks are where its resources are.
	Stacks []Stack
	// Resources are the types of Terraform that make it up, sorted.
	Resources []string
	// Default says whether it is on, and until when it is not.
	Default string
	// Requires names items without which this one cannot be.
	Requires []string
}

// In reports whether the item has resources in a stack.
func (i Item) In(s Stack) bool { return slices.Contains(i.Stacks, s) }

// On is the default of an item that needs nothing to be said.
const On = "on"

// Items that others ask for by name.
const (
	// Connection is on when platform.yaml describes a connection.
	Connection = "connection"
	// NetworkSegmentation needs addresses that only private topology leaves free.
	NetworkSegmentation = "network-segmentation"
)

// Names returns the names of all items in the order of the list.
func Names() []string {
	items := Items()
	names := make([]string, len(items))
	for i := range items {
		names[i] = items[i].Name
	}
	return names
}

// Find returns the item of a name.
func Find(name string) (Item, bool) {
	items := Items()
	i := slices.IndexFunc(items, func(i Item) bool { return i.Name == name })
	if i < 0 {
		return Item{}, false
	}
	return items[i], true
}
