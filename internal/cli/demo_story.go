package cli

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	_ "embed"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"text/template"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic"

	"github.com/groundwork-dev/groundwork/internal/cli/progress"
	"github.com/groundwork-dev/groundwork/internal/config"
	"github.com/groundwork-dev/groundwork/internal/demo"
	"github.com/groundwork-dev/groundwork/internal/gobuild"
	"github.com/groundwork-dev/groundwork/internal/image"
	"github.com/groundwork-dev/groundwork/internal/platform"
	"github.com/groundwork-dev/groundwork/internal/redact"
	"github.com/groundwork-dev/groundwork/internal/render/flux"
	"github.com/groundwork-dev/groundwork/internal/sandbox"
)

//go:embed demo_story.yaml
var storyYAML string

// storyImage is the app's repository of images.
const storyImage = "ghcr.io/groundwork-dev/" + demoApp

// storyStage is two sandboxes, beside each other, with one forge.
type storyStage struct {
	*people
	options demoOptions
	streams Streams
	self    string // bootstrap's own path
	root    string // the folder with the sources
	dir     string // holds the keys
	// platform is the checkout, once there is one.
	platform string
	states   map[string]*sandbox.State
	clients  map[string]dynamic.Interface
	shells   map[string]*demoShell
}

func newStoryStage(o demoOptions, streams Streams, self string) (*storyStage, error) {
	if realNode, err := sandbox.Nodes(o.nodes).Real(); err != nil || !realNode {
		return nil, usageError{errors.Join(errors.New("--full needs nodes that run pods: root on Linux, and not --nodes simulated"), err)}
	}
	root, err := sourceRoot(o.dir)
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "groundwork-demo-")
	if err != nil {
		return nil, err
	}
	return &storyStage{
		options: o, streams: streams, self: self, root: root, dir: dir,
		states: map[string]*sandbox.State{}, clients: map[string]dynamic.Interface{}, shells: map[string]*demoShell{},
	}, writeKeys(dir)
}

// writeKeys makes the key that the story's images are signed with.
func writeKeys(dir string) error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return err
	}
	public, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	if err != nil {
		return err
	}
	return errors.Join(
		os.WriteFile(filepath.Join(dir, "cosign.key"), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private}), 0o600),
		os.WriteFile(filepath.Join(dir, "cosign.pub"), pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: public}), 0o600))
}

func (s *storyStage) PublicKey() string { return filepath.Join(s.dir, "cosign.pub") }

// sandboxOf is the name of a cluster's sandbox.
func (s *storyStage) sandboxOf(cluster string) string {
	if cluster == "dev" {
		return s.options.name
	}
	return s.options.name + "-" + cluster
}

// Up starts dev's sandbox and then prod's, which has the forge of the first.
func (s *storyStage) Up(ctx context.Context) error {
	display := progress.New(s.streams.Err, s.streams.Terminal)
	defer display.Close()
	beside := ""
	for _, cluster := range []string{"dev", "prod"} {
		up := sandboxUpOptions{dir: s.options.dir, name: s.sandboxOf(cluster), nodes: s.options.nodes, beside: beside, leash: !s.options.keep}
		state, err := up.up(ctx, display)
		if err != nil {
			return err
		}
		config, err := kubeconfigOf(state.Kubeconfig(), "")
		if err != nil {
			return err
		}
		if s.clients[cluster], err = dynamic.NewForConfig(config); err != nil {
			return err
		}
		// A cache of its own: the charts in it are stand-ins.
		if s.shells[cluster], err = shellIn(state.Name, s.streams, "GROUNDWORK_CACHE="+filepath.Join(s.dir, "cache")); err != nil {
			return err
		}
		s.states[cluster], beside = state, state.Name
	}
	client, err := sandbox.HTTPClient(s.states["dev"])
	if err != nil {
		return err
	}
	token, err := s.states["dev"].Token()
	if err != nil {
		return err
	}
	s.people = &people{http: client, token: redact.Secret(token)}
	return s.arrive(ctx)
}

// Down ends both sandboxes, unless they are to be kept.
func (s *storyStage) Down(ctx context.Context) error {
	if s.options.keep {
		return nil
	}
	return errors.Join(sandboxDown(ctx, s.sandboxOf("prod")), sandboxDown(ctx, s.sandboxOf("dev")), os.RemoveAll(s.dir))
}

