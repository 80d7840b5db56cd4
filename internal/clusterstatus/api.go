package clusterstatus

import (
	"context"
	"errors"
	"fmt"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/groundwork-dev/groundwork/internal/explain"
)

// api looks at the API server, its nodes, and whether Git runs the cluster.
func (l looker) api(ctx context.Context) []Line {
	ctx, cancel := context.WithTimeout(ctx, l.Patience)
	defer cancel()
	server, nodes, git := Line{Part: "API server"}, Line{Part: "nodes"}, Line{Part: "Git"}
	c, err := l.deps.Connect()
	var version string
	if err == nil {
		version, err = c.Version(ctx)
	}
	if err != nil {
		server.Verdict, server.Detail, server.Next = Unknown, firstLine(err), l.command("cluster kubeconfig")
		if errors.Is(err, ErrNoWay) {
			server.Verdict = Missing
		}
		nodes.Verdict, nodes.Detail = Unknown, "not asked without the API server"
		git.Verdict, git.Detail = nodes.Verdict, nodes.Detail
		return []Line{server, nodes, git}
	}
	server.Verdict, server.Detail = OK, version+" at "+c.Server()
	if want := "v" + l.Request.KubernetesVersion; version != want {
		server.Verdict, server.Detail = Wrong, fmt.Sprintf("%s at %s, and platform.yaml says %s", version, c.Server(), want)
		server.Next = l.command("cluster plan")
	}
	return []Line{server, l.nodes(ctx, c, nodes), l.git(ctx, c, git)}
}

func (l looker) nodes(ctx context.Context, c Cluster, line Line) Line {
	all, ready := 0, 0
	err := c.Await(ctx, []schema.GroupVersionKind{{Version: "v1", Kind: "Node"}}, "", func(nodes []*unstructured.Unstructured) (bool, error) {
		all = len(nodes)
		for _, node := range nodes {
			if status, _, _ := explain.Condition(node, "Ready"); status == "True" {
				ready++
			}
		}
		return true, nil // as they are now
	})
	if err != nil {
		line.Verdict, line.Detail = Unknown, firstLine(err)
		return line
	}
	want := l.Request.Nodes()
	line.Verdict, line.Detail = OK, fmt.Sprintf("%d of %d ready, at least %d expected", ready, all, want)
	if ready < want || ready < all {
		line.Verdict, line.Next = Wrong, "kubectl get nodes"
	}
	return line
}

func (l looker) git(ctx context.Context, c Cluster, line Line) Line {
	under, err := l.deps.UnderGit(ctx, c)
	switch {
	case under && err != nil:
		line.Verdict, line.Detail, line.Next = Wrong, firstLine(err), "check the kubeconfig context and --cluster"
	case err != nil:
		line.Verdict, line.Detail = Unknown, firstLine(err)
	case !under:
		line.Verdict, line.Detail, line.Next = Missing, "does not run the cluster yet", l.command("run")
	default:
		line.Verdict, line.Detail = OK, "runs the cluster"
	}
	return line
}
