package bootstrap_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/groundwork-dev/groundwork/internal/bootstrap"
	"github.com/groundwork-dev/groundwork/internal/config"
	"github.com/groundwork-dev/groundwork/internal/gitrepo"
	"github.com/groundwork-dev/groundwork/internal/gitrepo/gittest"
)

// overSSH has a run use the world's repository over SSH, on a host without an
// API, with a key of the user's own.
func (w *world) overSSH(t *testing.T, served *gittest.SSH, keyFile string, options *bootstrap.Options, deps *bootstrap.Deps) {
	t.Helper()
	options.Repository.URL, options.Repository.Auth = served.URL, config.AuthSSH
	options.Tree = platformTree(served.URL)
	deps.Compare = options.Tree.(files).compare
	hosts, err := gitrepo.KnownHosts(served.URL, served.KnownHostsFile(t))
	if err != nil {
		t.Fatal(err)
	}
	auth, err := gitrepo.SSHAuth(served.URL, keyFile, hosts)
	if err != nil {
		t.Fatal(err)
	}
	repository, err := gitrepo.Open(gitrepo.Options{URL: served.URL, Auth: auth, Author: author()})
	if err != nil {
		t.Fatal(err)
	}
	deps.Repository, deps.KeyReader = repository, repository
	deps.HostKeys = func(context.Context) ([]byte, []string, error) { return hosts.Lines, hosts.Fingerprints, nil }
}

// TestDeployKeyOnAPlainServer: the run shows the key and waits; once a person
// has registered it, the run goes on by itself, and the next one asks nobody.
func TestDeployKeyOnAPlainServer(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	served := w.git.SSH()
	mine := served.NewKey(t)
	play := func(registers bool) (*bootstrap.Report, []string) {
		options := w.address().options()
		deps, err := w.address().deps(options)
		if err != nil {
			t.Fatal(err)
		}
		w.overSSH(t, served, mine, &options, &deps)
		var notices []string
		report, err := bootstrap.Run(t.Context(), options, deps, func(e bootstrap.Event) {
			if e.Notice != "" {
				notices = append(notices, e.Notice)
			}
			// The person takes until the run has asked again.
			if registers && len(e.Waiting) > 0 && e.Step == "credentials" {
				served.Allow(e.Waiting[0].Object)
			}
		})
		if err != nil {
			t.Fatal(err)
		}
		return report, notices
	}
	report, notices := play(true)
	if len(notices) != 1 || !strings.Contains(notices[0], report.DeployKey) || !strings.Contains(notices[0], "read-only") {
		t.Fatalf("the person is told %q", notices)
	}
	if served.Refused() < 2 {
		t.Fatalf("the key was tried %d times before it was registered", served.Refused())
	}
	again, notices := play(false)
	if again.DeployKey != report.DeployKey || len(notices) > 0 {
		t.Fatalf("the second run has key %s, the first had %s; it says %q", again.DeployKey, report.DeployKey, notices)
	}
}

// TestDeployKeyNobodyRegisters: when the time is up, the error says which key
// and what to do.
func TestDeployKeyNobodyRegisters(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	served := w.git.SSH()
	mine := served.NewKey(t)
	var report *bootstrap.Report
	var err error
	// A busy machine takes longer to get to the key.
	for limit := 4 * time.Second; (report == nil || report.DeployKey == "") && limit < 2*time.Minute; limit *= 3 {
		report, err = w.run(t, func(o *bootstrap.Options, d *bootstrap.Deps) {
			w.overSSH(t, served, mine, o, d)
			o.Timeout = limit
		})
	}
	timeout, ended := errors.AsType[*bootstrap.TimeoutError](err)
	if !ended || report == nil || report.DeployKey == "" || !strings.Contains(timeout.Error(), report.DeployKey) || !strings.Contains(timeout.Error(), "read-only access") {
		t.Fatalf("got %v", err)
	}
	if w.api.Get("/apis/apps/v1/namespaces/flux-system/deployments/source-controller") != nil {
		t.Fatal("Flux was installed although it cannot read the repository")
	}
}

// TestDeployKeyHostChanged: a host that is not the one in the Secret is an end,
// not something to wait for.
func TestDeployKeyHostChanged(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	served, other := w.git.SSH(), w.git.SSH()
	mine := served.NewKey(t)
	_, err := w.run(t, func(o *bootstrap.Options, d *bootstrap.Deps) {
		w.overSSH(t, served, mine, o, d)
		d.HostKeys = func(context.Context) ([]byte, []string, error) {
			return []byte(strings.Replace(other.KnownHosts, other.Port(), served.Port(), 1)), nil, nil
		}
	})
	if _, changed := errors.AsType[*gitrepo.HostKeyError](err); !changed {
		t.Fatalf("got %v", err)
	}
}

// TestDeployKeyFollowsKnownHosts: what the user trusts later is what the
// cluster trusts; its key stays.
func TestDeployKeyFollowsKnownHosts(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	host := &keyForge{keys: map[string]string{}}
	var first string
	for _, line := range []string{"forge ssh-ed25519 AAAA\n", "forge ssh-ed25519 BBBB\n"} {
		report, err := w.run(t, func(o *bootstrap.Options, d *bootstrap.Deps) {
			o.Repository.Auth, d.Forge = config.AuthSSH, host
			d.HostKeys = func(context.Context) ([]byte, []string, error) { return []byte(line), nil, nil }
		})
		if err != nil {
			t.Fatal(err)
		}
		if first == "" {
			first = report.DeployKey
		}
		if report.DeployKey != first || w.secretValue(t, "known_hosts") != line {
			t.Fatalf("key %s, was %s; hosts %s", report.DeployKey, first, w.secretValue(t, "known_hosts"))
		}
	}
}
