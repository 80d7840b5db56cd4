// Package workflows holds the committed workflows to the rules of
// docs/governance.md, and each rule to a workflow that breaks it.
package workflows

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/groundwork-dev/groundwork/internal/config"
	"github.com/groundwork-dev/groundwork/internal/governance"
)

const folder = "../../.github/workflows"

type workflow struct {
	On          any            `yaml:"on"`
	Permissions any            `yaml:"permissions"`
	Concurrency any            `yaml:"concurrency"`
	Jobs        map[string]job `yaml:"jobs"`
}

type job struct {
	Name        string         `yaml:"name"`
	If          string         `yaml:"if"`
	Permissions any            `yaml:"permissions"`
	Timeout     int            `yaml:"timeout-minutes"`
	Uses        string         `yaml:"uses"`
	Container   any            `yaml:"container"`
	Services    map[string]any `yaml:"services"`
	Steps       []step         `yaml:"steps"`
}

type step struct {
	Uses string         `yaml:"uses"`
	Run  string         `yaml:"run"`
	With map[string]any `yaml:"with"`
}

var (
	pinned  = regexp.MustCompile(`^[A-Za-z0-9-]+/[A-Za-z0-9._/-]+@[0-9a-f]{40}$`)
	uses    = regexp.MustCompile(`^\s*-? *uses: [^.]`)
	comment = regexp.MustCompile(`^\s*-? *uses: \S+@\S+ # v[0-9]+\.[0-9]+\.[0-9]+$`)
	image   = regexp.MustCompile(`@sha256:[0-9a-f]{64}$`)
	// A value that somebody outside writes: all of the event but these, which
	// are numbers or hashes; and names of branches.
	expression = regexp.MustCompile(`\$\{\{(.*?)\}\}`)
	untrusted  = regexp.MustCompile(`github\.(event\b|head_ref|ref_name|base_ref|ref\b)|\bvars\.|\binputs\.|\bsecrets\.|\.outputs\.`)
)

// problems returns what is wrong with a workflow.
func problems(data []byte, actions []string) []string {
	var w workflow
	if err := yaml.Unmarshal(data, &w); err != nil {
		return []string{err.Error()}
	}
	var found []string
	say := func(format string, args ...any) { found = append(found, fmt.Sprintf(format, args...)) }
	if strings.Contains(fmt.Sprint(w.On), "pull_request_target") || w.strangers(string(data)) {
		say("runs with rights on what strangers send")
	}
	if m, ok := w.Permissions.(map[string]any); !ok || slices.ContainsFunc(slices.Collect(values(m)), func(v any) bool { return v != "read" && v != "none" }) {
		say("permissions of the workflow are missing or more than read")
	}
	if w.Concurrency == nil {
		say("has no concurrency group")
	}
	for line := range strings.Lines(string(data)) {
		if uses.MatchString(line) && !comment.MatchString(strings.TrimRight(line, "\n")) {
			say("has no version behind %s", strings.TrimSpace(line))
		}
	}
	for name, j := range w.Jobs {
		found = append(found, j.problems(name, actions)...)
	}
	return found
}

// strangers reports whether a run of another workflow starts this one for a
// stranger, or is where it takes anything from. A run on a branch of image
// automation may start it, where each job looks whose repository that is in.
func (w workflow) strangers(text string) bool {
	on, _ := w.On.(map[string]any)
	run, is := on["workflow_run"]
	if !is {
		return strings.Contains(fmt.Sprint(w.On), "workflow_run")
	}
	m, _ := run.(map[string]any)
	branches, _ := m["branches"].([]any)
	if len(branches) != 1 || branches[0] != "flux/**" {
		return true
	}
	const own = "(github.event_name != 'workflow_run' || github.event.workflow_run.head_repository.full_name == github.repository)"
	for _, j := range w.Jobs {
		if !strings.HasSuffix(j.If, "&& "+own) {
			return true
		}
		text = strings.Replace(text, own, "", 1)
	}
	return strings.Contains(text, "event.workflow_run")
}

func values(m map[string]any) func(func(any) bool) {
	return func(yield func(any) bool) {
		for _, v := range m {
			if !yield(v) {
				return
			}
		}
	}
}

func (j job) problems(name string, actions []string) []string {
	var found []string
	say := func(format string, args ...any) { found = append(found, name+": "+fmt.Sprintf(format, args...)) }
	if _, ok := j.Permissions.(map[string]any); !ok {
		say("permissions are missing or for everything")
	}
	if j.Timeout == 0 && j.Uses == "" {
		say("has no timeout")
	}
	for _, c := range append([]any{j.Container}, slices.Collect(values(j.Services))...) {
		if m, ok := c.(map[string]any); ok {
			c = m["image"]
		}
		if c != nil && !image.MatchString(fmt.Sprint(c)) {
			say("image %v has no digest", c)
		}
	}
	for _, s := range append([]step{{Uses: j.Uses}}, j.Steps...) {
		found = append(found, s.problems(name, actions)...)
	}
	return found
}

