package config

import (
	"fmt"
	"maps"
	"net/url"
	"slices"
)

// Defaults of an app.
const (
	defaultReplicas = 3
	defaultCPU      = "50m"
	defaultMemory   = "64Mi"
)

func (p *Platform) setDefaults() {
	p.Spec.Repository.setDefaults()
	for name, c := range p.Spec.Clusters {
		if c.Engine == "" {
			c.Engine = EngineFlux
		}
		c.setClusterDefaults(len(p.Spec.AWS.Zones))
		p.Spec.Clusters[name] = c
	}
	for name, a := range p.Spec.Apps {
		a.setDefaults(name, p.Spec.Clusters)
		p.Spec.Apps[name] = a
	}
}

func (r *Repository) setDefaults() {
	if r.Branch == "" {
		r.Branch = "main"
	}
	u, err := url.Parse(r.URL)
	if err != nil || len(r.URL) > maxURL {
		return
	}
	if r.Provider == "" {
		r.Provider = providerOf(u.Hostname())
	}
	if r.Auth == "" {
		r.Auth = AuthToken
		if u.Scheme == "ssh" {
			r.Auth = AuthSSH
		}
	}
}

func providerOf(host string) Provider {
	switch host {
	case "github.com", "ssh.github.com":
		return ProviderGitHub
	case "gitlab.com", "altssh.gitlab.com":
		return ProviderGitLab
	default:
		return ProviderGit
	}
}

func (a *App) setDefaults(name string, clusters map[string]Cluster) {
	if a.Namespace == "" {
		a.Namespace = name
	}
	if len(a.Clusters) == 0 {
		a.Clusters = slices.Sorted(maps.Keys(clusters))
	}
	if a.Replicas.Min == 0 {
		a.Replicas.Min = defaultReplicas
		if a.Replicas.Max > 0 {
			a.Replicas.Min = min(defaultReplicas, a.Replicas.Max)
		}
	}
	if a.Replicas.Max == 0 {
		a.Replicas.Max = min(2*a.Replicas.Min, maxReplicas)
	}
	if a.Delivery != nil && a.Delivery.Via == "" {
		a.Delivery.Via = ViaPush
	}
	a.Resources.setDefaults()
	a.Rollout.setDefaults()
}

// setDefaults keeps requests below limits: a limit without a request is the
// request too where it is lower than the default.
func (r *Resources) setDefaults() {
	if r.Requests.CPU == "" {
		r.Requests.CPU = defaultCPU
		if limit, ok := milliCPU(r.Limits.CPU); ok && limit < 50 {
			r.Requests.CPU = r.Limits.CPU
		}
	}
	if r.Requests.Memory == "" {
		r.Requests.Memory = defaultMemory
		if limit, ok := memoryBytes(r.Limits.Memory); ok && limit < 64<<20 {
			r.Requests.Memory = r.Limits.Memory
		}
	}
	if r.Limits.Memory == "" {
		if n, unit, ok := splitMemory(r.Requests.Memory); ok {
			r.Limits.Memory = fmt.Sprintf("%d%s", 2*n, unit)
		}
	}
}
