package vaultinit

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/groundwork-dev/groundwork/internal/escrow"
	"github.com/groundwork-dev/groundwork/internal/redact"
)

const (
	// criticalTimeout bounds what must not be interrupted: Vault's answer and
	// storing it.
	criticalTimeout = 3 * time.Minute
	// maxShares is Vault's own bound.
	maxShares = 255
	// probe is encrypted to each holder before Vault is asked for keys.
	probe = redact.Secret("nothing yet: this only proves that the key can encrypt")
)

// holder returns who keeps share i.
func (r *run) holder(i int) Holder { return r.deps.Holders[i%len(r.deps.Holders)] }

// prepare checks everything that can be known before Vault hands out its keys.
func (r *run) prepare(ctx context.Context) error {
	return r.step("check who keeps the keys", func() (string, error) {
		if err := r.divide(); err != nil {
			return "", err
		}
		for _, h := range r.deps.Holders {
			if _, err := h.Encrypt(ctx, probe); err != nil {
				return "", err
			}
		}
		return fmt.Sprintf("%d recovery keys, any %d are enough", r.Shares, r.Threshold), nil
	})
}

// divide settles shares and threshold.
func (r *run) divide() error {
	n := len(r.deps.Holders)
	if n == 0 {
		return refuse("nobody was named who keeps the recovery keys", "name the operators' public keys with --age-recipients or --pgp-key, or a KMS key with --kms-key")
	}
	if r.Shares == 0 {
		r.Shares = n
	}
	if r.Threshold == 0 {
		r.Threshold = r.Shares/2 + 1
	}
	switch {
	case n > 1 && r.Shares != n:
		return refuse(fmt.Sprintf("%d recovery keys for %d holders", r.Shares, n), "each holder keeps one key: leave --recovery-shares out, or name as many holders")
	case r.Shares < 1 || r.Shares > maxShares:
		return refuse(fmt.Sprintf("%d recovery keys", r.Shares), fmt.Sprintf("Vault makes 1 to %d", maxShares))
	case r.Threshold < 1 || r.Threshold > r.Shares:
		return refuse(fmt.Sprintf("a threshold of %d for %d recovery keys", r.Threshold, r.Shares), "--recovery-threshold is between 1 and the number of keys")
	case r.Shares > 1 && r.Threshold == 1:
		return refuse(fmt.Sprintf("a threshold of 1 for %d recovery keys", r.Shares), "Vault does not divide a key that each share is alone: want --recovery-threshold 2 or more")
	}
	return nil
}

// initialise asks Vault for its keys and stores them. What happens between the
// two cannot be repeated, so neither an interrupt nor a deadline of the caller
// ends it.
func (r *run) initialise(ctx context.Context) error {
	attempt := make([]byte, 16)
	if _, err := io.ReadFull(r.deps.Random, attempt); err != nil {
		return fmt.Errorf("naming this attempt: %w", err)
	}
	record := &escrow.Record{
		Version: escrow.Version, Phase: escrow.Started, Attempt: hex.EncodeToString(attempt), StartedAt: r.deps.Now().UTC().Truncate(time.Second),
		Cluster: r.Cluster, Shares: r.Shares, Threshold: r.Threshold,
	}
	err := r.step("prove that the escrow can be written", func() (string, error) { return "", r.journal.save(ctx, record) })
	if err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	release := r.deps.Shield()
	defer release()
	critical, cancel := context.WithTimeout(context.WithoutCancel(ctx), criticalTimeout)
	defer cancel()
	var keys Keys
	err = r.step("initialise Vault", func() (string, error) {
		request, err := r.request()
		if err != nil {
			return "", err
		}
		keys, err = r.deps.Vault.Init(critical, request)
		if err != nil && !isRejected(err) {
			err = fmt.Errorf("%w\nVault may have been initialised all the same; see what became of it: %s", err, r.Commands.Status)
		}
		return fmt.Sprintf("%d recovery keys", len(keys.Recovery)), err
	})
	if err != nil {
		return err
	}
	r.report.Changed, r.token = true, keys.RootToken
	return r.step("store the encrypted keys", func() (string, error) { return r.keep(critical, record, keys) })
}

