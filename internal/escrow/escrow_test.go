package escrow_test

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"filippo.io/age"
	"filippo.io/age/armor"
	"github.com/ProtonMail/go-crypto/openpgp"
	pgparmor "github.com/ProtonMail/go-crypto/openpgp/armor"
	"github.com/ProtonMail/go-crypto/openpgp/packet"
	"github.com/google/go-cmp/cmp"

	"github.com/groundwork-dev/groundwork/internal/diag"
	"github.com/groundwork-dev/groundwork/internal/escrow"
	"github.com/groundwork-dev/groundwork/internal/redact"
)

const secret = redact.Secret("d41d8cd98f00b204e9800998ecf8427e")

func TestRecordComesBack(t *testing.T) {
	t.Parallel()
	want := &escrow.Record{
		Version: escrow.Version, Phase: escrow.Stored, Attempt: "ab", StartedAt: time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC),
		Cluster: "dev", Shares: 1, Threshold: 1, RecoveryKeys: []escrow.Ciphertext{{Holder: "age1x", Kind: "age", Text: "…"}},
		RootTokenSHA256: escrow.Fingerprint(secret),
	}
	data, err := want.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	got, err := escrow.Parse("here", data)
	if err != nil || cmp.Diff(want, got) != "" {
		t.Errorf("%v %s", err, cmp.Diff(want, got))
	}
	if !got.IsRootToken(secret) || got.IsRootToken("other") {
		t.Error("the root token is not told from another")
	}
}

func TestParseRefuses(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ text, want string }{
		"no JSON":     {"hello", "here is not an escrow record"},
		"other keys":  {`{"version":1,"phase":"done","x":1}`, "unknown field"},
		"newer":       {`{"version":2,"phase":"done"}`, "version 2"},
		"other phase": {`{"version":1,"phase":"half"}`, `phase "half"`},
		"no keys":     {`{"version":1,"phase":"done"}`, "without recovery keys"},
		"too long":    {strings.Repeat(" ", escrow.MaxBytes+1), "at most"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, err := escrow.Parse("here", []byte(c.text)); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v, want %s", err, c.want)
			}
		})
	}
}

func TestAge(t *testing.T) {
	t.Parallel()
	identity, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	quantum, err := age.GenerateHybridIdentity()
	if err != nil {
		t.Fatal(err)
	}
	file := "# anna\n" + identity.Recipient().String() + "\n\n  " + quantum.Recipient().String() + "\r\n"
	found, err := escrow.AgeRecipients("ops.txt", []byte(file))
	if err != nil || len(found) != 2 {
		t.Fatalf("%d recipients, %v", len(found), err)
	}
	for i, id := range []age.Identity{identity, quantum} {
		text, err := found[i].Encrypt(t.Context(), secret)
		if err != nil {
			t.Fatal(err)
		}
		r, err := age.Decrypt(armor.NewReader(strings.NewReader(text)), id)
		if err != nil {
			t.Fatal(err)
		}
		if plain, err := io.ReadAll(r); err != nil || string(plain) != secret.Reveal() {
			t.Errorf("decrypted: %q, %v", plain, err)
		}
	}
}

func TestAgeProblems(t *testing.T) {
	t.Parallel()
	identity, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	good := identity.Recipient().String()
	for name, c := range map[string]struct{ text, want string }{
		"empty":     {"# nobody\n", "ops.txt:1: names no recipient"},
		"cut off":   {good + "\n" + good[:40] + "\n", "ops.txt:2: is not an age recipient"},
		"mistyped":  {"\n" + good[:len(good)-1] + "q\n", "ops.txt:2: is not an age recipient"},
		"SSH key":   {"ssh-ed25519 AAAA anna\n", "ops.txt:1: is not an age recipient"},
		"twice":     {good + "\n" + good + "\n", "ops.txt:2: the recipient of line 1 again"},
		"a secret":  {identity.String() + "\n", "ops.txt:1: is a private key"},
		"PGP block": {"-----BEGIN PGP PUBLIC KEY BLOCK-----\n", "ops.txt:1: is not"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := escrow.AgeRecipients("ops.txt", []byte(c.text))
			if _, ok := errors.AsType[diag.Problems](err); !ok || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v, want %s", err, c.want)
			}
			if err != nil && strings.Contains(err.Error(), "AGE-SECRET-KEY-1") {
				t.Errorf("the private key is in the error: %v", err)
			}
		})
	}
}

func pgpKey(t *testing.T, name string, created time.Time, lifetime uint32) *openpgp.Entity {
	t.Helper()
	entity, err := openpgp.NewEntity(name, "", name+"@example.com", &packet.Config{
		Algorithm: packet.PubKeyAlgoEdDSA, Time: func() time.Time { return created }, KeyLifetimeSecs: lifetime,
	})
	if err != nil {
		t.Fatal(err)
	}
	return entity
}

func armored(t *testing.T, kind string, serialize func(io.Writer) error) string {
	t.Helper()
	var out bytes.Buffer
	w, err := pgparmor.Encode(&out, kind, nil)
	if err == nil {
		err = errors.Join(serialize(w), w.Close())
	}
	if err != nil {
		t.Fatal(err)
	}
	return out.String() + "\n"
}

func TestPGP(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	anna, ben := pgpKey(t, "anna", now.Add(-time.Hour), 0), pgpKey(t, "ben", now.Add(-time.Hour), 0)
	file := armored(t, openpgp.PublicKeyType, anna.Serialize) + armored(t, openpgp.PublicKeyType, ben.Serialize)
	found, err := escrow.PGPKeys("ops.asc", []byte(file), now)
	if err != nil || len(found) != 2 {
		t.Fatalf("%d keys, %v", len(found), err)
	}
	if !strings.Contains(found[1].Name(), "ben@example.com") {
		t.Errorf("name: %s", found[1].Name())
	}
	text, err := found[1].Encrypt(t.Context(), secret)
	if err != nil {
		t.Fatal(err)
	}
	block, err := pgparmor.Decode(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	message, err := openpgp.ReadMessage(block.Body, openpgp.EntityList{ben}, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	if plain, err := io.ReadAll(message.UnverifiedBody); err != nil || string(plain) != secret.Reveal() {
		t.Errorf("decrypted: %q, %v", plain, err)
	}
}

func TestPGPProblems(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	anna, old := pgpKey(t, "anna", now.Add(-time.Hour), 0), pgpKey(t, "old", now.Add(-48*time.Hour), 3600)
	good := armored(t, openpgp.PublicKeyType, anna.Serialize)
	private := func(w io.Writer) error { return anna.SerializePrivate(w, nil) }
	for name, c := range map[string]struct{ text, want string }{
		"empty":    {"hello\n", "ops.asc:1: holds no armored"},
		"expired":  {"# old\n" + armored(t, openpgp.PublicKeyType, old.Serialize), "ops.asc:2: key "},
		"private":  {armored(t, openpgp.PrivateKeyType, private), "ops.asc:1: is a private key"},
		"cut off":  {"\n\n" + good[:len(good)/2], "ops.asc:3: is not a public OpenPGP key"},
		"twice":    {good + good, " again"},
		"an email": {"-----BEGIN PGP MESSAGE-----\n\nabcd\n-----END PGP MESSAGE-----\n", "ops.asc:1: is not"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := escrow.PGPKeys("ops.asc", []byte(c.text), now)
			if _, ok := errors.AsType[diag.Problems](err); !ok || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v, want %s", err, c.want)
			}
		})
	}
}
