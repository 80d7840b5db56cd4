package smoke_test

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/yaml"

	"github.com/groundwork-dev/groundwork/internal/catalog"
	"github.com/groundwork-dev/groundwork/internal/platform"
	"github.com/groundwork-dev/groundwork/internal/smoke"
)

// world is a cluster that is well, with a web app and a component.
const world = `
apiVersion: v1
kind: Node
metadata: {name: real}
status: {conditions: [{type: Ready, status: "True"}]}
---
apiVersion: v1
kind: Node
metadata: {name: played, annotations: {kwok.x-k8s.io/node: fake}}
status: {conditions: [{type: Ready, status: "True"}]}
---
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {name: apps, namespace: flux-system, generation: 2}
spec: {suspend: false}
status: {observedGeneration: 2, conditions: [{type: Ready, status: "True", message: applied}]}
---
apiVersion: v1
kind: Pod
metadata: {name: web-1, namespace: web, labels: {app.kubernetes.io/name: web}}
spec: {nodeName: real}
status: {conditions: [{type: Ready, status: "True"}]}
---
apiVersion: v1
kind: Pod
metadata: {name: meter-0, namespace: meters, labels: {app: meter}}
spec: {nodeName: real}
status: {conditions: [{type: Ready, status: "True"}]}
---
apiVersion: example.com/v1
kind: Ticket
metadata: {name: fresh, namespace: web}
status: {until: "2026-01-10T00:00:00Z"}
`

// played is the API server.
type played struct {
	text   string
	status int
	body   string
	hangs  bool
	err    error
}

func (p played) Await(_ context.Context, kinds []schema.GroupVersionKind, _ string, done func([]*unstructured.Unstructured) (bool, error)) error {
	var found []*unstructured.Unstructured
	for document := range strings.SplitSeq(p.text, "\n---\n") {
		data, err := yaml.YAMLToJSON([]byte(document))
		if err != nil {
			return err
		}
		o := &unstructured.Unstructured{}
		if err := o.UnmarshalJSON(data); err != nil { // numbers as the API server's client has them
			return err
		}
		if slices.Contains(kinds, o.GroupVersionKind()) {
			found = append(found, o)
		}
	}
	_, err := done(found)
	return err
}

func (p played) Service(ctx context.Context, namespace, name, port, path string) (status int, body []byte, err error) {
	if p.hangs {
		<-ctx.Done()
		return 0, nil, ctx.Err()
	}
	if got := namespace + "/" + name + ":" + port + path; got != "web/web:http/" {
		return 0, nil, errors.New("unexpected " + got)
	}
	return p.status, nil, p.err
}

func (p played) Pod(_ context.Context, namespace, name string, port int, path string) (status int, body []byte, err error) {
	if namespace != "meters" || name != "meter-0" || port != 9090 || path != "/q" {
		return 0, nil, errors.New("unexpected " + namespace + "/" + name + path)
	}
	return 200, []byte(p.body), nil
}

func model(kept string) platform.Cluster {
	component := func(name, namespace string, tests map[string]catalog.SmokeTest) platform.Component {
		return platform.Component{Name: name, Namespace: namespace, Spec: &catalog.Component{Spec: catalog.Spec{Smoke: tests}}}
	}
	return platform.Cluster{
		Name: "dev",
		Apps: []platform.App{{Name: "web", Namespace: "web"}},
		Components: []platform.Component{
			component("meters", "meters", map[string]catalog.SmokeTest{"up": {
				Promise: "Something is measured.", Kept: `response.up == 1`, Fix: "look at the meter",
				Request: &catalog.SmokeRequest{Pods: map[string]string{"app": "meter"}, Port: 9090, Path: "/q"},
			}}),
			component("tickets", "tickets", map[string]catalog.SmokeTest{"valid": {
				Promise: "Every ticket is valid.", Kept: kept, Fix: "look at the tickets",
				Objects: []catalog.SmokeObjects{{APIVersion: "example.com/v1", Kind: "Ticket"}},
				Early:   `objects.exists(t, has(t.metadata.labels))`,
			}}),
		},
	}
}

const valid = `objects.all(t, timestamp(t.status.until) > now)`

// ask returns the checks as "subject result: detail".
func ask(t *testing.T, p played, kept string) []string {
	t.Helper()
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	var told []smoke.Check
	checks, err := smoke.Run(t.Context(), model(kept), smoke.Deps{Cluster: p, Now: func() time.Time { return now }, Patience: 50 * time.Millisecond},
		func(c smoke.Check) { told = append(told, c) })
	if err != nil {
		t.Fatal(err)
	}
	order := cmpopts.SortSlices(func(a, b smoke.Check) bool { return a.Subject < b.Subject })
	if diff := cmp.Diff(checks, told, order); diff != "" {
		t.Errorf("told otherwise than returned:\n%s", diff)
	}
	var lines []string
	for _, c := range checks {
		if (c.Fix != "") != (c.Result == smoke.Failed) {
			t.Errorf("%s is %s, with the fix %q", c.Subject, c.Result, c.Fix)
		}
		lines = append(lines, c.Subject+" "+string(c.Result)+": "+c.Detail)
	}
	return lines
}

