// Package apps renders an application as a cluster runs it: a Deployment that
// survives the loss of a node or zone and stops without losing a request, with
// everything that belongs to it.
package apps

import (
	"fmt"
	"strconv"

	"go.yaml.in/yaml/v3"

	"github.com/groundwork-dev/groundwork/internal/catalog"
	"github.com/groundwork-dev/groundwork/internal/config"
	"github.com/groundwork-dev/groundwork/internal/platform"
	"github.com/groundwork-dev/groundwork/internal/render/object"
)

// File is one file of an app's folder.
type File struct {
	Name string
	Data []byte
	// Seed is set for a file that is written once and moved by others.
	Seed bool
}

const (
	// portName is what PodMonitors ask for.
	portName = "http-metrics"
	// drainSeconds is how long a pod that is going away still answers, so that
	// those who balance load to it learn of it first.
	drainSeconds = 5
	// graceSeconds is how long it may take in all.
	graceSeconds = 45
	httpPort     = 80
	zoneKey      = "topology.kubernetes.io/zone"
)

// part is a file before it is written.
type part struct {
	name string
	docs []*yaml.Node
}

// Render returns the files of an app's folder; ownsNamespace says that the
// namespace is among them, and not among another app's.
func Render(a platform.App, ownsNamespace bool) ([]File, error) {
	var files []File
	var resources []string
	add := func(name string, docs ...*yaml.Node) error {
		data, err := object.Encode(docs...)
		if err != nil {
			return fmt.Errorf("file %s: %w", name, err)
		}
		files = append(files, File{Name: name, Data: data})
		resources = append(resources, name)
		return nil
	}
	pin, err := pinOf(a)
	if err != nil {
		return nil, err
	}
	parts := []part{
		{"service-account.yaml", []*yaml.Node{serviceAccount(a)}},
		{"deployment.yaml", []*yaml.Node{deployment(a)}},
		{"service.yaml", []*yaml.Node{adopted(a, service(a))}},
		{"autoscaler.yaml", []*yaml.Node{autoscaler(a)}},
		{"disruption-budget.yaml", []*yaml.Node{disruptionBudget(a)}},
		{"network-policies.yaml", networkPolicies(a, ownsNamespace)},
	}
	if a.Rollout != nil {
		parts = append(parts, part{"canary.yaml", []*yaml.Node{canary(a)}})
	}
	if ownsNamespace {
		if err := add("namespace.yaml", namespace(a)); err != nil {
			return nil, err
		}
	}
	for _, p := range parts {
		if err := add(p.name, p.docs...); err != nil {
			return nil, err
		}
	}
	var components []string
	if pin != nil {
		files, components = append(files, *pin), []string{pinDir}
	}
	pairs := []any{"components", components}
	if pin != nil && a.Rollout != nil {
		pairs = append(pairs, "replacements", object.List(copyImage(a)))
	}
	return files, add("kustomization.yaml", object.Kustomization(resources, pairs...))
}

func selector(a platform.App) map[string]string {
	return map[string]string{"app.kubernetes.io/name": a.Name}
}

func labelled(a platform.App, o *yaml.Node) *yaml.Node {
	return object.Meta(o, "labels", selector(a))
}

func serviceAccount(a platform.App) *yaml.Node {
	return labelled(a, object.New("v1", "ServiceAccount", a.Namespace, a.Name, "automountServiceAccountToken", false))
}

func service(a platform.App) *yaml.Node {
	return labelled(a, object.New("v1", "Service", a.Namespace, a.Name, "spec", object.Map(
		"selector", selector(a),
		"ports", object.List(object.Map("name", "http", "port", httpPort, "targetPort", portName)),
	)))
}

func autoscaler(a platform.App) *yaml.Node {
	return labelled(a, object.New("autoscaling/v2", "HorizontalPodAutoscaler", a.Namespace, a.Name, "spec", object.Map(
		"scaleTargetRef", object.Map("apiVersion", "apps/v1", "kind", "Deployment", "name", a.Name),
		"minReplicas", a.MinReplicas,
		"maxReplicas", a.MaxReplicas,
		"metrics", object.List(object.Map("type", "Resource", "resource", object.Map(
			"name", "cpu", "target", object.Map("type", "Utilization", "averageUtilization", 70),
		))),
		"behavior", object.Map("scaleDown", object.Map("stabilizationWindowSeconds", 300)),
	)))
}

func disruptionBudget(a platform.App) *yaml.Node {
	return labelled(a, object.New("policy/v1", "PodDisruptionBudget", a.Namespace, a.Name, "spec", object.Map(
		"selector", object.Map("matchLabels", pods(a)),
		"maxUnavailable", 1,
		"unhealthyPodEvictionPolicy", "AlwaysAllow",
	)))
}

