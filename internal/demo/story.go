package demo

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
)

// The clusters of the story, and its app's three versions by their builds.
const (
	storyDev  = "dev"
	storyProd = "prod"
	build1    = 1
	build2    = 2
	build3    = 3
	// storyUsers ask prod at once. A rollout judges the time that answers take:
	// more would measure how many this machine can serve beside two clusters.
	storyUsers = 2
)

// Delivery is where a version goes its whole way: two clusters with one forge
// and one registry, and people who review.
type Delivery interface {
	// Up starts a sandbox for each cluster.
	Up(ctx context.Context) error
	Down(ctx context.Context) error
	// Begin writes the platform.yaml of the story, with the app's first image.
	Begin(ctx context.Context, dir, image string) error
	// Shell runs commands where the cluster's API is at hand.
	Shell(cluster string) Shell
	// App is the application as the users of a cluster reach it.
	App(ctx context.Context, cluster string) (App, error)
	// Build makes a layout of the app's image and brings it to the registry,
	// signed; a broken one answers half of its requests with errors. Nobody sees
	// it there before its tag, which is returned.
	Build(ctx context.Context, layout string, number int, broken bool) (tag string, err error)
	// Push sets the tag, and tells dev of it if tell. It returns the image by tag
	// and digest.
	Push(ctx context.Context, layout, tag string, tell bool) (image string, err error)
	// PublicKey is the file of what images are signed with.
	PublicKey() string
	// ReceiverURL is where the forge reaches a cluster's Receiver.
	ReceiverURL(cluster string) string
	// Promotion is the number of the one open request of a promotion.
	Promotion(ctx context.Context) (int, error)
	// Merge asks the forge to merge a request, as the one who opened it; refused
	// is the forge's reason.
	Merge(ctx context.Context, request int) (refused string, err error)
	// Approve approves a request as a code owner of prod.
	Approve(ctx context.Context, request int) error
	// Rollouts shows what prod's rollout says at each change, until done.
	Rollouts(ctx context.Context, done func(Rollout) bool) error
}

// Rollout is the state of a canary.
type Rollout struct {
	// Phase is Flagger's word for it.
	Phase string
	// Weight is the share of requests that the new version gets, in percent.
	Weight int
}

// story is the way of three versions under way.
type story struct {
	run
	Delivery
	dir, layout string
	tags        map[int]string
	request     int
}

// Story plays the whole way of a version: built, signed and pushed, in dev by
// itself, to prod by a reviewed request and as a canary; and that of a bad one,
// which is rolled back.
func Story(ctx context.Context, d Delivery, deps Deps, tell func(Event)) (report *Report, err error) {
	s := &story{run: run{Deps: deps}, Delivery: d, tags: map[int]string{}}
	dir, remove, err := deps.Files.TempDir()
	if err != nil {
		return nil, fmt.Errorf("making a folder to work in: %w", err)
	}
	defer remove()
	s.dir, s.layout = filepath.Join(dir, "platform"), filepath.Join(dir, "layout")
	report = &s.report
	defer func() {
		// The end must come even when the work was interrupted.
		err = errors.Join(err, s.play(context.WithoutCancel(ctx), []step{{"sandboxes down", func(ctx context.Context) (string, error) { return "", d.Down(ctx) }}}, tell))
	}()
	return report, s.play(ctx, s.steps(), tell)
}

