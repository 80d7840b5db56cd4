// Package cluster talks to one Kubernetes API server: who it is, what it
// holds, server-side apply, waiting by watch, the lock of a run and the
// snapshot that an explanation is made from.
package cluster

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/discovery/cached/memory"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/restmapper"
	"k8s.io/client-go/tools/clientcmd"
)

// Options says which cluster. Empty fields mean what kubectl takes them for.
type Options struct {
	Kubeconfig string
	Context    string
	UserAgent  string
}

// Cluster is one API server.
type Cluster struct {
	config    *rest.Config
	http      *http.Client
	client    dynamic.Interface
	discovery discovery.DiscoveryInterface
	mapper    *restmapper.DeferredDiscoveryRESTMapper
	retry     retryPolicy
	// LockDuration is how long a lock outlives a holder that stopped renewing
	// it, in whole seconds.
	LockDuration time.Duration
}

// Connect reads the kubeconfig and prepares the clients; it does not call the
// server yet.
func Connect(opts Options) (*Cluster, error) {
	rules := clientcmd.NewDefaultClientConfigLoadingRules()
	rules.ExplicitPath = opts.Kubeconfig
	config, err := clientcmd.NewNonInteractiveDeferredLoadingClientConfig(rules,
		&clientcmd.ConfigOverrides{CurrentContext: opts.Context}).ClientConfig()
	if err != nil {
		return nil, fmt.Errorf("reading kubeconfig: %w", err)
	}
	config.UserAgent = opts.UserAgent
	return New(config)
}

// New returns the cluster behind a client configuration.
func New(config *rest.Config) (*Cluster, error) {
	config = rest.CopyConfig(config)
	// The server has flow control of its own and says when it is too much.
	config.QPS = -1
	config.WarningHandler = rest.NoWarnings{}
	httpClient, err := rest.HTTPClientFor(config)
	if err != nil {
		return nil, fmt.Errorf("preparing the connection to the API server: %w", err)
	}
	client, err := dynamic.NewForConfigAndClient(config, httpClient)
	if err != nil {
		return nil, fmt.Errorf("preparing the connection to the API server: %w", err)
	}
	disco, err := discovery.NewDiscoveryClientForConfigAndClient(config, httpClient)
	if err != nil {
		return nil, fmt.Errorf("preparing the connection to the API server: %w", err)
	}
	return &Cluster{
		config: config, http: httpClient, client: client, discovery: disco,
		mapper: restmapper.NewDeferredDiscoveryRESTMapper(memory.NewMemCacheClient(disco)),
		retry:  defaultRetry(), LockDuration: 10 * time.Second,
	}, nil
}

// Server is the address of the API server.
func (c *Cluster) Server() string { return c.config.Host }

// Version returns the server's version, such as v1.36.2.
func (c *Cluster) Version(context.Context) (string, error) {
	v, err := c.discovery.ServerVersion()
	if err != nil {
		return "", fmt.Errorf("reaching the API server at %s: %w", c.config.Host, err)
	}
	return v.GitVersion, nil
}

// Time returns the server's clock, to the second.
func (c *Cluster) Time(ctx context.Context) (time.Time, error) {
	base, _, err := rest.DefaultServerUrlFor(c.config)
	if err != nil {
		return time.Time{}, err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, base.JoinPath("version").String(), nil)
	if err != nil {
		return time.Time{}, err
	}
	response, err := c.http.Do(request)
	if err != nil {
		return time.Time{}, fmt.Errorf("reading the API server's clock: %w", err)
	}
	defer response.Body.Close()
	t, err := http.ParseTime(response.Header.Get("Date"))
	if err != nil {
		return time.Time{}, fmt.Errorf("reading the API server's clock: %w", err)
	}
	return t, nil
}

// Identity returns what tells this cluster from every other: the UID of its
// kube-system namespace and the SHA-256 of the CA that pods trust it by, in
// hex.
func (c *Cluster) Identity(ctx context.Context) (uid, ca string, err error) {
	namespace, err := c.Get(ctx, schema.GroupVersionKind{Version: "v1", Kind: "Namespace"}, "", metav1.NamespaceSystem)
	if err != nil {
		return "", "", err
	}
	if namespace == nil {
		return "", "", errors.New("the cluster has no kube-system namespace: is this a Kubernetes API server?")
	}
	data, err := c.authority(ctx)
	return string(namespace.GetUID()), fingerprint(data), err
}

// authority returns the certificates that pods trust the API server by, in
// PEM. A cluster too young to have published them is known by those of the
// kubeconfig, which are the same.
func (c *Cluster) authority(ctx context.Context) ([]byte, error) {
	bundle, err := c.Get(ctx, schema.GroupVersionKind{Version: "v1", Kind: "ConfigMap"}, metav1.NamespaceSystem, "kube-root-ca.crt")
	if err != nil {
		return nil, err
	}
	if bundle != nil {
		text, _, _ := unstructured.NestedString(bundle.Object, "data", "ca.crt")
		return []byte(text), nil
	}
	config := rest.CopyConfig(c.config)
	if err := rest.LoadTLSFiles(config); err != nil {
		return nil, fmt.Errorf("reading the kubeconfig's certificate authority: %w", err)
	}
	return config.CAData, nil
}

// fingerprint is the SHA-256 of the certificates in PEM data, in hex; what is
// written around them, and their order, does not matter.
func fingerprint(data []byte) string {
	var sums []string
	for block, rest := pem.Decode(data); block != nil; block, rest = pem.Decode(rest) {
		sum := sha256.Sum256(block.Bytes)
		sums = append(sums, hex.EncodeToString(sum[:]))
	}
	slices.Sort(sums)
	sum := sha256.Sum256([]byte(strings.Join(sums, "\n")))
	return hex.EncodeToString(sum[:])
}

// Get returns an object, nil when it, or its kind, is not there.
func (c *Cluster) Get(ctx context.Context, kind schema.GroupVersionKind, namespace, name string) (*unstructured.Unstructured, error) {
	resource, err := c.resource(kind, namespace)
	if isNoMatch(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var found *unstructured.Unstructured
	err = c.retry.do(ctx, func(ctx context.Context) error {
		found, err = resource.Get(ctx, name, metav1.GetOptions{})
		return err
	})
	if apierrors.IsNotFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", objectName(kind.Kind, namespace, name), err)
	}
	return found, nil
}

// resource returns the client of a kind; namespace is ignored for kinds of
// the whole cluster.
func (c *Cluster) resource(kind schema.GroupVersionKind, namespace string) (dynamic.ResourceInterface, error) {
	mapping, err := c.mapping(kind)
	if err != nil {
		return nil, err
	}
	if mapping.Scope.Name() == meta.RESTScopeNameRoot || namespace == "" {
		return c.client.Resource(mapping.Resource), nil
	}
	return c.client.Resource(mapping.Resource).Namespace(namespace), nil
}

// mapping finds the resource of a kind, asking the server again when the kind
// was not there at the last look.
func (c *Cluster) mapping(kind schema.GroupVersionKind) (*meta.RESTMapping, error) {
	mapping, err := c.mapper.RESTMapping(kind.GroupKind(), kind.Version)
	if meta.IsNoMatchError(err) {
		c.mapper.Reset()
		mapping, err = c.mapper.RESTMapping(kind.GroupKind(), kind.Version)
	}
	if err != nil {
		return nil, fmt.Errorf("looking up kind %s: %w", kind.Kind, err)
	}
	return mapping, nil
}

func objectName(kind, namespace, name string) string {
	if namespace == "" {
		return kind + "/" + name
	}
	return kind + "/" + namespace + "/" + name
}
