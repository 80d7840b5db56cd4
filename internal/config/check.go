package config

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/groundwork-dev/groundwork/internal/diag"
	"github.com/groundwork-dev/groundwork/internal/strictyaml"
)

// Longest names, so that what is derived from them (a cluster's full name, a
// Kustomization of a component's configs, the pods of an app) stays a DNS
// label of at most 63 characters.
const (
	maxName          = 30 // of a platform or a cluster
	maxComponentName = 40
	maxAppName       = 46
	maxWorkers       = 20
	maxReplicas      = 1000
)

// Lengths beyond which only the schema looks at a value.
const (
	maxDomain = 200
	maxImage  = 512
	maxURL    = 2048
)

// checker finds what the schema cannot say. Names, lengths and choices are the
// schema's.
type checker struct {
	p     *Platform
	known diag.Problems // found by the schema
	found diag.Problems
	more  int // beyond MaxProblems
}

// problems returns everything that is wrong in the order of the file.
func (c *checker) problems() diag.Problems {
	all := slices.Concat(c.known, c.found)
	all.Sort()
	if c.more > 0 {
		all = append(all, diag.Problem{Position: all[len(all)-1].Position, Message: fmt.Sprintf("and %d more problems", c.more)})
	}
	return all
}

func (c *checker) check() {
	s := &c.p.Spec
	c.repository(&s.Repository)
	c.zones(&s.AWS)
	c.account(&s.AWS)
	domains := map[string]string{}
	for _, name := range slices.Sorted(maps.Keys(s.Clusters)) {
		c.cluster(name, s.Clusters[name], domains)
	}
	for _, name := range slices.Sorted(maps.Keys(s.Apps)) {
		c.app(name, s.Apps[name])
	}
	c.governance(&s.Governance)
}

// refuse notes a problem with the value at path, unless the schema has told
// one about it or about what holds it.
func (c *checker) refuse(message, hint string, path ...string) {
	c.note(c.p.Position, message, hint, path)
}

func (c *checker) refuseKey(message, hint string, path ...string) {
	c.note(c.p.KeyPosition, message, hint, path)
}

func (c *checker) note(at func(...string) diag.Position, message, hint string, path []string) {
	if len(c.found) >= strictyaml.MaxProblems {
		c.more++
		return
	}
	dotted := strictyaml.Dotted(path...)
	for _, k := range c.known {
		if k.Path == dotted || strings.HasPrefix(dotted, k.Path+".") || strings.HasPrefix(dotted, k.Path+"[") {
			return
		}
	}
	c.found = append(c.found, diag.Problem{Position: at(path...), Path: dotted, Message: message, Hint: hint})
}

// quote writes a value of the file for a message.
func quote(s string) string { return strconv.Quote(strictyaml.Clip(s)) }

func nameRule(limit int) string {
	return "want at most " + strconv.Itoa(limit) + " of a-z 0-9 and - that start with a letter and end with a letter or digit"
}

// isLabel reports whether s is a DNS label of at most limit characters.
func isLabel(s string, limit int) bool {
	if s == "" || len(s) > limit || s[0] == '-' || s[len(s)-1] == '-' {
		return false
	}
	for i := range len(s) {
		if c := s[i]; c != '-' && (c < '0' || c > '9') && (c < 'a' || c > 'z') {
			return false
		}
	}
	return true
}

func (c *checker) zones(a *AWS) {
	seen := map[string]int{}
	for i, zone := range a.Zones {
		path := []string{"spec", "aws", "zones", strconv.Itoa(i)}
		letter, of := strings.CutPrefix(zone, a.Region)
		switch {
		case !of && a.Region != "":
			c.refuse(fmt.Sprintf("%s is not a zone of %s", quote(zone), a.Region), fmt.Sprintf("zones of %[1]s are named %[1]sa, %[1]sb, …", a.Region), path...)
		case of && (len(letter) != 1 || letter[0] < 'a' || letter[0] > 'z'):
			c.refuse(fmt.Sprintf("%s is not an availability zone", quote(zone)), fmt.Sprintf("zones of %[1]s are named %[1]sa, %[1]sb, …", a.Region), path...)
		}
		if first, twice := seen[zone]; twice {
			c.refuse(fmt.Sprintf("%s is there twice", quote(zone)), fmt.Sprintf("the first one is number %d of the list", first+1), path...)
			continue
		}
		seen[zone] = i
	}
	if len(seen) >= 3 || len(a.Zones) == 0 {
		return
	}
	for _, name := range slices.Sorted(maps.Keys(c.p.Spec.Clusters)) {
		if c.p.Spec.Clusters[name].Size == SizeHA {
			c.refuseKey(fmt.Sprintf("lists %d zones, but cluster %s has size ha and needs 3", len(seen), name), "list three zones, or give the cluster size small", "spec", "aws", "zones")
			return
		}
	}
}

