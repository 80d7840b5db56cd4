package crosscheck

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"
)

// images reports those that are another one tomorrow.
func (w *world) images() []Fault {
	var faults []Fault
	for _, o := range w.objects {
		t, path := template(o)
		if t == nil {
			continue
		}
		for _, group := range []struct {
			field      string
			containers []corev1.Container
		}{{"initContainers", t.Spec.InitContainers}, {"containers", t.Spec.Containers}} {
			for i, c := range group.containers {
				if pinned(c.Image) {
					continue
				}
				faults = append(faults, Fault{
					Rule: "pinned-images", Object: o, Path: slices.Concat(path, []string{"spec", group.field, strconv.Itoa(i), "image"}),
					Message: fmt.Sprintf("image %s is not pinned: what runs changes without a commit", c.Image), Hint: "add a version's tag, better a digest too",
				})
			}
		}
	}
	return faults
}

// pinned says whether an image has a digest, or a tag that is meant to stay.
func pinned(image string) bool {
	if image == "" || strings.Contains(image, "@sha256:") {
		return true // without any, the schema has more to say
	}
	_, tag, tagged := strings.Cut(image[strings.LastIndex(image, "/")+1:], ":")
	return tagged && tag != "latest"
}
