package terraform

import "regexp"

// component is the name, in a platform's stack, of what belongs to a bucket or a
// key of a component: components-buckets.tf and components-keys.tf.
var component = regexp.MustCompile(`^aws_[a-z0-9_]+\.component(\[.*\])?$`)

// Outlives reports whether the resource at an address of a platform's stack
// stays when its cluster ends: the buckets and keys of components, which have
// prevent_destroy, and their settings and names.
func Outlives(address string) bool { return component.MatchString(address) }
