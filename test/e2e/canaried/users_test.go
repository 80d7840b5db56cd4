//go:build e2e

package canaried

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"
)

// entry is where users come in: the gateway, whose only route is the app's.
const entry = "http://traefik.traefik.svc.cluster.local/"

// request is one of a user's.
type request struct {
	at      time.Time
	version string // who answered, where that is known
	failed  string // why; empty when it was answered
}

// users ask all the time, and remember everything.
type users struct {
	mu   sync.Mutex
	done []request
}

// arrive has users ask until the test ends.
func (s *sandbox) arrive(t *testing.T) *users {
	t.Helper()
	u := &users{}
	ctx, cancel := context.WithCancel(t.Context())
	var all sync.WaitGroup
	for range 5 {
		all.Go(func() {
			every := time.NewTicker(50 * time.Millisecond)
			defer every.Stop()
			for {
				select {
				case <-ctx.Done():
					return
				case <-every.C:
				}
				r := s.ask(ctx)
				if ctx.Err() != nil {
					return
				}
				u.mu.Lock()
				u.done = append(u.done, r)
				u.mu.Unlock()
			}
		})
	}
	t.Cleanup(func() {
		cancel()
		all.Wait()
	})
	return u
}

func (s *sandbox) ask(ctx context.Context) request {
	r := request{at: time.Now()}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, entry, http.NoBody)
	if err != nil {
		r.failed = err.Error()
		return r
	}
	resp, err := s.HTTP.Do(req)
	if err != nil {
		r.failed = err.Error()
		return r
	}
	defer resp.Body.Close()
	var answer struct{ Version string }
	if resp.StatusCode != http.StatusOK {
		r.failed = resp.Status
	} else if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil {
		r.failed = err.Error()
	}
	r.version = answer.Version
	return r
}

// between is what users saw from one time to another.
func (u *users) between(from, to time.Time) seen {
	u.mu.Lock()
	defer u.mu.Unlock()
	s := seen{by: map[string]int{}, why: map[string]int{}}
	for _, r := range u.done {
		switch {
		case r.at.Before(from) || !r.at.Before(to):
			continue
		case r.failed != "":
			s.failed++
			s.why[r.failed]++
		default:
			s.by[r.version]++
		}
		s.all++
	}
	return s
}

// seen counts requests.
type seen struct {
	all, failed int
	by, why     map[string]int // answered ones by version, failed ones by cause
}

func (s seen) String() string {
	return fmt.Sprintf("%d requests of users, %d failed (%v), answered by %v", s.all, s.failed, s.why, s.by)
}

// notBy is how many of a hundred requests were not answered by a version.
func (s seen) notBy(version string) float64 {
	return 100 * float64(s.all-s.by[version]) / float64(s.all)
}
