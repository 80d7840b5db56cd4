package cli

import (
	"context"
	"errors"
	"time"

	"k8s.io/client-go/rest"

	"github.com/groundwork-dev/groundwork/internal/clusterspec"
)

func clusterRESTConfig(ctx context.Context, request *clusterspec.Request, lifetime time.Duration) (*rest.Config, error) {
	return nil, errors.New("not yet")
}
