package pki_test

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"slices"
	"testing"
	"time"

	"github.com/groundwork-dev/groundwork/internal/sandbox/pki"
)

func TestAuthority(t *testing.T) {
	t.Parallel()
	made, err := pki.New(time.Now())
	if err != nil {
		t.Fatal(err)
	}
	pair, err := made.Pair()
	if err != nil {
		t.Fatal(err)
	}
	a, err := pki.Load(pair)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(pair.Cert)
	leaf, err := a.Certificate(&tls.ClientHelloInfo{ServerName: "ghcr.io"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := leaf.Leaf.Verify(x509.VerifyOptions{Roots: roots, DNSName: "ghcr.io"}); err != nil {
		t.Error(err)
	}
	client, err := a.Client("system:node:real-1", "system:nodes")
	if err != nil {
		t.Fatal(err)
	}
	block, _ := pem.Decode(client.Cert)
	cert, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := cert.Verify(x509.VerifyOptions{Roots: roots, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}}); err != nil {
		t.Error(err)
	}
	if cert.Subject.CommonName != "system:node:real-1" || !slices.Equal(cert.Subject.Organization, []string{"system:nodes"}) {
		t.Errorf("subject %v", cert.Subject)
	}
	server, err := a.Server("10.89.0.1", "kubernetes")
	if err != nil {
		t.Fatal(err)
	}
	block, _ = pem.Decode(server.Cert)
	if cert, err = x509.ParseCertificate(block.Bytes); err != nil || len(cert.IPAddresses) != 1 || len(cert.DNSNames) != 1 {
		t.Errorf("%v: addresses %v, names %v", err, cert.IPAddresses, cert.DNSNames)
	}
}
