package sandbox

import "github.com/groundwork-dev/groundwork/internal/sandbox/supervisor"

// Options is what a sandbox is made of.
type Options struct {
	// Name is the sandbox's; DefaultName when empty.
	Name string
	// RealNode asks for a node that runs pods; without, all are simulated.
	RealNode bool
	Artifacts
	// Region and Zones are the cluster's; the real node is in the first zone,
	// each zone has a simulated one.
	Region string
	Zones  []string
	// Beside names a sandbox whose forge and registries this one has, too,
	// instead of its own; over HTTPS alone.
	Beside string
	// DieWithParent ends the sandbox when this process ends, however it ends.
	DieWithParent bool
}

// Event is one step of the way up.
type Event = supervisor.Event
