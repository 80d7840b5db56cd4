// Package initfile writes the first platform.yaml of a platform, with comments
// that help the next edit.
package initfile

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/groundwork-dev/groundwork/internal/config"
)

// SchemaFile is where a repository keeps the schema that editors read.
const SchemaFile = "docs/schema/platform.v1alpha1.json"

// Answers is what a person says about a new platform.
type Answers struct {
	// Name of the platform.
	Name string
	// Repository is its URL; Branch, Provider and Auth may be empty.
	Repository string
	Branch     string
	Provider   config.Provider
	Auth       config.Auth
	// AccountID and Region of AWS; without Zones, the zones a, b and c.
	AccountID string
	Region    string
	Zones     []string
	// Domain above the clusters: cluster dev gets dev.<domain>.
	Domain string
	// Clusters in the order of the file; without them dev (small) and prod (ha).
	Clusters []Cluster
	// Components on every cluster, by name.
	Components []string
	// App is the first app; none without a name.
	App App
	// Available is what Ask offers as components.
	Available []string
}

// Cluster is one cluster of a new platform.
type Cluster struct {
	Name   string
	Size   config.Size
	Engine config.Engine // flux when empty
}

// App is the first app of a new platform.
type App struct {
	Name  string
	Image string
	Port  int
}

// SetDefaults fills in what nobody needs to say.
func (a *Answers) SetDefaults() {
	if a.Branch == "" {
		a.Branch = "main"
	}
	if len(a.Zones) == 0 && a.Region != "" {
		a.Zones = []string{a.Region + "a", a.Region + "b", a.Region + "c"}
	}
	if len(a.Clusters) == 0 {
		a.Clusters = []Cluster{{Name: "dev", Size: config.SizeSmall}, {Name: "prod", Size: config.SizeHA}}
	}
	if a.App.Name != "" && a.App.Port == 0 {
		a.App.Port = 8080
	}
}

// Render returns platform.yaml for the answers. The error is diag.Problems
// when the answers do not make a platform.
func Render(a Answers) ([]byte, error) {
	a.SetDefaults()
	out, err := write(a)
	if err != nil {
		return nil, fmt.Errorf("writing %s: %w", config.FileName, err)
	}
	if _, err := config.Parse(config.FileName, out); err != nil {
		return nil, err
	}
	return out, nil
}

func write(a Answers) ([]byte, error) {
	root := &mapping{}
	root.add("apiVersion", text(config.APIVersion))
	root.add("kind", text(config.Kind))
	root.add("metadata", (&mapping{}).add("name", text(a.Name)).
		comment("Part of the names of clusters and of AWS resources: it cannot change later.").node())
	root.add("spec", spec(a))
	var b bytes.Buffer
	b.WriteString("# yaml-language-server: $schema=" + SchemaFile + "\n")
	b.WriteString("# The platform in one file; every key is explained in docs/platform-yaml.md.\n")
	b.WriteString("# After a change: `bootstrap generate`, read the diff, commit.\n")
	enc := yaml.NewEncoder(&b)
	enc.SetIndent(2)
	if err := enc.Encode(root.node()); err != nil {
		return nil, err
	}
	if err := enc.Close(); err != nil {
		return nil, err
	}
	return spaced(b.Bytes()), nil
}

