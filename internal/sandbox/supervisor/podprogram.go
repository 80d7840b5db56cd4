package supervisor

import (
	"fmt"
	"net"
	"regexp"
	"slices"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/groundwork-dev/groundwork/internal/sandbox/node"
)

// acted is a pod with what a process needs to take its part.
type acted struct {
	pod       *corev1.Pod
	container *corev1.Container
	process   *Process
	// dir is the process's own folder, kubeconfig its service account's.
	dir, kubeconfig string
	// env is added to the container's own.
	env []string
	// port returns a free port of the host's loopback.
	port func() (int, error)
}

var placeholder = regexp.MustCompile(`\{[^{}]+\}`)

// excepted says that the pod stays simulated.
func (a acted) excepted() bool {
	return slices.ContainsFunc(a.process.Except, func(arg string) bool { return slices.Contains(a.container.Args, arg) })
}

// program says how the process is started, and where it listens instead of the
// container's ports.
func (a acted) program() (node.Program, map[int32]string, error) {
	env, vars := a.environment()
	listens := map[int32]string{}
	argv := []string{a.process.Program}
	for _, arg := range a.container.Args {
		argv = append(argv, vars.Replace(arg))
	}
	var failed error
	for _, arg := range a.process.Args {
		argv = append(argv, placeholder.ReplaceAllStringFunc(arg, func(hole string) string {
			value, err := a.fill(strings.Trim(hole, "{}"), listens)
			if err != nil {
				failed = fmt.Errorf("argument %q of %s: %w", arg, a.process.Program, err)
			}
			return value
		}))
	}
	p := node.Program{Name: a.pod.Namespace + "." + a.pod.Name, Argv: argv, Env: append(env, a.env...)}
	if probe := a.container.ReadinessProbe; probe != nil && probe.HTTPGet != nil {
		if at, ok := listens[a.portNumber(probe.HTTPGet.Port)]; ok {
			scheme := strings.ToLower(string(probe.HTTPGet.Scheme))
			if scheme == "" {
				scheme = "http"
			}
			p.Ready = scheme + "://" + at + "/" + strings.TrimPrefix(probe.HTTPGet.Path, "/")
		}
	}
	return p, listens, failed
}

// fill returns what stands for a placeholder.
func (a acted) fill(hole string, listens map[int32]string) (string, error) {
	name, argument, _ := strings.Cut(hole, " ")
	switch name {
	case "dir":
		return a.dir, nil
	case "kubeconfig":
		return a.kubeconfig, nil
	case "addr":
		number, err := strconv.ParseInt(argument, 10, 32)
		if err != nil {
			return "", fmt.Errorf("want {addr PORT}: %w", err)
		}
		container := int32(number)
		if listens[container] == "" {
			free, err := a.port()
			if err != nil {
				return "", err
			}
			listens[container] = net.JoinHostPort(node.Loopback, strconv.Itoa(free))
		}
		return listens[container], nil
	}
	return "", fmt.Errorf("no placeholder {%s}: there are {addr PORT}, {dir} and {kubeconfig}", hole)
}

// environment returns the container's variables, and what $(NAME) stands for
// in its arguments. Resources and other objects are not looked up.
func (a acted) environment() (env []string, vars *strings.Replacer) {
	var pairs []string
	for _, e := range a.container.Env {
		value := e.Value
		if from := e.ValueFrom; from != nil {
			if from.FieldRef == nil {
				continue
			}
			switch from.FieldRef.FieldPath {
			case "metadata.name":
				value = a.pod.Name
			case "metadata.namespace":
				value = a.pod.Namespace
			case "spec.nodeName":
				value = a.pod.Spec.NodeName
			case "spec.serviceAccountName":
				value = a.pod.Spec.ServiceAccountName
			default:
				continue
			}
		}
		env = append(env, e.Name+"="+value)
		pairs = append(pairs, "$("+e.Name+")", value)
	}
	return env, strings.NewReplacer(pairs...)
}

func (a acted) portNumber(p intstr.IntOrString) int32 {
	if p.Type == intstr.Int {
		return p.IntVal
	}
	for _, c := range a.container.Ports {
		if c.Name == p.StrVal {
			return c.ContainerPort
		}
	}
	return 0
}
