//go:build aws

package kops_test

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/groundwork-dev/groundwork/internal/clusterfacts"
	"github.com/groundwork-dev/groundwork/internal/clusterspec"
)

// TestGather asks a simulation of AWS for the facts of a cluster: the keys are
// in its state store afterwards, and nowhere else; asked again, they are the
// same, and what is rendered by them too.
func TestGather(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	r, env := s.request, s.env
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