func (s *story) steps() []step {
	return []step{
		{"a sandbox for dev, one for prod beside it", func(ctx context.Context) (string, error) { return "", s.Up(ctx) }},
		{"version 1 is built, signed and pushed", s.first},
		{"bootstrap run --cluster dev", s.start(storyDev)},
		{"bootstrap run --cluster prod", s.start(storyProd)},
		{"prod is ready to roll out", s.primed},
		{"bootstrap govern", s.govern},
		{"bootstrap charts pull", s.charts},
		{"version 2 is built", s.build(build2, false)},
		{"it is pushed: dev runs it, with nobody involved", s.reachesDev},
		{"bootstrap promote --from dev --to prod", s.promote},
		{"the forge refuses to merge it yet", s.refused},
		{"a code owner approves, and it is merged", s.merged},
		{"prod rolls it out step by step", s.rolledOut},
		{"version 3 is built: half of its answers are errors", s.build(build3, true)},
		{"it is pushed: dev runs it", s.badReachesDev},
		{"bootstrap promote: its pods are well, so it may go on", s.promote},
		{"a code owner approves, and it is merged", s.merged},
		{"prod takes it back", s.rolledBack},
		{"bootstrap promote --revert: the repository follows", s.revert},
	}
}

func (s *story) first(ctx context.Context) (string, error) {
	if _, err := s.build(build1, false)(ctx); err != nil {
		return "", err
	}
	image, err := s.Push(ctx, s.layout, s.tags[build1], false)
	if err != nil {
		return "", err
	}
	return s.tags[build1], s.Begin(ctx, s.dir, image)
}

func (s *story) build(number int, broken bool) func(context.Context) (string, error) {
	return func(ctx context.Context) (_ string, err error) {
		s.tags[number], err = s.Build(ctx, s.layout, number, broken)
		return s.tags[number], err
	}
}

func (s *story) bootstrapAt(ctx context.Context, cluster string, args ...string) error {
	return s.Delivery.Shell(cluster).Run(ctx, s.dir, s.Bootstrap, args...)
}

// start hands a cluster to Git, and brings the folder to what was pushed.
func (s *story) start(cluster string) func(context.Context) (string, error) {
	return func(ctx context.Context) (string, error) {
		shell := s.Delivery.Shell(cluster)
		for _, command := range [][]string{
			{s.Bootstrap, "run", "--cluster", cluster, "--webhook-url", s.ReceiverURL(cluster)},
			{"git", "fetch", "--quiet"},
			{"git", "reset", "--quiet", "--hard", "origin/main"},
		} {
			if err := shell.Run(ctx, s.dir, command[0], command[1:]...); err != nil {
				return "", err
			}
		}
		return "", nil
	}
}

// primed waits until the first version has all of prod's requests.
func (s *story) primed(ctx context.Context) (string, error) {
	return "", s.Rollouts(ctx, func(r Rollout) bool { return r.Phase == "Initialized" || r.Phase == "Succeeded" })
}

func (s *story) govern(ctx context.Context) (string, error) {
	return "", s.bootstrapAt(ctx, storyDev, "govern")
}

// charts are for the evidence: what a promotion renders to.
func (s *story) charts(ctx context.Context) (string, error) {
	return "", s.bootstrapAt(ctx, storyDev, "charts", "pull")
}

// reachesDev measures from the push of the tag to answers of nothing else.
func (s *story) reachesDev(ctx context.Context) (string, error) {
	users, err := s.users(ctx, storyDev, workers)
	if err != nil {
		return "", err
	}
	took, err := s.pushed(ctx, build2, users)
	requests, lost, lastErr := users.stop()
	if err == nil && lost > 0 {
		err = fmt.Errorf("%d of %d requests got no good answer: %w", lost, requests, lastErr)
	}
	return fmt.Sprintf("%.1fs after the push, %d requests, none lost", took, requests), err
}

// badReachesDev does not ask how many answers fail: half of them do.
func (s *story) badReachesDev(ctx context.Context) (string, error) {
	users, err := s.users(ctx, storyDev, workers)
	if err != nil {
		return "", err
	}
	defer func() { _, _, _ = users.stop() }()
	took, err := s.pushed(ctx, build3, users)
	return fmt.Sprintf("%.1fs after the push", took), err
}

// users are there until they are stopped.
func (s *story) users(ctx context.Context, cluster string, many int) (*load, error) {
	app, err := s.Delivery.App(ctx, cluster)
	if err != nil {
		return nil, err
	}
	return startLoad(ctx, app, many), nil
}

