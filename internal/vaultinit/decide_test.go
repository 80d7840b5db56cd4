package vaultinit

import (
	"strings"
	"testing"
	"time"

	"github.com/groundwork-dev/groundwork/internal/diag"
	"github.com/groundwork-dev/groundwork/internal/escrow"
)

func fixedNow() time.Time { return time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC) }

func TestDecide(t *testing.T) {
	t.Parallel()
	empty := State{AutoUnseal: true, SealType: "awskms", Sealed: true}
	live := State{Initialized: true, AutoUnseal: true, SealType: "awskms", Active: true, ClusterID: "a"}
	at := func(p escrow.Phase) *escrow.Record { return &escrow.Record{Phase: p, StartedAt: fixedNow()} }
	of := func(id string) *escrow.Record {
		r := at(escrow.Done)
		r.VaultClusterID = id
		return r
	}
	for name, c := range map[string]struct {
		record *escrow.Record
		vault  State
		want   action
		err    string
	}{
		"nothing yet":                      {nil, empty, initialise, ""},
		"killed before Vault was asked":    {at(escrow.Started), empty, initialise, ""},
		"killed before the keys were kept": {at(escrow.Started), live, nothing, "cut off between the two"},
		"keys kept":                        {at(escrow.Stored), live, resume, ""},
		"set up":                           {at(escrow.Configured), live, resume, ""},
		"done":                             {at(escrow.Done), live, nothing, ""},
		"done, the same Vault":             {of("a"), live, nothing, ""},
		"initialised by somebody":          {nil, live, nothing, "no escrow of its keys"},
		"Vault lost its storage":           {at(escrow.Done), empty, nothing, "is empty"},
		"lost after keys were kept":        {at(escrow.Stored), empty, nothing, "restore a raft snapshot"},
		"another Vault":                    {of("b"), live, nothing, "keys of Vault b"},
		"no auto-unseal":                   {nil, State{SealType: "shamir", Sealed: true}, nothing, "does not unseal itself"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := decide(c.record, c.vault, situation{commands: Commands{Init: "INIT", Wipe: []string{"WIPE"}, Forget: "FORGET"}, vault: "v", where: "w"})
			switch {
			case c.err == "" && (err != nil || got != c.want):
				t.Errorf("%v, %v; want %v", got, err, c.want)
			case c.err != "" && (err == nil || !strings.Contains(err.Error(), c.err)):
				t.Errorf("%v, want %q", err, c.err)
			}
		})
	}
}

func TestCheck(t *testing.T) {
	t.Parallel()
	w := newWorld(three()...)
	check := func() *Status {
		s, err := Check(t.Context(), w, []Store{w.places[0]}, Commands{Init: "INIT", Wipe: []string{"WIPE"}})
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	if s := check(); s.Problem != "" || s.Next != "INIT" || s.Initialized {
		t.Errorf("before: %+v", s)
	}
	if _, err := w.run(t, Options{}); err != nil {
		t.Fatal(err)
	}
	if s := check(); s.Problem != "" || s.Next != "" || !s.Initialized || len(s.Holders) != 3 || s.Phase != escrow.Done {
		t.Errorf("after: %+v", s)
	}
	w.places[0].data = nil
	if s := check(); !strings.Contains(s.Problem, "no escrow") || !strings.Contains(s.Fix, "WIPE") {
		t.Errorf("without escrow: %+v", s)
	}
}

func TestSettings(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ text, want string }{
		"no audit":     {"secrets: []\n", "audit"},
		"unknown key":  {"audit:\n  - {path: a, type: file}\npolicy: []\n", "settings.yaml:3"},
		"slash":        {"audit:\n  - {path: a/, type: file}\n", "settings.yaml:2"},
		"number":       {"audit:\n  - path: a\n    type: file\n    options: {mode: 600}\n", "settings.yaml:4"},
		"not a policy": {"audit:\n  - {path: a, type: file}\npolicies:\n  - name: x\n", "rules"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := ParseSettings("settings.yaml", []byte(c.text))
			if _, ok := err.(diag.Problems); !ok || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v, want %s", err, c.want)
			}
		})
	}
	titles := strings.Join(testSettings(t).plan(), "\n")
	if !strings.HasPrefix(titles, "audit device file") {
		t.Errorf("audit does not come first:\n%s", titles)
	}
}
