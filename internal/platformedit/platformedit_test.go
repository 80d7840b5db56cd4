package platformedit_test

import (
	"strings"
	"testing"

	"github.com/groundwork-dev/groundwork/internal/platformedit"
)

const head = `# A comment of the file.
apiVersion: groundwork.dev/v1alpha1
kind: Platform
metadata:
  name: acme
spec:
  repository:
    url: https://github.com/acme/platform

  aws:
    accountID: "123456789012"
    region: eu-central-1
    zones: [eu-central-1a]
  clusters:
    dev:
      size: small
      domain: dev.example.com
`

const tail = `
  # The apps.
  apps:
    web:
      image: ghcr.io/acme/web:1.0.0
      port: 8080
`

func TestEdit(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name           string
		before, after  string // between head and tail
		add, remove    []string
		problem, where string
	}{
		{name: "first", add: []string{"one"}, before: "", after: "      components:\n        one: {}\n"},
		{name: "empty braces", add: []string{"one"}, before: "      components: {} # none yet\n", after: "      components: # none yet\n        one: {}\n"},
		{
			name: "two behind others", add: []string{"two", "three"},
			before: "      components:\n        # The first.\n        one:\n          parameters:\n            # deep\n            a: 1\n",
			after:  "      components:\n        # The first.\n        one:\n          parameters:\n            # deep\n            a: 1\n        two: {}\n        three: {}\n",
		},
		{
			name: "before another key", add: []string{"two"},
			before: "      components:\n          one: {}\n\n      engine: flux\n",
			after:  "      components:\n          one: {}\n          two: {}\n\n      engine: flux\n",
		},
		{
			name: "before another cluster", add: []string{"two"},
			before: "      components: {}\n    # The second.\n    qa:\n      size: small\n      domain: qa.example.com\n",
			after:  "      components:\n        two: {}\n    # The second.\n    qa:\n      size: small\n      domain: qa.example.com\n",
		},
		{
			name: "remove with its comment", remove: []string{"two"},
			before: "      components:\n        one: {}\n        # The second.\n        two:\n          parameters: {a: 1}\n        three: {}\n",
			after:  "      components:\n        one: {}\n        three: {}\n",
		},
		{
			name: "remove the last", remove: []string{"one"},
			before: "      components: # all\n        one: {}\n", after: "      components: {} # all\n",
		},
		{name: "twice", add: []string{"one"}, before: "      components:\n        one: {}\n", problem: "one is listed already", where: "platform.yaml:19:9"},
		{name: "one line", add: []string{"two"}, before: "      components: {one: {}}\n", problem: "is written in one line", where: "platform.yaml:18:19"},
		{name: "not there", remove: []string{"two"}, before: "      components: {one: {}}\n", problem: "two is not listed", where: "platform.yaml:18:7"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got, err := []byte(head+test.before+tail), error(nil)
			if test.add != nil {
				got, err = platformedit.Add("platform.yaml", got, "dev", test.add...)
			} else {
				got, err = platformedit.Remove("platform.yaml", got, "dev", test.remove...)
			}
			if test.problem != "" {
				if err == nil || !strings.Contains(err.Error(), test.problem) || !strings.Contains(err.Error(), test.where) {
					t.Fatalf("got error %v, want %s at %s", err, test.problem, test.where)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if want := head + test.after + tail; string(got) != want {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
		})
	}
}

func TestUnknownCluster(t *testing.T) {
	t.Parallel()
	if _, err := platformedit.Add("platform.yaml", []byte(head+tail), "qa", "one"); err == nil || !strings.Contains(err.Error(), "no cluster qa") {
		t.Errorf("got error %v", err)
	}
}

// FuzzEdit: what was added can be removed again, and nothing else is lost.
func FuzzEdit(f *testing.F) {
	f.Add(head + "      components:\n        one: {}\n" + tail)
	f.Add(head + "      components: {}\n" + tail)
	f.Add(head + tail)
	f.Fuzz(func(t *testing.T, text string) {
		added, err := platformedit.Add("platform.yaml", []byte(text), "dev", "fuzzed")
		if err != nil {
			return
		}
		if _, err := platformedit.Remove("platform.yaml", added, "dev", "fuzzed"); err != nil {
			t.Errorf("adding to\n%s\ngave\n%s\nwhich cannot be undone: %v", text, added, err)
		}
	})
}
