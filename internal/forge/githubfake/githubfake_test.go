package githubfake

import (
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
	for name, tc := range map[string]struct {
		method, path, body string
		garbled            bool
		want               string // empty: nothing
	}{
		"right":                         {http.MethodPost, "/keys", `{"title":"t","key":"ssh-ed25519 A","read_only":true}`, false, ""},
		"a field that is missing":       {http.MethodPost, "/keys", `{"title":"t"}`, false, `property "key" is missing`},
		"a field of another type":       {http.MethodPost, "/keys", `{"key":"k","read_only":"yes"}`, false, "must be a boolean"},
		"a field that is forbidden":     {http.MethodPut, "/environments/prod", `{"can_admins_bypass":true}`, false, `property "can_admins_bypass" is unsupported`},
		"a field that nobody knows":     {http.MethodPost, "/rulesets", `{"name":"n","enforcement":"active","source":"team/platform"}`, false, `property "source" is unsupported`},
		"a parameter of another rule":   {http.MethodPost, "/rulesets", `{"name":"n","enforcement":"active","rules":[{"type":"deletion","parameters":{}}]}`, false, "rules"},
		"a rule without its parameters": {http.MethodPost, "/rulesets", `{"name":"n","enforcement":"active","rules":[{"type":"pull_request","parameters":{}}]}`, false, "rules"},
		"a number that is too high":     {http.MethodGet, "/keys?per_page=many", "", false, "per_page"},
		"a query that nobody knows":     {http.MethodGet, "/keys?state=open", "", false, `query parameter "state"`},
		"a body where none belongs":     {http.MethodGet, "/keys", `{}`, false, "no body"},
		"an operation beyond the list":  {http.MethodDelete, "/keys/1", "", false, "operations.txt"},
		"an event":                      {http.MethodPost, "/dispatches", `{"event_type":"e","client_payload":{"anything":1}}`, false, ""},
		"an event with too much":        {http.MethodPost, "/dispatches", `{"event_type":"e","client_payload":{"1":1,"2":1,"3":1,"4":1,"5":1,"6":1,"7":1,"8":1,"9":1,"10":1,"11":1}}`, false, "client_payload"},
		"a wrong answer":                {http.MethodPost, "/keys", `{"title":"t","key":"ssh-ed25519 A"}`, true, "answer to POST"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var said []string
			g := start(t, func(err error) { said = append(said, err.Error()) })
			g.garbled = tc.garbled
			if _, _, err := g.Do(t.Context(), tc.method, tc.path, tc.body); err != nil {
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
