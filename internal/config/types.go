package config

// The one version and kind of platform.yaml, and its name in a repository.
const (
	APIVersion = "groundwork.dev/v1alpha1"
	Kind       = "Platform"
	FileName   = "platform.yaml"
)

// Provider is the kind of forge that holds the repository.
type Provider string

// The forges that bootstrap knows; plain git means none of their APIs.
const (
	ProviderGitHub Provider = "github"
	ProviderGitea  Provider = "gitea"
	ProviderGitLab Provider = "gitlab"
	ProviderGit    Provider = "git"
)

// Auth is how a cluster reads the repository.
type Auth string

// A token goes with an https:// repository, a deploy key with an ssh:// one.
const (
	AuthToken Auth = "token"
	AuthSSH   Auth = "ssh"
)

// Engine is what reconciles a cluster with the repository.
type Engine string

// The engines.
const (
	EngineFlux   Engine = "flux"
	EngineArgoCD Engine = "argocd"
)

// Size is how much failure a cluster survives.
type Size string

// A small cluster lives in one zone, an ha cluster survives the loss of one.
const (
	SizeSmall Size = "small"
	SizeHA    Size = "ha"
)

// Platform is a whole platform: one repository, one AWS account, the clusters
// and the apps on them. It is what platform.yaml says, with defaults filled
// in.
type Platform struct {
	// Version of this file's format.
	APIVersion string `json:"apiVersion" jsonschema:"enum=groundwork.dev/v1alpha1"`
	// Kind of this file.
	Kind string `json:"kind" jsonschema:"enum=Platform"`
	// Identity of the platform.
	Metadata Metadata `json:"metadata"`
	// Everything the platform is made of.
	Spec Spec `json:"spec"`

	source Source
}

// Metadata is the identity of a platform.
type Metadata struct {
	// Name of the platform. It is part of the names of clusters and of AWS
	// resources, so it cannot change later.
	Name string `json:"name" jsonschema:"minLength=1,maxLength=30,pattern=^[a-z]([-a-z0-9]{0\\,28}[a-z0-9])?$" jsonschema_extras:"x-want=at most 30 of a-z 0-9 and - that start with a letter and end with a letter or digit"`
}

// Spec is what a platform is made of.
type Spec struct {
	// Git repository that the clusters follow.
	Repository Repository `json:"repository"`
	// AWS account, region and zones that the clusters live in.
	AWS AWS `json:"aws"`
	// Clusters by name, such as dev and prod.
	Clusters map[string]Cluster `json:"clusters"`
	// Apps by name.
	Apps map[string]App `json:"apps,omitempty"`
	// How changes get into the repository.
	Governance Governance `json:"governance,omitzero"`
}

// Repository is the Git repository that the clusters follow.
type Repository struct {
	// Address of the repository: https://host/path or ssh://git@host/path,
	// never with a password or token inside.
	URL string `json:"url" jsonschema:"minLength=1,maxLength=2048" jsonschema_extras:"x-want=https://host/path or ssh://git@host/path,x-secret=true"`
	// Branch that the clusters follow.
	Branch string `json:"branch,omitempty" jsonschema:"minLength=1,maxLength=200,default=main" jsonschema_extras:"x-want=the name of a branch"`
	// Forge that holds the repository. Without it, the host of the URL tells:
	// github.com is github, gitlab.com is gitlab, any other is plain git.
	Provider Provider `json:"provider,omitempty" jsonschema:"enum=github,enum=gitea,enum=gitlab,enum=git"`
	// How clusters read the repository. Without it, the scheme of the URL
	// tells: token for https, ssh for ssh.
	Auth Auth `json:"auth,omitempty" jsonschema:"enum=token,enum=ssh"`
}

// AWS is the account, region and zones that the clusters live in.
type AWS struct {
	// Number of the account: 12 digits, quoted so that a leading zero stays.
	AccountID string `json:"accountID" jsonschema:"pattern=^[0-9]{12}$" jsonschema_extras:"x-want=a quoted string of 12 digits"`
	// Region, such as eu-central-1.
	Region string `json:"region" jsonschema:"maxLength=32,pattern=^[a-z]{2}(-[a-z]{1\\,12}){1\\,3}-[0-9]$" jsonschema_extras:"x-want=an AWS region such as eu-central-1"`
	// Availability zones of the region; at least three where a cluster has
	// size ha.
	Zones []string `json:"zones" jsonschema:"minItems=1,maxItems=12,uniqueItems=true"`
	// Items of the hardening list (docs/hardening.md) that differ from their
	// default. All are on.
	Hardening map[string]HardeningItem `json:"hardening,omitempty"`
	// Private way to a network of one's own; none by default.
	Connection *Connection `json:"connection,omitempty"`
	// Who hears of alarms; nobody by default.
	Notifications *Notifications `json:"notifications,omitempty"`
}