func spec(a Answers) *yaml.Node {
	s := &mapping{}
	s.add("repository", repository(a)).comment("The Git repository that the clusters follow.")
	aws := (&mapping{}).add("accountID", quoted(a.AccountID)).comment("12 digits, in quotes: a leading zero would get lost.")
	aws.add("region", text(a.Region))
	aws.add("zones", flow(a.Zones)).comment("A cluster of size ha needs three.")
	s.add("aws", aws.node()).comment(gap, "Where the clusters run.")
	clusters := &mapping{}
	for i, c := range a.Clusters {
		clusters.add(c.Name, cluster(c, a, i == 0))
	}
	s.add("clusters", clusters.node()).comment(gap, "One entry a cluster. What is not listed under components is not installed.")
	if a.App.Name != "" {
		app := (&mapping{}).add("image", text(a.App.Image)).comment("A fixed version; image automation moves it in dev, a pull request in prod.")
		app.add("port", number(a.App.Port)).comment("The port that answers HTTP.")
		s.add("apps", (&mapping{}).add(a.App.Name, app.node()).node()).comment(gap,
			"Apps run on every cluster; `clusters: [dev]` would limit one. Also possible here:", "namespace, replicas: {min: 3, max: 6}, resources: {requests: {cpu: 50m, memory: 64Mi}}")
	}
	return s.node()
}

func repository(a Answers) *yaml.Node {
	r := (&mapping{}).add("url", text(a.Repository)).comment("https://… with a token, or ssh://git@… with a deploy key for each cluster;", "the token comes from the environment, never from this file.")
	r.add("branch", text(a.Branch))
	if a.Provider != "" {
		r.add("provider", text(string(a.Provider))).comment("github, gitea, gitlab, or git for any other server.")
	}
	if a.Auth != "" {
		r.add("auth", text(string(a.Auth))).comment("token goes with https://, ssh with ssh://.")
	}
	return r.node()
}

// cluster writes one cluster; only the first explains what all have.
func cluster(c Cluster, a Answers, first bool) *yaml.Node {
	m := &mapping{}
	if c.Engine != "" {
		m.add("engine", text(string(c.Engine)))
	}
	m.add("size", text(string(c.Size)))
	if c.Size == config.SizeHA {
		m.comment("ha: survives the loss of one zone.")
	} else {
		m.comment("small: one control-plane node in one zone.")
	}
	m.add("domain", text(c.Name+"."+a.Domain))
	if first {
		m.comment("The cluster and its apps are reached below this name.")
	}
	if len(a.Components) == 0 {
		return m.node()
	}
	components := &mapping{}
	for _, name := range a.Components {
		components.add(name, (&mapping{}).node())
	}
	m.add("components", components.node())
	if first {
		m.comment("name: {parameters: {…}} sets parameters; name: {enabled: false} turns one off.")
	}
	return m.node()
}

// gap is the comment line that stands for an empty line.
const gap = "(gap)"

// spaced puts the empty lines in place of their marks: the YAML library has no
// way to ask for one.
func spaced(data []byte) []byte {
	lines := strings.Split(string(data), "\n")
	for i, l := range lines {
		if strings.TrimSpace(l) == "# "+gap {
			lines[i] = ""
		}
	}
	return []byte(strings.Join(lines, "\n"))
}

// mapping builds a mapping node in the order of the calls.
type mapping struct{ content []*yaml.Node }

func (m *mapping) add(key string, value *yaml.Node) *mapping {
	m.content = append(m.content, text(key), value)
	return m
}

// comment puts lines above the last key.
func (m *mapping) comment(lines ...string) *mapping {
	for i, l := range lines {
		lines[i] = "# " + l
	}
	m.content[len(m.content)-2].HeadComment = strings.Join(lines, "\n")
	return m
}

func (m *mapping) node() *yaml.Node {
	n := &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map", Content: m.content}
	if len(m.content) == 0 {
		n.Style = yaml.FlowStyle
	}
	return n
}

func text(s string) *yaml.Node {
	n := &yaml.Node{}
	n.SetString(s)
	return n
}

func quoted(s string) *yaml.Node {
	n := text(s)
	n.Style = yaml.DoubleQuotedStyle
	return n
}

func number(i int) *yaml.Node {
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!int", Value: strconv.Itoa(i)}
}

func flow(items []string) *yaml.Node {
	n := &yaml.Node{Kind: yaml.SequenceNode, Tag: "!!seq", Style: yaml.FlowStyle}
	for _, s := range items {
		n.Content = append(n.Content, text(s))
	}
	return n
}
