//go:build e2e

package canaried

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/apimachinery/pkg/util/yaml"
	"k8s.io/client-go/kubernetes"

	"github.com/groundwork-dev/groundwork/internal/forge/githubfake"
	"github.com/groundwork-dev/groundwork/test/e2e/sandboxed"
)

// sinkImage takes GitHub's place in the cluster.
const sinkImage = "ghcr.io/groundwork-dev/sink"

const sinkObjects = `
apiVersion: v1
kind: Namespace
metadata: {name: github}
---
apiVersion: v1
kind: Service
metadata: {name: github, namespace: github}
spec: {selector: {app: github}, ports: [{port: 80, targetPort: 8080}]}
---
apiVersion: v1
kind: Pod
metadata: {name: github, namespace: github, labels: {app: github}}
spec: {containers: [{name: sink, image: SINK}]}
---
apiVersion: v1
kind: Secret
metadata: {name: github-dispatch, namespace: flux-system}
stringData: {token: TOKEN, address: "http://github.github.svc.cluster.local/REPOSITORY"}
`

// tellGitHub gives the cluster what generate makes of the same platform on GitHub,
// with a Secret that leads to a sink.
func (s *sandbox) tellGitHub(t *testing.T) {
	t.Helper()
	dir := filepath.Join(s.Dir, "on-github")
	if err := os.CopyFS(filepath.Join(dir, "components"), os.DirFS(filepath.Join(s.checkout, "components"))); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(filepath.Join(s.checkout, "platform.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	platform := strings.NewReplacer(
		sandboxed.Forge+"/platform/canaried.git", "https://github.com/"+githubfake.Repository, "provider: gitea", "provider: github",
		"      rollout:\n", "      delivery: {dispatch: true}\n      rollout:\n",
	).Replace(string(data))
	if err := os.WriteFile(filepath.Join(dir, "platform.yaml"), []byte(platform), 0o644); err != nil {
		t.Fatal(err)
	}
	s.Must(t, dir, s.Bootstrap, "generate")
	dispatch, err := os.ReadFile(filepath.Join(dir, "clusters", "prod", "dispatch.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	program := filepath.Join(s.Dir, "sink")
	s.Must(t, source, "go", "build", "-o", program, "./test/e2e/canaried/sink")
	s.create(t, strings.NewReplacer("SINK", s.push(t, program, "/sink", sinkImage+":1"), "TOKEN", githubfake.Token, "REPOSITORY", githubfake.Repository).Replace(sinkObjects))
	s.create(t, string(dispatch))
}

// create makes objects.
func (s *sandbox) create(t *testing.T, docs string) {
	t.Helper()
	for d := yaml.NewYAMLOrJSONDecoder(strings.NewReader(docs), 4096); ; {
		var o unstructured.Unstructured
		if err := d.Decode(&o.Object); errors.Is(err, io.EOF) {
			return
		} else if err != nil {
			t.Fatal(err)
		}
		gvk := o.GroupVersionKind()
		resource := s.client.Resource(schema.GroupVersionResource{Group: gvk.Group, Version: gvk.Version, Resource: strings.ToLower(gvk.Kind) + "s"})
		var err error
		if o.GetNamespace() == "" {
			_, err = resource.Create(t.Context(), &o, metav1.CreateOptions{})
		} else {
			_, err = resource.Namespace(o.GetNamespace()).Create(t.Context(), &o, metav1.CreateOptions{})
		}
		if err != nil {
			t.Fatalf("%s %s: %v", gvk.Kind, o.GetName(), err)
		}
	}
}

// dispatch is a request that came to the sink.
type dispatch struct{ Method, Path, Authorization, Type, Body string }

// dispatched are the requests that came so far.
func (s *sandbox) dispatched(t *testing.T) []dispatch {
	t.Helper()
	client, err := kubernetes.NewForConfig(s.config)
	if err != nil {
		t.Fatal(err)
	}
	data, err := client.CoreV1().Pods("github").GetLogs("github", &corev1.PodLogOptions{}).DoRaw(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var all []dispatch
	for lines := bufio.NewScanner(bytes.NewReader(data)); lines.Scan(); {
		var r dispatch
		if err := json.Unmarshal(lines.Bytes(), &r); err != nil {
			t.Fatalf("%v in %s", err, lines.Bytes())
		}
		all = append(all, r)
	}
	return all
}

// heardOnGitHub holds what notification-controller sent to GitHub's description,
// and to what promote.yaml asks of it.
func (s *sandbox) heardOnGitHub(t *testing.T) {
	t.Helper()
	var all []dispatch
	err := wait.PollUntilContextTimeout(t.Context(), time.Second, time.Minute, true, func(context.Context) (bool, error) {
		all = s.dispatched(t)
		return len(all) > 0, nil
	})
	if err != nil {
		t.Errorf("notification-controller sent nothing: %v", s.warnings(t, "kind=Alert"))
	}
	github := githubfake.New(t)
	for _, r := range all {
		t.Log(r)
		req, err := http.NewRequestWithContext(t.Context(), r.Method, github.API+r.Path, strings.NewReader(r.Body))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", r.Authorization)
		req.Header.Set("Content-Type", r.Type)
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != http.StatusNoContent {
			t.Errorf("GitHub would answer %s", resp.Status)
		}
		var event struct {
			Type    string `json:"event_type"`
			Payload struct {
				Severity, Message string
				Metadata          struct{ Cluster string }
			} `json:"client_payload"`
		}
		if err := json.Unmarshal([]byte(r.Body), &event); err != nil {
			t.Fatal(err)
		}
		if event.Type != "Kustomization/app-"+app+"."+flux || event.Payload.Severity != "error" || event.Payload.Metadata.Cluster != "prod" || !strings.Contains(event.Payload.Message, takenBack) {
			t.Errorf("promote.yaml would not see %+v", event)
		}
	}
}
