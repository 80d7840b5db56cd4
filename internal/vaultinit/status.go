package vaultinit

import (
	"context"
	"errors"

	"github.com/groundwork-dev/groundwork/internal/escrow"
)

// Status is how a Vault and its escrow stand.
type Status struct {
	Vault       string       `json:"vault"`
	Version     string       `json:"version,omitempty"`
	Seal        string       `json:"seal,omitempty"`
	Initialized bool         `json:"initialized"`
	Sealed      bool         `json:"sealed"`
	Phase       escrow.Phase `json:"phase,omitempty"`
	Escrow      []string     `json:"escrow"`
	Holders     []string     `json:"holders,omitempty"`
	Shares      int          `json:"shares,omitempty"`
	Threshold   int          `json:"threshold,omitempty"`
	// Problem is what a person has to see to, empty when nothing; Fix says how.
	Problem string `json:"problem,omitempty"`
	Fix     string `json:"fix,omitempty"`
	// Next is what comes next without anything being wrong.
	Next string `json:"next,omitempty"`
}

// Check looks at a Vault and at the places of its escrow and changes nothing.
// An initialised Vault without escrow is a Problem, as is everything else that
// Run would refuse; the error is that looking itself failed.
func Check(ctx context.Context, v Vault, stores []Store, commands Commands) (*Status, error) {
	status := &Status{Vault: v.Address()}
	j := &journal{stores: stores}
	r := run{Options: Options{Commands: commands}, deps: Deps{Vault: v, Stores: stores}}
	for _, s := range stores {
		status.Escrow = append(status.Escrow, s.Where())
	}
	if err := j.load(ctx); err != nil {
		return status, err
	}
	if record := j.record; record != nil {
		status.Phase, status.Shares, status.Threshold = record.Phase, record.Shares, record.Threshold
		for _, k := range record.RecoveryKeys {
			status.Holders = append(status.Holders, k.Kind+" "+k.Holder)
		}
	}
	state, err := v.State(ctx)
	if err != nil {
		return status, err
	}
	status.Initialized, status.Sealed, status.Version, status.Seal = state.Initialized, state.Sealed, state.Version, state.SealType
	next, err := decide(j.record, state, r.situation())
	refused, _ := errors.AsType[*RefusedError](err)
	switch {
	case refused != nil:
		status.Problem, status.Fix = refused.Reason, refused.Fix
	case err != nil:
		return status, err
	case next == initialise:
		status.Next = commands.Init
	case next == resume:
		status.Problem, status.Fix = "an initialisation was cut off: the root token may still be valid", commands.Init+keyServices(j.record)
	case state.Sealed:
		status.Problem, status.Fix = "Vault is sealed: its "+state.SealType+" seal does not unseal it", "see its log, and whether it may use the key"
	}
	return status, nil
}

// Record returns the record that got furthest of those in stores, nil when
// there is none.
func Record(ctx context.Context, stores []Store) (*escrow.Record, error) {
	j := &journal{stores: stores}
	err := j.load(ctx)
	return j.record, err
}
