package helmrender

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"helm.sh/helm/v4/pkg/chart/common"
	commonutil "helm.sh/helm/v4/pkg/chart/common/util"
	"helm.sh/helm/v4/pkg/chart/loader/archive"
	chart "helm.sh/helm/v4/pkg/chart/v2"
	"helm.sh/helm/v4/pkg/chart/v2/loader"
	chartutil "helm.sh/helm/v4/pkg/chart/v2/util"
	"helm.sh/helm/v4/pkg/engine"

	"github.com/groundwork-dev/groundwork/internal/chartarchive"
)

// render is one rendering, in the worker.
func render(r request) (a *answer, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v", p)
		}
	}()
	a, err = once(r)
	if err != nil || !r.Release.Twice {
		return a, err
	}
	again, err := once(r)
	if err != nil {
		return nil, err
	}
	compare(a.Objects, again.Objects)
	compare(a.Hooks, again.Hooks)
	return a, nil
}

// once renders what the steps of Helm's install action do, in their order.
// Helm writes into a chart while it renders it, so each time reads it anew.
func once(r request) (*answer, error) {
	c, err := read(r.Files)
	if err != nil {
		return nil, err
	}
	var given map[string]any
	if err := json.Unmarshal(r.Values, &given); err != nil {
		return nil, fmt.Errorf("reading the values: %w", err)
	}
	if c.Metadata.Type == "library" {
		return nil, errors.New("it is a library chart, which cannot be installed")
	}
	if err := chartutil.ProcessDependencies(c, given); err != nil {
		return nil, fmt.Errorf("choosing subcharts: %w", err)
	}
	a := &answer{}
	caps, err := capabilities(r.Release)
	if err != nil {
		return nil, err
	}
	if want := c.Metadata.KubeVersion; want != "" && !chartutil.IsCompatibleRange(want, caps.KubeVersion.String()) {
		return nil, fmt.Errorf("it is for Kubernetes %s, not for %s", want, caps.KubeVersion.Version)
	}
	release := common.ReleaseOptions{Name: r.Release.Name, Namespace: r.Release.Namespace, Revision: 1, IsInstall: true}
	values, err := commonutil.ToRenderValuesWithSchemaValidation(c, given, release, caps, true)
	if err != nil {
		return nil, fmt.Errorf("merging the values: %w", err)
	}
	merged, _ := values["Values"].(common.Values)
	if a.Unchecked, err = checkSchemas(c, merged); err != nil {
		return nil, err
	}
	// Without a client lookup finds nothing; host names are not asked for.
	texts, err := engine.Engine{}.Render(c, values)
	if err != nil {
		return nil, errors.New(oneLine(err.Error(), ": "))
	}
	return a, collect(a, c, texts, r.Limits.Output)
}

func read(files []chartarchive.File) (*chart.Chart, error) {
	var all []*archive.BufferedFile
	for _, f := range files {
		all = append(all, &archive.BufferedFile{Name: f.Name, Data: f.Data})
	}
	c, err := loader.LoadFiles(all)
	if err != nil {
		return nil, errors.New(oneLine(err.Error(), " "))
	}
	return c, nil
}

// collect makes objects of what the templates and the crds/ folders say.
func collect(a *answer, c *chart.Chart, texts map[string]string, most int64) error {
	var size int64
	for _, text := range texts {
		size += int64(len(text))
	}
	if size > most {
		return fmt.Errorf("its templates write %d MiB, more than %d", size>>20, most>>20)
	}
	crds := map[string]string{}
	for _, crd := range c.CRDObjects() {
		crds[crd.Filename] = string(crd.File.Data)
	}
	var err error
	left := most
	if a.CRDs, err = objects(crds, &left); err != nil {
		return err
	}
	all, err := objects(texts, &left)
	if err != nil {
		return err
	}
	for _, m := range all {
		switch hook, known := hookOf(m.JSON); {
		case !hook:
			a.Objects = append(a.Objects, m)
		case known:
			a.Hooks = append(a.Hooks, m)
		}
	}
	return nil
}

// hookOf says whether an object is a hook, and one that Helm knows: others it
// leaves out.
func hookOf(object []byte) (hook, known bool) {
	var o struct {
		Metadata struct {
			Annotations map[string]any `json:"annotations"`
		} `json:"metadata"`
	}
	_ = json.Unmarshal(object, &o) // objects are mappings; one of other fields is no hook
	value, hook := o.Metadata.Annotations["helm.sh/hook"].(string)
	if !hook {
		return false, false
	}
	events := []string{
		"pre-install", "post-install", "pre-delete", "post-delete", "pre-upgrade", "post-upgrade",
		"pre-rollback", "post-rollback", "test", "test-success",
	}
	for event := range strings.SplitSeq(value, ",") {
		if !slices.Contains(events, strings.ToLower(strings.TrimSpace(event))) {
			return true, false
		}
	}
	return true, true
}

// compare marks what two renderings do not agree on.
func compare(first, second []made) {
	for i := range first {
		first[i].Unstable = i >= len(second) || !bytes.Equal(first[i].JSON, second[i].JSON)
	}
}

// oneLine joins the lines of a message.
func oneLine(message, with string) string {
	var lines []string
	for line := range strings.Lines(message) {
		if line = strings.TrimSpace(line); line != "" {
			lines = append(lines, line)
		}
	}
	return clip(strings.Join(lines, with))
}
