// Package fluxbuild builds what Flux would apply from a repository: it follows
// the Flux Kustomizations from a cluster's entry, builds each as
// kustomize-controller does, and knows of every object which line it is from.
// It reads files through one rooted file system, fetches nothing and runs
// nothing.
package fluxbuild
