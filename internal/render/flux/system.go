package flux

import (
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/groundwork-dev/groundwork/internal/config"
	"github.com/groundwork-dev/groundwork/internal/render/fluxsystem"
	"github.com/groundwork-dev/groundwork/internal/render/object"
)

// Names that a run fills with what is not for Git.
const (
	// SourceSecret holds the credentials of the repository.
	SourceSecret = "flux-system"
	// ReceiverSecret holds the token of the webhook.
	ReceiverSecret = "flux-receiver-token"
)

// system writes the folder flux-system.
func (r *renderer) system() error {
	dir := r.clusterDir(fluxsystem.Namespace)
	if err := r.tree.Add(dir+"/"+fluxsystem.File, fluxsystem.Components()); err != nil {
		return err
	}
	if err := r.file(dir+"/gotk-sync.yaml", r.gitRepository(), r.rootKustomization()); err != nil {
		return err
	}
	if err := r.file(dir+"/receiver.yaml", r.receiver()); err != nil {
		return err
	}
	patches, err := r.hardening()
	if err != nil {
		return err
	}
	return r.file(dir+"/kustomization.yaml", object.Kustomization(
		[]string{fluxsystem.File, "gotk-sync.yaml", "receiver.yaml"}, "patches", patches))
}

func (r *renderer) gitRepository() *yaml.Node {
	repo := r.model.Repository
	return object.New("source.toolkit.fluxcd.io/v1", "GitRepository", fluxsystem.Namespace, fluxsystem.Namespace, "spec",
		object.Comment(object.Map(
			"interval", interval,
			"timeout", "1m",
			"url", repo.URL,
			"ref", object.Map("branch", repo.Branch),
			"secretRef", object.Map("name", SourceSecret),
			"ignore", object.Block(ignore(r.cluster.Name)),
		), "interval", "Pushes are told by webhook (receiver.yaml); the interval is for those that get lost."))
}

// ignore keeps everything but the cluster's own folders out of the artifact.
func ignore(cluster string) string {
	return strings.ReplaceAll(`/*
!/clusters/
/clusters/*
!/clusters/CLUSTER/
!/infrastructure/
/infrastructure/*/*
!/infrastructure/*/CLUSTER/
!/apps/
/apps/*
!/apps/CLUSTER/
`, "CLUSTER", cluster)
}

func (r *renderer) rootKustomization() *yaml.Node {
	return object.New("kustomize.toolkit.fluxcd.io/v1", "Kustomization", fluxsystem.Namespace, fluxsystem.Namespace, "spec", object.Map(
		"interval", interval,
		"retryInterval", retryInterval,
		"timeout", "5m",
		"path", "./"+r.clusterDir(),
		"prune", true,
		"sourceRef", object.Map("kind", "GitRepository", "name", fluxsystem.Namespace),
	))
}

// receiver lets the forge tell of pushes. Gitea signs its webhooks as GitHub
// does.
func (r *renderer) receiver() *yaml.Node {
	kind, events := "generic", []string(nil)
	switch r.model.Repository.Provider {
	case config.ProviderGitHub, config.ProviderGitea:
		kind, events = "github", []string{"ping", "push"}
	case config.ProviderGitLab:
		kind, events = "gitlab", []string{"Push Hook"}
	case config.ProviderGit:
	}
	pairs := []any{"type", kind}
	if len(events) > 0 {
		pairs = append(pairs, "events", events)
	}
	pairs = append(
		pairs,
		"secretRef", object.Map("name", ReceiverSecret),
		"resources", object.List(object.Map("apiVersion", "source.toolkit.fluxcd.io/v1", "kind", "GitRepository", "name", fluxsystem.Namespace)),
	)
	return object.New("notification.toolkit.fluxcd.io/v1", "Receiver", fluxsystem.Namespace, "groundwork", "spec", object.Map(pairs...))
}

