package vaultinit

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/groundwork-dev/groundwork/internal/escrow"
	"github.com/groundwork-dev/groundwork/internal/redact"
)

// killed is what a call panics with in place of the process being killed.
type killed struct{}

// world is a Vault, the places of its escrow and its holders, in memory. It
// outlives the runs, and kills one at a call of its choice.
type world struct {
	initialized bool
	state       State
	tokens      map[string]string // root tokens to accessors
	mounts      map[string]map[string]any
	written     map[string]map[string]any
	places      []*place
	holders     []Holder

	calls  int
	killAt int    // 0: never
	after  bool   // the call's effect comes first
	killed string // the call that killed
	kept   []byte // what Rescue was given
	events []Event
	// onInit is called while Vault makes its keys.
	onInit func()
}

func newWorld(holders ...Holder) *world {
	w := &world{
		state:  State{AutoUnseal: true, SealType: "transit", Version: "1.21.4", ClusterID: "vault-1"},
		tokens: map[string]string{}, mounts: map[string]map[string]any{}, written: map[string]map[string]any{},
	}
	for _, h := range holders {
		if o, ok := h.(operator); ok {
			o.w = w
			h = o
		}
		if k, ok := h.(keyService); ok {
			k.w = w
			h = k
		}
		w.holders = append(w.holders, h)
	}
	w.places = []*place{{w: w, name: "Secret/vault/vault-escrow"}}
	return w
}

// call is one call to the outside.
func (w *world) call(name string, effect func() error) error {
	w.calls++
	dies := w.killAt == w.calls
	if dies && !w.after {
		w.killed = "before " + name
		panic(killed{})
	}
	err := effect()
	if dies {
		w.killed = "after " + name
		panic(killed{})
	}
	return err
}

func (w *world) Address() string { return "the Vault" }

func (w *world) State(context.Context) (s State, err error) {
	err = w.call("state", func() error {
		s = w.state
		s.Initialized, s.Sealed, s.Active = w.initialized, !w.initialized, w.initialized
		if !w.initialized {
			s.ClusterID = ""
		}
		return nil
	})
	return s, err
}

const firstToken = "hvs.FIRSTTOKEN"

