package cli_test

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/groundwork-dev/groundwork/internal/cli"
)

// maxMemory bounds what the process may hold of its own while it refuses a
// hostile file, in KiB. With its executable, of which 30 to 60 MiB are in use as
// the kernel sees fit, it stays near 64 MiB.
const maxMemory = 32 << 10

// memoryFile names the file that measured writes to.
const memoryFile = "GROUNDWORK_TEST_MEMORY"

// measured is bootstrap, and tells the most memory that the process held. A
// child's rusage would not do: it counts what the parent held when it forked.
func measured() {
	code := cli.Main(cli.OSStreams(), os.Args[1:])
	if status, err := os.ReadFile("/proc/self/status"); err == nil {
		if err := os.WriteFile(os.Getenv(memoryFile), status, 0o600); err != nil {
			panic(err)
		}
	}
	os.Exit(code)
}

const hostilePlatform = `apiVersion: groundwork.dev/v1alpha1
kind: Platform
metadata: {name: acme}
spec:
  repository: {url: "https://github.com/acme/platform"}
  aws: {accountID: "123456789012", region: eu-central-1, zones: [eu-central-1a]}
  clusters:
    dev: {size: small, domain: dev.acme.example.com}
`

const hostileComponent = `apiVersion: groundwork.dev/v1alpha1
kind: Component
spec:
  description: A component of a test.
  namespace: {name: own, podSecurity: restricted}
`

// bomb is a few hundred bytes that would be 9⁹ values.
func bomb() string {
	text := "a: &a [x, x, x, x, x, x, x, x, x]\n"
	for c := 'b'; c <= 'i'; c++ {
		text += fmt.Sprintf("%c: &%c [%s*%c]\n", c, c, strings.Repeat("*"+string(c-1)+", ", 8), c-1)
	}
	return text
}

// place makes what is hostile at a path.
type place func(path string) error

func text(s string) place {
	return func(path string) error { return os.WriteFile(path, []byte(s), 0o600) }
}

// sparse is a file of 100 MB that takes no room.
func sparse(path string) error {
	return errors.Join(os.WriteFile(path, []byte("a: b\n"), 0o600), os.Truncate(path, 100_000_000))
}

func fifo(path string) error { return syscall.Mkfifo(path, 0o600) }

func link(to string) place {
	return func(path string) error { return os.Symlink(to, path) }
}

// folders is a folder with many others in each other.
func folders(path string) error { return os.MkdirAll(path+strings.Repeat("/d", 200), 0o755) }

// named replaces a text of the platform by a name that leads out of the tree.
func named(old, hostile string) place { return text(strings.Replace(hostilePlatform, old, hostile, 1)) }

// of is a component that is right but for a text.
func of(old, hostile string) place { return text(strings.Replace(hostileComponent, old, hostile, 1)) }

