// Command cut takes the operations that this project uses, and what they refer
// to, out of GitHub's OpenAPI description (npm @octokit/openapi), without
// explanations and examples. `make github-api` runs it.
package main

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"os"
	"strings"
)

// object is a part of a description.
type object = map[string]any

func main() {
	if len(os.Args) != 4 {
		fmt.Fprintln(os.Stderr, "usage: cut DESCRIPTION.json OPERATIONS.txt OUT.json.gz")
		os.Exit(2)
	}
	if err := run(os.Args[1], os.Args[2], os.Args[3]); err != nil {
		fmt.Fprintln(os.Stderr, "cut:", err)
		os.Exit(1)
	}
}

func run(description, operations, out string) error {
	data, err := os.ReadFile(description)
	if err != nil {
		return err
	}
	var whole object
	if err := json.Unmarshal(data, &whole); err != nil {
		return fmt.Errorf("reading %s: %w", description, err)
	}
	list, err := os.ReadFile(operations)
	if err != nil {
		return err
	}
	part, err := cut(whole, strings.Fields(string(list)))
	if err != nil {
		return err
	}
	text, err := json.Marshal(part)
	if err != nil {
		return err
	}
	var packed bytes.Buffer
	w, err := gzip.NewWriterLevel(&packed, gzip.BestCompression)
	if err != nil {
		return err
	}
	if _, err := w.Write(text); err != nil {
		return err
	}
	if err := w.Close(); err != nil {
		return err
	}
	return os.WriteFile(out, packed.Bytes(), 0o600)
}

// cut keeps the operations of pairs of a method and a path.
func cut(whole object, operations []string) (object, error) {
	paths, _ := whole["paths"].(object)
	kept := object{}
	for i := 0; i+1 < len(operations); i += 2 {
		method, path := strings.ToLower(operations[i]), operations[i+1]
		item, _ := paths[path].(object)
		operation, there := item[method]
		if !there {
			return nil, fmt.Errorf("the description has no %s %s", operations[i], path)
		}
		to, _ := kept[path].(object)
		if to == nil {
			to = object{}
			if shared, has := item["parameters"]; has {
				to["parameters"] = strip(shared, false)
			}
			kept[path] = to
		}
		to[method] = strip(operation, false)
	}
	part := object{"openapi": whole["openapi"], "info": strip(whole["info"], false), "paths": kept}
	components := object{}
	// What GitHub answers where an operation lists no such answer.
	follow(object{"$ref": "#/components/schemas/basic-error"}, whole, components)
	follow(kept, whole, components)
	part["components"] = components
	return part, nil
}

// strip leaves out what explains. Below names, all are names.
func strip(v any, names bool) any {
	switch v := v.(type) {
	case []any:
		for i := range v {
			v[i] = strip(v[i], false)
		}
	case object:
		for key, below := range v {
			switch key {
			case "description", "summary", "example", "examples", "externalDocs", "tags", "x-github", "deprecated":
				if !names {
					delete(v, key)
					continue
				}
			}
			v[key] = strip(below, !names && (key == "properties" || key == "responses" || key == "headers"))
		}
	}
	return v
}

// follow copies what v refers to into components.
func follow(v any, whole, components object) {
	switch v := v.(type) {
	case []any:
		for _, below := range v {
			follow(below, whole, components)
		}
	case object:
		if ref, is := v["$ref"].(string); is {
			take(ref, whole, components)
			return
		}
		for _, below := range v {
			follow(below, whole, components)
		}
	}
}

func take(ref string, whole, components object) {
	parts := strings.Split(ref, "/") // # components KIND NAME
	if len(parts) != 4 || parts[1] != "components" {
		return
	}
	kind, name := parts[2], parts[3]
	to, _ := components[kind].(object)
	if to == nil {
		to = object{}
		components[kind] = to
	}
	if _, done := to[name]; done {
		return
	}
	all, _ := whole["components"].(object)
	from, _ := all[kind].(object)
	to[name] = strip(from[name], false)
	follow(to[name], whole, components)
}
