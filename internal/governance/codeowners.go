package governance

import (
	"bytes"
	"maps"
	"slices"
	"strings"

	"github.com/groundwork-dev/groundwork/internal/config"
)

// Rule says who owns a path: with a slash at its end, all that is in that
// folder; without, that file, or all in the folder if it is one; everything, for "".
type Rule struct {
	Path   string
	Owners []string
}

// covers reports whether a rule is about a file.
func (r Rule) covers(file string) bool {
	return r.Path == "" || r.Path == file || strings.HasPrefix(file, strings.TrimSuffix(r.Path, "/")+"/")
}

// Rules returns who owns which path; the last rule that covers a file decides.
// The first covers everything. There is none without owners in platform.yaml.
func Rules(p *config.Platform) []Rule {
	o := p.Spec.Governance.Owners
	if o == nil {
		return nil
	}
	var rules []Rule
	for _, name := range slices.Sorted(maps.Keys(p.Spec.Clusters)) {
		for _, dir := range clusterDirs(name) {
			rules = append(rules, Rule{dir, clusterOwners(o, name)})
		}
	}
	for _, said := range o.Paths {
		rules = append(rules, Rule{said.Path, said.Owners})
	}
	// What is in a folder comes at once behind it: the more precise decides.
	slices.SortStableFunc(rules, func(a, b Rule) int { return strings.Compare(sortKey(a.Path), sortKey(b.Path)) })
	rules = append([]Rule{{"", o.Platform}}, rules...)
	for _, guarded := range config.GuardedPaths() {
		rules = append(rules, Rule{guarded, o.Platform})
	}
	return rules
}

func sortKey(p string) string { return strings.ReplaceAll(p, "/", "\x00") }

// OwnersOf returns who owns a file, by its path from the repository's root.
func OwnersOf(rules []Rule, file string) []string {
	for _, r := range slices.Backward(rules) {
		if r.covers(file) {
			return r.Owners
		}
	}
	return nil
}

const head = `# Who reviews what, by spec.governance.owners of platform.yaml (docs/governance.md).
`

// CodeOwners returns the path and the content of the file in which the forge of
// the repository looks for owners; "" where nobody owns anything. The content
// is without tree.Header.
func CodeOwners(p *config.Platform) (name string, data []byte) {
	rules := Rules(p)
	if len(rules) == 0 {
		return "", nil
	}
	switch p.Spec.Repository.Provider {
	case config.ProviderGitHub:
		return ".github/CODEOWNERS", globs(rules)
	case config.ProviderGitLab:
		return ".gitlab/CODEOWNERS", globs(rules)
	case config.ProviderGitea:
		return ".gitea/CODEOWNERS", expressions(rules)
	case config.ProviderGit: // config refuses owners there
	}
	return "", nil
}

// globs writes rules for GitHub and GitLab, where the last line that matches a
// file decides. A slash at the beginning is the repository's root.
// https://docs.github.com/en/repositories/managing-your-repositorys-settings-and-features/customizing-your-repository/about-code-owners
func globs(rules []Rule) []byte {
	var b bytes.Buffer
	b.WriteString(head + "# The last line that matches a file decides.\n")
	for _, r := range rules {
		pattern := "*"
		if r.Path != "" {
			pattern = "/" + r.Path
		}
		line(&b, pattern, r.Owners)
	}
	return b.Bytes()
}

// expressions writes rules for Gitea, which asks the owners of every line that
// matches a file, so that each line leaves out what a later one decides. A line
// is a regular expression, with lookahead, of the whole path; a backslash would
// escape the next character of the line. (Gitea 1.26,
// models/issues/pull.go, ParseCodeOwnersLine and TokenizeCodeOwnersLine.)
func expressions(rules []Rule) []byte {
	var b bytes.Buffer
	b.WriteString(head + "# Every line that matches a file counts, so each leaves out what another decides.\n")
	for i, r := range rules {
		pattern := ".*"
		if r.Path != "" {
			pattern = expression(r.Path)
		}
		if others := inside(rules, i); len(others) > 0 {
			pattern = "(?!(" + strings.Join(others, "|") + ")$)" + pattern
		}
		line(&b, pattern, r.Owners)
	}
	return b.Bytes()
}

// inside returns the expressions of the later rules about what is in rule i,
// without those that others of these cover already. The rules are as Rules
// returns them: sorted, so that what is in a path follows it at once, but for
// the guarded paths at the end.
func inside(rules []Rule, i int) []string {
	var out []string
	last := Rule{Path: "\x00"} // covers nothing
	guarded := len(rules) - len(config.GuardedPaths())
	for at := i + 1; at < len(rules); at++ {
		later := rules[at]
		switch {
		case !rules[i].covers(later.Path):
			at = max(at, guarded-1)
		case !last.covers(later.Path):
			last = later
			out = append(out, expression(later.Path))
		}
	}
	return out
}

// expression matches a path. Paths hold letters, digits and . _ - / alone.
func expression(p string) string {
	p = strings.ReplaceAll(p, ".", "[.]")
	if strings.HasSuffix(p, "/") {
		return p + ".*"
	}
	return p + "(/.*)?"
}

func line(b *bytes.Buffer, pattern string, owners []string) {
	b.WriteString(pattern + " " + strings.Join(owners, " ") + "\n")
}
