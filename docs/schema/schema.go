// Package schema holds the published JSON schemas; editors and the tool read
// the same files.
package schema

import _ "embed"

// Platform is the JSON schema of platform.yaml, made from the types of
// internal/config by `go test ./internal/config -run TestSchema -update`.
//
//go:embed platform.v1alpha1.json
var Platform []byte

// Component is the JSON schema of component.yaml, made from the types of
// internal/catalog by `go test ./internal/catalog -run TestSchema -update`.
//
//go:embed component.v1alpha1.json
var Component []byte