func (c *checker) cluster(name string, cl Cluster, domains map[string]string) {
	path := []string{"spec", "clusters", name}
	domain := append(slices.Clone(path), "domain")
	if !isDomain(cl.Domain) {
		c.refuse(fmt.Sprintf("is %s, want a DNS name such as %s.example.com", quote(cl.Domain), name), "", domain...)
	} else if other, taken := domains[cl.Domain]; taken {
		c.refuse(fmt.Sprintf("%s is the domain of cluster %s already", quote(cl.Domain), other), "give each cluster a domain of its own, such as "+name+"."+cl.Domain, domain...)
	} else {
		domains[cl.Domain] = name
	}
	c.kubernetes(name, cl)
}

// IsClusterNamespace reports whether a namespace belongs to Kubernetes or to
// Flux: what the platform installs has a namespace of its own, in which it may
// deny all traffic and set the Pod Security level.
func IsClusterNamespace(name string) bool {
	return strings.HasPrefix(name, "kube-") || name == "default" || name == "flux-system"
}

// isDomain reports whether s is a DNS name of at least two labels.
func isDomain(s string) bool {
	if len(s) > maxDomain {
		return false
	}
	labels := strings.Split(s, ".")
	if len(labels) < 2 {
		return false
	}
	for _, l := range labels {
		if !isLabel(l, 63) {
			return false
		}
	}
	// The last label of a name is never all digits; that would be an address.
	last := labels[len(labels)-1]
	return strings.Trim(last, "0123456789") != ""
}

func (c *checker) app(name string, a App) {
	path := func(p ...string) []string { return append([]string{"spec", "apps", name}, p...) }
	c.image(a.Image, path("image"))
	if !isLabel(a.Namespace, 63) {
		c.refuse(fmt.Sprintf("is %s, want a DNS label of at most 63 of a-z 0-9 and -", quote(a.Namespace)), "", path("namespace")...)
	} else if IsClusterNamespace(a.Namespace) {
		c.refuse(fmt.Sprintf("namespace %q belongs to the cluster", a.Namespace), "give the app a namespace of its own", path("namespace")...)
	}
	if a.Replicas.Min > a.Replicas.Max {
		c.refuse(fmt.Sprintf("min is %d, more than max, which is %d", a.Replicas.Min, a.Replicas.Max), "raise max or lower min", path("replicas", "min")...)
	}
	known := slices.Sorted(maps.Keys(c.p.Spec.Clusters))
	for i, cl := range a.Clusters {
		if _, ok := c.p.Spec.Clusters[cl]; !ok {
			c.refuse("there is no cluster "+quote(cl), strictyaml.DidYouMean(cl, known), path("clusters", strconv.Itoa(i))...)
		}
	}
	c.resources(a.Resources, path("resources"))
	c.rollout(name, a)
	c.delivery(name, a)
}

func (c *checker) resources(r Resources, path []string) {
	request, ok1 := milliCPU(r.Requests.CPU)
	limit, ok2 := milliCPU(r.Limits.CPU)
	if ok1 && ok2 && request > limit {
		c.refuse(fmt.Sprintf("requests.cpu is %s, more than limits.cpu, which is %s", r.Requests.CPU, r.Limits.CPU), "raise the limit or lower the request", path...)
	}
	if r.Requests.CPU != "" && ok1 && request == 0 {
		c.refuse("cpu is 0, want at least 1m", "", append(path, "requests", "cpu")...)
	}
	request, ok1 = memoryBytes(r.Requests.Memory)
	limit, ok2 = memoryBytes(r.Limits.Memory)
	if ok1 && ok2 && request > limit {
		c.refuse(fmt.Sprintf("requests.memory is %s, more than limits.memory, which is %s", r.Requests.Memory, r.Limits.Memory), "raise the limit or lower the request", path...)
	}
}

// image refuses what does not name one fixed image.
func (c *checker) image(image string, path []string) {
	const want = "want an image such as ghcr.io/org/app:1.2.3"
	if len(image) > maxImage {
		return
	}
	ref, ok := parseImage(image)
	if !ok {
		c.refuse(fmt.Sprintf("%s is not an image reference", quote(image)), want, path...)
		return
	}
	switch {
	case ref.tag == "" && ref.digest == "":
		c.refuse(fmt.Sprintf("%s has neither a tag nor a digest", quote(image)), want, path...)
	case ref.tag == "latest":
		c.refuse(fmt.Sprintf("%s has the tag latest, which moves", quote(image)), "name a version, so that a rollback is possible", path...)
	}
}