func networkPolicies(a platform.App, ownsNamespace bool) []*yaml.Node {
	port := []catalog.Port{{Port: a.Port}}
	flows := []catalog.Flow{
		// Any pod of the cluster may call it; so may load balancers, which are
		// outside and probe the pods' addresses.
		{Name: a.Name + "-http", Direction: catalog.Ingress, Pods: pods(a), Peers: []catalog.Peer{{Kind: catalog.PeerNodes}}, Ports: port},
		{Name: a.Name + "-dns", Direction: catalog.Egress, Pods: pods(a), Peers: []catalog.Peer{{Kind: catalog.PeerDNS}}},
	}
	flows = append(flows, meshFlows(a)...)
	var policies []*yaml.Node
	if ownsNamespace {
		policies = append(policies, object.DenyAll(a.Namespace))
	}
	for _, f := range flows {
		policies = append(policies, object.Open(a.Namespace, f))
	}
	return policies
}

func deployment(a platform.App) *yaml.Node {
	// The autoscaler alone says how many replicas: a number here would undo its
	// decision at each reconciliation.
	spec := object.Map(
		"revisionHistoryLimit", 3,
		"selector", object.Map("matchLabels", selector(a)),
		"strategy", object.Map("type", "RollingUpdate", "rollingUpdate", object.Map("maxSurge", 1, "maxUnavailable", 0)),
		"template", object.Map(
			"metadata", podMeta(a),
			"spec", podSpec(a),
		),
	)
	labels := selector(a)
	labels[object.AutoscaledLabel] = "true"
	return object.Meta(object.New("apps/v1", "Deployment", a.Namespace, a.Name, "spec", spec), "labels", labels)
}

func podSpec(a platform.App) *yaml.Node {
	pod := object.Map(
		"serviceAccountName", a.Name,
		"automountServiceAccountToken", false,
		"enableServiceLinks", false,
		"terminationGracePeriodSeconds", graceSeconds,
		"securityContext", object.Map(
			"runAsNonRoot", true, "runAsUser", 65532, "runAsGroup", 65532,
			"seccompProfile", object.Map("type", "RuntimeDefault"),
		),
		"topologySpreadConstraints", object.List(spread(a, zoneKey), spread(a, "kubernetes.io/hostname")),
		"containers", object.List(container(a)),
	)
	return pod
}

// spread keeps pods apart as far as there are places. A node that takes no
// pods does not count as one.
func spread(a platform.App, key string) *yaml.Node {
	otherwise := "ScheduleAnyway"
	if a.HA && key == zoneKey {
		otherwise = "DoNotSchedule" // or the loss of one zone may take every pod
	}
	return object.Map(
		"maxSkew", 1, "topologyKey", key, "whenUnsatisfiable", otherwise, "nodeTaintsPolicy", "Honor",
		"labelSelector", object.Map("matchLabels", selector(a)),
		"matchLabelKeys", object.Flow(object.List(object.Text("pod-template-hash"))),
	)
}

func container(a platform.App) *yaml.Node {
	probe := func(path string, pairs ...any) *yaml.Node {
		return object.Map(append([]any{"httpGet", object.Map("path", path, "port", portName)}, pairs...)...)
	}
	c := object.Map(
		"name", a.Name,
		"image", a.Image,
		"env", object.List(
			object.Map("name", "LISTEN", "value", ":"+strconv.Itoa(a.Port)),
			object.Map("name", "APP_NAME", "value", a.Name),
		),
		"ports", object.List(object.Map("name", portName, "containerPort", a.Port)),
		"startupProbe", probe("/healthz", "periodSeconds", 1, "failureThreshold", 30),
		"readinessProbe", probe("/readyz", "periodSeconds", 2, "failureThreshold", 2),
		"livenessProbe", probe("/healthz", "periodSeconds", 10, "failureThreshold", 3),
		"lifecycle", object.Map("preStop", object.Map("sleep", object.Map("seconds", drainSeconds))),
		"resources", object.Map("requests", resources(a.Config.Resources.Requests, "16Mi"), "limits", resources(a.Config.Resources.Limits, "128Mi")),
		"securityContext", object.Map(
			"allowPrivilegeEscalation", false, "readOnlyRootFilesystem", true,
			"capabilities", object.Map("drop", object.Flow(object.List(object.Text("ALL")))),
		),
	)
	if a.Config.Delivery != nil {
		object.Comment(c, "image", "The first image; "+pinDir+"/ says which one runs.")
	}
	return object.Comment(c, "lifecycle", "Those who balance load hear of the end before it comes.")
}

// resources holds what the platform file says and room on the node's disk: with
// a root file system that cannot be written, only the rotated log needs any.
func resources(l config.ResourceList, disk string) *yaml.Node {
	var pairs []any
	if l.CPU != "" {
		pairs = append(pairs, "cpu", l.CPU)
	}
	if l.Memory != "" {
		pairs = append(pairs, "memory", l.Memory)
	}
	return object.Map(append(pairs, "ephemeral-storage", disk)...)
}