// Begin clones the empty repository and pushes what a user writes: bootstrap
// itself commits no more than platform.yaml, components and what it generates.
func (s *storyStage) Begin(ctx context.Context, dir, image string) error {
	s.platform = dir
	shell := s.Shell("dev")
	if err := shell.Run(ctx, s.dir, "git", "clone", "--quiet", sandbox.Repository, dir); err != nil {
		return err
	}
	t, err := template.New("").Parse(storyYAML)
	if err != nil {
		return err
	}
	var text bytes.Buffer
	if err := t.Execute(&text, map[string]string{"URL": sandbox.Repository, "Image": image, "Owner": storyOwner, "Automation": storyUser}); err != nil {
		return err
	}
	overlay := filepath.Join(s.root, "sandbox", "canary")
	if err := errors.Join(
		os.WriteFile(filepath.Join(dir, config.FileName), text.Bytes(), 0o644),
		os.CopyFS(filepath.Join(dir, componentsDir), os.DirFS(filepath.Join(overlay, "components"))),
		os.CopyFS(filepath.Join(dir, "clusters", "prod", "patches"), os.DirFS(filepath.Join(overlay, "patches"))),
	); err != nil {
		return err
	}
	return errors.Join(
		shell.Run(ctx, dir, "git", "add", "."),
		shell.Run(ctx, dir, "git", "commit", "--quiet", "--message", "The platform, and a gateway in the mesh's stead"),
		shell.Run(ctx, dir, "git", "push", "--quiet", "origin", "HEAD:main"))
}

// Shell runs commands in a cluster's sandbox.
func (s *storyStage) Shell(cluster string) demo.Shell { return s.shells[cluster] }

// App is the application as users reach it: prod's come in by the gateway that
// the route names.
func (s *storyStage) App(ctx context.Context, cluster string) (demo.App, error) {
	client, err := sandbox.HTTPClient(s.states[cluster])
	if err != nil {
		return nil, err
	}
	host := demoApp + "." + demoApp
	if cluster == "prod" {
		route, err := s.clients[cluster].Resource(schema.GroupVersionResource{Group: "gateway.networking.k8s.io", Version: "v1", Resource: "httproutes"}).
			Namespace(demoApp).Get(ctx, demoApp, metav1.GetOptions{})
		if err != nil {
			return nil, fmt.Errorf("looking for the way into prod: %w", err)
		}
		parents, _, _ := unstructured.NestedSlice(route.Object, "spec", "parentRefs")
		for _, p := range parents {
			if gateway, ok := p.(map[string]any); ok && gateway["kind"] == "Gateway" {
				host = fmt.Sprintf("%v.%v", gateway["name"], gateway["namespace"])
			}
		}
		if host == demoApp+"."+demoApp {
			return nil, errors.New("prod's route hangs on no gateway")
		}
	}
	return newAppClient(client, "http://"+host+".svc.cluster.local/"), nil
}

func (s *storyStage) ReceiverURL(cluster string) string {
	const service = "http://webhook-receiver." + fluxNamespace + ".svc."
	if cluster == "dev" {
		return service + "cluster.local"
	}
	return service + s.sandboxOf(cluster) + ".sandbox.test"
}

// Build builds the app, and brings it to the registry signed, without its tag.
func (s *storyStage) Build(ctx context.Context, layout string, number int, broken bool) (string, error) {
	commit, err := gobuild.Head(ctx, s.root)
	if err != nil {
		return "", err
	}
	tag := fmt.Sprintf("main-%d-%.12s", number, commit.Revision)
	build := []string{"image", "build", "--tag", tag, "--platform", "linux/amd64", "--out", layout}
	if broken {
		build = append(build, "--variable", strings.Replace(defaultVariable, "buildVersion", "buildFaultRate", 1)+"=50")
	}
	if err := os.RemoveAll(layout); err != nil {
		return "", err
	}
	// Not in the sandbox's environment: go takes its modules from elsewhere.
	if err := (&demoShell{streams: s.streams}).Run(ctx, s.root, s.self, build...); err != nil {
		return "", err
	}
	pinned, err := s.output(ctx, nil, "image", "push", "--untagged", "--layout", layout, "--image", storyImage)
	if err != nil {
		return "", err
	}
	_, err = s.output(ctx, nil, "image", "sign", "--key", filepath.Join(s.dir, "cosign.key"), pinned)
	return tag, err
}

