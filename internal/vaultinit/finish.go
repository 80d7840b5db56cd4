package vaultinit

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/groundwork-dev/groundwork/internal/escrow"
	"github.com/groundwork-dev/groundwork/internal/redact"
)

// pollInterval is how often a Vault that is not ready yet is asked again.
const pollInterval = 500 * time.Millisecond

// finish sets Vault up and takes the root token away, with the token that the
// run has. Without one, the root token was found revoked already.
func (r *run) finish(ctx context.Context) error {
	if r.token.Empty() {
		return r.end(ctx)
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := r.step("wait until Vault serves", func() (string, error) { return r.awaitActive(ctx) }); err != nil {
		return err
	}
	for _, s := range r.Settings.steps() {
		if err := r.step(s.title, func() (string, error) { return s.apply(ctx, r.deps.Vault, r.token) }); err != nil {
			return r.continued(err)
		}
	}
	configured := *r.journal.record
	configured.Phase, configured.VaultClusterID = escrow.Configured, r.state.ClusterID
	if err := r.journal.save(ctx, &configured); err != nil {
		return r.continued(err)
	}
	if err := r.step("revoke the root token", func() (string, error) { return r.revoke(ctx) }); err != nil {
		return r.continued(err)
	}
	return r.end(ctx)
}

// continued says how to go on after an error that leaves the root token valid.
func (r *run) continued(err error) error {
	if errors.Is(err, context.Canceled) {
		return err
	}
	return fmt.Errorf("%w\nVault is initialised and its keys are in escrow; its root token is not revoked yet. Go on with: %s", err, r.Commands.Init)
}

// end notes that the initialisation is over.
func (r *run) end(ctx context.Context) error {
	return r.step("note that it is done", func() (string, error) {
		done := *r.journal.record
		done.Phase, done.RootToken, done.RootTokenSHA256 = escrow.Done, nil, ""
		return "", r.journal.save(ctx, &done)
	})
}

// awaitActive waits until the Vault is unsealed and has a leader.
func (r *run) awaitActive(ctx context.Context) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, r.Timeout)
	defer cancel()
	ticker := time.NewTicker(pollInterval)
	defer ticker.Stop()
	for {
		state, err := r.deps.Vault.State(ctx)
		if err == nil && state.Initialized && !state.Sealed && state.Active {
			r.state = state
			return "Vault " + state.Version, nil
		}
		select {
		case <-ctx.Done():
			if errors.Is(ctx.Err(), context.Canceled) {
				return "", ctx.Err()
			}
			return "", r.continued(&timeoutError{r.Timeout, state, err})
		case <-ticker.C:
		}
	}
}

// timeoutError says that Vault did not begin to serve.
type timeoutError struct {
	after time.Duration
	last  State
	err   error
}

func (e *timeoutError) Error() string {
	switch {
	case e.err != nil:
		return fmt.Sprintf("Vault does not serve after %s: %v", e.after, e.err)
	case e.last.Sealed:
		return fmt.Sprintf("Vault is still sealed after %s: its %s seal does not unseal it; see its log, and whether it may use the key", e.after, e.last.SealType)
	default:
		return fmt.Sprintf("Vault has no leader after %s: see whether a majority of its nodes runs", e.after)
	}
}

// TimedOut tells the error apart from others.
func (*timeoutError) TimedOut() bool { return true }

// takeUp finds the root token of a run that was cut off: the one that a person
// gave, or one that a key service may decrypt.
func (r *run) takeUp(ctx context.Context) (string, error) {
	if err := r.journal.level(ctx); err != nil {
		return "", err
	}
	token, from := r.RootToken, "as given"
	if token.Empty() {
		token, from = r.decrypt(ctx)
	}
	if token.Empty() {
		return "", r.needToken("its root token is still to be revoked")
	}
	if _, err := r.awaitActive(ctx); err != nil {
		return "", err
	}
	self, err := r.deps.Vault.Read(ctx, token, "auth/token/lookup-self")
	switch {
	case isDenied(err) && r.journal.record.IsRootToken(token) && r.journal.record.Phase == escrow.Configured:
		return "it is revoked already", nil
	case isDenied(err) && r.journal.record.IsRootToken(token):
		return "", r.needToken("its first root token was revoked before it was set up: make another one with the recovery keys (vault operator generate-root)")
	case isDenied(err):
		return "", refuse("Vault refuses the token that was given", "it is not the one in escrow either; print that with\n  "+r.Commands.RootToken)
	case err != nil:
		return "", err
	case !hasRoot(self):
		return "", refuse("the token that was given is not a root token", "print the one in escrow with\n  "+r.Commands.RootToken)
	}
	r.token = token
	return from, nil
}

