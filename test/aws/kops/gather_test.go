//go:build aws

package kops_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/groundwork-dev/groundwork/internal/clusterfacts"
	"github.com/groundwork-dev/groundwork/internal/clusterspec"
	"github.com/groundwork-dev/groundwork/test/aws/awstest"
)

// TestGather asks a simulation of AWS for the facts of a cluster: the keys are
// in its state store afterwards, and nowhere else; asked again, they are the
// same, and what is rendered by them too.
func TestGather(t *testing.T) {
	t.Parallel()
	moto := awstest.StartMotoWithImages(t)
	proxy, trust := awstest.StartArtifacts(t)
	r := request(t, filepath.Join("testdata", "private.yaml"), "example")
	bucket := strings.TrimPrefix(r.StateStore, "s3://")
	awstest.Call(t, http.MethodPut, moto.URL+"/"+bucket, `<CreateBucketConfiguration><LocationConstraint>eu-west-1</LocationConstraint></CreateBucketConfiguration>`)
	awstest.Call(t, http.MethodPut, moto.URL+"/"+strings.TrimPrefix(r.DiscoveryStore, "s3://"), `<CreateBucketConfiguration><LocationConstraint>eu-west-1</LocationConstraint></CreateBucketConfiguration>`)
	moto.MakeZone(t, r.DNSZone)

	env := []string{
		"HOME=" + t.TempDir(), "TMPDIR=" + t.TempDir(), "HTTPS_PROXY=" + proxy, "SSL_CERT_FILE=" + trust,
		"AWS_ENDPOINT_URL=" + moto.URL, "AWS_REGION=eu-west-1", "AWS_ACCESS_KEY_ID=none", "AWS_SECRET_ACCESS_KEY=none",
		// kops asks S3 by another kind of address where this is not set.
		"S3_ENDPOINT=" + moto.URL, "S3_REGION=eu-west-1", "S3_ACCESS_KEY_ID=none", "S3_SECRET_ACCESS_KEY=none",
	}
	first, second := gather(t, r, env), gather(t, r, env)
	if lacks := r.Missing(first); len(lacks) > 0 || first.Examples() > 0 {
		t.Errorf("the facts lack %v, and %d are examples", lacks, first.Examples())
	}
	text, err := first.Format()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := clusterfacts.Parse("facts.lock.yaml", text); err != nil {
		t.Error(err)
	}
	if bytes.Contains(text, []byte("PRIVATE KEY")) {
		t.Error("the lock holds a private key")
	}
	again, err := second.Format()
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(text, again) {
		t.Errorf("asked again, the facts are others:\n%s\n%s", text, again)
	}
	files := render(t.Context(), t, r, first)
	if !strings.Contains(files["kubernetes.tf"], "ami-0a0a0a0a0a0a0a000") {
		t.Error("the render has another image than EC2 named")
	}
}

func gather(t *testing.T, r *clusterspec.Request, env []string) *clusterfacts.Facts {
	t.Helper()
	input, err := json.Marshal(clusterspec.Job{Do: clusterspec.DoGather, Request: *r, Facts: *clusterfacts.New("example", clusterspec.KopsVersion), Origin: clusterfacts.Origin{Date: "2026-11-24"}})
	if err != nil {
		t.Fatal(err)
	}
	var stderr bytes.Buffer
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env, cmd.Stdin, cmd.Stderr = env, bytes.NewReader(input), &stderr
	output, err := cmd.Output()
	var result clusterspec.Result
	if err != nil || json.Unmarshal(output, &result) != nil || result.Error != "" || result.Facts == nil {
		t.Fatalf("asking for facts: %v, %s\n%s", err, result.Error, stderr.String())
	}
	return result.Facts
}
