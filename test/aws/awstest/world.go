//go:build aws

package awstest

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/groundwork-dev/groundwork/internal/clusterspec"
)

// StartMotoWithImages starts a simulation of AWS that has the nodes' images. They
// have no date: moto 5.2 reads one only in one region.
func StartMotoWithImages(t testing.TB) Moto {
	t.Helper()
	var images []map[string]any
	for i, image := range clusterspec.Images() {
		owner, name, _ := strings.Cut(image.Name, "/")
		images = append(images, map[string]any{
			"ami_id": fmt.Sprintf("ami-0a0a0a0a0a0a0a0%02d", i), "name": name, "owner_id": owner, "architecture": image.Architecture,
			"description": "", "public": true, "virtualization_type": "hvm", "state": "available", "image_type": "machine", "platform": nil,
			"hypervisor": "xen", "root_device_name": "/dev/sda1", "root_device_type": "ebs", "sriov": "simple",
		})
	}
	data, err := json.Marshal(images)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "images.json")
	if err := os.WriteFile(file, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return StartMoto(t, "MOTO_AMIS_PATH="+file)
}

// MakeZone makes a public zone.
func (m Moto) MakeZone(t testing.TB, name string) {
	t.Helper()
	Call(t, http.MethodPost, m.URL+"/2013-04-01/hostedzone", `<CreateHostedZoneRequest xmlns="https://route53.amazonaws.com/doc/2013-04-01/"><Name>`+name+`.</Name><CallerReference>1</CallerReference></CreateHostedZoneRequest>`,
		"Host", "route53.amazonaws.com", "Authorization", "AWS4-HMAC-SHA256 Credential=none/20261124/us-east-1/route53/aws4_request")
}

// Call is one request to moto, as anybody.
func Call(t testing.TB, method, address, body string, header ...string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, address, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i+1 < len(header); i += 2 {
		request.Header.Set(header[i], header[i+1])
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if text, _ := io.ReadAll(response.Body); response.StatusCode >= 300 {
		t.Fatalf("%s %s: %s\n%s", method, address, response.Status, text)
	}
}

// StartArtifacts is a proxy behind which artifacts.k8s.io has checksums, and
// nothing else is. It returns its address, and a file that vouches for it.
func StartArtifacts(t testing.TB) (proxy, trust string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "artifacts"}, DNSNames: []string{"artifacts.k8s.io"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	trust = filepath.Join(t.TempDir(), "trust.pem")
	if err := os.WriteFile(trust, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
	files := &http.Server{ReadHeaderTimeout: time.Minute, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.HasPrefix(r.URL.Path, "/binaries/kops/"+clusterspec.KopsVersion+"/linux/") || !strings.HasSuffix(r.URL.Path, ".sha256") {
			http.NotFound(w, r)
			return
		}
		fmt.Fprintf(w, "%064x  name\n", len(r.URL.Path)) //nolint:gosec // a number, to this test alone
	})}
	var lc net.ListenConfig
	tcp, err := lc.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	listener := tls.NewListener(tcp, &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}, MinVersion: tls.VersionTLS12})
	tunnel := &http.Server{ReadHeaderTimeout: time.Minute, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodConnect || r.Host != "artifacts.k8s.io:443" {
			http.Error(w, "only artifacts.k8s.io is here", http.StatusForbidden)
			return
		}
		join(r.Context(), w, tcp.Addr().String())
	})}
	front, err := lc.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go func() { _ = files.Serve(listener) }()
	go func() { _ = tunnel.Serve(front) }()
	t.Cleanup(func() { _ = files.Close(); _ = tunnel.Close() })
	return "http://" + front.Addr().String(), trust
}

// join lets a client talk to an address.
func join(ctx context.Context, w http.ResponseWriter, address string) {
	var d net.Dialer
	server, err := d.DialContext(context.WithoutCancel(ctx), "tcp", address)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	w.WriteHeader(http.StatusOK)
	client, buffered, err := http.NewResponseController(w).Hijack()
	if err != nil {
		_ = server.Close()
		return
	}
	go func() { _, _ = io.Copy(server, buffered); _ = server.Close() }()
	_, _ = io.Copy(client, server)
	_ = client.Close()
}
