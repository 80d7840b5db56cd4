// Command synthetic writes a platform of any size to measure with: platform.yaml
// and components of its own that are like real ones, each with a chart, values,
// flows and a config, and each after the one ten before it.
//
//	go run ./benchmarks/synthetic FOLDER CLUSTERS COMPONENTS
package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/groundwork-dev/groundwork/benchmarks/synthetic/catalogue"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "synthetic:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) != 3 {
		return fmt.Errorf("usage: synthetic FOLDER CLUSTERS COMPONENTS")
	}
	clusters, err := strconv.Atoi(args[1])
	if err != nil {
		return fmt.Errorf("reading the number of clusters: %w", err)
	}
	components, err := strconv.Atoi(args[2])
	if err != nil {
		return fmt.Errorf("reading the number of components: %w", err)
	}
	files := map[string]string{"platform.yaml": platform(clusters, components)}
	for name, text := range catalogue.Components(components) {
		files["components/"+name] = text
	}
	for name, text := range files {
		path := filepath.Join(args[0], name)
		if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
			return err
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			return err
		}
	}
	return nil
}

func platform(clusters, components int) string {
	var b strings.Builder
	b.WriteString(`apiVersion: groundwork.dev/v1alpha1
kind: Platform
metadata: {name: bench}
spec:
  repository: {url: "https://github.com/example/platform", branch: main, provider: github}
  aws: {accountID: "123456789012", region: eu-central-1, zones: [eu-central-1a, eu-central-1b, eu-central-1c]}
  clusters:
`)
	for i := range clusters {
		fmt.Fprintf(&b, "    cluster%03d:\n      size: small\n      domain: c%d.example.com\n      components:\n", i, i)
		for j := range components {
			fmt.Fprintf(&b, "        c%04d: {}\n", j)
		}
	}
	return b.String()
}
