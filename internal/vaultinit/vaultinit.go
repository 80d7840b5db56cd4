// Package vaultinit is Vault's first minutes: it initialises a Vault once,
// has its keys stored encrypted before it says so, sets Vault up and revokes
// the root token. It looks before it acts and can be run again after anything.
package vaultinit

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/groundwork-dev/groundwork/internal/escrow"
	"github.com/groundwork-dev/groundwork/internal/redact"
)

// State is what a Vault says of itself to everybody.
type State struct {
	Initialized bool
	Sealed      bool
	// Active says that some node of the cluster serves requests.
	Active bool
	// AutoUnseal says that a key outside of Vault unseals it.
	AutoUnseal bool
	// SealType is transit, awskms, shamir and the like.
	SealType string
	// ClusterID is Vault's name of itself, empty while it is sealed.
	ClusterID string
	Version   string
}

// InitRequest is what Vault is asked for.
type InitRequest struct {
	Shares, Threshold int
	// PGPKeys has Vault itself encrypt a share to each, in base64 of packets.
	// Empty means that the shares come in the clear.
	PGPKeys []string
}

// Keys is what Vault hands out once.
type Keys struct {
	// Recovery are the shares in hex; with PGPKeys, messages in base64.
	Recovery  []redact.Secret
	RootToken redact.Secret
}

// Vault is the API of one Vault. An error that has Denied() true says that
// Vault refused the token.
type Vault interface {
	// Address says where it is, for errors.
	Address() string
	State(ctx context.Context) (State, error)
	// Init is called once and never again by itself. An error that has Rejected()
	// true says that Vault answered, and did not initialise.
	Init(ctx context.Context, request InitRequest) (Keys, error)
	// Read returns nil when there is nothing at path.
	Read(ctx context.Context, token redact.Secret, path string) (map[string]any, error)
	Write(ctx context.Context, token redact.Secret, path string, data map[string]any) error
	List(ctx context.Context, token redact.Secret, path string) ([]string, error)
}

// Store keeps the record at one place.
type Store interface {
	// Where names the place.
	Where() string
	// Load returns nil when there is none, and the version that Save wants.
	Load(ctx context.Context) (record *escrow.Record, version string, err error)
	// Save makes the record when version is empty, and otherwise replaces that
	// version; an error that has Conflict() true says that somebody else was
	// there before. When it returns, the record survives a crash.
	Save(ctx context.Context, record *escrow.Record, version string) error
}

// Holder is a person's public key, or a key service: what encrypts to one who
// keeps recovery keys.
type Holder interface {
	Name() string
	Kind() string
	Encrypt(ctx context.Context, secret redact.Secret) (string, error)
}

// pgpHolder is a Holder that Vault itself can encrypt to.
type pgpHolder interface {
	VaultKey() (string, error)
	FromVault(text string) (string, error)
}

// Decrypter is a Holder that may read again what it encrypted.
type Decrypter interface {
	Decrypt(ctx context.Context, ciphertext string) (redact.Secret, error)
}

// Options say what is wanted.
type Options struct {
	// Cluster is the name in platform.yaml, or the Vault's address.
	Cluster string
	// Shares and Threshold of the recovery key. Zero shares means one for each
	// holder; zero threshold a majority of the shares.
	Shares, Threshold int
	Settings          *Settings
	// RootToken continues a run that was cut off after the keys were stored.
	RootToken redact.Secret
	DryRun    bool
	// Timeout bounds the wait for a Vault that was just initialised.
	Timeout time.Duration
	// StorePause is how long to wait before keys that could not be encrypted or
	// stored are tried again, then twice as long, four times.
	StorePause time.Duration
	Commands   Commands
}

// Commands are command lines that errors tell a person to use.
type Commands struct {
	// Init is the command that is running; RootToken prints the root token's
	// ciphertext, Escrow the record; Status says how things are.
	Init, RootToken, Escrow, Status string
	// Wipe empties the Vault's storage, one command a line.
	Wipe []string
	// Forget takes the record away.
	Forget string
}

// Deps are the parts of the world.
type Deps struct {
	Vault   Vault
	Stores  []Store
	Holders []Holder
	Now     func() time.Time
	Random  io.Reader
	// Shield keeps interrupts away until the returned function is called.
	Shield func() (release func())
	// Rescue is handed the record when no store took the keys. It says where it
	// put it, and fails only when it could not even be shown.
	Rescue func(record []byte) (where string, err error)
}

// StepState is how a step is getting on.
type StepState string

// The states of a step.
const (
	Running StepState = "running"
	Ended   StepState = "done"
	Failed  StepState = "failed"
)

// Event tells of one step.
type Event struct {
	Title   string
	State   StepState
	Detail  string
	Seconds float64
}

