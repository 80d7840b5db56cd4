package demo

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// delivery is a platform on which versions go their way, unless told otherwise.
type delivery struct {
	mu       sync.Mutex
	commands []string
	runs     map[string]string // the version of each cluster
	failing  int               // answers that fail, while prod has the bad version
	approved bool
	lax      bool // the forge merges what nobody approved
	stubborn bool // prod keeps the bad version
	down     bool
}

func (d *delivery) Up(context.Context) error { return nil }
func (d *delivery) Down(context.Context) error {
	d.down = true
	return nil
}
func (d *delivery) Begin(context.Context, string, string) error { return nil }
func (d *delivery) PublicKey() string                           { return "/key.pub" }
func (d *delivery) ReceiverURL(cluster string) string           { return "http://" + cluster }
func (d *delivery) Promotion(context.Context) (int, error)      { return 7, nil }
func (d *delivery) TempDir() (string, func(), error)            { return "/work", func() {}, nil }
func (d *delivery) SetImage(string, string, string) error       { return nil }

func (d *delivery) Shell(cluster string) Shell { return at{d, cluster} }

func (d *delivery) App(_ context.Context, cluster string) (App, error) { return at{d, cluster}, nil }

func (d *delivery) Build(_ context.Context, _ string, number int, _ bool) (string, error) {
	return map[int]string{1: "v1", 2: "v2", 3: "v3"}[number], nil
}

func (d *delivery) Push(_ context.Context, _, tag string, tell bool) (string, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if tell {
		d.runs["dev"] = tag
	}
	return "registry.test/app:" + tag + "@sha256:00", nil
}

func (d *delivery) Merge(context.Context, int) (string, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.approved && !d.lax {
		return "not enough approvals", nil
	}
	d.approved = false
	return "", nil
}

func (d *delivery) Approve(context.Context, int) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.approved = true
	return nil
}

func (d *delivery) Rollouts(ctx context.Context, done func(Rollout) bool) error {
	d.mu.Lock()
	version := d.runs["dev"]
	d.mu.Unlock()
	states := []Rollout{{"Succeeded", 0}, {"Progressing", 0}, {"Progressing", 10}, {"Progressing", 10}, {"Progressing", 20}, {"Promoting", 0}, {"Succeeded", 0}}
	if version == "v3" && !d.stubborn {
		d.mu.Lock()
		d.failing = 3
		d.mu.Unlock()
		states = []Rollout{{"Succeeded", 0}, {"Progressing", 10}, {"Failed", 0}}
	}
	for ctx.Err() == nil {
		d.mu.Lock()
		left := d.failing
		d.mu.Unlock()
		if left == 0 {
			break
		}
	}
	d.mu.Lock()
	if version != "v3" || d.stubborn {
		d.runs["prod"] = version
	}
	d.mu.Unlock()
	if !slices.ContainsFunc(states, done) {
		return errors.New("the watch ended")
	}
	return nil
}

// at is one cluster of a delivery.
type at struct {
	*delivery
	cluster string
}

func (a at) Run(_ context.Context, _, name string, args ...string) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	line := strings.Join(append([]string{name}, args...), " ")
	a.commands = append(a.commands, a.cluster+": "+line)
	if strings.HasPrefix(line, "bootstrap run") {
		a.runs[a.cluster] = "v1"
	}
	return nil
}

func (a at) Version(context.Context) (string, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.cluster == "prod" && a.failing > 0 {
		a.failing--
		return "", errors.New("500 Internal Server Error")
	}
	return a.runs[a.cluster], nil
}

func tellStory(t *testing.T, d *delivery) (*Report, error) {
	t.Helper()
	d.runs = map[string]string{}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	return Story(ctx, d, Deps{Files: d, Bootstrap: "bootstrap", Now: time.Now}, func(Event) {})
}

func TestStory(t *testing.T) {
	t.Parallel()
	d := &delivery{}
	report, err := tellStory(t, d)
	if err != nil {
		t.Fatal(err)
	}
	notes := map[string]string{}
	for _, e := range report.Timeline {
		notes[e.Title] += e.Note
	}
	for title, want := range map[string]string{
		"the forge refuses to merge it yet": "not enough approvals",
		"prod rolls it out step by step":    "10 %, 20 %, succeeded after",
		"prod takes it back":                "10 %, failed after",
	} {
		if !strings.Contains(notes[title], want) {
			t.Errorf("%s: %q, want %q", title, notes[title], want)
		}
	}
	if report.Lost != 3 || report.Requests < settled {
		t.Errorf("%d of %d requests failed, want 3 of %d or more", report.Lost, report.Requests, settled)
	}
	for _, want := range []string{
		"dev: bootstrap run --cluster dev --webhook-url http://dev", "prod: bootstrap run --cluster prod --webhook-url http://prod", "dev: bootstrap govern",
		"dev: bootstrap promote --from dev --to prod --key /key.pub",
	} {
		if !strings.Contains(strings.Join(d.commands, "\n"), want) {
			t.Errorf("%q was not run:\n%s", want, strings.Join(d.commands, "\n"))
		}
	}
	if !d.down {
		t.Error("the sandboxes are still there")
	}
}

// TestStoryTellsWhatDoesNotHold: the story is a proof only if it can fail.
func TestStoryTellsWhatDoesNotHold(t *testing.T) {
	t.Parallel()
	for want, d := range map[string]*delivery{
		"the forge merged it without an approval":    {lax: true},
		"the rollout ends as Succeeded, want Failed": {stubborn: true},
	} {
		_, err := tellStory(t, d)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
		if !d.down {
			t.Error("the sandboxes are still there")
		}
	}
}