func TestRun(t *testing.T) {
	t.Parallel()
	well := []string{
		"cluster passed: 2 nodes, 1 of them simulated",
		"engine passed: 1 object of Flux are ready",
		"app/web passed: 200 OK",
		"component/meters passed: pod meter-0 says so",
		"component/tickets passed: 1 object",
	}
	tests := map[string]struct {
		old, new string // in the world
		change   func(*played)
		kept     string
		line     int
		want     string
	}{
		"well":                 {},
		"redirects":            {change: func(p *played) { p.status = 302 }, line: 2, want: "app/web passed: 302 Found"},
		"node is not ready":    {old: `status: {conditions: [{type: Ready, status: "True"}]}` + "\n---\napiVersion: kustomize", new: "status: {}\n---\napiVersion: kustomize", want: "cluster failed: not ready: Node/played: it says nothing of itself"},
		"Git is not applied":   {old: `"True", message: applied`, new: `"False", message: no such file`, line: 1, want: "engine failed: not ready: Kustomization/flux-system/apps: no such file"},
		"what is said is old":  {old: "generation: 2", new: "generation: 3", line: 1, want: "engine failed: not ready: Kustomization/flux-system/apps: its controller has not seen it as it is now"},
		"engine is suspended":  {old: "suspend: false", new: "suspend: true", line: 1, want: "engine failed: suspended: Kustomization/flux-system/apps"},
		"no engine":            {old: "kind: Kustomization", new: "kind: Other", line: 1, want: "engine failed: nothing of Flux is there"},
		"app fails":            {change: func(p *played) { p.status = 503 }, line: 2, want: "app/web failed: it answers 503 Service Unavailable"},
		"app is out of reach":  {change: func(p *played) { p.err = errors.New("refused") }, line: 2, want: "app/web failed: refused"},
		"app hangs":            {change: func(p *played) { p.hangs = true }, line: 2, want: "app/web failed: no answer within 50ms"},
		"app is simulated":     {old: "name: web}}\nspec: {nodeName: real}", new: "name: web}}\nspec: {nodeName: played}", line: 2, want: "app/web skipped: its pods are simulated: nothing runs that could answer"},
		"meter is simulated":   {old: "app: meter}}\nspec: {nodeName: real}", new: "app: meter}}\nspec: {nodeName: played}", line: 3, want: "component/meters skipped: its pods are simulated: nothing runs that could answer"},
		"no meter":             {old: "app: meter", new: "app: other", line: 3, want: "component/meters failed: no pod is ready that could answer"},
		"nothing is measured":  {change: func(p *played) { p.body = `{"up": 0}` }, line: 3, want: "component/meters failed: not kept: pod meter-0 answers otherwise"},
		"answer is no JSON":    {change: func(p *played) { p.body = `<html>` }, line: 3, want: "component/meters failed: pod meter-0 answers something else than JSON: invalid character '<' looking for beginning of value"},
		"ticket is old":        {old: "2026-01-10", new: "2025-12-31", line: 4, want: "component/tickets failed: not kept: 1 object"},
		"ticket is new":        {old: "name: fresh,", new: "name: fresh, labels: {a: b},", line: 4, want: "component/tickets skipped: it is too early to tell"},
		"ticket says nothing":  {old: `status: {until: "2026-01-10T00:00:00Z"}`, new: "status: {}", line: 4, want: "component/tickets failed: not kept: 1 object; the expression says: no such key: until"},
		"neither true nor not": {kept: `objects[0].metadata.name`, line: 4, want: "component/tickets failed: not kept: 1 object"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if !strings.Contains(world, test.old) {
				t.Fatalf("the world has no %q", test.old)
			}
			p := played{text: strings.Replace(world, test.old, test.new, 1), status: 200, body: `{"up": 1}`}
			if test.change != nil {
				test.change(&p)
			}
			if test.kept == "" {
				test.kept = valid
			}
			want := slices.Clone(well)
			if test.want != "" {
				want[test.line] = test.want
			}
			if diff := cmp.Diff(want, ask(t, p, test.kept)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestWrongExpression(t *testing.T) {
	t.Parallel()
	for kept, want := range map[string]string{
		"objects.all(":  "component tickets: spec.smoke.valid.kept: ERROR",
		"nothing == 1":  "undeclared reference to 'nothing'",
		"size(objects)": `"size(objects)" is not true or false`,
	} {
		_, err := smoke.Run(t.Context(), model(kept), smoke.Deps{Now: time.Now}, nil)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", kept, err, want)
		}
	}
}

// TestCatalogue holds the tests of the catalogue's components to the language.
func TestCatalogue(t *testing.T) {
	t.Parallel()
	c, err := catalog.Load(catalog.BuiltinLayer())
	if err != nil {
		t.Fatal(err)
	}
	cluster := platform.Cluster{}
	for _, name := range c.Names() {
		spec, _ := c.Component(name)
		cluster.Components = append(cluster.Components, platform.Component{Name: name, Spec: spec})
	}
	checks, err := smoke.Run(t.Context(), cluster, smoke.Deps{Cluster: played{text: world}, Now: time.Now, Patience: time.Minute}, func(smoke.Check) {})
	if err != nil || len(checks) < 5 {
		t.Errorf("%d checks, %v", len(checks), err)
	}
}

func TestJUnit(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	if err := smoke.JUnit(&b, "dev", []smoke.Check{
		{Subject: "cluster", Name: "nodes are ready", Result: smoke.Passed, Detail: "3 nodes", Seconds: 0.25},
		{Subject: "app/web", Name: "answers", Result: smoke.Failed, Detail: "503 <busy>", Fix: "look"},
		{Subject: "app/x", Name: "answers", Result: smoke.Skipped, Detail: "simulated"},
	}); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`<testsuite name="smoke/dev" tests="3" failures="1" errors="0" id="0" skipped="1" time="0.250">`,
		`<testcase name="nodes are ready" classname="cluster" time="0.250"></testcase>`,
		`<failure message="503 &lt;busy&gt;"`, `<skipped message="simulated"></skipped>`,
	} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("there is no %s in\n%s", want, b.String())
		}
	}
}
