package config_test

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/groundwork-dev/groundwork/internal/config"
)

// The reference explains every key, and its example is a good platform.
func TestReference(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile("../../docs/platform-yaml.md")
	if err != nil {
		t.Fatal(err)
	}
	text := string(data)
	_, example, _ := strings.Cut(text, "```yaml\n")
	example, _, _ = strings.Cut(example, "```")
	if _, err := config.Parse("platform.yaml", []byte(example)); err != nil {
		t.Error(err)
	}
	var schema struct {
		Defs map[string]struct {
			Properties map[string]any `json:"properties"`
		} `json:"$defs"`
	}
	if err := json.Unmarshal(config.Schema(), &schema); err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(text, "## Keys")
	for name, def := range schema.Defs {
		for key := range def.Properties {
			if !strings.Contains(table, key) {
				t.Errorf("key %s of %s is not explained", key, name)
			}
			if !strings.Contains(example, key+":") && key != "parameters" {
				t.Errorf("key %s of %s is not in the example", key, name)
			}
		}
	}
}
