package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/spf13/cobra"

	"github.com/groundwork-dev/groundwork/internal/cli/progress"
	"github.com/groundwork-dev/groundwork/internal/gobuild"
	"github.com/groundwork-dev/groundwork/internal/image"
	"github.com/groundwork-dev/groundwork/internal/ocilayout"
)

// defaultVariable is where the linker puts the version of this repository's
// app; it leaves programs alone that have no such variable.
const defaultVariable = "github.com/groundwork-dev/groundwork/internal/sampleapp.buildVersion"

type imageBuildOptions struct {
	dir, app, pkg, out, variable string
	certificates, source         string
	platforms, tags, variables   []string
	output                       string
}

// imageBuilt is the result, as --output json prints it.
type imageBuilt struct {
	Digest   string   `json:"digest"`
	SBOM     string   `json:"sbom"`
	Layout   string   `json:"layout"`
	Tags     []string `json:"tags"`
	Revision string   `json:"revision,omitempty"`
	Created  string   `json:"created"`
}

func newImageBuildCommand(streams Streams) *cobra.Command {
	var o imageBuildOptions
	cmd := &cobra.Command{
		Use:   "build",
		Short: "Build a reproducible image of a Go program for several platforms",
		Long: `build compiles a Go main package statically for each platform and packs it into an
OCI layout: one index, a program and a few files for each platform, user 65532, and a
bill of materials (CycloneDX 1.6) that the index states by its digest. Nothing runs
in a container and no base image is pulled.

The same commit and Go version give the same digest on every machine. The image's time
is SOURCE_DATE_EPOCH where that is set, else the commit's, else 1970. Tags are
main-<run>-<commit> for a build and a semantic version for a release; the version
that the program and the image state follows from them.`,
		Example: `  bootstrap image build --tag main-17-3f9a2b1
  bootstrap image build --tag 1.2.3 --out dist/sampleapp.tar
  bootstrap image build --app web --package ./cmd/web --version-variable main.version`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return o.run(cmd.Context(), streams) },
	}
	f := cmd.Flags()
	AddDirFlag(cmd, &o.dir)
	addAppFlag(cmd, &o.app)
	f.StringVar(&o.pkg, "package", "", "the Go main package (default ./cmd/APP)")
	f.StringVar(&o.out, "out", "", "the layout's folder, or a file that ends in .tar (default dist/APP)")
	f.StringArrayVar(&o.tags, "tag", nil, "a tag of the image: main-<run>-<commit> or 1.2.3; may be repeated")
	f.StringSliceVar(&o.platforms, "platform", []string{"linux/amd64", "linux/arm64"}, "the platforms, linux/ARCHITECTURE")
	f.StringVar(&o.variable, "version-variable", defaultVariable, "the Go variable that is set to the version, importpath.name")
	f.StringArrayVar(&o.variables, "variable", nil, "a further Go variable to set, importpath.name=value; may be repeated")
	f.StringVar(&o.certificates, "ca-certificates", "", "a PEM file of authorities that the program is to trust (default none)")
	f.StringVar(&o.source, "source", "", "the address of the source (default the repository of platform.yaml, if there is one)")
	addOutputFlag(cmd, &o.output)
	return cmd
}

