package catalog

import "strings"

// WorkerTag is a tag in AWS on the groups of worker nodes, by which a component
// finds them.
type WorkerTag struct {
	// {{cluster.domain}} may be part of it.
	Key   string `json:"key" jsonschema:"maxLength=128,pattern=^([A-Za-z0-9._:/=+@-]|\\{\\{cluster\\.domain\\}\\})+$" jsonschema_extras:"x-want=a tag's key, in which {{cluster.domain}} may be"`
	Value string `json:"value" jsonschema:"maxLength=256,pattern=^[A-Za-z0-9._:/=+@-]*$" jsonschema_extras:"x-want=a tag's value"`
}

// For returns the tag's key for the cluster of a domain.
func (t WorkerTag) For(domain string) string {
	return strings.ReplaceAll(t.Key, "{{"+RefClusterDomain+"}}", domain)
}
