package cli

import (
	"context"
	"errors"
	"fmt"
	"time"

	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"

	"github.com/groundwork-dev/groundwork/internal/clusterspec"
)

// clusterKubeconfig lets the worker sign a certificate of an administrator, and
// returns the kubeconfig with it: one context, named by the cluster's domain. It
// is written nowhere. The key of the cluster's authority stays in the worker.
func clusterKubeconfig(ctx context.Context, request *clusterspec.Request, lifetime time.Duration) (*clientcmdapi.Config, error) {
	worker, err := kopsWorker()
	if err != nil {
		return nil, err
	}
	result, err := worker.Do(ctx, &clusterspec.Job{Do: clusterspec.DoKubeconfig, Request: *request, Lifetime: int64(lifetime.Seconds())})
	if err != nil {
		return nil, fmt.Errorf("making a kubeconfig of cluster %s: %w", request.Name, err)
	}
	config, err := clientcmd.Load([]byte(result.Kubeconfig))
	if err == nil && (config.Contexts[request.Name] == nil || config.Clusters[request.Name] == nil || config.AuthInfos[request.Name] == nil) {
		err = errors.New("it lacks the context " + request.Name)
	}
	if err != nil {
		return nil, fmt.Errorf("reading the kubeconfig of cluster %s: %w", request.Name, err)
	}
	return config, nil
}

// clusterRESTConfig returns a client's configuration by a kubeconfig that is
// made for it.
func clusterRESTConfig(ctx context.Context, request *clusterspec.Request, lifetime time.Duration) (*rest.Config, error) {
	kubeconfig, err := clusterKubeconfig(ctx, request, lifetime)
	if err != nil {
		return nil, err
	}
	config, err := clientcmd.NewDefaultClientConfig(*kubeconfig, &clientcmd.ConfigOverrides{CurrentContext: request.Name}).ClientConfig()
	if err != nil {
		return nil, fmt.Errorf("reading the kubeconfig of cluster %s: %w", request.Name, err)
	}
	config.UserAgent = userAgent()
	return config, nil
}
