package config

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"time"
)

const (
	// maxRolloutName leaves room for -primary in the names of an app's pods.
	maxRolloutName = maxAppName - len("-primary")
	minInterval    = 10 * time.Second
)

func (r *Rollout) setDefaults() {
	if r == nil {
		return
	}
	r.Strategy = cmp.Or(r.Strategy, StrategyCanary)
	c := &r.Canary
	c.StepWeight, c.MaxWeight = cmp.Or(c.StepWeight, 10), cmp.Or(c.MaxWeight, 50)
	c.Threshold, c.SuccessRate = cmp.Or(c.Threshold, 5), cmp.Or(c.SuccessRate, 99)
	c.Interval, c.LatencyP99 = cmp.Or(c.Interval, "30s"), cmp.Or(c.LatencyP99, "500ms")
}

// rollout refuses what the schema cannot.
func (c *checker) rollout(name string, a App) {
	r := a.Rollout
	if r == nil {
		return
	}
	at := func(p ...string) []string { return append([]string{"spec", "apps", name, "rollout"}, p...) }
	if len(name) > maxRolloutName {
		c.refuseKey(fmt.Sprintf("the app's name has %d characters, at most %d are possible with a rollout", len(name), maxRolloutName), "", at()...)
	}
	for i, cluster := range r.Clusters {
		if !slices.Contains(a.Clusters, cluster) {
			c.refuse("the app does not run on "+quote(cluster), "name clusters of the app", at("clusters", strconv.Itoa(i))...)
		}
	}
	if r.Canary.StepWeight > r.Canary.MaxWeight {
		c.refuse(fmt.Sprintf("stepWeight is %d, more than maxWeight, which is %d", r.Canary.StepWeight, r.Canary.MaxWeight), "lower the step", at("canary")...)
	}
	if d, err := time.ParseDuration(r.Canary.Interval); err == nil && d < minInterval {
		c.refuse(fmt.Sprintf("is %s, want at least %s", quote(r.Canary.Interval), minInterval), "", at("canary", "interval")...)
	}
}
