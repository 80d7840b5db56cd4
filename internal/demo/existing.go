package demo

import "context"

// Existing is a cluster, a repository and an application that were there
// before the demo and stay after it.
type Existing struct {
	// Dir holds the platform.yaml that names them all.
	Dir string
	// Repository is the URL that the cluster follows, at Branch.
	Repository, Branch string
	// RunArgs are those of `bootstrap run`, beside --cluster and ReachArgs, which
	// say how every command reaches the cluster.
	RunArgs, ReachArgs []string
	// Image is what platform.yaml says that the application runs, NextImage
	// what a push changes it to; without one nothing is pushed.
	Image, NextImage string
	// Reach calls the API server and says where it is.
	Reach func(context.Context) (string, error)
}

// OnExisting plays the demo on what is there. It starts nothing, and removes
// nothing at the end.
func OnExisting(e Existing) World { return onExisting{e} }

type onExisting struct{ Existing }

func (w onExisting) opening(string) []step {
	return []step{{"the cluster is reached", w.Reach}}
}

func (w onExisting) scene() scene {
	s := scene{
		dir: w.Dir, repository: w.Repository, branch: w.Branch, runArgs: w.RunArgs, reachArgs: w.ReachArgs,
		first: release{image: w.Image}, next: release{image: w.NextImage},
	}
	if w.NextImage == "" {
		s.unchanged = "no --next-image"
	}
	return s
}

// served trusts the Deployment: any application may answer here, and few tell
// their version.
func (w onExisting) served(ctx context.Context, deps Deps, l *load) error {
	if err := deps.Cluster.AwaitRollout(ctx, w.NextImage); err != nil {
		return err
	}
	return l.awaitGood(ctx)
}

func (w onExisting) closing() []step {
	return []step{{"nothing is removed", func(context.Context) (string, error) {
		return "the cluster, the repository and the application stay as they are now", nil
	}}}
}
