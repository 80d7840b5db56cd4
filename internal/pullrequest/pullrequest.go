// Package pullrequest is what a forge says of a pull request, and what is said
// to it, in words that the forges share.
package pullrequest

// State is where a request stands.
type State string

// The states of a request.
const (
	Open   State = "open"
	Merged State = "merged"
	Closed State = "closed"
)

// Request is one pull request of a repository.
type Request struct {
	Number int    `json:"number"`
	URL    string `json:"url"`
	State  State  `json:"state"`
	// Branch is to be merged into Base; Head is its last commit.
	Branch string `json:"branch"`
	Base   string `json:"base"`
	Head   string `json:"head"`
	Title  string `json:"-"`
	Body   string `json:"-"`
	// Foreign says that the branch is in another repository, a fork.
	Foreign bool `json:"-"`
}

// Merge is what a forge answered when it was asked to merge a request.
type Merge struct {
	Done bool
	// Busy says that the forge has not looked at the request yet: ask again soon.
	Busy bool
	// Why it is not merged, in the forge's words.
	Why string
}

// Status is what a check says of one commit.
type Status struct {
	// Commit is its full hash. A commit that replaces it has no such status.
	Commit string
	// Name is the check's, Passed its result, Description one short line.
	Name        string
	Passed      bool
	Description string
}

// MaxDescription is the length in bytes up to which every forge takes a
// status's description.
const MaxDescription = 140