func (w *world) Init(ctx context.Context, r InitRequest) (keys Keys, err error) {
	err = w.call("init", func() error {
		if w.onInit != nil {
			w.onInit()
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		if w.initialized {
			return answer{"already initialized", 400}
		}
		w.initialized = true
		w.tokens[firstToken] = "first"
		for i := range r.Shares {
			keys.Recovery = append(keys.Recovery, redact.Secret(fmt.Sprintf("SHARE%dPLAIN", i+1)))
		}
		keys.RootToken = firstToken
		return nil
	})
	return keys, err
}

type answer struct {
	text string
	code int
}

func (a answer) Error() string  { return a.text }
func (a answer) Denied() bool   { return a.code == 403 }
func (a answer) Rejected() bool { return a.code >= 400 && a.code < 500 }

func (w *world) Read(_ context.Context, token redact.Secret, path string) (data map[string]any, err error) {
	err = w.call("read "+path, func() error {
		accessor, ok := w.tokens[token.Reveal()]
		if !ok {
			return answer{"permission denied", 403}
		}
		switch {
		case path == "auth/token/lookup-self":
			data = map[string]any{"accessor": accessor, "policies": []any{"root"}}
		case strings.HasPrefix(path, "auth/token/lookup-accessor/"):
			data = map[string]any{"policies": []any{"root"}}
		default:
			data = map[string]any{}
			for p, m := range w.mounts {
				if rest, ok := strings.CutPrefix(p, path+"/"); ok {
					data[rest+"/"] = m
				}
			}
		}
		return nil
	})
	return data, err
}

func (w *world) Write(_ context.Context, token redact.Secret, path string, data map[string]any) error {
	return w.call("write "+path, func() error {
		if _, ok := w.tokens[token.Reveal()]; !ok {
			return answer{"permission denied", 403}
		}
		switch {
		case path == "auth/token/revoke-self":
			delete(w.tokens, token.Reveal())
		case path == "auth/token/revoke-accessor":
			maps.DeleteFunc(w.tokens, func(_, accessor string) bool { return accessor == data["accessor"] })
		case slices.ContainsFunc([]string{"sys/audit/", "sys/auth/", "sys/mounts/"}, func(p string) bool { return strings.HasPrefix(path, p) }):
			if w.mounts[path] != nil {
				return answer{"path is already in use", 400}
			}
			m := maps.Clone(data)
			if o, ok := data["options"].(map[string]string); ok {
				options := map[string]any{}
				for k, v := range o {
					options[k] = v
				}
				m["options"] = options
			}
			w.mounts[path] = m
		default:
			w.written[path] = data
		}
		return nil
	})
}

func (w *world) List(_ context.Context, token redact.Secret, path string) (keys []string, err error) {
	err = w.call("list "+path, func() error {
		if _, ok := w.tokens[token.Reveal()]; !ok {
			return answer{"permission denied", 403}
		}
		keys = slices.Collect(maps.Values(w.tokens))
		return nil
	})
	return keys, err
}

// place is a Store.
type place struct {
	w       *world
	name    string
	data    []byte
	version int
	// fail is what the next saves of keys end with.
	fail []error
}

type conflict struct{}

func (conflict) Error() string  { return "somebody else wrote it" }
func (conflict) Conflict() bool { return true }

func (p *place) Where() string { return p.name }

func (p *place) Load(context.Context) (record *escrow.Record, version string, err error) {
	err = p.w.call("load", func() (err error) {
		if p.data == nil {
			return nil
		}
		version = fmt.Sprint(p.version)
		record, err = escrow.Parse(p.name, p.data)
		return err
	})
	return record, version, err
}

func (p *place) Save(_ context.Context, record *escrow.Record, version string) error {
	return p.w.call("save "+string(record.Phase), func() error {
		if record.Phase != escrow.Started && len(p.fail) > 0 {
			err := p.fail[0]
			p.fail = p.fail[1:]
			return err
		}
		if (version == "") != (p.data == nil) || version != "" && version != fmt.Sprint(p.version) {
			return conflict{}
		}
		data, err := record.Marshal()
		p.data, p.version = data, p.version+1
		return err
	})
}

// record is what the first place holds.
func (w *world) record(t *testing.T) *escrow.Record {
	t.Helper()
	if w.places[0].data == nil {
		return nil
	}
	r, err := escrow.Parse("test", w.places[0].data)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// operator is a person's key; keyService one that may decrypt again.
type operator struct {
	w    *world
	name string
}

func (o operator) Name() string { return o.name }
func (operator) Kind() string   { return "age" }

func (o operator) Encrypt(_ context.Context, s redact.Secret) (text string, err error) {
	err = o.w.call("encrypt", func() error { text = sealedText(o.name, s); return nil })
	return text, err
}

type keyService struct{ operator }

func (keyService) Kind() string { return "kms" }

func (k keyService) Decrypt(_ context.Context, text string) (s redact.Secret, err error) {
	err = k.w.call("decrypt", func() (err error) { s, err = opened(k.name, text); return err })
	return s, err
}

// sealedText hides a secret in hex.
func sealedText(name string, s redact.Secret) string {
	return fmt.Sprintf("%s:%x", name, []byte(s.Reveal()))
}

func opened(name, text string) (redact.Secret, error) {
	var plain []byte
	_, err := fmt.Sscanf(strings.TrimPrefix(text, name+":"), "%x", &plain)
	return redact.Secret(plain), err
}

func testSettings(t *testing.T) *Settings {
	t.Helper()
	s, err := ParseSettings("settings.yaml", DefaultSettings())
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// run runs once; a kill ends it with errKilled.
func (w *world) run(t *testing.T, o Options) (report *Report, err error) {
	t.Helper()
	defer func() {
		switch p := recover().(type) {
		case nil:
		case killed:
			err = errKilled
		default:
			panic(p)
		}
	}()
	w.calls = 0
	o.Cluster, o.Settings = "dev", testSettings(t)
	o.Commands = Commands{Init: "INIT", Escrow: "ESCROW", RootToken: "ROOTTOKEN", Status: "STATUS", Wipe: []string{"WIPE"}, Forget: "FORGET"}
	if o.Timeout == 0 {
		o.Timeout = time.Minute
	}
	o.StorePause = time.Microsecond
	deps := Deps{
		Vault: w, Holders: w.holders, Now: time.Now, Random: strings.NewReader(strings.Repeat("random", 9)),
		Shield: func() func() { return func() {} },
		Rescue: func(record []byte) (string, error) { w.kept = record; return "rescued.json", nil },
	}
	for _, p := range w.places {
		deps.Stores = append(deps.Stores, p)
	}
	return Run(t.Context(), o, deps, func(e Event) { w.events = append(w.events, e) })
}

var errKilled = errors.New("killed")
