package cluster

import (
	"context"
	"fmt"
	"io"
	"net/http"

	"k8s.io/client-go/rest"
)

// mostOfAnswer is how much of an answer is read.
const mostOfAnswer = 8 << 20

// Service sends a GET to a port of a Service, by number or name, through the
// API server. What the Service has no pod for is answered 503 by the server.
func (c *Cluster) Service(ctx context.Context, namespace, name, port, path string) (status int, body []byte, err error) {
	base, _, err := rest.DefaultServerUrlFor(c.config)
	if err != nil {
		return 0, nil, fmt.Errorf("reaching Service %s/%s: %w", namespace, name, err)
	}
	target := base.JoinPath("api/v1/namespaces", namespace, "services", name+":"+port, "proxy").String() + path
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, target, http.NoBody)
	if err != nil {
		return 0, nil, err
	}
	answer, err := c.http.Do(request)
	if err != nil {
		return 0, nil, err
	}
	defer answer.Body.Close()
	body, err = io.ReadAll(io.LimitReader(answer.Body, mostOfAnswer))
	return answer.StatusCode, body, err
}
