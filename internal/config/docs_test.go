package config_test

import (
	"encoding/json"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/groundwork-dev/groundwork/internal/config"
)

// schemaNode is what the walk through the schema needs.
type schemaNode struct {
	Ref               string                 `json:"$ref"`
	Properties        map[string]schemaNode  `json:"properties"`
	PatternProperties map[string]schemaNode  `json:"patternProperties"`
	Defs              map[string]*schemaNode `json:"$defs"`
}

// leaves calls visit with the path of everything that holds a value.
func (n schemaNode) leaves(defs map[string]*schemaNode, path string, visit func(path string)) {
	if name, ok := strings.CutPrefix(n.Ref, "#/$defs/"); ok {
		n = *defs[name]
	}
	for key, child := range n.Properties {
		child.leaves(defs, strings.TrimPrefix(path+"."+key, "."), visit)
	}
	for _, child := range n.PatternProperties {
		child.leaves(defs, path+".<name>", visit)
	}
	if len(n.Properties)+len(n.PatternProperties) == 0 {
		visit(path)
	}
}

var quoted = regexp.MustCompile("`([^`]+)`")

// explained returns the rows of the table of keys by the paths that they are
// about. A path that starts with … goes on from the last one that does not.
func explained(table string) map[string]string {
	rows := map[string]string{}
	base := ""
	for line := range strings.Lines(table) {
		cells := strings.SplitN(line, "|", 3)
		if len(cells) < 3 || cells[0] != "" {
			continue
		}
		for _, m := range quoted.FindAllStringSubmatch(cells[1], -1) {
			path := m[1]
			if below, short := strings.CutPrefix(path, "…"); short {
				path = base + below
			} else {
				base = path
			}
			rows[path] = cells[2]
		}
	}
	return rows
}

// The reference has a row for every key of the schema, or its parent's row
// names it, and a row for nothing else; its example is a good platform and
// shows every key.
func TestReference(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile("../../docs/platform-yaml.md")
	if err != nil {
		t.Fatal(err)
	}
	_, example, _ := strings.Cut(string(data), "```yaml\n")
	example, rest, _ := strings.Cut(example, "```")
	if _, err := config.Parse("platform.yaml", []byte(example)); err != nil {
		t.Error(err)
	}
	_, table, _ := strings.Cut(rest, "\n## Keys\n")
	table, _, _ = strings.Cut(table, "\n## ")
	rows := explained(table)
	used := map[string]bool{}
	var schema schemaNode
	if err := json.Unmarshal(config.Schema(), &schema); err != nil {
		t.Fatal(err)
	}
	schema.leaves(schema.Defs, "", func(path string) {
		at := strings.LastIndex(path, ".")
		parent, key := path[:max(at, 0)], path[at+1:]
		for up := path; up != ""; up = up[:max(strings.LastIndex(up, "."), 0)] {
			used[up] = true
		}
		if rows[path] == "" && !strings.Contains(rows[parent], "`"+key+"`") {
			t.Errorf("%s is not explained", path)
		}
		if !strings.Contains(example, key+":") && key != "parameters" && key != "<name>" {
			t.Errorf("%s is not in the example", path)
		}
	})
	for path := range rows {
		if !used[path] {
			t.Errorf("%s is explained, and platform.yaml has no such key", path)
		}
	}
}
