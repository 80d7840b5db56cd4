package clusterspec

import (
	"slices"
	"time"

	"github.com/groundwork-dev/groundwork/internal/clusterfacts"
)

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
	// DoKubeconfig signs a certificate of an administrator with the authority in
	// the state store, whose key stays in the worker.
	DoKubeconfig = "kubeconfig"
	// DoLeft lists what a cluster owns in AWS; it changes nothing.
	DoLeft = "left"
	// DoSweep deletes what DoLeft lists. It may be done again at any time, also
	// after one that was killed.
	DoSweep = "sweep"
)

// MaxLifetime is how long the certificate of a kubeconfig holds at most.
const MaxLifetime = 24 * time.Hour

// Online reports whether a job asks AWS; the others do without any network.
func Online(do string) bool {
	return slices.Contains([]string{DoGather, DoKubeconfig, DoLeft, DoSweep}, do)
}

// Job is what the worker reads on standard input, as JSON.
type Job struct {
	Do      string             `json:"do"`
	Request Request            `json:"request"`
	Facts   clusterfacts.Facts `json:"facts"`
	// Origin is noted with what a job finds out; the date is the caller's, since
	// the worker asks no clock.
	Origin clusterfacts.Origin `json:"origin,omitzero"`
	// Lifetime is that of the certificate of DoKubeconfig, in seconds.
	Lifetime int64 `json:"lifetime,omitempty"`
	// RecordMarkers are, for DoLeft and DoSweep, what a DNS controller of the
	// cluster writes into the TXT records that say whose a record is
	// (internal/dnsowner).
	RecordMarkers []string `json:"recordMarkers,omitempty"`
}

// Lacks begins what an error says of a fact that is not in the lock; kops, in
// between, keeps of errors their text alone.
const Lacks = "the facts lock lacks "

// Result is what the worker writes on standard output, as JSON.
type Result struct {
	// Files are by path below the cluster's folder.
	Files map[string]string   `json:"files,omitempty"`
	Facts *clusterfacts.Facts `json:"facts,omitempty"`
	// Kubeconfig is a kubeconfig with one context, named after the cluster. It
	// holds a key.
	Kubeconfig string `json:"kubeconfig,omitempty"`
	// Left is what the cluster owns in AWS, by kind and number.
	Left []Left `json:"left,omitempty"`
	// Error says why there is nothing else; Refused, that nothing was done.
	Error   string `json:"error,omitempty"`
	Refused bool   `json:"refused,omitempty"`
}

// Left is a thing in AWS that a cluster owns.
type Left struct {
	// Kind is kops' word for it, such as volume or load-balancer; ID is AWS's own.
	Kind string `json:"kind"`
	ID   string `json:"id"`
	Name string `json:"name,omitempty"`
	// Why says what kept a sweep from deleting it.
	Why string `json:"why,omitempty"`
}
