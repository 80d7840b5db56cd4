package image

import (
	"fmt"
	"regexp"
	"strings"
	"sync"

	"golang.org/x/mod/semver"
)

// buildTag is a build of the main branch: main-<run>-<sha>. Runs count up, so
// that image automation can order them; the commit has 7 to 40 digits.
var buildTag = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^main-[1-9][0-9]{0,17}-([0-9a-f]{7,40})$`)
})

// CheckTag says whether a tag has one of the two forms that are used: a build
// of the main branch, main-<run>-<sha>, or a release, a semantic version that
// may begin with v. Any other, and so a tag that is meant to move, is an error
// that names both.
func CheckTag(tag string) error {
	if CommitOf(tag) != "" || isRelease(tag) {
		return nil
	}
	if tag == "latest" {
		return fmt.Errorf("tag latest moves, so nobody can tell what runs: use main-<run>-<commit> for a build, 1.2.3 for a release")
	}
	return fmt.Errorf("tag %q: want main-<run>-<commit> for a build, such as main-17-3f9a2b1, or a semantic version for a release, such as 1.2.3", tag)
}

// CheckTags checks tags, each of which must name the commit that is built if it
// names one. An empty revision is not known.
func CheckTags(tags []string, revision string) error {
	for _, tag := range tags {
		if err := CheckTag(tag); err != nil {
			return err
		}
		if commit := CommitOf(tag); revision != "" && !strings.HasPrefix(revision, commit) {
			return fmt.Errorf("tag %s names commit %s, and what is built is %s", tag, commit, revision)
		}
	}
	return nil
}

// VersionOf is what an image with these tags calls itself: its release, or else
// its first tag.
func VersionOf(tags []string) string {
	for _, tag := range tags {
		if isRelease(tag) {
			return strings.TrimPrefix(tag, "v")
		}
	}
	if len(tags) > 0 {
		return tags[0]
	}
	return ""
}

// CommitOf is the commit in a build's tag, 7 to 40 digits, or empty.
func CommitOf(tag string) string {
	if m := buildTag().FindStringSubmatch(tag); m != nil {
		return m[1]
	}
	return ""
}

// isRelease: three numbers and perhaps a pre-release. A tag cannot have the +
// that build metadata begins with.
func isRelease(tag string) bool {
	v := "v" + strings.TrimPrefix(tag, "v")
	return len(tag) <= 128 && semver.IsValid(v) && semver.Canonical(v) == v
}
