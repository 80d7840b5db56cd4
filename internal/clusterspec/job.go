package clusterspec

import "github.com/groundwork-dev/groundwork/internal/clusterfacts"

// What the worker can be asked to do.
const (
	// DoRender writes a cluster's Terraform by its facts, with no network.
	DoRender = "render"
	// DoGather asks AWS, the internet and the state store for a cluster's facts,
	// and makes the keys that are not in the state store yet.
	DoGather = "gather"
	// DoExample adds the certificates of keys that are thrown away to example
	// facts, with no network.
	DoExample = "example"
)

// Job is what the worker reads on standard input, as JSON.
type Job struct {
	Do      string             `json:"do"`
	Request Request            `json:"request"`
	Facts   clusterfacts.Facts `json:"facts"`
	// Origin is noted with what a job finds out; the date is the caller's, since
	// the worker asks no clock.
	Origin clusterfacts.Origin `json:"origin,omitzero"`
}

// Lacks begins what an error says of a fact that is not in the lock; kops, in
// between, keeps of errors their text alone.
const Lacks = "the facts lock lacks "

// Result is what the worker writes on standard output, as JSON.
type Result struct {
	// Files are by path below the cluster's folder.
	Files map[string]string   `json:"files,omitempty"`
	Facts *clusterfacts.Facts `json:"facts,omitempty"`
	// Error says why there is nothing else.
	Error string `json:"error,omitempty"`
}
