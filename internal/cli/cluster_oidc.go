package cli

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"

	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"

	"github.com/groundwork-dev/groundwork/internal/clusterfacts"
	"github.com/groundwork-dev/groundwork/internal/clusterspec"
)

const (
	// oidcSuffix tells the people's context from the administrator's.
	oidcSuffix = "-oidc"
	// authority is kops' name of the keyset that signs for the API server.
	authority = "kubernetes-ca"
)

// oidcKubeconfig returns a kubeconfig with which people log in at the identity
// provider. All of it is public.
func (o clusterKubeconfigOptions) oidcKubeconfig(request *clusterspec.Request) (*clientcmdapi.Config, error) {
	login := request.OIDC
	if login == nil {
		return nil, refused("cluster "+o.cluster+" knows no identity provider", "name one in spec.clusters."+o.cluster+".kubernetes.oidc of platform.yaml and render the cluster again")
	}
	if request.DNSZone == "" {
		return nil, refused("the API of cluster "+o.cluster+" has no name of its own, only that of its load balancer", "set spec.clusters."+o.cluster+".kubernetes.dnsZone in platform.yaml")
	}
	root, err := os.OpenRoot(o.dir)
	if err != nil {
		return nil, fmt.Errorf("opening the repository's folder: %w", err)
	}
	defer root.Close()
	facts, err := clusterfacts.Load(root.FS(), o.cluster)
	if err != nil {
		return nil, err
	}
	keyset, ok := facts.Keysets[authority]
	if !ok {
		return nil, missingFactsError{cluster: o.cluster, lacks: []string{"keyset " + authority}}
	}
	if facts.Examples() > 0 {
		return nil, refused("the certificate of cluster "+o.cluster+" in "+clusterfacts.Path(o.cluster)+" is an example: no cluster has it",
			"record the real one with 'bootstrap cluster facts --cluster "+o.cluster+" --refresh'")
	}
	var certificates strings.Builder
	for _, id := range slices.Sorted(maps.Keys(keyset.Certificates)) {
		certificates.WriteString(strings.TrimSpace(keyset.Certificates[id]) + "\n")
	}
	name := request.Name + oidcSuffix
	config := clientcmdapi.NewConfig()
	config.CurrentContext = name
	config.Clusters[name] = &clientcmdapi.Cluster{Server: "https://api." + request.Name, CertificateAuthorityData: []byte(certificates.String())}
	config.AuthInfos[name] = &clientcmdapi.AuthInfo{Exec: oidcLogin(login, o.scopes)}
	config.Contexts[name] = &clientcmdapi.Context{Cluster: name, AuthInfo: name}
	return config, nil
}

// oidcLogin is how kubectl gets a person's token, as kubelogin's own guide has it
// (https://github.com/int128/kubelogin).
func oidcLogin(login *clusterspec.OIDC, scopes []string) *clientcmdapi.ExecConfig {
	args := []string{"oidc-login", "get-token", "--oidc-issuer-url=" + login.IssuerURL, "--oidc-client-id=" + login.ClientID}
	for _, scope := range scopes {
		args = append(args, "--oidc-extra-scope="+scope)
	}
	return &clientcmdapi.ExecConfig{
		APIVersion: "client.authentication.k8s.io/v1", Command: "kubectl", Args: args,
		InteractiveMode: clientcmdapi.IfAvailableExecInteractiveMode,
		InstallHint:     "kubectl logs people in through the plugin kubelogin: kubectl krew install oidc-login",
	}
}