// Push sets the tag, and tells dev of it.
func (s *storyStage) Push(ctx context.Context, layout, tag string, tell bool) (string, error) {
	push, env := []string{"image", "push", "--layout", layout, "--image", storyImage}, []string(nil)
	if tell {
		address, token, err := s.receiver(ctx)
		if err != nil {
			return "", err
		}
		push, env = append(push, "--notify", address), []string{receiverTokenVariable + "=" + token.Reveal()}
	}
	pinned, err := s.output(ctx, env, push...)
	if err != nil {
		return "", err
	}
	r, err := image.ParseReference(pinned)
	r.Tag = tag
	return r.String(), err
}

// receiver is where dev's image automation is told, and its token.
func (s *storyStage) receiver(ctx context.Context) (string, redact.Secret, error) {
	get := func(group, resource, name string, path ...string) (string, error) {
		o, err := s.clients["dev"].Resource(schema.GroupVersionResource{Group: group, Version: "v1", Resource: resource}).Namespace(fluxNamespace).Get(ctx, name, metav1.GetOptions{})
		if err != nil {
			return "", err
		}
		text, _, err := unstructured.NestedString(o.Object, path...)
		return text, err
	}
	path, err := get("notification.toolkit.fluxcd.io", "receivers", "images", "status", "webhookPath")
	if err != nil {
		return "", "", err
	}
	encoded, err := get("", "secrets", flux.ReceiverSecret, "data", "token")
	if err != nil {
		return "", "", err
	}
	token, err := base64.StdEncoding.DecodeString(encoded)
	return s.ReceiverURL("dev") + path, redact.Secret(token), err
}

// output runs bootstrap in dev's sandbox, with more in its environment, and
// returns what it prints.
func (s *storyStage) output(ctx context.Context, env []string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, s.self, args...)
	cmd.Env = slices.Concat(os.Environ(), s.shells["dev"].env, env)
	cmd.Dir, cmd.Stderr = s.root, s.streams.Err
	out, err := cmd.Output()
	return strings.TrimSpace(string(out)), err
}

// Rollouts shows prod's canary at each change, until done.
func (s *storyStage) Rollouts(ctx context.Context, done func(demo.Rollout) bool) error {
	group, err := s.rolloutGroup()
	if err != nil {
		return err
	}
	canaries := s.clients["prod"].Resource(schema.GroupVersionResource{Group: group, Version: "v1beta1", Resource: "canaries"}).Namespace(demoApp)
	w, err := canaries.Watch(ctx, metav1.ListOptions{FieldSelector: fields.OneTermEqualSelector("metadata.name", demoApp).String()})
	if err != nil {
		return fmt.Errorf("watching the rollout: %w", err)
	}
	defer w.Stop()
	for e := range w.ResultChan() {
		o, ok := e.Object.(*unstructured.Unstructured)
		if !ok {
			continue
		}
		phase, _, _ := unstructured.NestedString(o.Object, "status", "phase")
		weight, _, _ := unstructured.NestedInt64(o.Object, "status", "canaryWeight")
		if done(demo.Rollout{Phase: phase, Weight: int(weight)}) {
			s.tellRollout(ctx)
			return nil
		}
	}
	return fmt.Errorf("watching the rollout: %w", ctx.Err())
}

// rolloutGroup is the API group of what rolls prod's app out.
func (s *storyStage) rolloutGroup() (string, error) {
	p, components, err := LoadDir(s.platform)
	if err != nil {
		return "", err
	}
	model, err := platform.Resolve(p, components)
	if err != nil {
		return "", err
	}
	app, err := demoAppOf(model, "prod", demoApp)
	if err != nil || app.Rollout == nil {
		return "", errors.Join(errors.New("prod rolls nothing out"), err)
	}
	return app.Rollout.Group, nil
}

// tellRollout prints what the cluster says about the rollout, the last at the
// end.
func (s *storyStage) tellRollout(ctx context.Context) {
	list, err := s.clients["prod"].Resource(schema.GroupVersionResource{Version: "v1", Resource: "events"}).Namespace(demoApp).
		List(ctx, metav1.ListOptions{FieldSelector: "involvedObject.kind=Canary"})
	if err != nil {
		return
	}
	slices.SortStableFunc(list.Items, func(a, b unstructured.Unstructured) int {
		return strings.Compare(fmt.Sprint(a.Object["lastTimestamp"]), fmt.Sprint(b.Object["lastTimestamp"]))
	})
	for _, e := range list.Items {
		fmt.Fprintf(s.streams.Err, "  %v %v\n", e.Object["lastTimestamp"], e.Object["message"])
	}
}