// hostile are single files put into a repository that is right otherwise, by
// case; want is what the one error starts with.
func hostile() map[string]struct {
	file string
	make place
	want string
} {
	deep := "a: " + strings.Repeat("[", 10_000) + strings.Repeat("]", 10_000) + "\n"
	const own = "components/own/"
	const chart = "  chart: {name: NAME, version: 1.0.0, repository: \"REPO\"}\n"
	in := func(name, repository string) place {
		return text(hostileComponent + strings.NewReplacer("NAME", name, "REPO", repository).Replace(chart))
	}
	return map[string]struct {
		file string
		make place
		want string
	}{
		"bomb":                   {"platform.yaml", text(bomb()), `platform.yaml:1:4: a: anchor &a is not allowed`},
		"deep":                   {"platform.yaml", text(deep), `platform.yaml:1:\d+: .*values nest more than 64 deep`},
		"huge":                   {"platform.yaml", sparse, `platform.yaml: has 100000000 bytes`},
		"link":                   {"platform.yaml", link("/etc/hostname"), `platform.yaml: is a symbolic link`},
		"relative link":          {"platform.yaml", link("../../../../etc/hostname"), `platform.yaml: is a symbolic link`},
		"link to itself":         {"platform.yaml", link("platform.yaml"), `platform.yaml: is a symbolic link`},
		"endless device":         {"platform.yaml", link("/dev/zero"), `platform.yaml: is a symbolic link`},
		"fifo":                   {"platform.yaml", fifo, `platform.yaml: is not a regular file`},
		"folder":                 {"platform.yaml", folders, `platform.yaml: is a folder`},
		"platform's name":        {"platform.yaml", named("acme}", "../acme}"), `platform.yaml:3:18: metadata.name: `},
		"cluster's name":         {"platform.yaml", named("dev:", "../../dev:"), `platform.yaml:8:5: spec.clusters\["../../dev"\]: `},
		"component's name":       {"platform.yaml", named(".com}", ".com, components: {../../own: {}}}"), `platform.yaml:8:67: spec.clusters.dev.components\["../../own"\]: `},
		"app's name":             {"platform.yaml", text(hostilePlatform + "  apps: {../../web: {image: \"a:1\", port: 80}}\n"), `platform.yaml:9:10: spec.apps\["../../web"\]: `},
		"namespace of an app":    {"platform.yaml", text(hostilePlatform + "  apps: {web: {image: \"a:1\", port: 80, namespace: ../x}}\n"), `platform.yaml:9:\d+: spec.apps.web.namespace: `},
		"components: link":       {"components", link("/etc"), `components: is a symbolic link`},
		"components: fifo":       {"components", fifo, `components: is not a folder`},
		"component: bomb":        {own + "component.yaml", text(bomb()), `components/own/component.yaml:1:4: a: anchor &a is not allowed`},
		"component: deep":        {own + "component.yaml", text(deep), `components/own/component.yaml:1:\d+: .*values nest more than 64 deep`},
		"component: huge":        {own + "component.yaml", sparse, `components/own/component.yaml: is larger than 1 MiB`},
		"component: link":        {own + "component.yaml", link("/etc/hostname"), `components/own/component.yaml: is not a regular file`},
		"component: fifo":        {own + "component.yaml", fifo, `components/own/component.yaml: is not a regular file`},
		"component: link itself": {"components/other", link("/etc"), `components/other: is a symbolic link`},
		"component: namespace":   {own + "component.yaml", of("name: own", "name: ../own"), `components/own/component.yaml:5:21: spec.namespace.name: `},
		"component: chart":       {own + "component.yaml", in("../../chart", "https://charts.example.com"), `components/own/component.yaml:6:17: spec.chart.name: `},
		"component: repository":  {own + "component.yaml", in("chart", "https://../../.."), `components/own/component.yaml:6:\d+: spec.chart.repository: `},
		"component: policy": {
			own + "component.yaml", text(hostileComponent + "  serviceAccounts: [{name: a, iamPolicy: ../../../x.json}]\n"),
			`components/own/component.yaml:6:\d+: spec.serviceAccounts\[0\].iamPolicy: `,
		},
		"values: bomb":            {own + "manifests/a.yaml", text(bomb()), `components/own/manifests/a.yaml:1:4: a: anchor &a is not allowed`},
		"manifest: deep":          {own + "manifests/a.yaml", text(deep), `components/own/manifests/a.yaml:1:\d+: .*values nest more than 64 deep`},
		"manifest: huge":          {own + "manifests/a.yaml", sparse, `components/own/manifests/a.yaml: is larger than 1 MiB`},
		"manifest: link":          {own + "manifests/a.yaml", link("/etc/hostname"), `components/own/manifests/a.yaml: is not a regular file`},
		"manifest: fifo":          {own + "manifests/a.yaml", fifo, `components/own/manifests/a.yaml: is not a regular file`},
		"manifests: link":         {own + "configs", link("/etc"), `components/own/configs: is not a regular file`},
		"component: deep folders": {own + "configs", folders, `components/own/configs/d/d: is not a folder that a component has`},
	}
}

// TestHostileInput feeds whole processes with hostile files. Each must end in
// one clear error, with nothing written and little memory taken.
func TestHostileInput(t *testing.T) {
	t.Parallel()
	for name, test := range hostile() {
		for _, args := range [][]string{{"generate"}, {"generate", "--check"}, {"run", "--cluster", "dev", "--dry-run"}} {
			t.Run(name+"/"+args[0]+args[len(args)-1], func(t *testing.T) {
				t.Parallel()
				dir := repositoryWith(t, map[string]place{"platform.yaml": text(hostilePlatform), test.file: test.make})
				before := list(t, dir)
				refused(t, dir, args, test.want)
				if after := list(t, dir); after != before {
					t.Errorf("the files were\n%s\nand are\n%s", before, after)
				}
			})
		}
	}
}

