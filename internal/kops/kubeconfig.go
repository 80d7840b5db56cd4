package kops

import (
	"context"
	"fmt"
	"time"

	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
	"k8s.io/kops/pkg/kubeconfig"

	"github.com/groundwork-dev/groundwork/internal/clusterspec"
)

// Kubeconfig returns a kubeconfig whose one context is named after the cluster.
// Its user is an administrator by a client certificate that is signed here, with
// the authority in the state store, and ends after the lifetime. The authority's
// key is not in it.
func Kubeconfig(ctx context.Context, r *clusterspec.Request, lifetime time.Duration) (string, error) {
	if lifetime < time.Second || lifetime > clusterspec.MaxLifetime {
		return "", fmt.Errorf("the certificate cannot hold for %s: the least is a second, the most %s", lifetime, clusterspec.MaxLifetime)
	}
	cloud, err := openAccount(ctx, r)
	if err != nil {
		return "", err
	}
	clientset, err := newClientset(r)
	if err != nil {
		return "", err
	}
	cluster := named(r)
	keys, err := clientset.KeyStore(cluster)
	if err != nil {
		return "", fmt.Errorf("opening the store of keys: %w", err)
	}
	secrets, err := clientset.SecretStore(cluster)
	if err != nil {
		return "", fmt.Errorf("opening the store of secrets: %w", err)
	}
	built, err := kubeconfig.BuildKubecfg(ctx, cluster, keys, secrets, cloud, kubeconfig.CreateKubecfgOptions{Admin: lifetime}, r.StateStore)
	if err != nil {
		return "", fmt.Errorf("signing a certificate with the authority in %s: %w", r.StateStore, err)
	}
	config := clientcmdapi.NewConfig()
	config.CurrentContext = built.Context
	config.Clusters[built.Context] = &clientcmdapi.Cluster{
		Server: built.Server, TLSServerName: built.TLSServerName, CertificateAuthorityData: built.CACerts,
	}
	config.AuthInfos[built.User] = &clientcmdapi.AuthInfo{ClientCertificateData: built.ClientCert, ClientKeyData: built.ClientKey}
	config.Contexts[built.Context] = &clientcmdapi.Context{Cluster: built.Context, AuthInfo: built.User}
	text, err := clientcmd.Write(*config)
	if err != nil {
		return "", fmt.Errorf("writing the kubeconfig: %w", err)
	}
	return string(text), nil
}
