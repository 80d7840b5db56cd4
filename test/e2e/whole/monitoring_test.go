//go:build e2e

package whole

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/rest"
)

// alerted checks that the real Prometheus evaluates every alert of the
// platform, and that the one that always fires arrives in the real
// Alertmanager.
func alerted(t *testing.T, config *rest.Config, client dynamic.Interface) {
	t.Helper()
	const (
		prometheus   = "prometheus-kube-prometheus-stack-prometheus-0:9090/proxy/api/v1/rules"
		alertmanager = "alertmanager-kube-prometheus-stack-alertmanager-0:9093/proxy/api/v2/alerts"
	)
	want := map[string]bool{}
	for _, rule := range list(t, client, schema.GroupVersionResource{Group: "monitoring.coreos.com", Version: "v1", Resource: "prometheusrules"}) {
		for _, name := range alerts(rule) {
			want[name] = true
		}
	}
	if len(want) < 20 {
		t.Errorf("the platform has %d alerts, want at least 20", len(want))
	}
	var wrong []string
	err := wait.PollUntilContextTimeout(t.Context(), 2*time.Second, 3*time.Minute, true, func(ctx context.Context) (bool, error) {
		wrong = nil
		health, err := evaluated(ctx, config, prometheus)
		if err != nil {
			wrong = []string{err.Error()}
			return false, nil
		}
		for _, name := range slices.Sorted(maps.Keys(want)) {
			if health[name] != "ok" {
				wrong = append(wrong, fmt.Sprintf("%s %q", name, health[name]))
			}
		}
		return len(wrong) == 0, nil
	})
	if err != nil {
		t.Errorf("alerts that Prometheus does not evaluate: %s", strings.Join(wrong, ", "))
	}
	t.Logf("%d alerts are evaluated", len(want))

	var found struct {
		Data struct {
			ActiveAlertmanagers []struct{ URL string }
		}
	}
	if err := ofPod(t.Context(), config, strings.Replace(prometheus, "rules", "alertmanagers", 1), &found); err != nil || len(found.Data.ActiveAlertmanagers) != 1 {
		t.Errorf("Prometheus knows the Alertmanagers %v, want one: %v", found.Data.ActiveAlertmanagers, err)
	}

	err = wait.PollUntilContextTimeout(t.Context(), 2*time.Second, 2*time.Minute, true, func(ctx context.Context) (bool, error) {
		var firing []struct{ Labels struct{ Alertname string } }
		if err := ofPod(ctx, config, alertmanager, &firing); err != nil {
			wrong = []string{err.Error()}
			return false, nil
		}
		for _, a := range firing {
			if a.Labels.Alertname == "Watchdog" {
				return true, nil
			}
		}
		return false, nil
	})
	if err != nil {
		t.Errorf("the alert that always fires does not arrive: %v", wrong)
	}
}

// alerts returns the names of a PrometheusRule's alerts.
func alerts(rule unstructured.Unstructured) []string {
	var names []string
	groups, _, _ := unstructured.NestedSlice(rule.Object, "spec", "groups")
	for _, g := range groups {
		group, _ := g.(map[string]any)
		rules, _, _ := unstructured.NestedSlice(group, "rules")
		for _, r := range rules {
			if name, ok := r.(map[string]any)["alert"].(string); ok {
				names = append(names, name)
			}
		}
	}
	return names
}

// evaluated returns the health of every rule by its name: ok, unknown, or err.
func evaluated(ctx context.Context, config *rest.Config, address string) (map[string]string, error) {
	var answer struct {
		Data struct {
			Groups []struct {
				Rules []struct{ Name, Health, LastError string }
			}
		}
	}
	if err := ofPod(ctx, config, address, &answer); err != nil {
		return nil, err
	}
	health := map[string]string{}
	for _, group := range answer.Data.Groups {
		for _, rule := range group.Rules {
			health[rule.Name] = strings.TrimSpace(rule.Health + " " + rule.LastError)
		}
	}
	return health, nil
}

// ofPod asks a pod of the monitoring namespace, through the API server.
func ofPod(ctx context.Context, config *rest.Config, address string, into any) error {
	client, err := rest.HTTPClientFor(config)
	if err != nil {
		return err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, config.Host+"/api/v1/namespaces/monitoring/pods/"+address, nil)
	if err != nil {
		return err
	}
	response, err := client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %s", address, response.Status)
	}
	return json.NewDecoder(response.Body).Decode(into)
}
