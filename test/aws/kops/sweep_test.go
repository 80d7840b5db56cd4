//go:build aws

package kops_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/groundwork-dev/groundwork/internal/clusterspec"
	"github.com/groundwork-dev/groundwork/test/aws/awstest"
)

// site is an account in a simulation of AWS, with what has to be there before a
// cluster.
type site struct {
	moto    awstest.Moto
	request *clusterspec.Request
	env     []string
}

func newSite(t *testing.T) site {
	t.Helper()
	s := site{moto: awstest.StartMotoWithImages(t), request: request(t, filepath.Join("testdata", "private.yaml"), "example")}
	proxy, trust := awstest.StartArtifacts(t)
	for _, bucket := range []string{s.request.StateStore, s.request.DiscoveryStore} {
		awstest.Call(t, http.MethodPut, s.moto.URL+"/"+strings.TrimPrefix(bucket, "s3://"), `<CreateBucketConfiguration><LocationConstraint>eu-west-1</LocationConstraint></CreateBucketConfiguration>`)
	}
	s.moto.MakeZone(t, s.request.DNSZone)
	s.env = []string{
		"HOME=" + t.TempDir(), "TMPDIR=" + t.TempDir(), "HTTPS_PROXY=" + proxy, "SSL_CERT_FILE=" + trust,
		"AWS_ENDPOINT_URL=" + s.moto.URL, "AWS_REGION=eu-west-1", "AWS_ACCESS_KEY_ID=none", "AWS_SECRET_ACCESS_KEY=none",
		// kops asks S3 by another kind of address where this is not set.
		"S3_ENDPOINT=" + s.moto.URL, "S3_REGION=eu-west-1", "S3_ACCESS_KEY_ID=none", "S3_SECRET_ACCESS_KEY=none",
	}
	return s
}

// start prepares a worker for a job; more is put after its environment.
func (s site) start(t *testing.T, job *clusterspec.Job, more ...string) (cmd *exec.Cmd, stdout *bytes.Buffer) {
	t.Helper()
	job.Request = *s.request
	input, err := json.Marshal(job)
	if err != nil {
		t.Fatal(err)
	}
	stdout = &bytes.Buffer{}
	cmd = exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env, cmd.Stdin, cmd.Stdout = slices.Concat(s.env, more), bytes.NewReader(input), stdout
	return cmd, stdout
}

// do lets a worker do a job, which may be refused.
func (s site) do(t *testing.T, job *clusterspec.Job) clusterspec.Result {
	t.Helper()
	cmd, stdout := s.start(t, job)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	var result clusterspec.Result
	if err := cmd.Run(); err != nil || json.Unmarshal(stdout.Bytes(), &result) != nil {
		t.Fatalf("%s: %v\n%s", job.Do, err, stderr.String())
	}
	return result
}

// left lets a worker list or sweep.
func (s site) left(t *testing.T, do string) []string {
	t.Helper()
	result := s.do(t, &clusterspec.Job{Do: do, RecordMarkers: []string{ourMarker}})
	if result.Error != "" {
		t.Fatalf("%s: %s", do, result.Error)
	}
	var all []string
	for _, l := range result.Left {
		all = append(all, l.Kind+":"+l.ID)
		if l.Why != "" {
			t.Logf("%s: %s %s is left: %s", do, l.Kind, l.ID, l.Why)
		}
	}
	slices.Sort(all)
	return all
}

// stack is the cluster's Terraform, ready to be applied to the simulation.
func (s site) stack(t *testing.T) *awstest.Terraform {
	t.Helper()
	files := map[string][]byte{}
	for name, text := range render(t.Context(), t, s.request, gather(t, s.request, s.env)) {
		files[name] = []byte(text)
	}
	return awstest.New(t, files, s.moto.Override(s.moto.Files()+awstest.ForKops(string(files["kubernetes.tf"]))))
}

// TestLife builds a cluster's infrastructure in a simulation of AWS, uses it, ends
// it, and deletes what a dead cluster's controllers left behind. Not in parallel:
// the provider takes 600 MB.
func TestLife(t *testing.T) {
	s := newSite(t)
	tf := s.stack(t)
	tf.Apply(t, nil)
	s.holdKubeconfig(t)
	ours := s.plant(t)
	if before := s.left(t, clusterspec.DoLeft); len(before) < 60 {
		t.Errorf("of a whole cluster, %d things are found: %v", len(before), before)
	}
	tf.Destroy(t)
	if diff := cmp.Diff(ours, s.left(t, clusterspec.DoLeft)); diff != "" {
		t.Errorf("after Terraform's own end this is left (-planted +found):\n%s", diff)
	}
	others := s.others(t)
	s.kill(t)
	again := s.left(t, clusterspec.DoLeft)
	if len(again) == 0 || len(again) >= len(ours) {
		t.Errorf("after a sweep that was killed, %d of %d things are left", len(again), len(ours))
	}
	if left := s.left(t, clusterspec.DoSweep); len(left) > 0 {
		t.Errorf("a sweep leaves %v", left)
	}
	if left := s.left(t, clusterspec.DoLeft); len(left) > 0 {
		t.Errorf("after a sweep there is %v", left)
	}
	if left := s.left(t, clusterspec.DoSweep); len(left) > 0 {
		t.Errorf("a sweep of nothing leaves %v", left)
	}
	if diff := cmp.Diff(others, s.others(t)); diff != "" {
		t.Errorf("what is not the cluster's is not as it was (-before +after):\n%s", diff)
	}
}

// kill kills a worker that has deleted two things: everything that it asks goes
// through a proxy that counts, and then answers nothing any more.
func (s site) kill(t *testing.T) {
	t.Helper()
	to, err := url.Parse(s.moto.URL)
	if err != nil {
		t.Fatal(err)
	}
	forward := httputil.NewSingleHostReverseProxy(to)
	var deleted atomic.Int32
	enough := make(chan struct{})
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		if bytes.Contains(body, []byte("Action=Delete")) {
			if n := deleted.Add(1); n > 2 {
				if n == 3 {
					close(enough)
				}
				<-r.Context().Done()
				return
			}
		}
		forward.ServeHTTP(w, r)
	}))
	t.Cleanup(proxy.Close)
	cmd, stdout := s.start(t, &clusterspec.Job{Do: clusterspec.DoSweep, RecordMarkers: []string{ourMarker}}, "AWS_ENDPOINT_URL="+proxy.URL)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	<-enough
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err == nil || stdout.Len() > 0 {
		t.Fatalf("the worker was killed, and ends with %v and %q", err, stdout.String())
	}
}

// TestOtherAccount: what would list, sign or delete refuses another account's
// credentials.
func TestOtherAccount(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.request.AccountID = "999999999999"
	for _, do := range []string{clusterspec.DoGather, clusterspec.DoKubeconfig, clusterspec.DoLeft, clusterspec.DoSweep} {
		result := s.do(t, &clusterspec.Job{Do: do, Lifetime: 60})
		if !result.Refused || !strings.Contains(result.Error, "are for account 123456789012, and platform.yaml says 999999999999") {
			t.Errorf("%s: %+v", do, result)
		}
	}
}
