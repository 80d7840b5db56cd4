//go:build e2e

package canaried

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/rest"
)

// TestRollouts gives a good version to more and more users until all have it, and
// takes a bad one back.
func TestRollouts(t *testing.T) {
	const first, good, bad, next = "1.0.0", "2.0.0", "3.0.0", "4.0.0"
	s := start(t, first)
	s.await(t, 3*time.Minute, "Initialized")
	s.tellGitHub(t)
	v2, v3 := s.publish(t, good, 0), s.publish(t, bad, 50)
	u := s.arrive(t)
	s.serves(t, u, first)
	if !t.Run("a good version gets all users, none of whom notices", func(t *testing.T) {
		before := time.Now()
		steps := s.rollOut(t, v2, "Succeeded")
		s.serves(t, u, good)
		all := u.between(before, time.Now())
		t.Log(all)
		if all.failed > 0 {
			t.Errorf("%d requests of users failed: %v", all.failed, all.why)
		}
		if want := []int{10, 20, 30, 40, 50}; fmt.Sprint(weights(steps)) != fmt.Sprint(want) {
			t.Errorf("the canary had %v %% of the requests, want %v", weights(steps), want)
		}
		measured(t, u, steps, first)
		s.runs(t, v2)
		if told := s.failures(t); len(told) > 0 {
			t.Errorf("Flux tells of failures: %v", told)
		}
	}) {
		return
	}
	if !t.Run("a bad version is taken back", func(t *testing.T) {
		before := time.Now()
		steps := s.rollOut(t, v3, "Failed")
		s.serves(t, u, good)
		after := time.Now()
		all := u.between(before, after)
		t.Logf("the bad version had at most %v %% of the requests; %s", weights(steps), all)
		// Half of those that came to it, and no other.
		if all.failed == 0 || all.why["500 Internal Server Error"] != all.failed {
			t.Errorf("want failed requests, all of them answered by the bad version with 500: %v", all.why)
		}
		if share := float64(all.failed) / float64(all.all); share > 0.1 {
			t.Errorf("%.1f %% of all users' requests failed, want at most a tenth", 100*share)
		}
		measured(t, u, steps, good)
		s.runs(t, v2)
		s.failed(t, 2*time.Minute)
		s.stamped(t, v3)
		s.heardOnGitHub(t)
		s.reported(t)
	}) {
		return
	}
	t.Run("the way back is well again", func(t *testing.T) {
		failures := len(s.failures(t))
		s.pin(t, v2)
		s.ready(t, 2*time.Minute)
		if is := s.phase(t); is != "Failed" {
			t.Errorf("the rollout is %s: there is none to what serves", is)
		}
		// The phase is still that of the bad one when the next is applied.
		s.pin(t, s.publish(t, next, 0))
		s.ready(t, 2*time.Minute)
		s.await(t, time.Minute, "Progressing")
		if told := s.failures(t); len(told) > failures {
			t.Errorf("Flux told of failures again: %v", told[failures:])
		}
	})
}

// step is a time in which the pods of the new version had a share of the requests,
// before it was promoted or taken back.
type step struct {
	weight   int
	from, to time.Time
}

func weights(steps []step) []int {
	var all []int
	for _, s := range steps {
		all = append(all, s.weight)
	}
	return all
}

// rollOut has Git name an image and looks on until the rollout has ended as it
// should. It returns the steps in which the new version had requests.
func (s *sandbox) rollOut(t *testing.T, image, phase string) []step {
	t.Helper()
	s.pin(t, image)
	s.await(t, time.Minute, "Progressing")
	var steps []step
	last := 0
	err := wait.PollUntilContextTimeout(t.Context(), 100*time.Millisecond, 4*time.Minute, true, func(context.Context) (bool, error) {
		is, weight, now := s.phase(t), s.weight(t), time.Now()
		if is != "Progressing" {
			weight = 0 // promoted: the pods that serve get the new version
		}
		if weight != last {
			t.Logf("%s, %d %% of the requests go to the new version", is, weight)
			if last > 0 {
				steps[len(steps)-1].to = now
			}
			if weight > 0 {
				steps = append(steps, step{weight: weight, from: now})
			}
			last = weight
		}
		return is == phase, nil
	})
	if err != nil {
		t.Fatalf("the rollout is %s, not %s: %v\n%s", s.phase(t), phase, err, s.events(t))
	}
	return steps
}

// measured holds what users saw in each step to the weight that it had.
func measured(t *testing.T, u *users, steps []step, old string) {
	t.Helper()
	const late = 2 * time.Second // until the gateway has a new weight
	for _, s := range steps {
		saw := u.between(s.from.Add(late), s.to)
		t.Logf("weight %d %%: %.1f %% of %d requests went to the new version", s.weight, saw.notBy(old), saw.all)
		if saw.all < 100 || math.Abs(saw.notBy(old)-float64(s.weight)) > 6 {
			t.Errorf("weight %d %%: %s", s.weight, saw)
		}
	}
}

