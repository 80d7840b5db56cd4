package strictyaml

import (
	"slices"
	"strings"

	"github.com/agext/levenshtein"
)

// Nearest returns the candidate that is spelled most like word, "" when none
// is near. Ties go to the first in alphabetical order.
func Nearest(word string, candidates []string) string {
	if word == "" || len(word) > 64 {
		return ""
	}
	best, bestDistance := "", 1+max(1, len(word)/3)
	lower := strings.ToLower(word)
	for _, c := range slices.Sorted(slices.Values(candidates)) {
		if len(c) > 64 {
			continue
		}
		d := levenshtein.Distance(lower, strings.ToLower(c), nil)
		if d == 2 && sameLetters(lower, strings.ToLower(c)) {
			d = 1 // two letters changed places
		}
		if d < bestDistance {
			best, bestDistance = c, d
		}
	}
	return best
}

func sameLetters(a, b string) bool {
	x, y := []byte(a), []byte(b)
	slices.Sort(x)
	slices.Sort(y)
	return slices.Equal(x, y)
}

// DidYouMean is the hint that names the candidate nearest to word, or all
// candidates when none is near and they are few.
func DidYouMean(word string, candidates []string) string {
	if near := Nearest(word, candidates); near != "" {
		return `did you mean "` + near + `"?`
	}
	if len(candidates) == 0 || len(candidates) > 12 {
		return ""
	}
	return "known: " + strings.Join(slices.Sorted(slices.Values(candidates)), ", ")
}
