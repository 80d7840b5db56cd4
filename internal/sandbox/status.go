package sandbox

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/groundwork-dev/groundwork/internal/sandbox/place"
	"github.com/groundwork-dev/groundwork/internal/sandbox/supervisor"
	"github.com/groundwork-dev/groundwork/internal/sandbox/upstream"
)

// Status is what a sandbox is doing.
type Status struct {
	*State
	Processes []supervisor.ProcessState `json:"processes"`
	Nodes     []NodeStatus              `json:"nodes"`
	Pods      Pods                      `json:"pods"`
	// NotHere is what the trees ask for and no sandbox does, whatever its nodes.
	NotHere []string `json:"notHere"`
	// Problem says why nodes and pods are missing here.
	Problem string `json:"problem,omitempty"`
}

// NodeStatus is a node.
type NodeStatus struct {
	Name      string `json:"name"`
	Zone      string `json:"zone"`
	Ready     bool   `json:"ready"`
	Simulated bool   `json:"simulated"`
}

// Pods are the pods of a sandbox by how much of them is true.
type Pods struct {
	// Real pods run an image as its makers published it or as the user pushed
	// it, BuiltHere ones an image that was built on this machine (on a simulated
	// node, the program in it, as a process), StandIn ones an image that only
	// takes the place of one that cannot be had.
	Real      []PodStatus `json:"real"`
	BuiltHere []PodStatus `json:"builtHere"`
	StandIn   []PodStatus `json:"standIn"`
	// Simulated pods have no process at all.
	Simulated []PodStatus `json:"simulated"`
}

// PodStatus is a pod.
type PodStatus struct {
	Namespace string `json:"namespace"`
	Name      string `json:"name"`
	Node      string `json:"node"`
	Phase     string `json:"phase"`
	Ready     bool   `json:"ready"`
	// Changed says what the sandbox relaxed so that the pod fits on its node.
	Changed string   `json:"changed,omitempty"`
	Images  []string `json:"images"`
}

// statusTimeout bounds the questions to the API server.
const statusTimeout = 10 * time.Second

// Status asks a sandbox what it is doing; ErrNotUp when there is none.
func (b Sandboxes) Status(ctx context.Context, name string) (*Status, error) {
	state, err := b.State(name)
	if err != nil {
		return nil, err
	}
	status := &Status{State: state, NotHere: notHere()}
	data, err := os.ReadFile(filepath.Join(state.Run, supervisor.ProcessesFile))
	if err == nil {
		err = json.Unmarshal(data, &status.Processes)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("reading the sandbox's processes: %w", err)
	}
	if err := status.ask(ctx); err != nil {
		status.Problem = err.Error()
	}
	return status, nil
}

func notHere() []string {
	return []string{
		"network policies are applied, and enforced by nothing",
		"volumes and load balancers are asked for, and made by nothing: there is no cloud",
		"names, roles, buckets and keys in AWS exist nowhere",
	}
}

func (s *Status) ask(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, statusTimeout)
	defer cancel()
	config, err := clientcmd.BuildConfigFromFlags("", s.Kubeconfig())
	if err != nil {
		return fmt.Errorf("reading the sandbox's kubeconfig: %w", err)
	}
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return err
	}
	nodes, err := client.CoreV1().Nodes().List(ctx, metav1.ListOptions{})
	if err != nil {
		return fmt.Errorf("listing nodes: %w", err)
	}
	for _, n := range nodes.Items {
		s.Nodes = append(s.Nodes, NodeStatus{
			Name: n.Name, Zone: n.Labels[corev1.LabelTopologyZone], Simulated: n.Labels[place.Label] == "true",
			Ready: slices.ContainsFunc(n.Status.Conditions, func(c corev1.NodeCondition) bool {
				return c.Type == corev1.NodeReady && c.Status == corev1.ConditionTrue
			}),
		})
	}
	pods, err := client.CoreV1().Pods("").List(ctx, metav1.ListOptions{})
	if err != nil {
		return fmt.Errorf("listing pods: %w", err)
	}
	for i := range pods.Items {
		s.sort(&pods.Items[i])
	}
	return nil
}

// simulates says that a pod has no process, or none that is ready.
func (s *Status) simulates(pod *corev1.Pod) bool {
	if s.RealNode {
		return pod.Labels[place.Label] == "true"
	}
	return pod.Annotations[supervisor.ProcessAnnotation] != supervisor.ProcessReady
}

// sort puts a pod where it belongs, by the weakest of its images.
func (s *Status) sort(pod *corev1.Pod) {
	p := PodStatus{
		Namespace: pod.Namespace, Name: pod.Name, Node: pod.Spec.NodeName, Phase: string(pod.Status.Phase),
		Changed: pod.Annotations[place.Changed],
		Ready: slices.ContainsFunc(pod.Status.Conditions, func(c corev1.PodCondition) bool {
			return c.Type == corev1.PodReady && c.Status == corev1.ConditionTrue
		}),
	}
	for _, c := range slices.Concat(pod.Spec.InitContainers, pod.Spec.Containers) {
		p.Images = append(p.Images, c.Image)
	}
	has := func(match func(Image) bool) bool {
		return slices.ContainsFunc(s.Images, func(i Image) bool {
			return match(i) && slices.ContainsFunc(p.Images, func(image string) bool { return upstream.Same(image, i.Ref) })
		})
	}
	switch {
	case s.simulates(pod):
		s.Pods.Simulated = append(s.Pods.Simulated, p)
	case has(func(i Image) bool { return i.StandIn }):
		s.Pods.StandIn = append(s.Pods.StandIn, p)
	case has(func(i Image) bool { return i.BuiltFrom != "" }):
		s.Pods.BuiltHere = append(s.Pods.BuiltHere, p)
	default:
		s.Pods.Real = append(s.Pods.Real, p)
	}
}

// Logs copies a process's log to w, and what is added to it until ctx ends
// when follow is set. Without a process it writes the names there are, one a
// line.
func (b Sandboxes) Logs(ctx context.Context, name, process string, w io.Writer, follow bool) error {
	run, err := b.run(name)
	if err != nil {
		return err
	}
	dir := filepath.Join(run, "log")
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("sandbox %s: %w", name, ErrNotUp)
	}
	if err != nil {
		return fmt.Errorf("listing logs: %w", err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, strings.TrimSuffix(e.Name(), ".log"))
	}
	if process == "" {
		_, err := fmt.Fprintln(w, strings.Join(names, "\n"))
		return err
	}
	if !slices.Contains(names, process) {
		return fmt.Errorf("sandbox %s has no process %q: it has %s", name, process, strings.Join(names, ", "))
	}
	return copyLog(ctx, filepath.Join(dir, process+".log"), w, follow)
}

// logPoll is how often a followed log is looked at.
const logPoll = 200 * time.Millisecond

func copyLog(ctx context.Context, path string, w io.Writer, follow bool) error {
	f, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("opening a log: %w", err)
	}
	defer f.Close()
	tick := time.NewTicker(logPoll)
	defer tick.Stop()
	for {
		if _, err := io.Copy(w, f); err != nil {
			return fmt.Errorf("copying a log: %w", err)
		}
		if !follow {
			return nil
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
			if _, err := os.Stat(path); err != nil {
				return nil // the sandbox has ended
			}
		}
	}
}
