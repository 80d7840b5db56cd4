package vaultinit

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/groundwork-dev/groundwork/internal/escrow"
	"github.com/groundwork-dev/groundwork/internal/redact"
)

func three() []Holder {
	return []Holder{operator{name: "anna"}, operator{name: "ben"}, operator{name: "cleo"}}
}

// finished fails unless everything is as a whole run leaves it.
func (w *world) finished(t *testing.T) {
	t.Helper()
	record := w.record(t)
	if record == nil || record.Phase != escrow.Done || len(record.RootToken) != 0 || record.RootTokenSHA256 != "" {
		t.Fatalf("the escrow is %+v", record)
	}
	if record.VaultClusterID != "vault-1" {
		t.Errorf("the escrow is of Vault %q", record.VaultClusterID)
	}
	for i, c := range record.RecoveryKeys {
		plain, err := opened(c.Holder, c.Text)
		if want := fmt.Sprintf("SHARE%dPLAIN", i+1); err != nil || plain.Reveal() != want {
			t.Errorf("recovery key %d decrypts to %s, want %s (%v)", i+1, plain.Reveal(), want, err)
		}
	}
	if len(w.tokens) != 0 {
		t.Errorf("%d root tokens are left", len(w.tokens))
	}
	for _, path := range []string{"sys/audit/file", "sys/audit/stdout", "sys/auth/kubernetes", "sys/mounts/secret"} {
		if w.mounts[path] == nil {
			t.Errorf("%s is not mounted", path)
		}
	}
	for _, path := range []string{"auth/kubernetes/config", "sys/policies/acl/external-secrets", "auth/kubernetes/role/external-secrets"} {
		if w.written[path] == nil {
			t.Errorf("%s is not written", path)
		}
	}
}

func TestRunOnceAndAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(three()...)
	report, err := w.run(t, Options{})
	if err != nil {
		t.Fatal(err)
	}
	w.finished(t)
	if !report.Changed || report.Phase != escrow.Done || report.Shares != 3 || report.Threshold != 2 || len(report.Holders) != 3 {
		t.Errorf("report: %+v", report)
	}
	before := string(w.places[0].data)
	w.holders = nil // not needed any more
	report, err = w.run(t, Options{})
	if err != nil || report.Changed || string(w.places[0].data) != before {
		t.Errorf("the second run: %+v, %v", report, err)
	}
}

// TestNothingSecretIsTold looks at all that a run says.
func TestNothingSecretIsTold(t *testing.T) {
	t.Parallel()
	w := newWorld(three()...)
	report, err := w.run(t, Options{})
	said := fmt.Sprintf("%+v %+v %v %s", w.events, report, err, w.places[0].data)
	for _, secret := range []string{firstToken, "SHARE1PLAIN", "SHARE2PLAIN", "SHARE3PLAIN"} {
		if strings.Contains(said, secret) {
			t.Errorf("%s is in what the run said or stored", secret)
		}
	}
}

// TestKilledAtEachCall kills a run before and after each call to the outside,
// and runs again as a person would.
func TestKilledAtEachCall(t *testing.T) {
	t.Parallel()
	services := func() []Holder { return []Holder{keyService{operator{name: "key"}}} }
	for name, holders := range map[string]func() []Holder{"operators": three, "key service": services} {
		for _, after := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, after=%t", name, after), func(t *testing.T) {
				t.Parallel()
				outcomes := map[string]int{}
				for at := 1; ; at++ {
					w := newWorld(holders()...)
					w.killAt, w.after = at, after
					if _, err := w.run(t, Options{}); !errors.Is(err, errKilled) {
						if err != nil {
							t.Fatal(err)
						}
						break
					}
					w.killAt = 0
					outcomes[w.recovers(t)]++
				}
				t.Logf("%v", outcomes)
				if outcomes["stranded"] == 0 || outcomes["stranded"] > 8 || outcomes["by itself"] < 5 {
					t.Errorf("ends: %v", outcomes)
				}
				if name == "operators" && outcomes["with the token"] == 0 || name == "key service" && outcomes["with the token"] > 0 {
					t.Errorf("ends: %v", outcomes)
				}
			})
		}
	}
}