// serves waits until a version answers everybody for some seconds.
func (s *sandbox) serves(t *testing.T, u *users, version string) {
	t.Helper()
	var saw seen
	err := wait.PollUntilContextTimeout(t.Context(), time.Second, time.Minute, true, func(context.Context) (bool, error) {
		now := time.Now()
		saw = u.between(now.Add(-3*time.Second), now)
		return saw.all > 100 && saw.by[version] == saw.all, nil
	})
	if err != nil {
		t.Errorf("want all requests answered by %s: %s", version, saw)
	}
}

// runs checks that the pods that serve have the image.
func (s *sandbox) runs(t *testing.T, image string) {
	t.Helper()
	d := s.get(t, "apps", "v1", "deployments", app+"-primary")
	containers, _, _ := unstructured.NestedSlice(d.Object, "spec", "template", "spec", "containers")
	if got := containers[0].(map[string]any)["image"]; got != image {
		t.Errorf("%s-primary has image %v, want %s", app, got, image)
	}
}

// reported checks that Flagger says what happened and that Prometheus alerts.
func (s *sandbox) reported(t *testing.T) {
	t.Helper()
	events := s.events(t)
	t.Log(events)
	for _, want := range []string{"success-rate", "Rolling back", "Canary failed"} {
		if !strings.Contains(events, want) {
			t.Errorf("no event says %q", want)
		}
	}
	var alerts []string
	err := wait.PollUntilContextTimeout(t.Context(), 2*time.Second, 3*time.Minute, true, func(ctx context.Context) (bool, error) {
		var err error
		alerts, err = alerted(ctx, s.config)
		return err == nil && strings.Contains(strings.Join(alerts, "\n"), "CanaryFailed firing "+app), err
	})
	t.Logf("alerts: %q", alerts)
	if err != nil {
		t.Errorf("no alert CanaryFailed: %v", err)
	}
}

// alerted returns the alerts of Prometheus: name, state and app.
func alerted(ctx context.Context, config *rest.Config) ([]string, error) {
	client, err := rest.HTTPClientFor(config)
	if err != nil {
		return nil, err
	}
	url := config.Host + "/api/v1/namespaces/monitoring/pods/prometheus-kube-prometheus-stack-prometheus-0:9090/proxy/api/v1/alerts"
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return nil, err
	}
	resp, err := client.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	var answer struct {
		Data struct {
			Alerts []struct {
				State  string
				Labels struct{ Alertname, Name string }
			}
		}
	}
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil {
		return nil, err
	}
	var alerts []string
	for _, a := range answer.Data.Alerts {
		alerts = append(alerts, fmt.Sprintf("%s %s %s", a.Labels.Alertname, a.State, a.Labels.Name))
	}
	return alerts, nil
}

// await waits for a phase of the rollout.
func (s *sandbox) await(t *testing.T, limit time.Duration, phase string) {
	t.Helper()
	err := wait.PollUntilContextTimeout(t.Context(), 200*time.Millisecond, limit, true, func(context.Context) (bool, error) {
		return s.phase(t) == phase, nil
	})
	if err != nil {
		t.Fatalf("the rollout is %s, not %s: %v\n%s", s.phase(t), phase, err, s.events(t))
	}
}

func (s *sandbox) phase(t *testing.T) string {
	t.Helper()
	phase, _, _ := unstructured.NestedString(s.get(t, "flagger.app", "v1beta1", "canaries", app).Object, "status", "phase")
	return phase
}

// weight is the share of requests, in percent, that the route gives the new
// version.
func (s *sandbox) weight(t *testing.T) int {
	t.Helper()
	rules, _, _ := unstructured.NestedSlice(s.get(t, "gateway.networking.k8s.io", "v1", "httproutes", app).Object, "spec", "rules")
	backends, _, _ := unstructured.NestedSlice(rules[0].(map[string]any), "backendRefs")
	for _, b := range backends {
		if b := b.(map[string]any); b["name"] == app+"-canary" {
			return int(b["weight"].(int64))
		}
	}
	return 0
}

// events are what the cluster says about the rollout.
func (s *sandbox) events(t *testing.T) string {
	t.Helper()
	list, err := s.client.Resource(schema.GroupVersionResource{Version: "v1", Resource: "events"}).Namespace(app).
		List(t.Context(), metav1.ListOptions{FieldSelector: "involvedObject.kind=Canary"})
	if err != nil {
		return err.Error()
	}
	var b strings.Builder
	for _, e := range list.Items {
		fmt.Fprintf(&b, "%v %v\n", e.Object["lastTimestamp"], e.Object["message"])
	}
	return b.String()
}

func (s *sandbox) get(t *testing.T, group, version, resource, name string) *unstructured.Unstructured {
	t.Helper()
	o, err := s.client.Resource(schema.GroupVersionResource{Group: group, Version: version, Resource: resource}).Namespace(app).Get(t.Context(), name, metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return o
}
