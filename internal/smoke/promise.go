package smoke

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/google/cel-go/cel"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/groundwork-dev/groundwork/internal/catalog"
	"github.com/groundwork-dev/groundwork/internal/platform"
)

// promiseOf is the question that a component's smoke test asks.
func promiseOf(c *platform.Component, name string, test catalog.SmokeTest) (question, error) {
	program, err := compile(test.Kept)
	if err != nil {
		return question{}, fmt.Errorf("component %s: spec.smoke.%s.kept: %w", c.Name, name, err)
	}
	q := question{subject: "component/" + c.Name, name: strings.TrimSuffix(test.Promise, "."), fix: test.Fix, real: &pods{namespace: c.Namespace}}
	p := promise{test, program, pods{namespace: c.Namespace}}
	q.ask = p.objects
	if test.Request != nil {
		p.pods.labels, q.real.labels = test.Request.Pods, test.Request.Pods
		q.ask = p.request
	}
	return q, nil
}

type promise struct {
	test    catalog.SmokeTest
	program cel.Program
	pods    pods
}

// The names that an expression sees.
const (
	seesNow      = "now"
	seesObjects  = "objects"
	seesResponse = "response"
)

// compile prepares an expression of a smoke test.
func compile(expression string) (cel.Program, error) {
	env, err := cel.NewEnv(
		cel.Variable(seesNow, cel.TimestampType),
		cel.Variable(seesObjects, cel.ListType(cel.DynType)),
		cel.Variable(seesResponse, cel.DynType),
	)
	if err != nil {
		return nil, err
	}
	ast, issues := env.Compile(expression)
	if err := issues.Err(); err != nil {
		return nil, err
	}
	if t := ast.OutputType(); !t.IsExactType(cel.BoolType) && !t.IsExactType(cel.DynType) {
		return nil, fmt.Errorf("%q is not true or false", expression)
	}
	return env.Program(ast, cel.InterruptCheckFrequency(100))
}

// objects holds the promise against objects.
func (p promise) objects(ctx context.Context, r runner) (string, error) {
	o := p.test.Objects
	group, err := schema.ParseGroupVersion(o.APIVersion)
	if err != nil {
		return "", err
	}
	found, err := r.list(ctx, group.WithKind(o.Kind))
	if err != nil {
		return "", err
	}
	items := make([]any, len(found))
	for i, object := range found {
		items[i] = object.Object
	}
	detail := count(len(found), o.Kind)
	return detail, p.kept(ctx, r.now, map[string]any{seesObjects: items}, detail)
}

// request holds the promise against what a pod answers.
func (p promise) request(ctx context.Context, r runner) (string, error) {
	pod := ""
	for _, candidate := range r.scene.pods(p.pods) {
		node, _, _ := unstructured.NestedString(candidate.Object, "spec", "nodeName")
		if ready, _ := isReady(candidate); ready && !r.scene.simulatedNode(node) {
			pod = candidate.GetName()
			break
		}
	}
	if pod == "" {
		return "", errors.New("no pod is ready that could answer")
	}
	status, body, err := r.Cluster.Pod(ctx, p.pods.namespace, pod, p.test.Request.Port, p.test.Request.Path)
	if err != nil {
		return "", err
	}
	if status != http.StatusOK {
		return "", fmt.Errorf("pod %s answers %d %s", pod, status, http.StatusText(status))
	}
	var response any
	if err := json.Unmarshal(body, &response); err != nil {
		return "", fmt.Errorf("pod %s answers something else than JSON: %w", pod, err)
	}
	return "pod " + pod + " says so", p.kept(ctx, r.now, map[string]any{seesResponse: response}, "pod "+pod+" answers otherwise")
}

// kept evaluates the expression.
func (p promise) kept(ctx context.Context, now time.Time, sees map[string]any, found string) error {
	sees[seesNow] = now
	value, _, err := p.program.ContextEval(ctx, sees)
	if err != nil {
		return fmt.Errorf("not kept: %s; the expression says: %w", found, err)
	}
	if kept, ok := value.Value().(bool); !ok || !kept {
		return fmt.Errorf("not kept: %s", found)
	}
	return nil
}
