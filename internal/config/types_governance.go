package config

// Governance is how changes get into the repository: who reviews them, what
// protects its branches, and who may deploy where. Everything in it may be left
// out.
type Governance struct {
	// Who is asked to review a change; nobody by default.
	Owners *Owners `json:"owners,omitempty"`
	// Branches that are protected beside, or otherwise than, the one that
	// clusters follow, which is protected in any case.
	Branches []Branch `json:"branches,omitempty" jsonschema:"maxItems=50"`
	// The one that may push past the rules of the clusters' branch.
	Automation *Automation `json:"automation,omitempty"`
	// Environments of workflows by name; one for each cluster in any case.
	Environments map[string]Environment `json:"environments,omitempty"`
	// Actions of others that workflows may use, such as aws-actions/*; GitHub's
	// own always may be.
	Actions []string `json:"actions,omitempty" jsonschema:"maxItems=100,uniqueItems=true"`
	// Name of the role in AWS with which workflows read, for plans and drift;
	// without it they do not look at AWS.
	PlanRole string `json:"planRole,omitempty" jsonschema:"maxLength=64,pattern=^[A-Za-z0-9+\\=\\,.@_-]+$" jsonschema_extras:"x-want=the name of a role without its path"`
}

// Owners says who reviews what. The most precise path wins, except that
// platform.yaml, the components, the workflows and the account's stack are the
// platform's alone.
type Owners struct {
	// Users and teams as @user or @org/team that own all that nobody else does.
	Platform []string `json:"platform" jsonschema:"minItems=1,maxItems=20,uniqueItems=true"`
	// Owners of a cluster's folders by the cluster's name.
	Clusters map[string][]string `json:"clusters,omitempty"`
	// Owners of further paths.
	Paths []PathOwners `json:"paths,omitempty" jsonschema:"maxItems=500"`
}

// PathOwners are the owners of a file, or of all that is in a folder.
type PathOwners struct {
	// Path from the root of the repository; a folder ends with a slash.
	Path string `json:"path" jsonschema:"minLength=1,maxLength=400,pattern=^[A-Za-z0-9._/-]+$" jsonschema_extras:"x-want=a path of letters digits . _ - and / such as docs/"`
	// Users and teams as @user or @org/team.
	Owners []string `json:"owners" jsonschema:"minItems=1,maxItems=20,uniqueItems=true"`
}

// Branch is what protects a branch.
type Branch struct {
	// Name of the branch, or a pattern such as release/*.
	Name string `json:"name" jsonschema:"minLength=1,maxLength=200" jsonschema_extras:"x-want=the name of a branch"`
	// Approvals that a change needs; 1 by default.
	Reviews *int `json:"reviews,omitempty" jsonschema:"minimum=0,maximum=6,default=1"`
	// Status checks that have to be green.
	Checks []string `json:"checks,omitempty" jsonschema:"maxItems=50,uniqueItems=true"`
	// true asks for a signature on each commit.
	SignedCommits bool `json:"signedCommits,omitempty"`
}

// Automation is who may push past the rules: what moves images in dev.
type Automation struct {
	// GitHub: id of an app that is installed on the repository.
	AppID int `json:"appID,omitempty" jsonschema:"minimum=1"`
	// GitHub: true for the repository's deploy keys that may write.
	DeployKeys bool `json:"deployKeys,omitempty"`
	// Gitea and GitLab: name of a user.
	User string `json:"user,omitempty" jsonschema:"maxLength=100,pattern=^[A-Za-z0-9][A-Za-z0-9._-]*$" jsonschema_extras:"x-want=the name of a user"`
}

// Environment is where a workflow deploys to.
type Environment struct {
	// Users and teams, one of whom has to agree to each job.
	Reviewers []string `json:"reviewers,omitempty" jsonschema:"maxItems=6,uniqueItems=true"`
	// Branches whose workflows may use it; the one that clusters follow by
	// default.
	Branches []string `json:"branches,omitempty" jsonschema:"minItems=1,maxItems=50,uniqueItems=true"`
}
