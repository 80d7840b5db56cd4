package vaultinit

import (
	"context"
	_ "embed"
	"fmt"
	"maps"
	"strings"

	"github.com/groundwork-dev/groundwork/internal/redact"
	"github.com/groundwork-dev/groundwork/internal/strictyaml"
)

var (
	//go:embed settings.yaml
	defaultSettings []byte
	//go:embed settings.schema.json
	settingsSchema []byte
)

// Settings are what a Vault is set up with.
type Settings struct {
	// Audit devices come first, so that everything else is in their log.
	Audit    []Mount  `json:"audit"`
	Auth     []Auth   `json:"auth"`
	Policies []Policy `json:"policies"`
	Secrets  []Mount  `json:"secrets"`
}

// Mount is an audit device or a secrets engine at a path without slashes at its
// ends.
type Mount struct {
	Path    string            `json:"path"`
	Type    string            `json:"type"`
	Options map[string]string `json:"options"`
}

// Auth is a way to log in, with what Vault takes at auth/PATH/config and
// auth/PATH/role/NAME.
type Auth struct {
	Path   string         `json:"path"`
	Type   string         `json:"type"`
	Config map[string]any `json:"config"`
	Roles  []Role         `json:"roles"`
}

// Role is who may log in, and as what.
type Role struct {
	Name     string         `json:"name"`
	Settings map[string]any `json:"settings"`
}

// Policy is a policy in Vault's own language.
type Policy struct {
	Name  string `json:"name"`
	Rules string `json:"rules"`
}

// DefaultSettings is what the platform's own Vault is set up with, as the text
// of a settings file.
func DefaultSettings() []byte { return defaultSettings }

// ParseSettings reads a settings file. The error is diag.Problems.
func ParseSettings(file string, data []byte) (*Settings, error) {
	doc, err := strictyaml.Parse(file, data)
	if err != nil {
		return nil, err
	}
	schema, err := strictyaml.CompileSchema("settings of Vault", settingsSchema)
	if err != nil {
		return nil, err
	}
	if err := doc.Validate(schema).Err(); err != nil {
		return nil, err
	}
	var s Settings
	return &s, doc.Decode(&s)
}

// setting is one thing that Vault is set up with.
type setting struct {
	title string
	apply func(ctx context.Context, v Vault, token redact.Secret) (detail string, err error)
}

// steps are the settings in the order in which they are applied.
func (s *Settings) steps() []setting {
	var all []setting
	for _, m := range s.Audit {
		all = append(all, mounted("audit device", "sys/audit", m))
	}
	for _, a := range s.Auth {
		all = append(all, mounted("auth method", "sys/auth", Mount{Path: a.Path, Type: a.Type}))
		if len(a.Config) > 0 {
			all = append(all, written("configuration of auth method "+a.Path, "auth/"+a.Path+"/config", a.Config))
		}
	}
	for _, p := range s.Policies {
		all = append(all, written("policy "+p.Name, "sys/policies/acl/"+p.Name, map[string]any{"policy": p.Rules}))
	}
	for _, m := range s.Secrets {
		all = append(all, mounted("secrets engine", "sys/mounts", m))
	}
	for _, a := range s.Auth {
		for _, r := range a.Roles {
			all = append(all, written("role "+r.Name+" of auth method "+a.Path, "auth/"+a.Path+"/role/"+r.Name, r.Settings))
		}
	}
	return all
}

func (s *Settings) plan() []string {
	var titles []string
	for _, step := range s.steps() {
		titles = append(titles, step.title)
	}
	return titles
}

// written writes settings that replace what was there.
func written(title, path string, data map[string]any) setting {
	return setting{title, func(ctx context.Context, v Vault, token redact.Secret) (string, error) {
		if err := v.Write(ctx, token, path, maps.Clone(data)); err != nil {
			return "", fmt.Errorf("writing %s: %w", title, err)
		}
		return "", nil
	}}
}

// mounted enables what lives at a path below list, once.
func mounted(what, list string, m Mount) setting {
	title := fmt.Sprintf("%s %s (%s)", what, m.Path, m.Type)
	return setting{title, func(ctx context.Context, v Vault, token redact.Secret) (string, error) {
		there, err := v.Read(ctx, token, list)
		if err != nil {
			return "", fmt.Errorf("listing each %s: %w", what, err)
		}
		if found, ok := there[m.Path+"/"].(map[string]any); ok {
			return "is there already", m.same(what, found)
		}
		data := map[string]any{"type": m.Type}
		if len(m.Options) > 0 {
			data["options"] = m.Options
		}
		if err := v.Write(ctx, token, list+"/"+m.Path, data); err != nil {
			return "", fmt.Errorf("enabling %s: %w", title, err)
		}
		return "", nil
	}}
}

// same refuses something else at the same path.
func (m Mount) same(what string, found map[string]any) error {
	if found["type"] != m.Type {
		return refuse(fmt.Sprintf("there is another %s at %s already: of type %v, not %s", what, m.Path, found["type"], m.Type), "name another path in the settings, or disable that one")
	}
	options, _ := found["options"].(map[string]any)
	for k, want := range m.Options {
		if got := fmt.Sprint(options[k]); !strings.EqualFold(got, want) {
			return refuse(fmt.Sprintf("the %s at %s has %s %s, not %s", what, m.Path, k, got, want), "name another path in the settings, or disable that one")
		}
	}
	return nil
}
