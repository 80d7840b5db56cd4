// Package ext takes the place of the gateway's extension point, which its module
// leaves out: it extends nothing.
package ext

// HTTP extends the configuration.
type HTTP struct{}

// Router extends a route.
type Router struct{}