// recovers runs again after a kill and says what it took.
func (w *world) recovers(t *testing.T) string {
	t.Helper()
	record := w.record(t)
	unstored := record == nil || record.Phase == escrow.Started
	lost := w.initialized && unstored
	_, err := w.run(t, Options{})
	if lost {
		refused, ok := errors.AsType[*RefusedError](err)
		if !ok || !strings.Contains(refused.Fix, "WIPE") || !strings.Contains(refused.Fix, "INIT") || !strings.Contains(refused.Reason, "not stored") {
			t.Fatalf("killed %s: the keys are lost, and the next run says: %v", w.killed, err)
		}
		if len(w.mounts) != 0 || w.record(t).Phase != escrow.Started {
			t.Fatalf("killed %s: the next run changed something", w.killed)
		}
		return "stranded"
	}
	if err == nil {
		w.finished(t)
		return "by itself"
	}
	if !strings.Contains(err.Error(), "ROOTTOKEN") || !strings.Contains(err.Error(), "INIT --root-token-file -") {
		t.Fatalf("killed %s: the next run says: %v", w.killed, err)
	}
	c := w.record(t).RootToken[1]
	token, err := opened(c.Holder, c.Text)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.run(t, Options{RootToken: token}); err != nil {
		t.Fatalf("killed %s: with the root token, the next run says: %v", w.killed, err)
	}
	w.finished(t)
	return "with the token"
}

// TestAnotherRootToken goes on with a token made by recovery keys; the first one
// must not stay valid.
func TestAnotherRootToken(t *testing.T) {
	t.Parallel()
	w := newWorld(three()...)
	w.killAt = w.callOf(t, "write sys/policies/acl/external-secrets")
	if _, err := w.run(t, Options{}); !errors.Is(err, errKilled) {
		t.Fatal(err)
	}
	w.killAt = 0
	w.tokens["hvs.SECOND"] = "second"
	if _, err := w.run(t, Options{RootToken: "hvs.SECOND"}); err != nil {
		t.Fatal(err)
	}
	w.finished(t)
}

// callOf returns the number of the call of that name in an untroubled run.
func (w *world) callOf(t *testing.T, name string) int {
	t.Helper()
	for at := 1; at < 1000; at++ {
		twin := newWorld(w.holders...)
		twin.killAt = at
		if _, err := twin.run(t, Options{}); !errors.Is(err, errKilled) {
			break
		}
		if twin.killed == "before "+name {
			return at
		}
	}
	t.Fatalf("no call %s", name)
	return 0
}

func TestResumeRefusesOtherTokens(t *testing.T) {
	t.Parallel()
	w := newWorld(three()...)
	w.killAt = w.callOf(t, "write sys/audit/file")
	if _, err := w.run(t, Options{}); !errors.Is(err, errKilled) {
		t.Fatal(err)
	}
	w.killAt = 0
	if _, err := w.run(t, Options{RootToken: "hvs.WRONG"}); err == nil || !strings.Contains(err.Error(), "refuses the token") || strings.Contains(err.Error(), "hvs.WRONG") {
		t.Errorf("a wrong token: %v", err)
	}
	delete(w.tokens, firstToken) // somebody revoked it too early
	if _, err := w.run(t, Options{RootToken: firstToken}); err == nil || !strings.Contains(err.Error(), "generate-root") {
		t.Errorf("a token revoked too early: %v", err)
	}
	if w.record(t).Phase != escrow.Stored {
		t.Errorf("phase %s", w.record(t).Phase)
	}
}

// TestStoreComesBack has the store fail a few times when the keys are there.
func TestStoreComesBack(t *testing.T) {
	t.Parallel()
	w := newWorld(three()...)
	w.places[0].fail = []error{errors.New("unavailable"), conflict{}, errors.New("unavailable")}
	if _, err := w.run(t, Options{}); err != nil {
		t.Fatal(err)
	}
	w.finished(t)
}

// TestStoreStaysAway: the ciphertext goes to the person, and from there on.
func TestStoreStaysAway(t *testing.T) {
	t.Parallel()
	w := newWorld(three()...)
	for range 20 {
		w.places[0].fail = append(w.places[0].fail, errors.New("unavailable"))
	}
	_, err := w.run(t, Options{})
	if err == nil || !strings.Contains(err.Error(), "INIT --escrow-file rescued.json") || w.kept == nil {
		t.Fatalf("the store stayed away: %v", err)
	}
	if len(w.mounts) != 0 {
		t.Error("Vault was set up although its keys are not stored")
	}
	if _, err := w.run(t, Options{}); err == nil || !strings.Contains(err.Error(), "--escrow-file") {
		t.Errorf("the next run without the file: %v", err)
	}
	w.places[0].fail = nil
	w.places = append(w.places, &place{w: w, name: "rescued.json", data: w.kept, version: 1})
	if _, err := w.run(t, Options{RootToken: firstToken}); err != nil {
		t.Fatal(err)
	}
	w.finished(t)
}

// TestPlacesDiffer: what got furthest is right, and the other is brought up.
func TestPlacesDiffer(t *testing.T) {
	t.Parallel()
	w := newWorld(three()...)
	if _, err := w.run(t, Options{}); err != nil {
		t.Fatal(err)
	}
	copied := &place{w: w, name: "copy.json"}
	w.places = append(w.places, copied)
	if _, err := w.run(t, Options{}); err != nil || !bytes.Equal(copied.data, w.places[0].data) {
		t.Errorf("a new place is not filled: %v", err)
	}
	copied.data = []byte(strings.Replace(string(copied.data), `"attempt": "`, `"attempt": "00`, 1))
	if _, err := w.run(t, Options{}); err == nil || !strings.Contains(err.Error(), "two different Vaults") {
		t.Errorf("records of two Vaults: %v", err)
	}
}