// vaultEncrypts reports whether the shares can leave Vault encrypted.
func (r *run) vaultEncrypts() bool {
	return !slices.ContainsFunc(r.deps.Holders, func(h Holder) bool { _, ok := h.(pgpHolder); return !ok })
}

func (r *run) request() (InitRequest, error) {
	request := InitRequest{Shares: r.Shares, Threshold: r.Threshold}
	if !r.vaultEncrypts() {
		return request, nil
	}
	for i := range r.Shares {
		key, err := r.holder(i).(pgpHolder).VaultKey()
		if err != nil {
			return request, err
		}
		request.PGPKeys = append(request.PGPKeys, key)
	}
	return request, nil
}

// keep encrypts the keys and stores them wherever it can.
func (r *run) keep(ctx context.Context, started *escrow.Record, keys Keys) (string, error) {
	record := *started
	record.Phase, record.RootTokenSHA256 = escrow.Stored, escrow.Fingerprint(keys.RootToken)
	var failed []error
	for i, share := range keys.Recovery {
		text, err := r.insist(ctx, func() (string, error) { return r.seal(ctx, i, share) })
		failed = append(failed, err)
		record.RecoveryKeys = append(record.RecoveryKeys, escrow.Ciphertext{Holder: r.holder(i).Name(), Kind: r.holder(i).Kind(), Text: text})
	}
	for _, h := range r.deps.Holders {
		text, err := r.insist(ctx, func() (string, error) { return h.Encrypt(ctx, keys.RootToken) })
		failed = append(failed, err)
		record.RootToken = append(record.RootToken, escrow.Ciphertext{Holder: h.Name(), Kind: h.Kind(), Text: text})
	}
	// What could not be encrypted is missing; the rest is stored nevertheless.
	encrypting := errors.Join(failed...)
	record.RecoveryKeys = slices.DeleteFunc(record.RecoveryKeys, func(c escrow.Ciphertext) bool { return c.Text == "" })
	record.RootToken = slices.DeleteFunc(record.RootToken, func(c escrow.Ciphertext) bool { return c.Text == "" })
	kept, storing := r.journal.keep(ctx, &record)
	if kept == 0 {
		storing = r.rescue(&record, storing)
	}
	if err := errors.Join(encrypting, storing); err != nil {
		return "", err
	}
	return "in " + strings.Join(r.report.Escrow, ", "), nil
}

// insist tries a few times: a key service may be away for a moment, and there is
// no second chance.
func (r *run) insist(ctx context.Context, f func() (string, error)) (string, error) {
	text, err := f()
	for try := 0; err != nil && try < keepTries; try++ {
		pause(ctx, r.StorePause<<try)
		text, err = f()
	}
	return text, err
}

func (r *run) seal(ctx context.Context, i int, share redact.Secret) (string, error) {
	if r.vaultEncrypts() {
		return r.holder(i).(pgpHolder).FromVault(share.Reveal())
	}
	return r.holder(i).Encrypt(ctx, share)
}

// rescue leaves the ciphertext with the person when no store took it.
func (r *run) rescue(record *escrow.Record, storing error) error {
	data, err := record.Marshal()
	if err != nil {
		return errors.Join(storing, err)
	}
	where, err := r.deps.Rescue(data)
	if err != nil {
		return errors.Join(storing, fmt.Errorf("leaving the encrypted keys with you failed, too, and they are lost: %w", err))
	}
	return fmt.Errorf("%w\nVault is initialised, and its encrypted keys are in %s alone: keep it, and go on with\n  %s --escrow-file %s", storing, where, r.Commands.Init, where)
}
