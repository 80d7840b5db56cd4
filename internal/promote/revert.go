package promote

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/groundwork-dev/groundwork/internal/image"
	"github.com/groundwork-dev/groundwork/internal/imagepin"
	"github.com/groundwork-dev/groundwork/internal/pullrequest"
)

// RevertBranch is the one branch by which an image of a cluster is taken back.
func RevertBranch(app, to string) string { return "revert/" + app + "-" + to }

// told is how many of the cluster's last words about a rollout a request repeats.
const told = 5

// Reverted is what a revert did.
type Reverted struct {
	App    string `json:"app"`
	To     string `json:"to"`
	Result Result `json:"result"`
	// Why nothing was to be done, or what the cluster says of the rollout.
	Why []string `json:"why"`
	// Image is the one that failed, Back the one that the cluster still runs.
	Image  string `json:"image,omitempty"`
	Back   string `json:"back,omitempty"`
	Branch string `json:"branch"`
	Commit string `json:"commit,omitempty"`
	// Request takes it back, Promotion is the merged one that had brought it.
	Request   *pullrequest.Request `json:"request,omitempty"`
	Promotion *pullrequest.Request `json:"promotion,omitempty"`
}

// Revert asks the cluster To whether its last rollout failed, with the image that
// the repository names. If so, it says so at the request that brought the image,
// and opens one that goes back to what the cluster still runs, with the status that
// Check would give it.
func Revert(ctx context.Context, o Options, d Deps, tell func(Event)) (*Reverted, error) {
	r := &run{o, d, tell, &Report{}}
	out := &Reverted{App: o.App, To: o.To, Branch: RevertBranch(o.App, o.To)}
	var now, back imagepin.Pin
	var base string
	var data []byte
	err := r.step("look at the rollout in "+o.To, func() (string, error) {
		var err error
		if base, data, now, err = r.pinned(ctx); err != nil {
			return "", err
		}
		back, err = r.failed(ctx, out, now)
		return string(out.Result), err
	})
	if err != nil || out.Result == Nothing {
		return out, err
	}
	out.Image, out.Back = now.Image(), back.Image()
	if o.DryRun {
		out.Result = DryRun
		return out, nil
	}
	edited, err := imagepin.Set(o.path(), data, back)
	if err != nil {
		return out, err
	}
	if err := r.step("pull request", func() (string, error) { return "", r.takeBack(ctx, out, base, edited) }); err != nil {
		return out, err
	}
	return out, r.returned(ctx, out, back)
}

// returned judges the way back, and sets the commit's status.
func (r *run) returned(ctx context.Context, out *Reverted, back imagepin.Pin) error {
	p, err := r.read(ctx)
	if err != nil {
		return err
	}
	r.report.Commit, r.report.Branch = out.Commit, out.Branch
	err = r.judgeReturn(ctx, p, back)
	if _, refused := errors.AsType[*RefusedError](err); err != nil && !refused {
		return err // nothing is known: the status stays as it is
	}
	return errors.Join(err, r.Forge.SetStatus(ctx, r.status(out.Commit, err)))
}

// pinned is what the repository names for the cluster.
func (r *run) pinned(ctx context.Context) (base string, data []byte, pin imagepin.Pin, err error) {
	base, files, err := r.Repository.Fetch(ctx, r.Base)
	if err != nil {
		return "", nil, pin, err
	}
	pin, data, err = r.pin(files, r.To)
	return base, data, pin, err
}

// failed finds what the cluster still runs, where a rollout of the named image
// failed; out says why there is nothing to do otherwise.
func (r *run) failed(ctx context.Context, out *Reverted, now imagepin.Pin) (back imagepin.Pin, err error) {
	nothing := func(format string, args ...any) (imagepin.Pin, error) {
		out.Result, out.Why = Nothing, []string{fmt.Sprintf(format, args...)}
		return imagepin.Pin{}, nil
	}
	if r.RolloutGroup == "" {
		return nothing("%s replaces the pods of %s one by one: there is no rollout that could have failed", r.To, r.App)
	}
	c, err := r.Connect(ctx)
	if err != nil {
		return back, err
	}
	canary, err := c.Get(ctx, schema.GroupVersionKind{Group: r.RolloutGroup, Version: "v1beta1", Kind: "Canary"}, r.Namespace, r.App)
	if err != nil {
		return back, err
	}
	if phase := text(canary, "status", "phase"); phase != "Failed" {
		return nothing("the rollout of %s in %s is %s, not Failed", r.App, r.To, phase)
	}
	target, err := r.deployment(ctx, c, r.App)
	if err != nil {
		return back, err
	}
	tried, err := r.imageOf(target)
	if err != nil {
		return back, err
	}
	primary, err := r.deployment(ctx, c, r.App+"-primary")
	if err != nil {
		return back, err
	}
	serves, err := r.imageOf(primary)
	if err != nil {
		return back, err
	}
	switch {
	case !judged(canary, target):
		return nothing("the rollout of %s in %s that is Failed is the one before: %s was applied since, and not looked at yet", r.App, r.To, tried.Pinned())
	case tried.Digest != now.Digest:
		return nothing("what failed in %s is %s; the repository names %s by now", r.To, tried.Pinned(), now.Image())
	case serves.Digest == now.Digest:
		return nothing("%s runs %s", r.To, now.Image())
	}
	if out.Why, err = r.words(ctx, c); err != nil {
		return back, err
	}
	return r.named(ctx, serves)
}

