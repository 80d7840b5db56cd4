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
	p := promise{test: test, pods: pods{namespace: c.Namespace}}
	var err error
	if p.kept, err = compile(test.Kept); err != nil {
		return question{}, fmt.Errorf("component %s: spec.smoke.%s.kept: %w", c.Name, name, err)
	}
	if test.Early != "" {
		if p.early, err = compile(test.Early); err != nil {
			return question{}, fmt.Errorf("component %s: spec.smoke.%s.early: %w", c.Name, name, err)
		}
	}
	q := question{subject: "component/" + c.Name, name: strings.TrimSuffix(test.Promise, "."), fix: test.Fix, real: &pods{namespace: c.Namespace}}
	q.ask = p.objects
	if test.Request != nil {
		p.pods.labels, q.real.labels = test.Request.Pods, test.Request.Pods
		q.ask = p.request
	}
	return q, nil
}

type promise struct {
	test  catalog.SmokeTest
	early cel.Program // nil where it is never too early
	kept  cel.Program
	pods  pods
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
	var kinds []schema.GroupVersionKind
	for _, o := range p.test.Objects {
		group, err := schema.ParseGroupVersion(o.APIVersion)
		if err != nil {
			return "", err
		}
		kinds = append(kinds, group.WithKind(o.Kind))
	}
	found, err := r.list(ctx, kinds...)
	if err != nil {
		return "", err
	}
	items := make([]any, len(found))
	for i, object := range found {
		items[i] = object.Object
	}
	detail := count(len(found), "object")
	return detail, p.hold(ctx, r.now, map[string]any{seesObjects: items}, detail)
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
	return "pod " + pod + " says so", p.hold(ctx, r.now, map[string]any{seesResponse: response}, "pod "+pod+" answers otherwise")
}

// errEarly says that the answer would mean nothing yet.
var errEarly = errors.New("it is too early to tell")

// hold evaluates the expressions.
func (p promise) hold(ctx context.Context, now time.Time, sees map[string]any, found string) error {
	sees[seesNow] = now
	if p.early != nil {
		early, err := isTrue(ctx, p.early, sees)
		if err != nil {
			return fmt.Errorf("%s; whether it is too early: %w", found, err)
		}
		if early {
			return errEarly
		}
	}
	kept, err := isTrue(ctx, p.kept, sees)
	if err != nil {
		return fmt.Errorf("not kept: %s; the expression says: %w", found, err)
	}
	if !kept {
		return fmt.Errorf("not kept: %s", found)
	}
	return nil
}

func isTrue(ctx context.Context, program cel.Program, sees map[string]any) (bool, error) {
	value, _, err := program.ContextEval(ctx, sees)
	if err != nil {
		return false, err
	}
	b, ok := value.Value().(bool)
	return ok && b, nil
}