func (s step) problems(name string, actions []string) []string {
	var found []string
	say := func(format string, args ...any) { found = append(found, name+": "+fmt.Sprintf(format, args...)) }
	action, _, _ := strings.Cut(s.Uses, "@")
	docker, isDocker := strings.CutPrefix(s.Uses, "docker://")
	switch {
	case s.Uses == "" || strings.HasPrefix(s.Uses, "./"):
	case isDocker && !image.MatchString(docker):
		say("image %s has no digest", docker)
	case isDocker:
	case !pinned.MatchString(s.Uses):
		say("action %s is not pinned", s.Uses)
	case !strings.HasPrefix(action, "actions/") && !slices.Contains(actions, action):
		say("action %s is not in spec.governance.actions", action)
	}
	if action == "actions/checkout" && s.With["persist-credentials"] != false {
		say("leaves the token in the checkout")
	}
	for key := range s.With {
		if strings.Contains(key, "secret-access-key") || strings.Contains(key, "access-key-id") {
			say("has a key that lasts: %s", key)
		}
	}
	for _, m := range expression.FindAllStringSubmatch(s.Run, -1) {
		if untrusted.MatchString(m[1]) {
			say("%s is put into a script", m[0])
		}
	}
	return found
}

func declared(t *testing.T) governance.State {
	t.Helper()
	p, err := config.Load(os.DirFS("../.."), config.FileName)
	if err != nil {
		t.Fatal(err)
	}
	return governance.Declared(p)
}

func committed(t *testing.T) map[string]string {
	t.Helper()
	names, err := filepath.Glob(folder + "/*")
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{}
	for _, name := range names {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		files[filepath.Base(name)] = string(data)
	}
	return files
}

func TestWorkflows(t *testing.T) {
	t.Parallel()
	files := committed(t)
	for _, name := range []string{"ci.yaml", "drift.yaml", "image-pushed.yaml", "image-request.yaml", "promote.yaml", "release.yaml", "terraform-plan.yaml"} {
		if files[name] == "" {
			t.Errorf("%s is missing", name)
		}
	}
	for name, data := range files {
		for _, p := range problems([]byte(data), declared(t).Actions.Allowed) {
			t.Errorf("%s: %s", name, p)
		}
	}
}

// Each rule finds what breaks it.
func TestTamperedWorkflows(t *testing.T) {
	t.Parallel()
	const job = "    runs-on: ubuntu-24.04\n"
	for name, tc := range map[string]struct{ file, old, new, want string }{
		"a tag":                {"ci.yaml", "checkout@de0fac2e4500dabe0009e67214ff5f5447ce83dd", "checkout@v6", "is not pinned"},
		"a short hash":         {"ci.yaml", "checkout@de0fac2e4500dabe0009e67214ff5f5447ce83dd", "checkout@de0fac2", "is not pinned"},
		"a branch":             {"release.yaml", "attest@59d89421af93a897026c735860bf21b6eb4f7b26", "attest@main", "is not pinned"},
		"no version":           {"ci.yaml", " # v6.0.2", "", "has no version behind"},
		"a stranger's action":  {"drift.yaml", "hashicorp/setup-terraform@", "hashicorpse/setup-terraform@", "is not in spec.governance.actions"},
		"no permissions":       {"ci.yaml", "\npermissions: {}\n", "\n", "permissions of the workflow are missing"},
		"all permissions":      {"ci.yaml", "\npermissions: {}\n", "\npermissions: write-all\n", "permissions of the workflow are missing"},
		"a right for all jobs": {"ci.yaml", "\npermissions: {}\n", "\npermissions: {contents: write}\n", "more than read"},
		"a job with all":       {"drift.yaml", "    permissions:\n      contents: read\n      id-token: write # to assume the role\n", "    permissions: write-all\n", "for everything"},
		"a job without any":    {"drift.yaml", "    permissions:\n      contents: read\n      id-token: write # to assume the role\n", "", "plan: permissions are missing"},
		"pull_request_target":  {"ci.yaml", "  pull_request:\n", "  pull_request_target:\n", "what strangers send"},
		"workflow_run":         {"ci.yaml", "  pull_request:\n", "  workflow_run:\n    workflows: [x]\n", "what strangers send"},
		"for any branch":       {"image-request.yaml", "    branches: [flux/**]\n", "", "what strangers send"},
		"for other branches":   {"image-request.yaml", "[flux/**]", "[main]", "what strangers send"},
		"for forks":            {"image-request.yaml", "head_repository.full_name == github.repository", "conclusion == 'success'", "what strangers send"},
		"of another's commit":  {"image-request.yaml", "          persist-credentials: false\n", "          persist-credentials: false\n          ref: ${{ github.event.workflow_run.head_sha }}\n", "what strangers send"},
		"no timeout":           {"ci.yaml", "    timeout-minutes: 45\n", "", "test: has no timeout"},
		"no concurrency":       {"drift.yaml", "concurrency:\n  group: drift\n", "", "has no concurrency group"},
		"an image":             {"ci.yaml", job, job + "    container: golang:1.26\n", "image golang:1.26 has no digest"},
		"a service":            {"ci.yaml", job, job + "    services:\n      db:\n        image: postgres:18\n", "image postgres:18 has no digest"},
		"an action's image":    {"release.yaml", "actions/attest@59d89421af93a897026c735860bf21b6eb4f7b26", "docker://alpine:3", "image alpine:3 has no digest"},
		"a title in a script":  {"ci.yaml", "run: make test", "run: echo ${{ github.event.pull_request.title }}", "is put into a script"},
		"a branch in a script": {"ci.yaml", "run: make test", "run: echo ${{github.head_ref}}", "is put into a script"},
		"an event in a script": {"promote.yaml", "run: make build", "run: echo ${{ github.event.client_payload.message }}", "is put into a script"},
		"in many lines":        {"ci.yaml", "          gh run download", "          echo \"${{ github.event.comment.body }}\"\n          gh run download", "is put into a script"},
		"the token stays":      {"ci.yaml", "persist-credentials: false", "persist-credentials: true", "leaves the token"},
		"a key":                {"drift.yaml", "          role-to-assume:", "          aws-access-key-id: x\n          role-to-assume:", "has a key that lasts"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			data := committed(t)[tc.file]
			if !strings.Contains(data, tc.old) {
				t.Fatalf("%s does not hold %q", tc.file, tc.old)
			}
			found := problems([]byte(strings.Replace(data, tc.old, tc.new, 1)), declared(t).Actions.Allowed)
			if !slices.ContainsFunc(found, func(p string) bool { return strings.Contains(p, tc.want) }) {
				t.Errorf("found %q, want %q", found, tc.want)
			}
		})
	}
}