// Report is what a run came to.
type Report struct {
	Cluster string       `json:"cluster"`
	Vault   string       `json:"vault"`
	Phase   escrow.Phase `json:"phase,omitempty"`
	// Changed says that this run did something.
	Changed bool `json:"changed"`
	// Escrow are the places of the record.
	Escrow []string `json:"escrow"`
	// Holders are who keeps the recovery keys, in the order of the shares.
	Holders   []string `json:"holders,omitempty"`
	Shares    int      `json:"shares,omitempty"`
	Threshold int      `json:"threshold,omitempty"`
	// Plan is what a run would do; in a dry run alone.
	Plan []string `json:"plan,omitempty"`
}

// run is one run.
type run struct {
	Options
	deps    Deps
	tell    func(Event)
	report  *Report
	state   State
	journal *journal
	token   redact.Secret
}

// Run initialises the Vault, or goes on where an earlier run was cut off, or
// finds that nothing is to do. The report is there with an error, too.
func Run(ctx context.Context, options Options, deps Deps, tell func(Event)) (*Report, error) {
	r := &run{Options: options, deps: deps, tell: tell, journal: &journal{stores: deps.Stores, pause: options.StorePause}}
	r.report = &Report{Cluster: options.Cluster, Vault: deps.Vault.Address()}
	for _, s := range deps.Stores {
		r.report.Escrow = append(r.report.Escrow, s.Where())
	}
	err := r.run(ctx)
	if record := r.journal.record; record != nil {
		r.report.Phase, r.report.Shares, r.report.Threshold = record.Phase, record.Shares, record.Threshold
		r.report.Holders = nil
		for _, k := range record.RecoveryKeys {
			r.report.Holders = append(r.report.Holders, k.Kind+" "+k.Holder)
		}
	}
	return r.report, err
}

func (r *run) run(ctx context.Context) error {
	next, err := r.look(ctx)
	if err != nil {
		return err
	}
	if next == initialise {
		if err := r.prepare(ctx); err != nil {
			return err
		}
	}
	if r.DryRun {
		r.plan(next)
		return nil
	}
	switch next {
	case initialise:
		err = r.initialise(ctx)
	case resume:
		err = r.step("take up the root token", func() (string, error) { return r.takeUp(ctx) })
	case nothing:
		return r.journal.level(ctx)
	}
	if err != nil {
		return err
	}
	r.report.Changed = true
	return r.finish(ctx)
}

// look reads the record and the Vault, and decides.
func (r *run) look(ctx context.Context) (action, error) {
	var next action
	err := r.step("look at Vault and its escrow", func() (string, error) {
		if err := r.journal.load(ctx); err != nil {
			return "", err
		}
		var err error
		if r.state, err = r.deps.Vault.State(ctx); err != nil {
			return "", err
		}
		if next, err = decide(r.journal.record, r.state, r.situation()); err != nil {
			return "", err
		}
		return describe(r.journal.record, r.state), nil
	})
	return next, err
}

func (r *run) situation() situation {
	s := situation{commands: r.Commands, vault: r.deps.Vault.Address(), where: "nowhere"}
	if len(r.deps.Stores) > 0 {
		s.where = r.deps.Stores[0].Where()
	}
	return s
}

// step runs f and tells of it.
func (r *run) step(title string, f func() (detail string, err error)) error {
	start := r.deps.Now()
	r.tell(Event{Title: title, State: Running})
	detail, err := f()
	e := Event{Title: title, State: Ended, Detail: detail, Seconds: r.deps.Now().Sub(start).Seconds()}
	if err != nil {
		e.State, e.Detail = Failed, ""
	}
	r.tell(e)
	return err
}

func (r *run) plan(next action) {
	switch next {
	case nothing:
		r.report.Plan = []string{"nothing: Vault is initialised, and its keys are in escrow"}
		return
	case initialise:
		r.report.Plan = append(r.report.Plan, fmt.Sprintf("initialise Vault with %d recovery keys, %d of which are needed together", r.Shares, r.Threshold))
		for i := range r.Shares {
			h := r.holder(i)
			r.report.Plan = append(r.report.Plan, fmt.Sprintf("encrypt recovery key %d to %s %s", i+1, h.Kind(), h.Name()))
		}
		for _, s := range r.deps.Stores {
			r.report.Plan = append(r.report.Plan, "store the ciphertext in "+s.Where())
		}
	case resume:
		r.report.Plan = append(r.report.Plan, "go on with the root token of the escrow")
	}
	r.report.Plan = append(r.report.Plan, r.Settings.plan()...)
	r.report.Plan = append(r.report.Plan, "revoke every root token, and see it refused")
}
