package githubfake

import (
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
)

// TestHandlers: each operation of the list is described and played.
func TestHandlers(t *testing.T) {
	t.Parallel()
	about, err := describe()
	if err != nil {
		t.Fatal(err)
	}
	g := &GitHub{}
	var played []string
	for name := range g.handlers() {
		played = append(played, name)
	}
	slices.Sort(played)
	if described := about.names(); !slices.Equal(played, described) {
		t.Errorf("played are\n%s\ndescribed\n%s", strings.Join(played, "\n"), strings.Join(described, "\n"))
	}
	var listed []string
	for line := range strings.Lines(operations) {
		listed = append(listed, strings.TrimSpace(line))
	}
	if slices.Sort(listed); !slices.Equal(listed, played) {
		t.Error("operations.txt lists others: make github-api")
	}
}

// TestWhatTheFakeCatches sends what GitHub's description does not allow, and has
// the fake answer so.
func TestWhatTheFakeCatches(t *testing.T) {
	t.Parallel()
	const repo = "/repos/" + Repository
	for name, tc := range map[string]struct {
		method, path, body string
		garbled            bool
		want               string // empty: nothing
	}{
		"right":                         {http.MethodPost, repo + "/keys", `{"title":"t","key":"ssh-ed25519 A","read_only":true}`, false, ""},
		"a field that is missing":       {http.MethodPost, repo + "/keys", `{"title":"t"}`, false, `property "key" is missing`},
		"a field of another type":       {http.MethodPost, repo + "/keys", `{"key":"k","read_only":"yes"}`, false, "must be a boolean"},
		"a field that is forbidden":     {http.MethodPut, repo + "/environments/prod", `{"can_admins_bypass":true}`, false, `property "can_admins_bypass" is unsupported`},
		"a field that nobody knows":     {http.MethodPost, repo + "/rulesets", `{"name":"n","enforcement":"active","source":"team/platform"}`, false, `property "source" is unsupported`},
		"a parameter of another rule":   {http.MethodPost, repo + "/rulesets", `{"name":"n","enforcement":"active","rules":[{"type":"deletion","parameters":{}}]}`, false, "rules"},
		"a rule without its parameters": {http.MethodPost, repo + "/rulesets", `{"name":"n","enforcement":"active","rules":[{"type":"pull_request","parameters":{}}]}`, false, "rules"},
		"a number that is too high":     {http.MethodGet, repo + "/keys?per_page=many", "", false, "per_page"},
		"a query that nobody knows":     {http.MethodGet, repo + "/keys?state=open", "", false, `query parameter "state"`},
		"a body where none belongs":     {http.MethodGet, repo + "/keys", `{}`, false, "no body"},
		"an operation beyond the list":  {http.MethodDelete, repo + "/keys/1", "", false, "operations.txt"},
		"a wrong answer":                {http.MethodPost, repo + "/keys", `{"title":"t","key":"ssh-ed25519 A"}`, true, "answer to POST"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var said []string
			g := start(t, func(err error) { said = append(said, err.Error()) })
			g.garbled = tc.garbled
			req, err := http.NewRequestWithContext(t.Context(), tc.method, g.API+prefix+tc.path, strings.NewReader(tc.body))
			if err != nil {
				t.Fatal(err)
			}
			req.Header.Set("Authorization", "Bearer "+Token)
			req.Header.Set("Content-Type", contentType)
			resp, err := http.DefaultClient.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			if _, err := io.ReadAll(resp.Body); err != nil {
				t.Fatal(err)
			}
			switch {
			case tc.want == "" && len(said) > 0:
				t.Errorf("it finds %q", said)
			case tc.want != "" && (len(said) != 1 || !strings.Contains(said[0], tc.want)):
				t.Errorf("it finds %q, not %q", said, tc.want)
			}
		})
	}
}
