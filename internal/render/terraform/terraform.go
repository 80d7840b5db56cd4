// Package terraform renders what Terraform makes beside the cluster itself: one
// stack for the account and one for each cluster. What does not depend on
// platform.yaml is plain Terraform in the folders account, platform and shared;
// what does is in two files, terraform.tf and locals.tf, so that a reader of
// the rest reads Terraform as anybody would write it.
//
// No stack reads another's state, and nothing asks AWS while it is planned:
// names follow from platform.yaml (internal/awsname), and what only kops knows
// is a variable (docs/adr/0016).
package terraform

import (
	"embed"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/groundwork-dev/groundwork/internal/config"
	"github.com/groundwork-dev/groundwork/internal/hardening"
	"github.com/groundwork-dev/groundwork/internal/tree"
)

// ProviderVersion is the one version of hashicorp/aws that the stacks are
// rendered for and tested with.
const ProviderVersion = "5.100.0"

// files are the parts of the stacks that are the same for everybody.
//
//go:embed account/*.tf platform/*.tf shared/*.tf
var files embed.FS

// File is one file of a stack's folder.
type File struct {
	Name string
	Data []byte
}

// part is a file that is taken as it is: where something refers to what it
// defines, or always.
type part struct {
	name string
	// defines is an address that others refer to; empty for what is always there.
	defines string
}

// stack is what a stack is put together from.
type stack struct {
	of  hardening.Stack
	aws *config.AWS
	// name is the platform's.
	name string
	// own are the parts that no item of the hardening list is.
	own []string
	// locals are what the parts may refer to; those that none does are left out.
	locals []local
	// key is the state's key in the bucket.
	key string
}

// shared are the parts that others need, in an order in which none needs one
// before it.
func shared() []part {
	return []part{{logsPart, "aws_kms_key.logs"}, {"keys.tf", "local.key_owner"}}
}

// logsPart is where the key of logs and notifications is.
const logsPart = "logs.tf"

// HasLogsKey reports whether a kind of stack makes a key for logs and
// notifications: whether an item that is on needs it.
func HasLogsKey(aws *config.AWS, of hardening.Stack) (bool, error) {
	list, err := stack{of: of, aws: aws}.render()
	return slices.ContainsFunc(list, func(f File) bool { return f.Name == logsPart }), err
}

// render returns the files of a stack, sorted by name.
func (s stack) render() ([]File, error) {
	texts := map[string]string{}
	for _, name := range s.own {
		text, err := s.read(name)
		if err != nil {
			return nil, err
		}
		texts[name] = text
	}
	for _, item := range hardening.Items() {
		if !item.In(s.of) {
			continue
		}
		text, err := s.item(item)
		if err != nil {
			return nil, err
		}
		texts[item.Name+".tf"] = text
	}
	for _, p := range shared() {
		if !refers(texts, p.defines) {
			continue
		}
		text, err := s.read(p.name)
		if err != nil {
			return nil, err
		}
		texts[p.name] = text
	}
	used := slices.DeleteFunc(slices.Clone(s.locals), func(l local) bool { return !l.always && !refers(texts, "local."+l.name) })
	list := []File{{"terraform.tf", s.settings()}, {"locals.tf", localsFile(used)}}
	for name, text := range texts {
		list = append(list, File{name, []byte(tree.Header + text)})
	}
	slices.SortFunc(list, func(a, b File) int { return strings.Compare(a.Name, b.Name) })
	return list, nil
}

// read returns a part: the stack's own, or else the one that all share.
func (s stack) read(name string) (string, error) {
	data, err := fs.ReadFile(files, path.Join(string(s.of), name))
	if err != nil {
		data, err = fs.ReadFile(files, path.Join("shared", name))
	}
	if err != nil {
		return "", fmt.Errorf("reading a part of the stack: %w", err)
	}
	return string(data), nil
}

// item returns the file of a hardening item; of one that is off, why.
func (s stack) item(item hardening.Item) (string, error) {
	head := comment(strings.ReplaceAll(item.Title, "`", ""))
	if why := s.off(item); why != "" {
		return head + "#\n" + comment(why), nil
	}
	name := item.Name + ".tf"
	if item.Name == hardening.Connection {
		name = item.Name + "-vpn.tf"
		if s.aws.Connection.DirectConnect != nil {
			name = item.Name + "-direct-connect.tf"
		}
	}
	text, err := s.read(name)
	return head + "\n" + text, err
}

// off returns why an item is not there, "" for one that is.
func (s stack) off(item hardening.Item) string {
	if said := s.aws.Hardening[item.Name]; !said.On() {
		return "Off: " + said.Reason + " (spec.aws.hardening." + item.Name + " in platform.yaml)"
	}
	if !s.aws.Hardened(item.Name) {
		return "Off until platform.yaml describes a connection under spec.aws.connection."
	}
	return ""
}

// refers reports whether any of the texts refers to an address.
func refers(texts map[string]string, address string) bool {
	for _, text := range texts {
		for at := 0; ; {
			i := strings.Index(text[at:], address)
			if i < 0 {
				break
			}
			begin, end := at+i, at+i+len(address)
			if (begin == 0 || !inWord(text[begin-1])) && (end == len(text) || !inWord(text[end])) {
				return true
			}
			at = end
		}
	}
	return false
}

// inWord reports whether a character is part of a name in Terraform.
func inWord(c byte) bool {
	return c == '_' || c == '-' || '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}

// commentWidth is how long a line of a comment gets, in characters.
const commentWidth = 96

// comment writes a sentence as lines of a comment.
func comment(s string) string {
	var b strings.Builder
	line := "#"
	for word := range strings.FieldsSeq(s) {
		if len(line)+1+len(word) > commentWidth && line != "#" {
			b.WriteString(line + "\n")
			line = "#"
		}
		line += " " + word
	}
	b.WriteString(line + "\n")
	return b.String()
}