// decrypt asks each key service among the holders to decrypt the root token.
func (r *run) decrypt(ctx context.Context) (redact.Secret, string) {
	for _, h := range r.deps.Holders {
		d, ok := h.(Decrypter)
		if !ok {
			continue
		}
		for _, c := range r.journal.record.RootToken {
			if c.Kind != h.Kind() || c.Holder != h.Name() {
				continue
			}
			if token, err := d.Decrypt(ctx, c.Text); err == nil {
				return token, "decrypted by " + h.Kind() + " " + h.Name()
			}
		}
	}
	return "", ""
}

func (r *run) needToken(why string) *RefusedError {
	services := ""
	if flags := keyServices(r.journal.record); flags != "" && !strings.Contains(r.Commands.Init, flags) {
		services = "who may decrypt with the key service goes on without further ado:\n  " + r.Commands.Init + flags + "\notherwise "
	}
	return refuse("Vault is initialised and its keys are in escrow, but "+why,
		services+fmt.Sprintf("an operator decrypts the root token and hands it to this command, which goes on and revokes it:\n  %s | age --decrypt --identity KEYFILE | %s --root-token-file -\nwith gpg --decrypt instead of age for an OpenPGP key", r.Commands.RootToken, r.Commands.Init))
}

// keyServices are the flags that name the key services of a record.
func keyServices(record *escrow.Record) string {
	var flags strings.Builder
	for _, c := range record.RootToken {
		if c.Kind == "kms" {
			flags.WriteString(" --kms-key " + c.Holder)
		}
	}
	return flags.String()
}

// revoke revokes every root token, the run's own last, and sees that refused.
func (r *run) revoke(ctx context.Context) (string, error) {
	others, err := r.otherRootTokens(ctx)
	if err != nil {
		return "", err
	}
	for _, accessor := range others {
		if err := r.deps.Vault.Write(ctx, r.token, "auth/token/revoke-accessor", map[string]any{"accessor": accessor}); err != nil {
			return "", fmt.Errorf("revoking another root token: %w", err)
		}
	}
	if err := r.deps.Vault.Write(ctx, r.token, "auth/token/revoke-self", nil); err != nil && !isDenied(err) {
		return "", fmt.Errorf("revoking the root token: %w", err)
	}
	_, err = r.deps.Vault.Read(ctx, r.token, "auth/token/lookup-self")
	switch {
	case err == nil:
		return "", errors.New("vault still takes the root token after revoking it")
	case !isDenied(err):
		return "", fmt.Errorf("seeing that the root token is refused: %w", err)
	}
	return "Vault refuses it", nil
}

// otherRootTokens lists the accessors of root tokens other than the run's own,
// such as the first one when a run goes on with another.
func (r *run) otherRootTokens(ctx context.Context) ([]string, error) {
	self, err := r.deps.Vault.Read(ctx, r.token, "auth/token/lookup-self")
	if err != nil {
		return nil, fmt.Errorf("looking at the root token: %w", err)
	}
	accessors, err := r.deps.Vault.List(ctx, r.token, "auth/token/accessors")
	if err != nil {
		return nil, fmt.Errorf("listing the tokens: %w", err)
	}
	var others []string
	for _, a := range accessors {
		if a == self["accessor"] {
			continue
		}
		found, err := r.deps.Vault.Read(ctx, r.token, "auth/token/lookup-accessor/"+a)
		if err != nil {
			return nil, fmt.Errorf("looking at a token: %w", err)
		}
		if hasRoot(found) {
			others = append(others, a)
		}
	}
	return others, nil
}

func hasRoot(token map[string]any) bool {
	policies, _ := token["policies"].([]any)
	return slices.Contains(policies, any("root"))
}