// tuning is what a controller gets on top of the manifests of Flux.
type tuning struct {
	args                       []string
	memory, memoryHA, memLimit string
}

func (r *renderer) tuning(controller string) tuning {
	const lockdown = "--no-cross-namespace-refs=true"
	t := tuning{memory: "64Mi", memoryHA: "128Mi", memLimit: "1Gi"}
	switch controller {
	case "source-controller":
		t.args = []string{"--requeue-dependency=5s", "--helm-cache-max-size=20", "--helm-cache-ttl=60m", "--helm-cache-purge-interval=5m"}
		t.memoryHA = "256Mi"
	case "kustomize-controller":
		t.args = []string{lockdown, "--no-remote-bases=true", "--requeue-dependency=5s", "--feature-gates=CancelHealthCheckOnNewRevision=true"}
		t.memory, t.memoryHA, t.memLimit = "128Mi", "256Mi", "2Gi"
	case "helm-controller":
		t.args = []string{lockdown, "--requeue-dependency=5s", "--feature-gates=CancelHealthCheckOnNewRevision=true"}
		t.memory, t.memoryHA, t.memLimit = "128Mi", "256Mi", "2Gi"
	default:
		t.args = []string{lockdown}
	}
	return t
}

// acceptOnePod tells validate why one pod is enough (crosscheck.AcceptPrefix).
const acceptOnePod = "accept.groundwork.dev/one-pod"

// hardening patches what Flux's own manifests leave to whoever installs them.
func (r *renderer) hardening() ([]*yaml.Node, error) {
	// A controller starts in a second or two: looked at every ten seconds, as
	// is Kubernetes' default, it is ready ten seconds late. The threshold keeps
	// the time until it counts as unready.
	probe := object.Map("periodSeconds", 1, "failureThreshold", 30)
	deployment := object.New("apps/v1", "Deployment", "", "all", "spec", object.Map("template", object.Map("spec", object.Map(
		"priorityClassName", "system-cluster-critical",
		"containers", object.List(object.Map("name", "manager", "readinessProbe", probe))))))
	object.Meta(deployment, "annotations", object.Map(acceptOnePod, "Nobody waits for it: it starts again elsewhere, and goes on from what the cluster holds."))
	patches := []patch{
		{
			object.Map("kind", "Namespace", "name", fluxsystem.Namespace), object.Namespace(fluxsystem.Namespace, object.TierPlatform, "restricted", nil),
			"The controllers fit the restricted Pod Security level: hold them to it.",
		},
		{object.Map("kind", "Deployment"), deployment, "Without any of these, Git no longer reaches the cluster; none starts later than it can."},
	}
	for _, c := range fluxsystem.Controllers() {
		t := r.tuning(c.Name)
		memory := t.memory
		if r.cluster.HA {
			memory = t.memoryHA
		}
		var ops []*yaml.Node
		for _, arg := range t.args {
			ops = append(ops, object.Map("op", "add", "path", "/spec/template/spec/containers/0/args/-", "value", arg))
		}
		// A limit of CPU would only slow down what somebody waits for.
		ops = append(ops, object.Map("op", "replace", "path", "/spec/template/spec/containers/0/resources", "value", object.Map(
			"requests", object.Map("cpu", "50m", "memory", memory), "limits", object.Map("memory", t.memLimit),
		)))
		patches = append(patches, patch{object.Map("kind", "Deployment", "name", c.Name), object.List(ops...), ""})
	}
	patches = append(patches, r.scanner()...)
	nodes := make([]*yaml.Node, len(patches))
	for i, p := range patches {
		content, err := object.YAML(p.content)
		if err != nil {
			return nil, err
		}
		nodes[i] = object.Map("target", p.target, "patch", object.Block(content))
		nodes[i].HeadComment = p.comment
	}
	return nodes, nil
}

// patch is one patch of a kustomization.
type patch struct {
	target, content *yaml.Node
	comment         string
}
