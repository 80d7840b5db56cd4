package imagerequest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/groundwork-dev/groundwork/internal/image"
	"github.com/groundwork-dev/groundwork/internal/imagepin"
)

// judge holds the branch to what image automation changes. It sets Result where
// there is nothing to request.
func (r *run) judge(ctx context.Context) error {
	_, base, err := r.Repository.Fetch(ctx, r.o.Base)
	if err != nil {
		return err
	}
	head, files, err := r.Repository.Fetch(ctx, r.Branch)
	if err != nil {
		return err
	}
	if r.Commit = head; head == "" {
		r.Result, r.Why = Nothing, "image automation has pushed no branch "+r.Branch
		return nil
	}
	before, was, err := r.pin(base, r.o.Base)
	if err != nil {
		return err
	}
	after, is, err := r.pin(files, r.Branch)
	if err != nil {
		return err
	}
	r.Before, r.Image, r.tag = before.Image(), after.Image(), after.Tag
	from, paths, err := r.Repository.Branched(ctx, r.Branch, head, r.o.Base)
	if err != nil {
		return err
	}
	const again = "see who pushed to it; then delete the branch, and image automation begins it anew"
	if from == nil {
		return r.refuse(fmt.Sprintf("it is not one commit after another on %s", r.o.Base), again)
	}
	if at := slices.IndexFunc(paths, func(p string) bool { return p != r.o.path() }); at >= 0 {
		return r.refuse(fmt.Sprintf("it changes %s, beside the image of %s", paths[at], r.App), again)
	}
	left, err := fs.ReadFile(from, r.o.path())
	switch {
	case after == before:
		r.Result, r.Why = Nothing, fmt.Sprintf("%s has %s already", r.o.Base, r.Image)
	case err != nil || !bytes.Equal(left, was):
		r.Result, r.Why = Nothing, fmt.Sprintf("%s has another image since, %s, and image automation begins anew from there", r.o.Base, r.Before)
	case !sameButValues(string(was), string(is)):
		return r.refuse(fmt.Sprintf("it changes more of %s than tag and digest: %s becomes %s", r.o.path(), r.Before, r.Image), again)
	case image.CommitOf(after.Tag) == "":
		return r.refuse(fmt.Sprintf("tag %q is not a build's, main-<run>-<commit>", after.Tag), again)
	case after.Digest == "":
		return r.refuse(r.Image+" has no digest: nobody can tell what that is tomorrow", again)
	}
	return nil
}

// sameButValues reports whether two files differ in the values of newTag and
// digest alone. Space aside: who writes YAML anew may indent it otherwise.
func sameButValues(was, is string) bool {
	one, other := strings.Split(strings.TrimSpace(was), "\n"), strings.Split(strings.TrimSpace(is), "\n")
	return slices.EqualFunc(one, other, func(a, b string) bool { return withoutValue(a) == withoutValue(b) })
}

// withoutValue is a line without the value of newTag or digest.
func withoutValue(line string) string {
	line = strings.TrimSpace(line)
	key, rest, _ := strings.Cut(line, ": ")
	if key != "newTag" && key != "digest" {
		return line
	}
	_, comment, _ := strings.Cut(rest, " #")
	return key + " #" + strings.TrimSpace(comment)
}

func (r *run) refuse(why, fix string) error { return &RefusedError{r.Branch, why, fix} }

// pin reads the app's image file as a branch has it. One that is missing, or is no
// such file, is a refusal.
func (r *run) pin(files fs.FS, branch string) (pin imagepin.Pin, data []byte, err error) {
	data, err = fs.ReadFile(files, r.o.path())
	if errors.Is(err, fs.ErrNotExist) {
		return pin, nil, r.refuse(fmt.Sprintf("branch %s has no %s", branch, r.o.path()), "push what `bootstrap generate` writes, with the app's delivery in platform.yaml (docs/delivery.md)")
	}
	if err != nil {
		return pin, nil, fmt.Errorf("reading %s of branch %s: %w", r.o.path(), branch, err)
	}
	if pin, err = imagepin.Read(r.o.path(), data); err != nil {
		return pin, nil, r.refuse(fmt.Sprintf("as branch %s has it, %v", branch, err), "write the file as `bootstrap generate` does")
	}
	return pin, data, nil
}