// TestInterruptWhileVaultAnswers: the keys are stored all the same.
func TestInterruptWhileVaultAnswers(t *testing.T) {
	t.Parallel()
	w := newWorld(three()...)
	ctx, cancel := context.WithCancel(t.Context())
	w.onInit = cancel
	shielded := 0
	_, err := Run(ctx, Options{Cluster: "dev", Settings: testSettings(t), Timeout: 1e9, Commands: Commands{Init: "INIT"}}, Deps{
		Vault: w, Stores: []Store{w.places[0]}, Holders: w.holders, Now: fixedNow, Random: strings.NewReader(strings.Repeat("r", 99)),
		Shield: func() func() { shielded++; return func() { shielded-- } },
	}, func(Event) {})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("the run ends with %v", err)
	}
	if record := w.record(t); record.Phase != escrow.Stored || len(record.RecoveryKeys) != 3 || shielded != 0 {
		t.Errorf("the escrow: %+v; %d shields are left", record, shielded)
	}
}

// TestKeyServiceIsNamed: who goes on without naming it is told to.
func TestKeyServiceIsNamed(t *testing.T) {
	t.Parallel()
	w := newWorld(keyService{operator{name: "alias/escrow"}})
	w.killAt = w.callOf(t, "write sys/audit/file")
	if _, err := w.run(t, Options{}); !errors.Is(err, errKilled) {
		t.Fatal(err)
	}
	w.killAt, w.holders = 0, nil
	if _, err := w.run(t, Options{}); err == nil || !strings.Contains(err.Error(), "INIT --kms-key alias/escrow") {
		t.Errorf("%v", err)
	}
	s, err := Check(t.Context(), w, []Store{w.places[0]}, Commands{Init: "INIT"})
	if err != nil || s.Fix != "INIT --kms-key alias/escrow" {
		t.Errorf("%+v, %v", s, err)
	}
}

func TestDryRunChangesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(three()...)
	report, err := w.run(t, Options{DryRun: true})
	if err != nil || w.initialized || w.places[0].data != nil {
		t.Fatalf("%v, initialised %t, escrow %s", err, w.initialized, w.places[0].data)
	}
	plan := strings.Join(report.Plan, "\n")
	for _, want := range []string{"3 recovery keys, 2 of which", "recovery key 2 to age ben", "audit device file", "revoke every root token"} {
		if !strings.Contains(plan, want) {
			t.Errorf("the plan lacks %q:\n%s", want, plan)
		}
	}
}

func TestDivide(t *testing.T) {
	t.Parallel()
	one := []Holder{operator{name: "anna"}}
	for name, c := range map[string]struct {
		holders           []Holder
		shares, threshold int
		want              string // of the error, or shares/threshold
	}{
		"a key each, a majority": {three(), 0, 0, "3/2"},
		"one holder":             {one, 0, 0, "1/1"},
		"one holder of five":     {one, 5, 0, "5/3"},
		"all are needed":         {three(), 3, 3, "3/3"},
		"no holder":              {nil, 0, 0, "nobody was named"},
		"a holder without a key": {three(), 2, 2, "2 recovery keys for 3 holders"},
		"too many":               {one, 256, 2, "Vault makes 1 to 255"},
		"threshold too high":     {three(), 3, 4, "--recovery-threshold"},
		"threshold of one":       {three(), 3, 1, "want --recovery-threshold 2"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := run{Options: Options{Shares: c.shares, Threshold: c.threshold}, deps: Deps{Holders: c.holders}}
			got := fmt.Sprint(r.divide())
			if got == "<nil>" {
				got = fmt.Sprintf("%d/%d", r.Shares, r.Threshold)
			}
			if !strings.Contains(got, c.want) {
				t.Errorf("%s, want %s", got, c.want)
			}
		})
	}
}

// brokenKey cannot encrypt.
type brokenKey struct{ operator }

func (brokenKey) Encrypt(context.Context, redact.Secret) (string, error) {
	return "", errors.New("access denied to the key")
}

func TestKeyThatCannotEncrypt(t *testing.T) {
	t.Parallel()
	w := newWorld(brokenKey{operator{name: "key"}})
	_, err := w.run(t, Options{})
	if err == nil || !strings.Contains(err.Error(), "access denied") || w.initialized || w.places[0].data != nil {
		t.Errorf("%v, initialised %t", err, w.initialized)
	}
}
