package bootstrap

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"

	"golang.org/x/crypto/ssh"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/wait"

	"github.com/groundwork-dev/groundwork/internal/redact"
)

// deployKey is a cluster's key, and the hosts that it is for.
type deployKey struct {
	private    redact.Secret // PEM
	public     string        // as in authorized_keys
	knownHosts string
}

// deployKey gives the cluster a key of its own, made once and kept only in the
// cluster, and registers its public half. Where a person has to do that, it
// waits until the key works.
func (r *run) deployKey(ctx context.Context) (string, error) {
	key, err := r.ensureKey(ctx)
	if err != nil {
		return "", err
	}
	r.report.DeployKey = key.public
	title := "groundwork " + r.Platform + "/" + r.Cluster
	created, err := r.deps.Forge.EnsureDeployKey(ctx, title, key.public, !r.WritableDeployKey)
	switch {
	case manual(err):
		return fmt.Sprintf("deploy key %q can read the repository", title), r.awaitKey(ctx, key, err)
	case err != nil:
		return "", fmt.Errorf("registering the cluster's deploy key: %w", err)
	case created:
		return fmt.Sprintf("deploy key %q registered", title), nil
	}
	return fmt.Sprintf("deploy key %q was registered already", title), nil
}

// ensureKey returns the key in the cluster, a new one where there is none. The
// hosts that it is for follow what the user trusts.
func (r *run) ensureKey(ctx context.Context) (deployKey, error) {
	hosts, fingerprints, err := r.deps.HostKeys(ctx)
	if err != nil {
		return deployKey{}, fmt.Errorf("reading the host keys of %s: %w", r.Repository.URL, err)
	}
	secret, err := r.deps.Cluster.Get(ctx, coreKind("Secret"), fluxNamespace, r.sourceSecret())
	if err != nil {
		return deployKey{}, err
	}
	key, there := keyOf(secret)
	if there && key.knownHosts == string(hosts) {
		return key, nil
	}
	if !there {
		if key.private, key.public, err = newKey(r.deps.Random, r.Platform+"/"+r.Cluster); err != nil {
			return key, fmt.Errorf("making the deploy key: %w", err)
		}
	}
	key.knownHosts = string(hosts)
	r.progress("the cluster trusts the repository's host by " + strings.Join(fingerprints, ", "))
	return key, r.deps.Cluster.Apply(ctx, ownManager, r.secret(r.sourceSecret(), map[string]string{
		"identity": key.private.Reveal(), "identity.pub": key.public, "known_hosts": key.knownHosts,
	}))
}

// awaitKey tries the key until it can read the repository. todo says what a
// person has to do for that.
func (r *run) awaitKey(ctx context.Context, key deployKey, todo error) error {
	try := func(ctx context.Context) error {
		return r.deps.KeyReader.ReadWithKey(ctx, key.private, []byte(key.knownHosts))
	}
	last := try(ctx)
	if last == nil {
		return nil
	}
	r.tell(Event{
		State: Progress, Step: r.current.name, Title: r.current.title, Detail: "waiting for a person to register the deploy key",
		Notice: todo.Error(), Seconds: r.seconds(),
	})
	backoff := wait.Backoff{Duration: firstPause, Factor: 2, Jitter: 0.5, Steps: math.MaxInt, Cap: longestPause}
	err := backoff.DelayFunc().Until(ctx, false, true, func(ctx context.Context) (bool, error) {
		if refused(last) {
			return false, last
		}
		if err := try(ctx); err == nil {
			return true, nil
		} else if ctx.Err() == nil {
			last = err
		}
		r.progress("waiting for a person to register the deploy key", Item{Object: key.public, Status: "cannot read the repository", Message: last.Error()})
		return false, nil
	})
	switch {
	case err == nil, refused(err):
		return err
	default:
		return fmt.Errorf("the cluster's key still cannot read %s (%w); %w; %w", r.Repository.URL, last, todo, context.Cause(ctx))
	}
}

func newKey(random io.Reader, comment string) (private redact.Secret, public string, err error) {
	pub, priv, err := ed25519.GenerateKey(random)
	if err != nil {
		return "", "", err
	}
	block, err := ssh.MarshalPrivateKey(priv, comment)
	if err != nil {
		return "", "", err
	}
	key, err := ssh.NewPublicKey(pub)
	if err != nil {
		return "", "", err
	}
	return redact.Secret(pem.EncodeToMemory(block)), authorized(key), nil
}

// keyOf returns the key in a Secret, and whether there is one that works.
func keyOf(secret *unstructured.Unstructured) (deployKey, bool) {
	if secret == nil {
		return deployKey{}, false
	}
	private := redact.Secret(secretValue(secret, "identity"))
	signer, err := ssh.ParsePrivateKey([]byte(private.Reveal()))
	if err != nil {
		return deployKey{}, false
	}
	return deployKey{private, authorized(signer.PublicKey()), secretValue(secret, "known_hosts")}, true
}

func authorized(key ssh.PublicKey) string {
	return string(bytes.TrimSpace(ssh.MarshalAuthorizedKey(key)))
}

// manual reports whether an error says what a person has to do.
func manual(err error) bool {
	var e interface{ Manual() bool }
	return errors.As(err, &e) && e.Manual()
}

func refused(err error) bool {
	var e interface{ Refused() bool }
	return errors.As(err, &e) && e.Refused()
}
