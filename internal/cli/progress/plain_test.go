package progress

import (
	"strings"
	"testing"
	"time"
)

func TestPlain(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	now := time.Unix(0, 0)
	p := newPlain(&out, func() time.Time { return now })
	waiting := []Item{{Name: "a", Status: "not\nready", Children: []Item{{Name: "b", Status: "gone"}}}}
	for _, s := range []struct {
		after time.Duration
		step  Step
	}{
		{0, Step{Title: "one"}},
		{time.Second, Step{Title: "one", Detail: "too soon to tell"}},
		{time.Second, Step{Title: "one", Detail: "half"}},
		{2 * time.Second, Step{Title: "one", Detail: "half"}},
		{0, Step{Title: "one", State: Done, Elapsed: time.Second}},
		{10 * time.Second, Step{Title: "two", Waiting: waiting}},
		{20 * time.Second, Step{Title: "two", Waiting: waiting}},
		{time.Minute, Step{Title: "two", Waiting: waiting}},
		{0, Step{Title: "two", State: Failed, Detail: "why"}},
	} {
		now = now.Add(s.after)
		p.Show(s.step)
	}
	want := `[   0.0s] • one
[   2.0s] • one: half
[   4.0s] ✓ one: 1s
[  14.0s] • two
             waits for a: not ready
               waits for b: gone
             waits for a: not ready
               waits for b: gone
[  94.0s] ✗ two: why
`
	if got := out.String(); got != want {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
}
