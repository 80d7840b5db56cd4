package flux

import (
	"path"

	"go.yaml.in/yaml/v3"

	"github.com/groundwork-dev/groundwork/internal/awsname"
	"github.com/groundwork-dev/groundwork/internal/config"
	"github.com/groundwork-dev/groundwork/internal/image"
	"github.com/groundwork-dev/groundwork/internal/imagepin"
	"github.com/groundwork-dev/groundwork/internal/platform"
	"github.com/groundwork-dev/groundwork/internal/render/fluxsystem"
	"github.com/groundwork-dev/groundwork/internal/render/object"
)

const (
	automationFile = "image-automation.yaml"
	imageAPI       = "image.toolkit.fluxcd.io/v1"
	// scanInterval is how often a registry that tells nobody is looked at.
	scanInterval = "1m"
	// buildTags are those of 'bootstrap image build'. A signature's tag,
	// sha256-<hex>.sig, and a referrer's, sha256-<hex>, do not match.
	buildTags = `^main-(?P<run>[0-9]+)-[0-9a-f]{7,40}$`
)

// Files are generated files, as tree.Tree has them.
type Files interface {
	Get(path string) ([]byte, bool)
}

// Pushes says whether a cluster's files let it write to the repository.
func Pushes(files Files, cluster string) bool {
	_, automated := files.Get(path.Join("clusters", cluster, automationFile))
	return automated
}

// automation returns what moves the images of the cluster's automated apps. All
// of it lives in Flux's namespace, beside the repository that it writes to: no
// controller may refer to another namespace's objects.
func (r *renderer) automation() []*yaml.Node {
	var docs, scanned []*yaml.Node
	for _, a := range r.cluster.Apps {
		if !a.Automated {
			continue
		}
		docs = append(docs, imageRepository(a), imagePolicy(a), r.imageUpdate(a))
		scanned = append(scanned, object.Map("apiVersion", imageAPI, "kind", "ImageRepository", "name", a.Name))
	}
	if len(docs) == 0 {
		return nil
	}
	receiver := object.New("notification.toolkit.fluxcd.io/v1", "Receiver", fluxsystem.Namespace, "images", "spec", object.Comment(object.Map(
		"type", "generic-hmac",
		"secretRef", object.Map("name", ReceiverSecret),
		"resources", scanned,
	), "type", "Whoever pushes an image tells of it here (docs/delivery.md)."))
	return append(docs, receiver)
}

func imageRepository(a platform.App) *yaml.Node {
	name := a.Image
	if ref, err := image.ParseReference(a.Image); err == nil {
		name = ref.Name
	}
	pairs := []any{"image", name, "interval", scanInterval, "timeout", "30s", "exclusionList", []string{`^sha256-`}}
	if _, ok := awsname.ECRRepository(name); ok {
		pairs = append(pairs, "provider", "aws")
	}
	return object.New(imageAPI, "ImageRepository", fluxsystem.Namespace, a.Name, "spec",
		object.Comment(object.Map(pairs...), "exclusionList", "Signatures and what else belongs to an image are no images."))
}

func imagePolicy(a platform.App) *yaml.Node {
	o := object.New(imageAPI, "ImagePolicy", fluxsystem.Namespace, a.Name, "spec", object.Map(
		"imageRepositoryRef", object.Map("name", a.Name),
		"filterTags", object.Map("pattern", buildTags, "extract", "$run"),
		"policy", object.Map("numerical", object.Map("order", "asc")),
		"digestReflectionPolicy", "Always",
		"interval", interval,
	))
	return object.Meta(o, "labels", automated(a))
}

// automated are the labels by which an automation finds its policy.
func automated(a platform.App) map[string]string {
	return map[string]string{"groundwork.dev/app": a.Name}
}

// message is the commit's: which app on which cluster, and what it was before.
func (r *renderer) message(a platform.App) string {
	return "apps: a new build of " + a.Name + " on " + r.cluster.Name + "\n\n" +
		"{{ range .Changed.Changes }}{{ .OldValue }} -> {{ .NewValue }}\n{{ end }}"
}

// imageUpdate moves the one file of an app. Each app has an automation of its
// own, so that none can write elsewhere, and each a branch of its own, which goes
// once it was merged (docs/adr/0018).
func (r *renderer) imageUpdate(a platform.App) *yaml.Node {
	pin := imagepin.Path(r.cluster.Name, a.Name)
	branch := r.model.Repository.Branch
	if a.Config.Delivery.Via == config.ViaPullRequest {
		branch = imagepin.Branch(r.cluster.Name, a.Name)
	}
	return object.New(imageAPI, "ImageUpdateAutomation", fluxsystem.Namespace, a.Name, "spec", object.Map(
		"interval", interval,
		"sourceRef", object.Map("kind", "GitRepository", "name", fluxsystem.Namespace),
		"policySelector", object.Map("matchLabels", automated(a)),
		"update", object.Map("strategy", "Setters", "path", "./"+path.Dir(pin)),
		"git", object.Map(
			"checkout", object.Map("ref", object.Map("branch", r.model.Repository.Branch)),
			"commit", object.Map(
				"author", object.Map("name", "flux", "email", "flux@"+r.cluster.Domain),
				"messageTemplate", object.Block(r.message(a)),
			),
			"push", object.Map("branch", branch),
		),
	))
}
