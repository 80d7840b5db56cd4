//go:build linkcheck

// Package linkcheck holds the three heavy libraries of the product in one
// program, so that go.mod keeps versions of them that compile and link
// together. `make linkcheck` builds it; nothing ships it.
package main

import (
	"fmt"

	"github.com/argoproj/argo-cd/v3/pkg/apiclient"
	"github.com/fluxcd/flux2/v2/pkg/manifestgen/install"
	"github.com/fluxcd/flux2/v2/pkg/manifestgen/sync"
	"k8s.io/kops/upup/pkg/fi/cloudup"
)

func main() {
	fmt.Println(install.MakeDefaultOptions().Version, sync.MakeDefaultOptions().Branch, cloudup.TargetTerraform, apiclient.ClientOptions{}.ServerAddr)
}
