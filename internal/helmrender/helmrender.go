// Package helmrender renders Helm chart archives to objects with Helm's own
// library, as helm-controller's first installation of a release would, without a
// cluster.
//
// A chart is a program of a stranger. Helm runs it in its own process, where
// nothing stops a template that has no end or wants all memory; so here it runs
// in a worker, a process of the same executable that says Serve, and that ends
// when it has used what it may (docs/adr/0012).
package helmrender

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/groundwork-dev/groundwork/internal/chartarchive"
)

// Limits are what one rendering may use. The zero value of a field means its
// default.
type Limits struct {
	// CPU is time of the processor, 2s: half a second is a big chart.
	CPU time.Duration
	// Memory is what the worker holds, in bytes, 256 MiB.
	Memory int64
	// Output is what all templates write together, in bytes, 32 MiB.
	Output int64
}

// Options are how workers are started.
type Options struct {
	// Command is the program and its arguments. It has to call Serve with its
	// standard input and output, and end when that returns.
	Command []string
	// Env is the worker's whole environment.
	Env []string
	// Workers is how many renderings run at once, 1 when it is not more.
	Workers int
	Limits  Limits
}

// Release is what a chart is rendered as.
type Release struct {
	Name, Namespace string
	// Values are merged over the chart's own. They hold what JSON can.
	Values map[string]any
	// KubeVersion is the cluster's, v1.36.0 when it is empty.
	KubeVersion string
	// APIVersions are those of the cluster's CRDs, group/version and
	// group/version/Kind. What Kubernetes itself serves is known.
	APIVersions []string
	// Twice renders a second time and marks objects that differ.
	Twice bool
}

// Object is an object of a chart and where it comes from.
type Object struct {
	*unstructured.Unstructured
	// File is the template, below the chart's name.
	File string
	// Unstable says that two renderings differ: of a certificate that the chart
	// makes, or a random password. Only set when the Release asks.
	Unstable bool
}

// Rendered is what a chart becomes. Objects have a namespace only where their
// template writes one; the release's is added when they are applied.
type Rendered struct {
	// Objects come in the order of their files.
	Objects []Object
	// CRDs are those of crds/ folders, which templates do not make.
	CRDs []Object
	// Hooks carry the annotation helm.sh/hook.
	Hooks []Object
	// Unchecked are schemas on the network that the chart's values.schema.json
	// refers to. They are not fetched, and pass everything.
	Unchecked []string
}

// Renderer renders charts in its workers. It may be used by several goroutines
// at once.
type Renderer struct {
	options Options
	// slots holds the workers that are idle; nil is one that has to be started.
	slots  chan *worker
	closed sync.Once
}

// New returns a renderer. Workers start when they are needed and live on until
// Close.
func New(o Options) *Renderer {
	o.Workers = max(o.Workers, 1)
	if o.Limits.CPU <= 0 {
		o.Limits.CPU = 2 * time.Second
	}
	if o.Limits.Memory <= 0 {
		o.Limits.Memory = 256 << 20
	}
	if o.Limits.Output <= 0 {
		o.Limits.Output = 32 << 20
	}
	r := &Renderer{options: o, slots: make(chan *worker, o.Workers)}
	for range o.Workers {
		r.slots <- nil
	}
	return r
}

// Close ends the workers, after what they are doing. Nothing is rendered
// afterwards.
func (r *Renderer) Close() {
	r.closed.Do(func() {
		for range r.options.Workers {
			(<-r.slots).end()
		}
		close(r.slots)
	})
}

// Render renders a chart. The error names the chart, and one cause.
func (r *Renderer) Render(ctx context.Context, c *chartarchive.Chart, release Release) (*Rendered, error) {
	rendered, err := r.render(ctx, c, release)
	if err != nil {
		return nil, fmt.Errorf("rendering chart %s: %w", c, err)
	}
	return rendered, nil
}

func (r *Renderer) render(ctx context.Context, c *chartarchive.Chart, release Release) (*Rendered, error) {
	if err := measure(release.Values); err != nil {
		return nil, err
	}
	values, err := json.Marshal(release.Values)
	if err != nil {
		return nil, fmt.Errorf("writing the values: %w", err)
	}
	var w *worker
	var open bool
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case w, open = <-r.slots:
	}
	if !open {
		return nil, errors.New("the renderer is closed")
	}
	defer func() { r.slots <- w }()
	if w == nil {
		if w, err = start(r.options); err != nil {
			return nil, fmt.Errorf("starting a worker: %w", err)
		}
	}
	release.Values = nil
	answer, err := w.ask(ctx, request{Files: c.Files, Values: values, Release: release, Limits: r.options.Limits})
	if err != nil || answer.Spent {
		w.kill()
		w = nil
	}
	if err != nil {
		return nil, err
	}
	if answer.Err != "" {
		return nil, errors.New(answer.Err)
	}
	return answer.decode()
}

// What values may be, so that they can be written down: a value may hang in them
// many times over.
const (
	maxValues      = 1 << 18
	maxValuesDepth = 100
	maxValuesBytes = 8 << 20
)

// measure refuses values that are more than they look.
func measure(values map[string]any) error {
	left, bytes := maxValues, maxValuesBytes
	var walk func(v any, depth int) bool
	walk = func(v any, depth int) bool {
		left--
		if left < 0 || bytes < 0 || depth > maxValuesDepth {
			return false
		}
		switch v := v.(type) {
		case map[string]any:
			for key, value := range v {
				bytes -= len(key)
				if !walk(value, depth+1) {
					return false
				}
			}
		case []any:
			for _, value := range v {
				if !walk(value, depth+1) {
					return false
				}
			}
		case string:
			bytes -= len(v)
		}
		return true
	}
	if walk(values, 0) && bytes >= 0 {
		return nil
	}
	return fmt.Errorf("the values given are more than %d, larger than %d MiB, or nested more than %d deep", maxValues, maxValuesBytes>>20, maxValuesDepth)
}
