package flux

import (
	"net/url"
	"regexp"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/groundwork-dev/groundwork/internal/render/fluxsystem"
	"github.com/groundwork-dev/groundwork/internal/render/object"
)

const (
	dispatchFile = "dispatch.yaml"
	// notificationAPI is that of Providers and Alerts.
	notificationAPI = "notification.toolkit.fluxcd.io/v1beta3"
	// dispatchName is what tells the workflows, and its Secret.
	dispatchName = "github-dispatch"
	// takenBackName is what tells them of rollouts that were taken back.
	takenBackName = "github-dispatch-taken-back"
)

// dispatch returns what tells the repository's workflows of a build that runs and
// of a rollout that was taken back. The type of their event is
// Kustomization/<app's>.<namespace>; the payload has a severity, and the cluster.
func (r *renderer) dispatch() []*yaml.Node {
	var moved, rolledOut []*yaml.Node
	var takenBack []string
	for _, a := range r.cluster.Apps {
		if a.Config.Delivery == nil || !a.Config.Delivery.Dispatch {
			continue
		}
		source := object.Map("kind", "Kustomization", "name", appPrefix+a.Name)
		if a.Automated {
			moved = append(moved, source)
		}
		if a.Rollout != nil {
			rolledOut = append(rolledOut, source)
			takenBack = append(takenBack, regexp.QuoteMeta("Canary/"+a.Namespace+"/"+a.Name+" status: 'Failed'"))
		}
	}
	if moved == nil && rolledOut == nil {
		return nil
	}
	docs := []*yaml.Node{object.New(notificationAPI, "Provider", fluxsystem.Namespace, dispatchName, "spec", object.Map(
		"type", "githubdispatch",
		"address", r.repositoryPage(),
		"secretRef", object.Map("name", dispatchName),
	))}
	if moved != nil {
		// Once for what it changed: all of that runs.
		docs = append(docs, r.alert(dispatchName, "info", moved, []string{"^Health check passed"}))
	}
	if rolledOut != nil {
		docs = append(docs, r.alert(takenBackName, "error", rolledOut, takenBack))
	}
	return docs
}

func (r *renderer) alert(name, severity string, sources []*yaml.Node, said []string) *yaml.Node {
	return object.New(notificationAPI, "Alert", fluxsystem.Namespace, name, "spec", object.Map(
		"providerRef", object.Map("name", dispatchName),
		"eventSeverity", severity,
		"eventSources", sources,
		"inclusionList", said,
		"eventMetadata", object.Map("cluster", r.cluster.Name),
	))
}

// repositoryPage is the repository's address in a browser, which is what the
// dispatcher takes for its name.
func (r *renderer) repositoryPage() string {
	address := r.model.Repository.URL
	if u, err := url.Parse(address); err == nil {
		address = "https://" + u.Hostname() + strings.TrimSuffix(u.Path, ".git")
	}
	return address
}
