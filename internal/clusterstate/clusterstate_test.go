package clusterstate_test

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/groundwork-dev/groundwork/internal/clusterspec"
	"github.com/groundwork-dev/groundwork/internal/clusterstate"
)

// account is an account in memory. It fails at the call that budget counts down
// to, as one does whose connection is lost.
type account struct {
	id      string
	keys    map[string]string
	buckets map[string]*clusterstate.Settings
	budget  int
	wrote   []string
}

var errLost = errors.New("the connection is lost")

func (a *account) spend(what string) error {
	if a.budget--; a.budget == 0 {
		return errLost
	}
	a.wrote = append(a.wrote, what)
	return nil
}

func (a *account) Account(context.Context) (string, error) { return a.id, nil }

func (a *account) Key(_ context.Context, alias string) (string, error) { return a.keys[alias], nil }

func (a *account) MakeKey(_ context.Context, alias string, _ map[string]string) (string, error) {
	if err := a.spend("key " + alias); err != nil {
		return "", err
	}
	a.keys[alias] = "arn:" + alias
	return a.keys[alias], nil
}

func (a *account) Bucket(_ context.Context, name string) (*clusterstate.Settings, error) {
	if b := a.buckets[name]; b != nil {
		now := *b
		return &now, nil
	}
	return nil, nil
}

func (a *account) MakeBucket(_ context.Context, name string) error {
	if err := a.spend("bucket " + name); err != nil {
		return err
	}
	a.buckets[name] = &clusterstate.Settings{}
	return nil
}

func (a *account) Apply(_ context.Context, name string, now, want clusterstate.Settings) error {
	if err := a.spend("settings " + name); err != nil {
		return err
	}
	want.Tags = clusterstate.Tags(now.Tags, want.Tags)
	a.buckets[name] = &want
	return nil
}

func empty() *account {
	return &account{id: "123456789012", keys: map[string]string{}, buckets: map[string]*clusterstate.Settings{}}
}

func wanted() []clusterstate.Bucket {
	request := &clusterspec.Request{StateStore: "s3://acme-dev-kops-123456789012", DiscoveryStore: "s3://acme-dev-oidc-123456789012"}
	return append([]clusterstate.Bucket{clusterstate.OfPlatform("acme", "123456789012")}, clusterstate.OfCluster("acme", "dev", request)...)
}

func ensure(t *testing.T, a *account, dry bool) ([]clusterstate.Change, error) {
	t.Helper()
	return clusterstate.Ensure(t.Context(), a, "123456789012", "aws", wanted(), dry)
}

func TestFromNothing(t *testing.T) {
	t.Parallel()
	a := empty()
	told, err := ensure(t, a, true)
	if err != nil || len(a.wrote) > 0 {
		t.Fatalf("error %v; a dry run wrote %q", err, a.wrote)
	}
	made, err := ensure(t, a, false)
	if err != nil {
		t.Fatal(err)
	}
	names := func(changes []clusterstate.Change) (all []string) {
		for _, c := range changes {
			all = append(all, c.Kind+" "+c.Name)
		}
		return all
	}
	want := []string{
		"key alias/acme-terraform-state", "bucket acme-terraform-state-123456789012",
		"key alias/acme-dev-kops", "bucket acme-dev-kops-123456789012", "bucket acme-dev-oidc-123456789012",
	}
	if got := names(made); !slices.Equal(got, want) || !slices.Equal(names(told), want) {
		t.Errorf("made %q, said %q before, want %q", got, names(told), want)
	}
	for name, b := range a.buckets {
		public := strings.Contains(name, "-oidc-")
		if !b.Versioned || !b.PublicACLsBlocked || b.PublicPoliciesBlocked == public || (b.KeyARN == "") != public ||
			!strings.Contains(b.Policy, `"aws:SecureTransport":"false"`) || strings.Contains(b.Policy, `"Allow"`) != public {
			t.Errorf("bucket %s is %+v", name, *b)
		}
		if strings.Contains(b.Policy, `"Allow"`) && !strings.Contains(b.Policy, `"Action":"s3:GetObject"`) {
			t.Errorf("bucket %s lets anybody do more than read: %s", name, b.Policy)
		}
	}
	if again, err := ensure(t, a, false); err != nil || len(again) > 0 {
		t.Errorf("once more: %v, %+v", err, again)
	}
}

// TestKilledAnywhere loses the connection at each call that writes, and runs again.
func TestKilledAnywhere(t *testing.T) {
	t.Parallel()
	whole := empty()
	if _, err := ensure(t, whole, false); err != nil {
		t.Fatal(err)
	}
	for n := range whole.wrote {
		a := empty()
		a.budget = n + 1
		if _, err := ensure(t, a, false); !errors.Is(err, errLost) {
			t.Fatalf("lost at write %d: error %v", n+1, err)
		}
		if _, err := ensure(t, a, false); err != nil {
			t.Fatalf("again after %d: %v", n+1, err)
		}
		same := maps.EqualFunc(a.buckets, whole.buckets, func(x, y *clusterstate.Settings) bool { return len(clusterstate.Differing(*x, *y)) == 0 })
		if !same || !maps.Equal(a.keys, whole.keys) {
			t.Errorf("lost at write %d and run again, it ends otherwise", n+1)
		}
	}
}

func TestChanged(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		change func(*clusterstate.Settings)
		want   []string
	}{
		"versioning":     {func(s *clusterstate.Settings) { s.Versioned = false }, []string{"versioning"}},
		"key":            {func(s *clusterstate.Settings) { s.KeyARN = "" }, []string{"encryption"}},
		"block":          {func(s *clusterstate.Settings) { s.PublicPoliciesBlocked = false }, []string{"public access block"}},
		"policy":         {func(s *clusterstate.Settings) { s.Policy = "" }, []string{"policy"}},
		"policy, spaced": {func(s *clusterstate.Settings) { s.Policy = strings.ReplaceAll(s.Policy, ",", " , ") }, nil},
		"tags":           {func(s *clusterstate.Settings) { s.Tags = nil }, []string{"tags"}},
		"a tag of yours": {func(s *clusterstate.Settings) { s.Tags = clusterstate.Tags(s.Tags, map[string]string{"owner": "me"}) }, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := empty()
			if _, err := ensure(t, a, false); err != nil {
				t.Fatal(err)
			}
			test.change(a.buckets["acme-dev-kops-123456789012"])
			changes, err := ensure(t, a, false)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, c := range changes {
				got = append(got, c.Settings...)
			}
			if !slices.Equal(got, test.want) {
				t.Errorf("changed %q, want %q", got, test.want)
			}
			if again, err := ensure(t, a, false); err != nil || len(again) > 0 {
				t.Errorf("once more: %v, %+v", err, again)
			}
		})
	}
}

func TestWrongAccount(t *testing.T) {
	t.Parallel()
	a := empty()
	a.id = "999999999999"
	_, err := ensure(t, a, false)
	var wrong clusterstate.WrongAccountError
	if !errors.As(err, &wrong) || !wrong.Refused() || len(a.wrote) > 0 {
		t.Errorf("error %v; it wrote %q", err, a.wrote)
	}
}