// TestHostileTree puts the hostile where generate writes.
func TestHostileTree(t *testing.T) {
	t.Parallel()
	outside := t.TempDir()
	for name, test := range map[string]struct {
		file string
		make place
		want string
	}{
		"folder is a link":  {"clusters", link(outside), `clusters: is a symbolic link`},
		"below a link":      {"clusters/dev/flux-system", link(outside), `clusters/dev/flux-system: is a symbolic link`},
		"folder is a fifo":  {"clusters", fifo, `clusters: is a file, not a folder`},
		"file is a link":    {"clusters/dev/kustomization.yaml", link(outside + "/x"), `clusters/dev/kustomization.yaml: is a symbolic link`},
		"file is a fifo":    {"clusters/dev/kustomization.yaml", fifo, `clusters/dev/kustomization.yaml: is not a regular file`},
		"file is huge":      {"clusters/dev/kustomization.yaml", sparse, `clusters/dev/kustomization.yaml: is in the way`},
		"inventory is huge": {"clusters/dev/inventory.yaml", sparse, `clusters/dev/inventory.yaml(:\d+)?: .*(not an inventory|not a line of an inventory|cannot be read)`},
		"inventory's path": {
			"clusters/dev/inventory.yaml",
			text("kind: Inventory\nfiles:\n  clusters/dev/../../../x: sha256:" + strings.Repeat("0", 64) + "\n"),
			`clusters/dev/inventory.yaml:3: lists "clusters/dev/../../../x"`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := repositoryWith(t, map[string]place{"platform.yaml": text(hostilePlatform), test.file: test.make})
			before := list(t, dir)
			refused(t, dir, []string{"generate"}, test.want)
			if after := list(t, dir); after != before {
				t.Errorf("the files were\n%s\nand are\n%s", before, after)
			}
		})
	}
	if entries, err := os.ReadDir(outside); err != nil || len(entries) > 0 {
		t.Errorf("outside of the repository: %v, %v", entries, err)
	}
}

// repositoryWith makes a repository of some files, with a component of its own
// where one of its files is among them.
func repositoryWith(t *testing.T, files map[string]place) string {
	t.Helper()
	dir := t.TempDir()
	for name := range files {
		if strings.HasPrefix(name, "components/") {
			for file, content := range map[string]string{
				"component.yaml": hostileComponent, "README.md": "# own\n",
				"manifests/c.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n",
			} {
				if _, hostile := files["components/own/"+file]; !hostile {
					put(t, filepath.Join(dir, "components", "own", file), text(content))
				}
			}
		}
	}
	for name, content := range files {
		put(t, filepath.Join(dir, name), content)
	}
	return dir
}

func put(t *testing.T, path string, content place) {
	t.Helper()
	if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), content(path)); err != nil {
		t.Fatal(err)
	}
}

// refused runs bootstrap, which must end with bad input and one error.
func refused(t *testing.T, dir string, args []string, want string) {
	t.Helper()
	memory := filepath.Join(t.TempDir(), "status")
	cmd := exec.CommandContext(t.Context(), "measured", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), memoryFile+"="+memory)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	if code := cmd.ProcessState.ExitCode(); code != 3 {
		t.Errorf("exit code %d (%v), want 3", code, err)
	}
	if !regexp.MustCompile(`^`+want).MatchString(stderr.String()) || !strings.HasSuffix(stderr.String(), "\n1 problem\n") || stderr.Len() > 1000 {
		t.Errorf("stderr is\n%.2000s\nwant one problem that matches\n%s", stderr.String(), want)
	}
	if runtime.GOOS == "linux" {
		kib := highWater(t, memory)
		t.Logf("held %d KiB", kib)
		if kib > maxMemory {
			t.Errorf("held %d KiB, want at most %d", kib, maxMemory)
		}
	}
}

// highWater reads the most memory that a process held, in KiB, without the pages
// of its executable: how many of those are in memory is up to the kernel.
func highWater(t *testing.T, status string) int {
	t.Helper()
	data, err := os.ReadFile(status)
	if err != nil {
		t.Fatal(err)
	}
	read := func(name string) int {
		m := regexp.MustCompile(name + `:\s*(\d+) kB`).FindSubmatch(data)
		if m == nil {
			t.Fatalf("no %s in\n%s", name, data)
		}
		kib, err := strconv.Atoi(string(m[1]))
		if err != nil {
			t.Fatal(err)
		}
		return kib
	}
	return read("VmHWM") - read("RssFile")
}

// list returns every file below a folder with its type, size and time.
func list(t *testing.T, dir string) string {
	t.Helper()
	var b strings.Builder
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := e.Info()
		if err == nil {
			fmt.Fprintln(&b, path, info.Mode(), info.Size(), info.ModTime().UnixNano())
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}
