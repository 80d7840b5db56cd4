//go:build !linux

package helmrender

// limitProcess does nothing: only Linux counts private memory. The worker's look
// at itself remains.
func limitProcess(Limits) error { return nil }
