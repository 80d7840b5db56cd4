package config

// Strategy is how a new version of an app gets its requests.
type Strategy string

// A canary gets them step by step; blueGreen is tested beside the old version
// and gets all of them at once.
const (
	StrategyCanary    Strategy = "canary"
	StrategyBlueGreen Strategy = "blueGreen"
)

// Rollout is how a new version replaces the old one.
type Rollout struct {
	// Clusters where it does; without it, those of the app that have the
	// components for it. Elsewhere pods are replaced one by one.
	Clusters []string `json:"clusters,omitempty" jsonschema:"minItems=1,uniqueItems=true"`
	// canary moves requests in steps; blueGreen all at once, after as many
	// checks as a canary would have steps.
	Strategy Strategy `json:"strategy,omitempty" jsonschema:"enum=canary,enum=blueGreen,default=canary"`
	// Steps, and what a version must be like to go on.
	Canary Canary `json:"canary,omitzero"`
}

// Canary is the steps of a rollout and its checks.
type Canary struct {
	// Percent of the requests that a step adds.
	StepWeight int `json:"stepWeight,omitempty" jsonschema:"minimum=1,maximum=100,default=10"`
	// Percent after which the new version gets all.
	MaxWeight int `json:"maxWeight,omitempty" jsonschema:"minimum=1,maximum=100,default=50"`
	// Time between two checks, at least 10s.
	Interval string `json:"interval,omitempty" jsonschema:"maxLength=6,pattern=^[1-9][0-9]{0\\,3}(s|m)$,default=30s" jsonschema_extras:"x-want=a time such as 30s or 2m"`
	// Failed checks after which the old version gets all requests again.
	Threshold int `json:"threshold,omitempty" jsonschema:"minimum=1,maximum=100,default=5"`
	// Percent of the requests that must succeed.
	SuccessRate int `json:"successRate,omitempty" jsonschema:"minimum=1,maximum=100,default=99"`
	// Time that 99 of 100 requests may take at most.
	LatencyP99 string `json:"latencyP99,omitempty" jsonschema:"maxLength=7,pattern=^[1-9][0-9]{0\\,4}(ms|s)$,default=500ms" jsonschema_extras:"x-want=a time such as 500ms or 2s"`
}
