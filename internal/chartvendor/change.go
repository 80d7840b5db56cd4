package chartvendor

import (
	"bytes"
	"maps"
	"slices"

	"github.com/groundwork-dev/groundwork/internal/catalog/chartkeys"
	"github.com/groundwork-dev/groundwork/internal/strictyaml"
)

// Changes are what differs between what a component keeps of a chart and what the
// chart says. Keys are dotted paths; of a mapping that comes or goes, the topmost.
type Changes struct {
	AddedKeys   []string `json:"addedKeys,omitempty"`
	RemovedKeys []string `json:"removedKeys,omitempty"`
	// OpenedKeys may hold anything now, and ClosedKeys no longer.
	OpenedKeys  []string `json:"openedKeys,omitempty"`
	ClosedKeys  []string `json:"closedKeys,omitempty"`
	AddedCRDs   []string `json:"addedCRDs,omitempty"`
	RemovedCRDs []string `json:"removedCRDs,omitempty"`
	ChangedCRDs []string `json:"changedCRDs,omitempty"`
}

// CompareKeys adds what differs between keys.
func (c *Changes) CompareKeys(was, now chartkeys.Keys) { c.compare(nil, was, now) }

func (c *Changes) compare(path []string, was, now chartkeys.Keys) {
	all := maps.Clone(now)
	if all == nil {
		all = chartkeys.Keys{}
	}
	maps.Copy(all, was)
	for _, key := range slices.Sorted(maps.Keys(all)) {
		here := append(slices.Clone(path), key)
		before, had := was[key]
		after, has := now[key]
		dotted := strictyaml.Dotted(here...)
		switch {
		case !had:
			c.AddedKeys = append(c.AddedKeys, dotted)
		case !has:
			c.RemovedKeys = append(c.RemovedKeys, dotted)
		case len(before) > 0 && len(after) == 0:
			c.OpenedKeys = append(c.OpenedKeys, dotted)
		case len(before) == 0 && len(after) > 0:
			c.ClosedKeys = append(c.ClosedKeys, dotted)
		default:
			c.compare(here, before, after)
		}
	}
}

// CompareCRDs adds what differs between definitions, JSON by name.
func (c *Changes) CompareCRDs(was, now map[string][]byte) {
	for _, name := range slices.Sorted(maps.Keys(now)) {
		switch before, had := was[name]; {
		case !had:
			c.AddedCRDs = append(c.AddedCRDs, name)
		case !bytes.Equal(before, now[name]):
			c.ChangedCRDs = append(c.ChangedCRDs, name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(was)) {
		if _, has := now[name]; !has {
			c.RemovedCRDs = append(c.RemovedCRDs, name)
		}
	}
}