// Cluster is one Kubernetes cluster.
type Cluster struct {
	// What reconciles the cluster with the repository.
	Engine Engine `json:"engine,omitempty" jsonschema:"enum=flux,enum=argocd,default=flux"`
	// small is one control-plane node in one zone; ha survives the loss of a
	// zone.
	Size Size `json:"size" jsonschema:"enum=small,enum=ha"`
	// DNS name below which the cluster and its apps are reached.
	Domain string `json:"domain" jsonschema:"minLength=1,maxLength=200" jsonschema_extras:"x-want=a DNS name such as dev.example.com"`
	// true keeps the cluster from being destroyed.
	Protected bool `json:"protected,omitempty"`
	// Machines and control plane.
	Kubernetes Kubernetes `json:"kubernetes,omitzero"`
	// Components by name; what is not listed is not installed.
	Components map[string]Component `json:"components,omitempty"`
}

// Component is one component of the catalogue on one cluster. `name: {}` and
// `name:` install it with its defaults.
type Component struct {
	// false keeps the entry but does not install the component.
	Enabled *bool `json:"enabled,omitempty" jsonschema:"default=true"`
	// What the component's own documentation lists as parameters.
	Parameters map[string]any `json:"parameters,omitempty"`
}

// On reports whether the component is to be installed.
func (c Component) On() bool { return c.Enabled == nil || *c.Enabled }

// App is one application that the clusters run.
type App struct {
	// Image as registry/repository:tag, with or without @sha256:digest; the
	// tag latest is refused because it moves.
	Image string `json:"image" jsonschema:"minLength=1,maxLength=512" jsonschema_extras:"x-want=an image such as ghcr.io/org/app:1.2.3"`
	// Namespace of the app; without it, the app's name.
	Namespace string `json:"namespace,omitempty" jsonschema:"minLength=1,maxLength=63,pattern=^[a-z0-9]([-a-z0-9]{0\\,61}[a-z0-9])?$" jsonschema_extras:"x-want=a DNS label of at most 63 of a-z 0-9 and -"`
	// Port on which the app answers HTTP.
	Port int `json:"port" jsonschema:"minimum=1,maximum=65535" jsonschema_extras:"x-want=a port from 1 to 65535"`
	// How many pods run.
	Replicas Replicas `json:"replicas,omitzero"`
	// Clusters that run the app; without it, all of them.
	Clusters []string `json:"clusters,omitempty" jsonschema:"minItems=1,uniqueItems=true"`
	// CPU and memory of one pod.
	Resources Resources `json:"resources,omitzero"`
	// How a new version replaces the old one; without it, pod by pod.
	Rollout *Rollout `json:"rollout,omitempty"`
	// How the image moves; without it, image above is what runs.
	Delivery *Delivery `json:"delivery,omitempty"`
}

// Replicas bounds the number of pods of an app.
type Replicas struct {
	// Pods that always run; without it 3, or max where that is lower.
	Min int `json:"min,omitempty" jsonschema:"minimum=1,maximum=1000"`
	// Pods that run at most; without it twice min.
	Max int `json:"max,omitempty" jsonschema:"minimum=1,maximum=1000"`
}

// Resources is the CPU and memory of one pod of an app.
type Resources struct {
	// What a pod is guaranteed; without it 50m CPU and 64Mi memory.
	Requests ResourceList `json:"requests,omitzero"`
	// What a pod may use at most; without it no limit of CPU and twice the
	// requested memory.
	Limits ResourceList `json:"limits,omitzero"`
}

// ResourceList is an amount of CPU and memory in Kubernetes notation.
type ResourceList struct {
	// CPU in cores or millicores, such as 500m or "2".
	CPU string `json:"cpu,omitempty" jsonschema:"maxLength=20,pattern=^([1-9][0-9]{0\\,6}m|[1-9][0-9]{0\\,3}|[0-9]{1\\,4}[.][0-9]{1\\,3})$" jsonschema_extras:"x-want=CPU in quotes such as \"500m\" or \"2\""`
	// Memory in bytes with a unit, such as 128Mi or 1Gi.
	Memory string `json:"memory,omitempty" jsonschema:"maxLength=20,pattern=^[1-9][0-9]{0\\,11}(Ki|Mi|Gi|Ti|k|M|G|T)$" jsonschema_extras:"x-want=memory with a unit such as 128Mi or 1Gi"`
}