// What platform.yaml waits for on main is what runs on pull requests; a check
// that nothing reports would block every change.
func TestRequiredChecksAreJobs(t *testing.T) {
	t.Parallel()
	jobs := map[string]bool{}
	for _, file := range []string{"ci.yaml", "promote.yaml"} {
		var w workflow
		if err := yaml.Unmarshal([]byte(committed(t)[file]), &w); err != nil {
			t.Fatal(err)
		}
		for key, j := range w.Jobs {
			// A name may be one of several, by what the job found.
			for name := range strings.SplitSeq(cmp.Or(j.Name, key), "'") {
				jobs[name] = true
			}
		}
	}
	checks := declared(t).Branches[0].Checks
	if len(checks) == 0 {
		t.Error("main waits for nothing")
	}
	for _, check := range checks {
		if !jobs[check] {
			t.Errorf("no workflow has a job %s", check)
		}
	}
}

// Everything that is read by machines beside the workflows is at least YAML with
// the keys that its reader wants.
func TestOtherFiles(t *testing.T) {
	t.Parallel()
	for name, keys := range map[string][]string{
		".github/dependabot.yml":             {"version", "updates"},
		".github/ISSUE_TEMPLATE/bug.yml":     {"name", "description", "body"},
		".github/ISSUE_TEMPLATE/feature.yml": {"name", "description", "body"},
		".pre-commit-config.yaml":            {"repos"},
	} {
		data, err := os.ReadFile("../../" + name)
		if err != nil {
			t.Fatal(err)
		}
		var m map[string]any
		if err := yaml.Unmarshal(data, &m); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		for _, key := range keys {
			if m[key] == nil {
				t.Errorf("%s has no %s", name, key)
			}
		}
	}
}

// What jobs may write is little enough to be listed: a right more is a decision.
func TestWrites(t *testing.T) {
	t.Parallel()
	want := []string{
		"ci.yaml comment pull-requests",
		"drift.yaml plan id-token",
		"image.yaml push id-token", "image.yaml push packages",
		"promote.yaml promote contents", "promote.yaml promote id-token", "promote.yaml promote pull-requests", "promote.yaml promote statuses",
		"promote.yaml revert contents", "promote.yaml revert id-token", "promote.yaml revert pull-requests", "promote.yaml revert statuses",
		"release.yaml build attestations", "release.yaml build contents", "release.yaml build id-token",
		"terraform-plan.yaml plan id-token",
	}
	var got []string
	for name, data := range committed(t) {
		var w workflow
		if err := yaml.Unmarshal([]byte(data), &w); err != nil {
			t.Fatal(err)
		}
		for id, j := range w.Jobs {
			rights, _ := j.Permissions.(map[string]any)
			for right, may := range rights {
				if may != "read" && may != "none" {
					got = append(got, name+" "+id+" "+right)
				}
			}
		}
	}
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("jobs may write %q, want %q", got, want)
	}
}
