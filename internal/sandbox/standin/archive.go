package standin

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"k8s.io/apimachinery/pkg/util/yaml"
)

type object = map[string]any

// Archive returns a Helm chart archive made from the component's facts, the
// same bytes every time, and the CRDs whose schema is not known.
func Archive(c Component) ([]byte, []string, error) {
	files := map[string][]byte{}
	meta, err := marshal(chartMeta(c))
	if err != nil {
		return nil, nil, err
	}
	files["Chart.yaml"], files["values.yaml"] = meta, []byte("{}\n")
	var permissive []string
	for _, name := range c.CRDs {
		data, ok := c.Definitions[name]
		if !ok {
			permissive = append(permissive, name)
		}
		if err := addCRD(files, c, name, data); err != nil {
			return nil, nil, err
		}
	}
	have := map[string]bool{}
	for _, file := range slices.Sorted(maps.Keys(c.Manifests)) {
		if err := addManifests(files, have, file, c.Manifests[file]); err != nil {
			return nil, nil, err
		}
	}
	for _, w := range c.Workloads {
		if have[w.Kind+"/"+w.Name] {
			continue
		}
		data, err := marshal(labelled(workload(c, w)))
		if err != nil {
			return nil, nil, err
		}
		files["templates/"+strings.ToLower(w.Kind)+"-"+w.Name+".yaml"] = escape(data)
	}
	data, err := pack(c.Chart, files)
	return data, permissive, err
}

func chartMeta(c Component) object {
	return object{
		"apiVersion": "v2", "name": c.Chart, "version": c.Version, "type": "application",
		"description": "Stand-in for the chart " + c.Chart + ", made by Groundwork's sandbox. Not the real chart.",
		"annotations": object{Label: "true"},
	}
}

func addCRD(files map[string][]byte, c Component, name string, data []byte) error {
	definition := object{}
	if data == nil {
		made, err := permissiveCRD(name)
		if err != nil {
			return err
		}
		definition = made
	} else if err := yaml.Unmarshal(data, &definition); err != nil {
		return fmt.Errorf("reading CRD %s: %w", name, err)
	}
	out, err := marshal(labelled(definition))
	if err != nil {
		return err
	}
	if c.TemplatedCRDs {
		files["templates/crd-"+name+".yaml"] = escape(out)
	} else {
		files["crds/"+name+".yaml"] = out // Helm does not run these as templates
	}
	return nil
}

// permissiveCRD knows no more than a name; the kind is a guess from the plural.
func permissiveCRD(name string) (object, error) {
	plural, group, ok := strings.Cut(name, ".")
	if !ok || plural == "" {
		return nil, fmt.Errorf("CRD %q: want plural.group", name)
	}
	singular := strings.TrimSuffix(plural, "s")
	return object{
		"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
		"metadata": object{"name": name},
		"spec": object{
			"group": group, "scope": "Namespaced",
			"names": object{"plural": plural, "singular": singular, "kind": strings.ToUpper(singular[:1]) + singular[1:]},
			"versions": []any{object{
				"name": "v1", "served": true, "storage": true,
				"schema": object{"openAPIV3Schema": object{"type": "object", "x-kubernetes-preserve-unknown-fields": true}},
			}},
		},
	}, nil
}

func addManifests(files map[string][]byte, have map[string]bool, file string, data []byte) error {
	reader := yaml.NewYAMLReader(newReader(data))
	var all []byte
	for {
		doc, err := reader.Read()
		if err != nil {
			break // the reader's only error is the end
		}
		var o object
		if err := yaml.Unmarshal(doc, &o); err != nil {
			return fmt.Errorf("reading %s: %w", file, err)
		}
		if len(o) == 0 {
			continue
		}
		meta, _ := o["metadata"].(object)
		have[fmt.Sprint(o["kind"], "/", meta["name"])] = true
		out, err := marshal(labelled(o))
		if err != nil {
			return err
		}
		all = append(append(all, "---\n"...), escape(out)...)
	}
	files["templates/"+file] = all
	return nil
}

func workload(c Component, w Workload) object {
	labels := object{"app.kubernetes.io/name": w.Name}
	if len(w.Labels) > 0 {
		labels = object{}
		for k, v := range w.Labels {
			labels[k] = v
		}
	}
	var containers []any
	for i, image := range w.Images {
		containers = append(containers, object{
			"name": "container-" + strconv.Itoa(i), "image": image,
			"securityContext": object{
				"allowPrivilegeEscalation": false, "readOnlyRootFilesystem": true, "runAsNonRoot": true,
				"capabilities": object{"drop": []any{"ALL"}}, "seccompProfile": object{"type": "RuntimeDefault"},
			},
			"resources": object{"requests": object{"cpu": "10m", "memory": "16Mi"}, "limits": object{"memory": "128Mi"}},
		})
	}
	pod := object{"metadata": object{"labels": labels}, "spec": object{"containers": containers}}
	labelled(pod)
	spec := object{"selector": object{"matchLabels": withoutLabel(labels)}, "template": pod}
	if w.Kind != "DaemonSet" {
		spec["replicas"] = w.Replicas
	}
	if w.Kind == "StatefulSet" {
		spec["serviceName"] = w.Name
	}
	return object{
		"apiVersion": "apps/v1", "kind": w.Kind,
		"metadata": object{"name": w.Name, "namespace": c.Namespace}, "spec": spec,
	}
}

func withoutLabel(labels object) object {
	out := maps.Clone(labels)
	delete(out, Label)
	return out
}

func labelled(o object) object {
	meta, _ := o["metadata"].(object)
	if meta == nil {
		meta = object{}
		o["metadata"] = meta
	}
	labels, _ := meta["labels"].(object)
	if labels == nil {
		labels = object{}
		meta["labels"] = labels
	}
	labels[Label] = "true"
	return o
}

// escape keeps Helm from reading braces of plain text as a template.
func escape(data []byte) []byte {
	return bytes.ReplaceAll(data, []byte("{{"), []byte(`{{ "{{" }}`))
}

func pack(chart string, files map[string][]byte) ([]byte, error) {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	w := tar.NewWriter(z)
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if err := w.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: chart + "/" + name, Mode: 0o644, Size: int64(len(files[name]))}); err != nil {
			return nil, fmt.Errorf("packing chart %s: %w", chart, err)
		}
		if _, err := w.Write(files[name]); err != nil {
			return nil, fmt.Errorf("packing chart %s: %w", chart, err)
		}
	}
	if err := errors.Join(w.Close(), z.Close()); err != nil {
		return nil, fmt.Errorf("packing chart %s: %w", chart, err)
	}
	return b.Bytes(), nil
}
