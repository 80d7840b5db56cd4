package apps

import (
	"fmt"
	"maps"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/groundwork-dev/groundwork/internal/catalog"
	"github.com/groundwork-dev/groundwork/internal/config"
	"github.com/groundwork-dev/groundwork/internal/platform"
	"github.com/groundwork-dev/groundwork/internal/render/object"
)

// createOnly has Flux make an object, and never change it.
const createOnly = "kustomize.toolkit.fluxcd.io/ssa"

// pods are labels of all the app's pods: with a rollout, those of the version
// that serves have another name than the app.
func pods(a platform.App) map[string]string {
	if a.Rollout == nil {
		return selector(a)
	}
	return map[string]string{"app.kubernetes.io/part-of": a.Name}
}

func podMeta(a platform.App) *yaml.Node {
	labels := selector(a)
	labels["groundwork.dev/scrape"] = "true"
	maps.Copy(labels, pods(a))
	if a.Rollout == nil || len(a.Rollout.Mesh.Annotations) == 0 {
		return object.Map("labels", labels)
	}
	return object.Map("labels", labels, "annotations", a.Rollout.Mesh.Annotations)
}

func namespace(a platform.App) *yaml.Node {
	if a.Mesh == nil {
		return object.Namespace(a.Namespace, object.TierApp, string(catalog.Restricted), nil)
	}
	return object.Namespace(a.Namespace, object.TierApp, string(a.Mesh.PodSecurity), a.Mesh.Labels)
}

// adopted leaves the Service to the rollout's controller, which turns it to the
// version that serves.
func adopted(a platform.App, service *yaml.Node) *yaml.Node {
	if a.Rollout == nil {
		return service
	}
	return object.Meta(service, "annotations",
		object.Comment(object.Map(createOnly, "IfNotPresent"), createOnly, "The rollout decides which pods it leads to."))
}

// meshFlows are what the app's proxies need.
func meshFlows(a platform.App) []catalog.Flow {
	if a.Rollout == nil {
		return nil
	}
	flows := make([]catalog.Flow, 0, len(a.Rollout.Mesh.Network))
	for _, f := range a.Rollout.Mesh.Network {
		f.Name, f.Pods = a.Name+"-"+f.Name, pods(a)
		flows = append(flows, f)
	}
	return flows
}

// imageKey is what changes a Canary with the image: whether its status is about
// this image is told by which of the two is younger.
const imageKey = "groundwork.dev/image"

// copyImage takes the image that runs over to the Canary.
func copyImage(a platform.App) *yaml.Node {
	rule := object.Map(
		"source", object.Map("kind", "Deployment", "name", a.Name, "fieldPath", "spec.template.spec.containers.[name="+a.Name+"].image"),
		"targets", object.List(object.Map(
			"select", object.Map("kind", "Canary", "name", a.Name),
			"fieldPaths", []string{"metadata.annotations.[" + imageKey + "]"},
		)),
	)
	rule.HeadComment = "The rollout's object names the image that runs."
	return rule
}

// canary says how a new version gets its requests. The mesh follows the route
// whose parent is the app's Service.
func canary(a platform.App) *yaml.Node {
	r := a.Rollout
	o := labelled(a, object.New(r.Group+"/v1beta1", "Canary", a.Namespace, a.Name, "spec", object.Map(
		"targetRef", object.Map("apiVersion", "apps/v1", "kind", "Deployment", "name", a.Name),
		"autoscalerRef", object.Map("apiVersion", "autoscaling/v2", "kind", "HorizontalPodAutoscaler", "name", a.Name),
		// Without it, the end of the rollout is the end of the app's pods.
		"revertOnDeletion", true,
		"progressDeadlineSeconds", 600,
		"service", object.Map(
			"port", httpPort, "portName", "http", "targetPort", portName,
			"gatewayRefs", object.List(object.Map("group", "core", "kind", "Service", "namespace", a.Namespace, "name", a.Name, "port", httpPort)),
		),
		"analysis", analysis(a),
	)))
	return object.Meta(o, "annotations", object.Comment(object.Map(imageKey, a.Image), imageKey, "Its status is about this image once it is younger than this line."))
}

func analysis(a platform.App) *yaml.Node {
	c := a.Rollout.Canary
	pairs := []any{"interval", c.Interval, "threshold", c.Threshold}
	if a.Rollout.Strategy == config.StrategyBlueGreen {
		pairs = append(pairs, "iterations", (c.MaxWeight+c.StepWeight-1)/c.StepWeight)
	} else {
		pairs = append(pairs, "maxWeight", c.MaxWeight, "stepWeight", c.StepWeight)
	}
	url := fmt.Sprintf("http://%s-canary.%s/", a.Name, a.Namespace)
	// The load outlasts the time to the next check, so that there are figures.
	load := 2 * duration(c.Interval)
	return object.Map(append(pairs,
		"metrics", object.List(
			metric(a, "success-rate", "min", c.SuccessRate),
			metric(a, "latency", "max", int(duration(c.LatencyP99).Milliseconds())),
		),
		"webhooks", object.List(
			object.Map("name", "acceptance", "type", "pre-rollout", "url", a.Rollout.LoadTest, "timeout", "30s",
				"metadata", object.Map("type", "bash", "cmd", "curl -sf -o /dev/null "+url+"readyz")),
			object.Map("name", "load", "type", "rollout", "url", a.Rollout.LoadTest, "timeout", "5s",
				"metadata", object.Map("type", "cmd", "cmd", fmt.Sprintf("hey -z %s -q 10 -c 2 %s", load, url))),
		),
	)...)
}

func metric(a platform.App, name, bound string, limit int) *yaml.Node {
	return object.Map("name", name, "interval", "1m",
		"templateRef", object.Map("name", name, "namespace", a.Rollout.Templates),
		"thresholdRange", object.Map(bound, limit))
}

// duration reads what the schema of the platform file has let pass.
func duration(s string) time.Duration {
	d, err := time.ParseDuration(s)
	if err != nil {
		return 0
	}
	return d
}
