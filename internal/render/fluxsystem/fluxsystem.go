// Package fluxsystem is Flux itself, as a cluster runs it: the manifests of one
// version, made beforehand by Flux's own manifestgen from the folder base,
// which holds the CRDs of the API modules and Deployments, RBAC and network
// policies of this project. The package's test makes them again and compares;
// manifestgen is imported by that test alone, so that no command pays for its start.
//
// source-watcher, which Flux offers beside these controllers, is left out, and
// with it its API group and its rights: nothing that is rendered here needs it.
package fluxsystem

import (
	_ "embed" // for the manifests
	"slices"
)

//go:generate go -C crdgen run . ../base/crds
//go:generate go test . -run TestComponents -update

// Version is the Flux release whose controllers are installed.
const Version = "v2.9.5"

// Namespace is where Flux runs.
const Namespace = "flux-system"

// File is the name that Flux gives to its manifests.
const File = "gotk-components.yaml"

const registry = "ghcr.io/fluxcd/"

//go:embed gotk-components.yaml
var components string

// Components returns the manifests, a YAML stream whose first line says that it
// is generated. The bytes are the caller's own.
func Components() []byte { return []byte(components) }

// Controller is one controller of Flux.
type Controller struct {
	// Name of its Deployment, ServiceAccount and image.
	Name    string
	Version string
}

// Image is the controller's image with its tag.
func (c Controller) Image() string { return registry + c.Name + ":" + c.Version }

// Controllers returns the controllers that are installed, in Flux's own order.
// source-watcher would also switch on a feature gate of the others.
func Controllers() []Controller {
	return []Controller{
		{"source-controller", "v1.9.5"},
		{"kustomize-controller", "v1.9.5"},
		{"helm-controller", "v1.6.4"},
		{"notification-controller", "v1.9.4"},
		{"image-reflector-controller", "v1.2.5"},
		{"image-automation-controller", "v1.2.5"},
	}
}

// Images returns the images of all controllers, sorted.
func Images() []string {
	var images []string
	for _, c := range Controllers() {
		images = append(images, c.Image())
	}
	slices.Sort(images)
	return images
}
