package clusterfacts_test

import (
	"errors"
	"os"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/groundwork-dev/groundwork/internal/clusterfacts"
	"github.com/groundwork-dev/groundwork/internal/diag"
)

// committed is the lock of this repository's dev cluster.
func committed(t testing.TB) string {
	t.Helper()
	data, err := os.ReadFile("../../clusters/dev/facts.lock.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// TestRoundTrip: a lock is the same after it was read and written, and it says
// of itself that it is an example.
func TestRoundTrip(t *testing.T) {
	t.Parallel()
	text := committed(t)
	f, err := clusterfacts.Load(os.DirFS("../.."), "dev")
	if err != nil {
		t.Fatal(err)
	}
	again, err := f.Format()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(text, string(again)); diff != "" {
		t.Errorf("written again (-before +after):\n%s", diff)
	}
	if n := strings.Count(text, "source: example"); n == 0 || f.Examples() != n || f.Examples() != len(f.Origins()) {
		t.Errorf("%d of %d facts are examples, the file says so %d times", f.Examples(), len(f.Origins()), n)
	}
}

func TestParseRefuses(t *testing.T) {
	t.Parallel()
	good := committed(t)
	for name, tc := range map[string]struct{ old, new, want string }{
		"kind":        {"kind: ClusterFacts", "kind: Facts", "want groundwork.dev/v1alpha1 and ClusterFacts"},
		"unknown":     {"kind: ClusterFacts", "kind: ClusterFacts\nvpc: x", `unknown field "vpc"`},
		"account":     {`"123456789012"`, `"1234"`, "account.id: is no number of an account"},
		"zone":        {"Z0EXAMPLE", "z/0", "dnsZone.id: is no number of a hosted zone"},
		"image":       {"ami-00000000000000001", "ami-x", "is no number of a machine image"},
		"sum":         {"0000000000000000000000000000000000000000000000000000000000000003", "0003", "is no SHA-256"},
		"no source":   {"source: example", `source: ""`, "has no source and date"},
		"date":        {`date: "`, `date: "on `, "has no source and date"},
		"private key": {"BEGIN CERTIFICATE", "BEGIN RSA PRIVATE" + " KEY", "is not one certificate in PEM"},
		"primary":     {"primary: \"", "primary: \"9", "has no certificate 9"},
		"processors":  {"cpus: 2", "cpus: 0", "has no processors"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in := strings.Replace(good, tc.old, tc.new, 1)
			if in == good {
				t.Fatal("the case changes nothing")
			}
			_, err := clusterfacts.Parse("facts.lock.yaml", []byte(in))
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Fatalf("error is\n%v\nwant it to hold\n%s", err, tc.want)
			}
			if _, ok := errors.AsType[diag.Problems](err); !ok || !strings.HasPrefix(err.Error(), "facts.lock.yaml") {
				t.Errorf("error is a %T without a place: %v", err, err)
			}
		})
	}
}

func TestLoadOfAnotherCluster(t *testing.T) {
	t.Parallel()
	fsys := fstest.MapFS{"clusters/prod/facts.lock.yaml": {Data: []byte(committed(t))}}
	if _, err := clusterfacts.Load(fsys, "prod"); err == nil || !strings.Contains(err.Error(), `is "dev", in the folder of cluster prod`) {
		t.Errorf("error is %v", err)
	}
	if _, err := clusterfacts.Load(fsys, "dev"); err == nil || !strings.Contains(err.Error(), "bootstrap cluster facts --cluster dev --refresh") {
		t.Errorf("error is %v", err)
	}
}

// FuzzParse: nothing panics, and what is read is written as it is read.
func FuzzParse(f *testing.F) {
	f.Add([]byte(committed(f)))
	f.Add([]byte("kind: ClusterFacts\nkeysets: {a: {primary: '1', certificates: {'1': x}}}\n"))
	f.Add([]byte("images: {x: 1}\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		facts, err := clusterfacts.Parse("facts.lock.yaml", data)
		if err != nil {
			return
		}
		text, err := facts.Format()
		if err != nil {
			t.Fatal(err)
		}
		again, err := clusterfacts.Parse("facts.lock.yaml", text)
		if err != nil {
			t.Fatalf("reading what was written: %v", err)
		}
		before, _ := facts.Canonical()
		after, _ := again.Canonical()
		if diff := cmp.Diff(string(before), string(after)); diff != "" {
			t.Error(diff)
		}
	})
}