func (s *story) pushed(ctx context.Context, build int, users *load) (seconds float64, err error) {
	began := s.Now()
	if _, err := s.Push(ctx, s.layout, s.tags[build], true); err != nil {
		return 0, err
	}
	err = users.await(ctx, s.tags[build])
	return s.Now().Sub(began).Seconds(), err
}

func (s *story) promote(ctx context.Context) (string, error) {
	err := s.bootstrapAt(ctx, storyDev, "promote", "--from", storyDev, "--to", storyProd, "--key", s.PublicKey(), "--healthy-for", "5s", "--wait", "2m")
	if err != nil {
		return "", err
	}
	s.request, err = s.Promotion(ctx)
	return fmt.Sprintf("request %d", s.request), err
}

// revert has the repository name what prod serves, by a request of its own.
func (s *story) revert(ctx context.Context) (string, error) {
	err := s.bootstrapAt(ctx, storyProd, "promote", "--revert", "--from", storyDev, "--to", storyProd, "--key", s.PublicKey())
	return "", err
}

func (s *story) refused(ctx context.Context) (string, error) {
	refused, err := s.Merge(ctx, s.request)
	if err == nil && refused == "" {
		err = errors.New("the forge merged it without an approval")
	}
	return refused, err
}

func (s *story) merged(ctx context.Context) (string, error) {
	if err := s.Approve(ctx, s.request); err != nil {
		return "", err
	}
	refused, err := s.Merge(ctx, s.request)
	if err == nil && refused != "" {
		err = fmt.Errorf("the forge refuses to merge an approved request: %s", refused)
	}
	return "", err
}

// rolledOut looks on while users of prod move over, and none may notice.
func (s *story) rolledOut(ctx context.Context) (string, error) {
	users, err := s.users(ctx, storyProd, storyUsers)
	if err != nil {
		return "", err
	}
	steps, err := s.rollout(ctx, "Succeeded")
	if err == nil {
		err = users.await(ctx, s.tags[build2])
	}
	requests, lost, lastErr := users.stop()
	if err == nil && lost > 0 {
		err = fmt.Errorf("%d of %d requests got no good answer: %w", lost, requests, lastErr)
	}
	return fmt.Sprintf("%s; %d requests, none lost", steps, requests), err
}

// rolledBack counts who had to suffer the bad version.
func (s *story) rolledBack(ctx context.Context) (string, error) {
	users, err := s.users(ctx, storyProd, storyUsers)
	if err != nil {
		return "", err
	}
	steps, err := s.rollout(ctx, "Failed")
	if err == nil {
		err = users.await(ctx, s.tags[build2])
	}
	s.report.Requests, s.report.Lost, _ = users.stop()
	if err == nil && s.report.Lost == 0 {
		err = errors.New("no request of a user failed: the bad version got none, so nothing was shown")
	}
	return fmt.Sprintf("%s; %d of %d requests failed", steps, s.report.Lost, s.report.Requests), err
}

// rollout waits for the end of the rollout that the last merge begins, and tells
// its steps.
func (s *story) rollout(ctx context.Context, want string) (string, error) {
	began := s.Now()
	var weights []string
	var last Rollout
	moving := false
	err := s.Rollouts(ctx, func(r Rollout) bool {
		moving = moving || r.Phase == "Progressing"
		if moving && r.Weight > 0 && r.Weight != last.Weight {
			weights = append(weights, fmt.Sprintf("%d %%", r.Weight))
		}
		last = r
		return moving && (r.Phase == "Succeeded" || r.Phase == "Failed")
	})
	told := fmt.Sprintf("%s after %.0fs", strings.Join(append(weights, strings.ToLower(last.Phase)), ", "), s.Now().Sub(began).Seconds())
	if err == nil && last.Phase != want {
		err = fmt.Errorf("the rollout ends as %s, want %s: %s", last.Phase, want, told)
	}
	return told, err
}