func (o imageBuildOptions) run(ctx context.Context, streams Streams) error {
	platforms := make([]v1.Platform, 0, len(o.platforms))
	for _, p := range o.platforms {
		parsed, err := image.ParsePlatform(p)
		if err != nil {
			return usageError{err}
		}
		platforms = append(platforms, parsed)
	}
	if filepath.Base(o.app) != o.app || o.app == "." || o.app == ".." {
		return usageError{fmt.Errorf("--app %q: want a name", o.app)}
	}
	for _, v := range o.variables {
		if err := gobuild.CheckVariable(v); err != nil {
			return usageError{fmt.Errorf("--variable %w", err)}
		}
	}
	spec, err := o.spec(ctx, streams)
	if err != nil {
		return err
	}
	tmp, err := os.MkdirTemp("", "groundwork-image-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(tmp)
	if spec.Binaries, err = o.compile(ctx, streams, spec.Version, platforms, tmp); err != nil {
		return err
	}
	made, err := image.New(spec)
	if err != nil {
		return err
	}
	if o.out == "" {
		o.out = filepath.Join(o.dir, "dist", o.app)
	}
	if err := ocilayout.Write(o.out, ocilayout.Kept{Image: made, Tags: o.tags}); err != nil {
		return err
	}
	return o.print(streams, spec, made)
}

// spec is everything about the image but its programs.
func (o imageBuildOptions) spec(ctx context.Context, streams Streams) (image.Spec, error) {
	s := image.Spec{App: o.app, Created: time.Unix(0, 0), Source: o.source, Version: image.VersionOf(o.tags)}
	commit, err := gobuild.Head(ctx, o.dir)
	switch {
	case err != nil:
		fmt.Fprintf(streams.Err, "The image will state no commit: %v\n", err)
	default:
		s.Revision, s.Created = commit.Revision, commit.Time
	}
	if err := image.CheckTags(o.tags, s.Revision); err != nil {
		return s, usageError{err}
	}
	if commit.Changed {
		fmt.Fprintf(streams.Err, "Files differ from commit %s: the image says so, and nobody can build it again.\n", s.Revision)
		s.Revision += "-dirty"
	}
	if epoch := os.Getenv("SOURCE_DATE_EPOCH"); epoch != "" {
		seconds, err := strconv.ParseInt(epoch, 10, 64)
		if err != nil || seconds < 0 || seconds > 1<<40 {
			return s, usageError{fmt.Errorf("SOURCE_DATE_EPOCH is %q: want seconds since 1970", epoch)}
		}
		s.Created = time.Unix(seconds, 0)
	}
	if o.certificates != "" {
		if s.CACertificates, err = os.ReadFile(o.certificates); err != nil {
			return s, usageError{fmt.Errorf("reading the certificates: %w", err)}
		}
	}
	if s.Source == "" {
		if p, _, err := LoadDir(o.dir); err == nil {
			s.Source = p.Spec.Repository.URL
		}
	}
	return s, nil
}

// compile builds the program for each platform into a folder.
func (o imageBuildOptions) compile(ctx context.Context, streams Streams, version string, platforms []v1.Platform, into string) ([]image.Binary, error) {
	if o.pkg == "" {
		o.pkg = "./cmd/" + o.app
	}
	display := progress.New(streams.Err, streams.Terminal)
	defer display.Close()
	var all []image.Binary
	for _, p := range platforms {
		step := progress.Step{Title: "build " + o.app + " for " + p.String()}
		display.Show(step)
		began := time.Now()
		b, err := gobuild.Build(ctx, gobuild.Options{
			Dir: o.dir, Package: o.pkg, Version: version, VersionVariable: o.variable, Variables: o.variables,
		}, p, filepath.Join(into, p.Architecture))
		step.State, step.Elapsed = progress.Done, time.Since(began)
		if err != nil {
			step.State = progress.Failed
			display.Show(step)
			return nil, errors.Join(err, ctx.Err())
		}
		display.Show(step)
		all = append(all, b)
	}
	return all, nil
}

func (o imageBuildOptions) print(streams Streams, s image.Spec, made image.Image) error {
	digest, err := made.Index.Digest()
	if err != nil {
		return err
	}
	index, err := made.Index.IndexManifest()
	if err != nil {
		return err
	}
	if o.output == outputJSON {
		return PrintJSON(streams.Out, imageBuilt{
			Digest: digest.String(), SBOM: index.Annotations[image.AnnotationSBOM], Layout: o.out,
			Tags: append([]string{}, o.tags...), Revision: s.Revision, Created: s.Created.UTC().Format(time.RFC3339),
		})
	}
	_, err = fmt.Fprintln(streams.Out, digest)
	return err
}
