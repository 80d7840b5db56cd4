// Package githubfake is a GitHub in memory for tests: one repository, with state,
// for the calls that this project makes. Every request and every answer is held
// to GitHub's official OpenAPI description (testdata/README.md); what that leaves
// open is refused too, so that a field that GitHub does not know is found. What
// no test looks at is filled in from the description.
//
// It is not GitHub: what the description does not say, such as which state
// conflicts, is from GitHub's documentation, and nobody asked GitHub.
package githubfake

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
)

const (
	// Token is the one that the fake accepts.
	Token = "a-token-0123456789"
	// Repository is the one that it has.
	Repository = "team/platform"

	prefix      = "/api/v3"
	contentType = "application/json"
)

// GitHub is the fake. Its methods may be called while requests run.
type GitHub struct {
	// API is the address for forge.Options.
	API string

	mu      sync.Mutex
	about   *description
	report  func(error)
	refuse  int
	garbled bool
	calls   []string
	state
}

// answer is a status and what is said with it.
type answer struct {
	status int
	body   any
}

// handler answers a request, whose body is decoded, with the lock held.
type handler func(r *http.Request, body map[string]any) answer

// New starts a fake that ends with the test. A request or an answer that is not
// as described fails the test.
func New(t testing.TB) *GitHub {
	t.Helper()
	return start(t, func(err error) { t.Error(err) })
}

func start(t testing.TB, report func(error)) *GitHub {
	t.Helper()
	about, err := describe()
	if err != nil {
		t.Fatal(err)
	}
	g := &GitHub{about: about, report: report, state: newState()}
	mux := http.NewServeMux()
	handlers := g.handlers()
	for _, name := range about.names() {
		method, path, _ := strings.Cut(name, " ")
		mux.HandleFunc(method+" "+prefix+path, g.serve(name, handlers[name]))
	}
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		report(fmt.Errorf("%s %s: not among the operations of this project: add it to operations.txt", r.Method, r.URL.Path))
		http.Error(w, "{}", http.StatusTeapot)
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	g.API = server.URL
	return g
}

// Calls are the requests so far that change something, as "METHOD /path" below
// the repository.
func (g *GitHub) Calls() []string {
	g.mu.Lock()
	defer g.mu.Unlock()
	return slices.Clone(g.calls)
}

// Refuse has every request answered by an error of that status; 0 ends it.
func (g *GitHub) Refuse(status int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.refuse = status
}

// Do asks the fake as a person would who is not this project, and returns what
// it answers.
func (g *GitHub) Do(ctx context.Context, method, path, body string) (status int, answer string, err error) {
	req, err := http.NewRequestWithContext(ctx, method, g.API+prefix+"/repos/"+Repository+path, strings.NewReader(body))
	if err != nil {
		return 0, "", err
	}
	req.Header.Set("Authorization", "Bearer "+Token)
	req.Header.Set("Content-Type", contentType)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, "", err
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	return resp.StatusCode, string(data), err
}

// serve holds a request to the description, has it answered, and holds the
// answer to it.
func (g *GitHub) serve(name string, h handler) http.HandlerFunc {
	route := g.about.operations[name]
	return func(w http.ResponseWriter, r *http.Request) {
		g.mu.Lock()
		defer g.mu.Unlock()
		data, err := io.ReadAll(r.Body)
		if err != nil {
			g.report(err)
			return
		}
		in := g.about.input(route, r, data)
		if err := g.about.request(r.Context(), in, len(data) > 0); err != nil {
			g.report(fmt.Errorf("request %s: %w\n%s", name, err, data))
			g.write(w, failed(http.StatusUnprocessableEntity, "not as described"))
			return
		}
		if r.Method != http.MethodGet {
			g.calls = append(g.calls, r.Method+" "+strings.TrimPrefix(r.URL.Path, prefix+"/repos/"+Repository))
		}
		a := g.answer(r, h, data)
		if list, is := a.body.([]any); is && r.Method == http.MethodGet {
			page, link := pageOf(list, r.URL)
			if a.body = page; link != "" {
				w.Header().Set("Link", link)
			}
		}
		if a.body, err = plain(a.body); err != nil {
			g.report(err)
		}
		if a.body != nil {
			a.body = fill(schema(route, a.status), a.body)
		}
		if g.garbled {
			a.body = map[string]any{"id": "not a number"}
		}
		body := g.write(w, a)
		if err := g.about.response(r.Context(), in, a, body); err != nil {
			g.report(fmt.Errorf("answer to %s: %w\n%s", name, err, body))
		}
	}
}

func (g *GitHub) answer(r *http.Request, h handler, data []byte) answer {
	owner, repository := r.PathValue("owner"), r.PathValue("repo")
	switch {
	case g.refuse != 0:
		return failed(g.refuse, "no "+Token)
	case r.Header.Get("Authorization") != "Bearer "+Token:
		return failed(http.StatusUnauthorized, "Bad credentials")
	case owner != "" && owner+"/"+repository != Repository:
		return notFound()
	}
	var body map[string]any
	if len(data) > 0 {
		if err := json.Unmarshal(data, &body); err != nil {
			return failed(http.StatusBadRequest, "Problems parsing JSON")
		}
	}
	return h(r, body)
}

func (g *GitHub) write(w http.ResponseWriter, a answer) []byte {
	if a.body == nil {
		w.WriteHeader(a.status)
		return nil
	}
	data, err := json.Marshal(a.body)
	if err != nil {
		g.report(err)
	}
	w.Header().Set("Content-Type", contentType)
	w.WriteHeader(a.status)
	if _, err := w.Write(data); err != nil {
		g.report(err)
	}
	return data
}

func ok(body any) answer { return answer{http.StatusOK, body} }

func created(body any) answer { return answer{http.StatusCreated, body} }

func done() answer { return answer{http.StatusNoContent, nil} }

func failed(status int, message string) answer {
	return answer{status, map[string]any{"message": message, "documentation_url": "https://docs.github.com/rest"}}
}

func notFound() answer { return failed(http.StatusNotFound, "Not Found") }
