package forge

import (
	"context"

	"github.com/groundwork-dev/groundwork/internal/governance"
)

func (g *gitHub) Settings(ctx context.Context, want governance.State) (governance.Found, error) {
	return plain{g.opts.URL}.Settings(ctx, want)
}

func (g *gitHub) ChangeSettings(ctx context.Context, want governance.State, part governance.Part, to map[string]governance.Value) error {
	return plain{g.opts.URL}.ChangeSettings(ctx, want, part, to)
}
