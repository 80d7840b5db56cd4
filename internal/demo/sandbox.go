package demo

import "context"

// Sandbox is the cluster, the forge and the registry that the demo brings
// along.
type Sandbox interface {
	// Up starts the sandbox, or finds it running.
	Up(ctx context.Context) error
	// Real says, once it is up, that its pods run: on simulated nodes they
	// only seem to.
	Real() bool
	// Down ends the sandbox and removes what it left.
	Down(ctx context.Context) error
	// PublishApp builds the sample application at a version and pushes it
	// under the image reference that it returns.
	PublishApp(ctx context.Context, version string) (image string, err error)
	// WritePlatform writes the demo's platform.yaml to dir and returns the
	// repository's branch.
	WritePlatform(dir, repositoryURL, image string) (branch string, err error)
	// RepositoryURL is the address of the forge's empty repository.
	RepositoryURL() string
	// ReceiverURL is where the forge reaches the cluster's Receiver.
	ReceiverURL() string
}

// The two versions of the application that a sandbox shows.
const (
	firstVersion  = "0.1.0"
	secondVersion = "0.2.0"
)

// InSandbox plays the demo in a sandbox of its own and ends it, unless told to
// keep it.
func InSandbox(s Sandbox, keep bool) World { return &inSandbox{sandbox: s, keep: keep} }

type inSandbox struct {
	sandbox Sandbox
	keep    bool
	left    scene
}

func (w *inSandbox) opening(dir string) []step {
	w.left = scene{dir: dir}
	return []step{
		{"sandbox up", func(ctx context.Context) (string, error) { return "", w.sandbox.Up(ctx) }},
		{"application images built and pushed", w.publish},
	}
}

func (w *inSandbox) publish(ctx context.Context) (string, error) {
	w.left.first.version, w.left.next.version = firstVersion, secondVersion
	for _, r := range []*release{&w.left.first, &w.left.next} {
		var err error
		if r.image, err = w.sandbox.PublishApp(ctx, r.version); err != nil {
			return "", err
		}
	}
	if !w.sandbox.Real() {
		w.left.silent = "simulated nodes"
	}
	w.left.repository = w.sandbox.RepositoryURL()
	w.left.runArgs = []string{"--webhook-url", w.sandbox.ReceiverURL()}
	var err error
	w.left.branch, err = w.sandbox.WritePlatform(w.left.dir, w.left.repository, w.left.first.image)
	return firstVersion + " and " + secondVersion, err
}

func (w *inSandbox) scene() scene { return w.left }

// served trusts the answers alone where there are any: the sample application
// tells its version.
func (w *inSandbox) served(ctx context.Context, deps Deps, l *load) error {
	if w.left.silent != "" {
		return deps.Cluster.AwaitRollout(ctx, w.left.next.image)
	}
	return l.await(ctx, w.left.next.version)
}

func (w *inSandbox) closing() []step {
	if w.keep {
		return nil
	}
	return []step{{"sandbox down", func(ctx context.Context) (string, error) { return "", w.sandbox.Down(ctx) }}}
}
