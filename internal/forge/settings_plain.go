package forge

import (
	"context"

	"github.com/groundwork-dev/groundwork/internal/governance"
)

// noSettings is what to do where this program speaks no API of settings.
func (p plain) noSettings() error {
	return &ManualError{
		"this program knows no API for the settings of " + p.url + "",
		"protect the branch that the clusters follow by hand, as docs/governance.md says",
	}
}

func (p plain) Settings(context.Context, governance.State) (governance.Found, error) {
	return governance.Found{}, p.noSettings()
}

func (p plain) ChangeSettings(context.Context, governance.State, governance.Part, map[string]governance.Value) error {
	return p.noSettings()
}
