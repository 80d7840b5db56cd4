package config

// Via is how image automation brings a change into the repository.
type Via string

// A push to the branch that the cluster follows, or to one beside it from which
// somebody opens a pull request.
const (
	ViaPush        Via = "push"
	ViaPullRequest Via = "pullRequest"
)

// Delivery is how an app's image moves once the app is there: each cluster has
// it in a file of its own, which generate writes once.
type Delivery struct {
	// Clusters on which image automation moves the app to its newest build, the
	// highest run of the tags main-<run>-<commit>; none by default.
	Automate []string `json:"automate,omitempty" jsonschema:"minItems=1,uniqueItems=true"`
	// How it does so: push to the branch that clusters follow, or pullRequest,
	// where that branch is protected: to flux/<cluster>-<app>.
	Via Via `json:"via,omitempty" jsonschema:"enum=push,enum=pullRequest,default=push"`
	// GitHub: true to start the repository's workflows (repository_dispatch) once
	// such a cluster runs a build, and once a cluster took a rollout back. Either
	// needs the Secret flux-system/github-dispatch, which you make.
	Dispatch bool `json:"dispatch,omitempty"`
}
