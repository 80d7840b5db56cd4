//go:build aws

package kops_test

import (
	"crypto/x509"
	"encoding/pem"
	"strings"
	"testing"
	"time"

	"k8s.io/client-go/tools/clientcmd"

	"github.com/groundwork-dev/groundwork/internal/clusterspec"
)

func certificate(t *testing.T, data []byte) *x509.Certificate {
	t.Helper()
	block, _ := pem.Decode(data)
	if block == nil {
		t.Fatalf("no certificate: %q", data)
	}
	c, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// holdKubeconfig holds a kubeconfig to the facts of the cluster.
func (s site) holdKubeconfig(t *testing.T) {
	t.Helper()
	const lifetime = 10 * time.Minute
	result := s.do(t, &clusterspec.Job{Do: clusterspec.DoKubeconfig, Lifetime: int64(lifetime.Seconds())})
	if result.Error != "" {
		t.Fatal(result.Error)
	}
	config, err := clientcmd.Load([]byte(result.Kubeconfig))
	if err != nil {
		t.Fatal(err)
	}
	name := s.request.Name
	cluster, user := config.Clusters[name], config.AuthInfos[name]
	if cluster == nil || user == nil || config.CurrentContext != name {
		t.Fatalf("it has not the context %s alone", name)
	}
	if cluster.TLSServerName != "api.internal."+name || !strings.Contains(cluster.Server, ".elb.") {
		t.Errorf("its server is %s, known as %s: want the load balancer's", cluster.Server, cluster.TLSServerName)
	}
	keyset := gather(t, s.request, s.env).Keysets["kubernetes-ca"]
	ca := certificate(t, []byte(keyset.Certificates[keyset.Primary]))
	if !certificate(t, cluster.CertificateAuthorityData).Equal(ca) {
		t.Error("its authority is not the one in the facts")
	}
	signed := certificate(t, user.ClientCertificateData)
	roots := x509.NewCertPool()
	roots.AddCert(ca)
	if _, err := signed.Verify(x509.VerifyOptions{Roots: roots, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}}); err != nil {
		t.Errorf("its certificate is not the authority's: %v", err)
	}
	if left := time.Until(signed.NotAfter); left > lifetime || left <= 0 {
		t.Errorf("its certificate holds for another %s, want at most %s", left, lifetime)
	}
	if len(signed.Subject.Organization) != 1 || signed.Subject.Organization[0] != "system:masters" || signed.IsCA {
		t.Errorf("its certificate is for %v", signed.Subject)
	}
	if strings.Count(string(user.ClientKeyData), "PRIVATE KEY-----") != 2 {
		t.Error("it does not hold one key")
	}
	key, _ := pem.Decode(user.ClientKeyData)
	parsed, err := x509.ParsePKCS1PrivateKey(key.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	if !parsed.PublicKey.Equal(signed.PublicKey) || parsed.PublicKey.Equal(ca.PublicKey) {
		t.Error("its key is not the user's, or is the authority's")
	}
	for _, seconds := range []int64{0, -1, 24*3600 + 1, 1 << 62} {
		if result := s.do(t, &clusterspec.Job{Do: clusterspec.DoKubeconfig, Lifetime: seconds}); !strings.Contains(result.Error, "the certificate cannot hold for") {
			t.Errorf("a lifetime of %d seconds: %q", seconds, result.Error)
		}
	}
}

// TestNoAuthority: without the cluster's keys there is no kubeconfig, and none
// are made.
func TestNoAuthority(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	result := s.do(t, &clusterspec.Job{Do: clusterspec.DoKubeconfig, Lifetime: 60})
	if !strings.Contains(result.Error, s.request.StateStore) || result.Kubeconfig != "" {
		t.Errorf("it says %q", result.Error)
	}
}