// named is the pin by which the repository once named an image.
func (r *run) named(ctx context.Context, serves image.Reference) (imagepin.Pin, error) {
	pin, found, err := r.past(ctx, func(then imagepin.Pin) bool { return then.Digest == serves.Digest })
	if found || err != nil {
		return pin, err
	}
	return imagepin.Pin{}, refusedBy("taking back "+r.App+" in "+r.To, []image.Check{{
		Name: "past", Result: image.Refused, Detail: fmt.Sprintf("%s runs %s, which %s never named by its digest", r.To, serves, r.path()),
		Fix: "name the image that is to run there by hand, by a pull request of your own",
	}})
}

// deployment is one of the app's.
func (r *run) deployment(ctx context.Context, c Cluster, name string) (*unstructured.Unstructured, error) {
	d, err := c.Get(ctx, schema.GroupVersionKind{Group: "apps", Version: "v1", Kind: "Deployment"}, r.Namespace, name)
	if err == nil && d == nil {
		err = fmt.Errorf("%s has no Deployment %s/%s", r.To, r.Namespace, name)
	}
	return d, err
}

// imageOf is the image of a Deployment's container that has the app's name.
func (r *run) imageOf(d *unstructured.Unstructured) (image.Reference, error) {
	containers, _, _ := unstructured.NestedSlice(d.Object, "spec", "template", "spec", "containers")
	for _, one := range containers {
		if container, ok := one.(map[string]any); ok && container["name"] == r.App {
			return image.ParseReference(fmt.Sprint(container["image"]))
		}
	}
	return image.Reference{}, fmt.Errorf("in %s, Deployment %s/%s has no container %s", r.To, r.Namespace, d.GetName(), r.App)
}

// applier is Flux' name for itself in what it applied.
const applier = "kustomize-controller"

// judged reports whether a Canary that is Failed is so with the Deployment as Flux
// applied it: for as long as it is, its status is stamped at each look.
func judged(canary, target *unstructured.Unstructured) bool {
	looked := moment(mapOf(canary, "status"), "lastTransitionTime")
	for _, f := range target.GetManagedFields() {
		if f.Manager == applier && f.Subresource == "" && f.Time != nil && !looked.After(f.Time.Time) {
			return false
		}
	}
	return true
}

// words are the last that the cluster said of the rollout.
func (r *run) words(ctx context.Context, c Cluster) ([]string, error) {
	var events []*unstructured.Unstructured
	kinds := []schema.GroupVersionKind{{Version: "v1", Kind: "Event"}}
	if err := c.Await(ctx, kinds, r.Namespace, func(all []*unstructured.Unstructured) (bool, error) { events = all; return true, nil }); err != nil {
		return nil, err
	}
	events = slices.DeleteFunc(slices.Clone(events), func(e *unstructured.Unstructured) bool {
		return text(e, "involvedObject", "kind") != "Canary" || text(e, "involvedObject", "name") != r.App
	})
	slices.SortStableFunc(events, func(a, b *unstructured.Unstructured) int {
		return strings.Compare(text(a, "lastTimestamp"), text(b, "lastTimestamp"))
	})
	said := []string{}
	for _, e := range events[max(0, len(events)-told):] {
		said = append(said, text(e, "lastTimestamp")+" "+text(e, "message"))
	}
	return said, nil
}

// takeBack leaves one open request that goes back, and a word at the one that
// brought the image.
func (r *run) takeBack(ctx context.Context, out *Reverted, base string, edited []byte) error {
	open, err := r.Forge.Requests(ctx, out.Branch, r.Base)
	if err != nil {
		return err
	}
	onto, _, err := r.Repository.Fetch(ctx, out.Branch)
	if err != nil {
		return err
	}
	title := fmt.Sprintf("take %s in %s back: its rollout failed", r.App, r.To)
	out.Commit, err = r.Repository.Propose(ctx, base, onto, map[string][]byte{r.path(): edited}, title+"\n\n"+out.Image+"\nbecomes again\n"+out.Back+"\n")
	if err != nil {
		return err
	}
	if out.Commit != onto {
		if err := r.Repository.Push(ctx, out.Branch, onto, base, out.Commit); err != nil {
			return err
		}
	}
	body := fmt.Sprintf("The rollout of %s in %s failed. The cluster still serves %s; with this, the repository says so again.\n\n%s", code(out.Image), r.To, code(out.Back), quoted(out.Why))
	if len(open) > 0 {
		kept := first(open)
		out.Request, out.Result = &kept, Updated
		if kept.Title == title && kept.Body == body {
			return nil
		}
		return r.Forge.UpdateRequest(ctx, kept.Number, title, body)
	}
	made, err := r.Forge.CreateRequest(ctx, out.Branch, r.Base, title, body)
	if err != nil {
		return err
	}
	out.Request, out.Result = &made, Opened
	if out.Promotion, err = r.Forge.Merged(ctx, Branch(r.App, r.To), r.Base); err != nil || out.Promotion == nil {
		return err
	}
	return r.Forge.Comment(ctx, out.Promotion.Number, fmt.Sprintf("Its rollout in %s failed, and the users have %s again. #%d takes it back.\n\n%s", r.To, code(out.Back), made.Number, quoted(out.Why)))
}

// quoted is what a cluster said, as a block that nothing in it can leave.
func quoted(said []string) string {
	var b strings.Builder
	for _, line := range said {
		b.WriteString("    " + strings.ReplaceAll(line, "\n", " ") + "\n")
	}
	return b.String()
}

// text is a field of an object, empty without either.
func text(o *unstructured.Unstructured, path ...string) string {
	if o == nil {
		return ""
	}
	s, _, _ := unstructured.NestedString(o.Object, path...)
	return s
}
