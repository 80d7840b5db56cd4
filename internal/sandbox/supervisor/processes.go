package supervisor

import "time"

// ProcessesFile is the list of processes in the run folder, JSON.
const ProcessesFile = "processes.json"

// ProcessState is a program of a sandbox.
type ProcessState struct {
	Name string `json:"name"`
	// PID is the program's number inside the sandbox.
	PID     int       `json:"pid"`
	Started time.Time `json:"started"`
	// Ended says how it ended; empty while it runs.
	Ended string `json:"ended,omitempty"`
}
