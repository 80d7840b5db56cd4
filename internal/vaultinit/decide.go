package vaultinit

import (
	"fmt"
	"strings"

	"github.com/groundwork-dev/groundwork/internal/escrow"
)

// action is what there is to do.
type action int

const (
	nothing action = iota
	initialise
	resume
)

// situation is what errors need to be of use to a person.
type situation struct {
	commands     Commands
	vault, where string
}

// decide says what follows from a record, nil when there is none, and a Vault.
// The error is a *RefusedError.
func decide(record *escrow.Record, v State, s situation) (action, error) {
	switch {
	case record == nil && !v.Initialized, record != nil && record.Phase == escrow.Started && !v.Initialized:
		if !v.AutoUnseal {
			return nothing, refuse(fmt.Sprintf("the Vault at %s does not unseal itself (seal type %s), so it has no recovery keys", s.vault, v.SealType),
				"give it a seal stanza, such as awskms, and run again: nothing was initialised")
		}
		return initialise, nil
	case record == nil:
		return nothing, noEscrow(s)
	case record.Phase == escrow.Started:
		return nothing, stranded(record, s)
	case !v.Initialized:
		return nothing, refuse(
			fmt.Sprintf("%s holds the keys of a Vault that was initialised on %s, but the Vault at %s is empty", s.where, record.StartedAt.Format("2006-01-02"), s.vault),
			"if its storage was lost, restore a raft snapshot, for which these keys are needed; if it was emptied on purpose, keep a copy of the record, take it away and run again:\n  "+s.commands.Forget)
	case record.VaultClusterID != "" && v.ClusterID != "" && record.VaultClusterID != v.ClusterID:
		return nothing, refuse(
			fmt.Sprintf("%s holds the keys of Vault %s, but the one at %s is %s", s.where, record.VaultClusterID, s.vault, v.ClusterID),
			"find out who initialised it and where its keys are; this record opens the other one alone")
	case record.Phase == escrow.Done:
		return nothing, nil
	default:
		return resume, nil
	}
}

// noEscrow is the error of an initialised Vault whose keys this tool does not
// have.
func noEscrow(s situation) *RefusedError {
	return refuse(fmt.Sprintf("the Vault at %s is initialised, but there is no escrow of its keys in %s", s.vault, s.where),
		`find out who initialised it and where the recovery keys are: without them nobody can make a root token again.
If it was initialised by hand, the keys are with that person. If the record was deleted, restore it from a backup.
If nobody has the keys and the data can be lost, empty its storage and start again:
`+lines(s.commands.Wipe)+"  "+s.commands.Init)
}

// stranded is the error of a run that ended between Vault's answer and the
// stored keys, the one moment that cannot be repeated.
func stranded(record *escrow.Record, s situation) *RefusedError {
	return refuse(
		fmt.Sprintf("Vault was initialised, but its keys were not stored: the run of %s was cut off between the two (%s says phase %s)",
			record.StartedAt.Format("2006-01-02 15:04:05 MST"), s.where, record.Phase),
		`Vault hands its keys out once, so these are lost, and nobody has a root token: nothing can be in this Vault yet.
If that run ended with the name of a file that it left the ciphertext in, give it with --escrow-file.
If somebody else initialised this Vault, ask them for its keys, and do not go on.
Otherwise a person has to empty its storage and start again; bootstrap does not do that by itself:
`+lines(s.commands.Wipe)+"  "+s.commands.Init)
}

func lines(commands []string) string {
	var b strings.Builder
	for _, c := range commands {
		b.WriteString("  " + c + "\n")
	}
	return b.String()
}

// describe says in a few words how things are.
func describe(record *escrow.Record, v State) string {
	text := "not initialised"
	if v.Initialized {
		text = "initialised"
	}
	if record == nil {
		return text + ", no escrow"
	}
	return text + ", escrow: " + string(record.Phase)
}

// RefusedError says why nothing was changed, and what a person can do.
type RefusedError struct{ Reason, Fix string }

func refuse(reason, fix string) *RefusedError { return &RefusedError{reason, fix} }

func (e *RefusedError) Error() string { return e.Reason + "\n" + e.Fix }

// Refused tells the error apart from others.
func (*RefusedError) Refused() bool { return true }
