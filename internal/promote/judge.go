package promote

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"time"

	"github.com/groundwork-dev/groundwork/internal/image"
	"github.com/groundwork-dev/groundwork/internal/imagepin"
)

// RefusedError says why there is no promotion, and what to do.
type RefusedError struct {
	// What is refused, such as "the promotion of web from dev to prod".
	What   string
	Checks []image.Check
	// In is when the same may be right, where nothing but time is missing.
	In time.Duration
}

func (e *RefusedError) Error() string {
	var b strings.Builder
	b.WriteString(e.What + " is refused")
	for _, c := range e.Checks {
		fmt.Fprintf(&b, "\n%s: %s\n  fix: %s", c.Name, c.Detail, c.Fix)
	}
	return b.String()
}

// Refused tells the error apart from others.
func (*RefusedError) Refused() bool { return true }

// refusedBy is the error of checks of which some may have refused.
func refusedBy(what string, checks []image.Check) error {
	refused := &RefusedError{What: what}
	for _, c := range checks {
		if c.Result == image.Refused {
			refused.Checks = append(refused.Checks, c)
		}
	}
	if len(refused.Checks) == 0 {
		return nil
	}
	return refused
}

// short is an error in one line, for a status.
func short(err error) string {
	if refused, ok := errors.AsType[*RefusedError](err); ok {
		return refused.Checks[0].Name + ": " + refused.Checks[0].Detail
	}
	return err.Error()
}

// pins are the images of both clusters at one commit of the base.
type pins struct {
	base     string
	from, to imagepin.Pin
	// data is the file of the cluster that is promoted to.
	data []byte
}

// wanted is the destination's pin after the promotion.
func (p pins) wanted() imagepin.Pin {
	w := p.to
	w.Tag, w.Digest = p.from.Tag, p.from.Digest
	if source(p.from) != source(p.to) {
		w.NewName = source(p.from)
	}
	return w
}

// source is where a pin's image is pulled from.
func source(p imagepin.Pin) string {
	if p.NewName != "" {
		return p.NewName
	}
	return p.Name
}

// same says that the destination has the image already.
func (p pins) same() bool { return p.wanted() == p.to }

// read reads both pins.
func (r *run) read(ctx context.Context) (pins, error) {
	base, files, err := r.Repository.Fetch(ctx, r.Base)
	if err != nil {
		return pins{}, err
	}
	p := pins{base: base}
	if p.from, _, err = r.pin(files, r.From); err != nil {
		return p, err
	}
	p.to, p.data, err = r.pin(files, r.To)
	return p, err
}

// pin reads a cluster's pin; that there is none is a refusal.
func (r *run) pin(files fs.FS, cluster string) (imagepin.Pin, []byte, error) {
	path := imagepin.Path(cluster, r.App)
	data, err := fs.ReadFile(files, path)
	if errors.Is(err, fs.ErrNotExist) {
		r.report.Result = Refused
		return imagepin.Pin{}, nil, refusedBy(r.what(), []image.Check{{
			Name: "pin", Result: image.Refused, Detail: fmt.Sprintf("branch %s has no %s", r.Base, path),
			Fix: "give the app delivery in platform.yaml, and push what `bootstrap generate` writes (docs/delivery.md)",
		}})
	}
	if err != nil {
		return imagepin.Pin{}, nil, fmt.Errorf("reading %s: %w", path, err)
	}
	pin, err := imagepin.Read(path, data)
	return pin, data, err
}

func (r *run) what() string { return "the promotion of " + r.Options.String() }

// judge gathers the evidence about the source's image and refuses what is not
// right. A registry or cluster that does not answer is an error of its own.
func (r *run) judge(ctx context.Context, p pins) error {
	e := &r.report.Evidence
	*e = Evidence{Image: p.from.Image(), Before: p.to.Image(), Tag: p.from.Tag, Digest: p.from.Digest, Key: fingerprint(r.Key)}
	if p.from.Digest == "" {
		e.Checks = []image.Check{{
			Name: "pin", Result: image.Refused, Detail: fmt.Sprintf("%s says %s, without a digest: nobody can tell what that is tomorrow", imagepin.Path(r.From, r.App), e.Image),
			Fix: fmt.Sprintf("write the digest into the file, or let image automation move it (delivery.automate: [%s])", r.From),
		}}
		return r.refuse()
	}
	e.Checks = []image.Check{{Name: "pin", Result: image.OK, Detail: r.From + " has the image with its digest"}}
	if err := r.step("registry", func() (string, error) { return r.judgeImage(ctx, p) }); err != nil {
		return err
	}
	young := time.Duration(0)
	err := r.step("cluster "+r.From, func() (string, error) {
		c, err := r.Connect(ctx)
		if err != nil {
			return "", err
		}
		s, err := look(ctx, c, r.Options)
		if err != nil {
			return "", err
		}
		young = s.young(r.Options)
		running, healthy := s.running(r.Options, p.from.Digest), s.healthy(r.Options)
		e.Checks = append(e.Checks, running, healthy)
		e.Health = s.health(r.Options)
		return healthy.Detail, nil
	})
	if err != nil {
		return err
	}
	err = r.refuse()
	if refused, ok := errors.AsType[*RefusedError](err); ok && len(refused.Checks) == 1 && refused.Checks[0].Name == checkHealthy {
		refused.In = young
	}
	if err != nil {
		return err
	}
	return r.step("changelog", func() (string, error) { return "", r.changelog(ctx, p) })
}

func (r *run) refuse() error {
	err := refusedBy(r.what(), r.report.Evidence.Checks)
	if err != nil {
		r.report.Result = Refused
	}
	return err
}

// judgeImage asks the registry about the new image, and what the old one is
// made of.
func (r *run) judgeImage(ctx context.Context, p pins) (string, error) {
	verdict, err := r.lookAt(ctx, p.from)
	if err != nil {
		return "", err
	}
	e := &r.report.Evidence
	e.Checks = append(e.Checks, verdict.Checks...)
	if verdict.Err() != nil {
		return "", nil
	}
	before, err := r.lookAt(ctx, p.to)
	if missing, ok := errors.AsType[interface {
		error
		Refused() bool
	}](err); ok && missing.Refused() {
		e.Modules.Note = "the registry does not have the present image, so there is nothing to compare with"
		return "", nil
	}
	if err != nil {
		return "", err
	}
	e.Modules = compare(before.Modules, verdict.Modules)
	return "", nil
}

func (r *run) lookAt(ctx context.Context, p imagepin.Pin) (image.Verdict, error) {
	ref, err := image.ParseReference(p.Image())
	if err != nil {
		return image.Verdict{}, err
	}
	found, err := r.Registry.Look(ctx, ref)
	if err != nil {
		return image.Verdict{}, err
	}
	return found.Judge(r.Key), nil
}
