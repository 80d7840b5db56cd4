package tree

import (
	"path"
	"strings"

	"github.com/groundwork-dev/groundwork/internal/diag"
)

// Changes is what differs between a wanted tree and the files that are there.
// All lists are sorted.
type Changes struct {
	Create []string `json:"create,omitempty"`
	Update []string `json:"update,omitempty"`
	// Delete are owned files that are no longer wanted.
	Delete []string `json:"delete,omitempty"`
	// HandEdited are owned files that somebody changed.
	HandEdited []string `json:"handEdited,omitempty"`
	// Foreign are in the way of wanted files: not owned and different, or no
	// regular files at all.
	Foreign []string `json:"foreign,omitempty"`

	// reasons tell what is wrong at a path, where it is not that a file differs.
	reasons map[string]string
	// blocked names, for Foreign files, what stands where a folder above them
	// would be.
	blocked map[string]string
	// staged says that an interrupted Apply left its folder.
	staged bool
}

// Empty reports whether nothing differs.
func (c *Changes) Empty() bool { return c.Len() == 0 }

// Len returns the number of files that differ.
func (c *Changes) Len() int {
	return len(c.Create) + len(c.Update) + len(c.Delete) + len(c.HandEdited) + len(c.Foreign)
}

// Conflicts says for each file that Apply refuses why, and where the change
// belongs. It returns nil without any.
func (c *Changes) Conflicts() diag.Problems {
	var problems diag.Problems
	for _, name := range c.HandEdited {
		problems = append(problems, diag.Problem{
			Position: diag.Position{File: name},
			Message:  "was changed by hand since it was generated",
			Hint:     "make the change in " + belongs(name) + ", put the file back (git checkout -- " + name + ") or delete it, and generate",
		})
	}
	told := map[string]bool{} // once, however many files are below it
	for _, file := range c.Foreign {
		name := file
		if fault, ok := c.blocked[file]; ok {
			name = fault
		}
		if told[name] {
			continue
		}
		told[name] = true
		message := c.reasons[name]
		if message == "" {
			message = "is in the way: it would be generated, but what stands there was not"
		}
		problems = append(problems, diag.Problem{
			Position: diag.Position{File: name}, Message: message,
			Hint: "move or delete it, and generate; what it says belongs in " + belongs(file),
		})
	}
	problems.Sort()
	return problems
}

// belongs names where a change to a generated file is made instead.
func belongs(name string) string {
	if strings.HasPrefix(name, terraformDir+"/") {
		return "platform.yaml, or in a file of your own beside it (docs/ownership.md)"
	}
	if Cluster(name) == "" {
		return "spec.governance of platform.yaml (docs/governance.md)"
	}
	return "platform.yaml, components/ or " + PatchesDir(Cluster(name)) + "/ (docs/ownership.md)"
}

// PatchesDir is where a cluster's people change what is generated.
func PatchesDir(cluster string) string { return path.Join(clustersDir, cluster, "patches") }
