package objectdiff

import (
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"
)

// output is everything that a diff can be printed as.
func output(t *testing.T, d Diff) string {
	t.Helper()
	data, err := json.MarshalIndent(d, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	return d.Text(nil) + string(data)
}

// TestNoSecretInAnyOutput looks for secrets wherever they may have been copied.
func TestNoSecretInAnyOutput(t *testing.T) {
	t.Parallel()
	encode := func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }
	const (
		oldValue, newValue = "hunter2-old", "hunter2-new"
		plain              = "correct horse \"battery\"\nstaple"
		short              = "s3c"
	)
	secret := func(value string) string {
		applied, _ := json.Marshal(map[string]any{"kind": "Secret", "apiVersion": "v1", "data": map[string]any{"k": encode(value), "short": encode(short)}})
		quoted, _ := json.Marshal(string(applied))
		stringData, _ := json.Marshal(plain + value)
		return `
apiVersion: v1
kind: Secret
metadata:
  name: a
  namespace: ns
  labels: {copy: ` + value + `}
  annotations:
    kubectl.kubernetes.io/last-applied-configuration: ` + string(quoted) + `
    copy: "the value is ` + value + `"
    innocent: "yes"
data: {k: ` + encode(value) + `, short: ` + encode(short) + `}
stringData: {plain: ` + string(stringData) + `}
`
	}
	config := func(value string) string {
		inner, _ := json.Marshal(plain + value)
		return `
apiVersion: v1
kind: ConfigMap
metadata: {name: c, namespace: ns}
data:
  url: "postgres://app:` + value + `@db/app"
  encoded: ` + encode(value) + `
  whole: ` + string(inner) + `
  list: "x"
---
apiVersion: v1
kind: List
metadata: {name: l}
items:
- {apiVersion: v1, kind: Secret, metadata: {name: inner}, stringData: {other: "inner-` + value + `", short: "` + short + `"}}
`
	}
	both := func(value string) string { return secret(value) + "\n---\n" + config(value) }
	hidden := []string{oldValue, newValue, encode(oldValue), encode(newValue), "battery", "staple", "inner-", encode(short), short}
	tests := map[string]struct {
		before, after string
		seen          []string
	}{
		"created": {"", both(newValue), []string{"k: '***'", "innocent: \"yes\""}},
		"deleted": {both(oldValue), "", []string{"k: '***'"}},
		"changed": {both(oldValue), both(newValue), []string{
			"-  k: '*** (before)'", "+  k: '*** (after)'",
			"short: '***'\n",
			"last-applied-configuration: '*** (before)'",
			"-    copy: '*** (before)'",
			"-  url: postgres://app:***@db/app (before)", "+  url: postgres://app:***@db/app (after)",
			"other: '*** (after)'",
			`"before": "*** (before)"`,
		}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := output(t, Compare(objects(t, test.before), objects(t, test.after)))
			for _, s := range hidden {
				if strings.Contains(got, s) {
					t.Errorf("%q is in the output:\n%s", s, got)
				}
			}
			for _, s := range test.seen {
				if !strings.Contains(got, s) {
					t.Errorf("%q is not in the output:\n%s", s, got)
				}
			}
		})
	}
}

func TestNotesAreMasked(t *testing.T) {
	t.Parallel()
	o := objects(t, "apiVersion: v1\nkind: Secret\nmetadata: {name: a}\nstringData: {k: hunter2-value}")[0]
	diff := Of([]Attempt{{ID: IDOf(o), Action: Failed, After: o, Note: "webhook says: hunter2-value is weak"}})
	if got := output(t, diff); strings.Contains(got, "hunter2") || !strings.Contains(got, "webhook says: *** is weak") {
		t.Errorf("got:\n%s", got)
	}
}

// TestWordsStayReadable keeps a user's name in a Secret from hiding half of the
// output.
func TestWordsStayReadable(t *testing.T) {
	t.Parallel()
	const secret = "apiVersion: v1\nkind: Secret\nmetadata: {name: a}\nstringData: {user: postgres}\n---\n"
	const before = secret + "apiVersion: v1\nkind: A\nmetadata: {name: a}\nspec: {image: \"postgres:16\"}"
	got := output(t, Compare(objects(t, before), objects(t, strings.Replace(before, ":16", ":17", 1))))
	if !strings.Contains(got, "+  image: postgres:17") {
		t.Errorf("got:\n%s", got)
	}
}
