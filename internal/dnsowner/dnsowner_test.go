package dnsowner_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/groundwork-dev/groundwork/internal/dnsowner"
)

const ours = "heritage=external-dns,external-dns/owner=acme-dev"

func txt(name, value string) dnsowner.Record {
	return dnsowner.Record{Name: name, Type: "TXT", Values: []string{value}}
}

func a(name string) dnsowner.Record {
	return dnsowner.Record{Name: name, Type: "A", Values: []string{"192.0.2.1"}}
}

func TestOwned(t *testing.T) {
	t.Parallel()
	of := func(owner string) string {
		return `"heritage=external-dns,external-dns/owner=` + owner + `,external-dns/resource=ingress/shop/shop"`
	}
	for name, tc := range map[string]struct {
		records []dnsowner.Record
		markers []string
		want    []int
	}{
		"a record and its owner": {records: []dnsowner.Record{a("app.example.com."), txt("_owner.a-app.example.com.", of("acme-dev"))}, want: []int{0, 1}},
		"without a label":        {records: []dnsowner.Record{txt("a-app.example.com.", of("acme-dev")), a("app.example.com.")}, want: []int{0, 1}},
		"any case and dot":       {records: []dnsowner.Record{a("App.Example.com"), txt("_owner.a-app.example.com.", of("acme-dev"))}, want: []int{0, 1}},
		"an alias":               {records: []dnsowner.Record{a("app.example.com."), txt("_owner.cname-app.example.com.", of("acme-dev"))}, want: []int{0, 1}},
		"a wildcard":             {records: []dnsowner.Record{a(`\052.example.com.`), txt(`_owner.a-\052.example.com.`, of("acme-dev"))}, want: []int{0, 1}},
		"the record is gone":     {records: []dnsowner.Record{txt("_owner.a-app.example.com.", of("acme-dev"))}, want: []int{0}},
		"another owner":          {records: []dnsowner.Record{a("app.example.com."), txt("_owner.a-app.example.com.", of("acme-prod"))}},
		"an owner that begins alike": {
			records: []dnsowner.Record{a("app.example.com."), txt("_owner.a-app.example.com.", of("acme-dev2"))},
		},
		"a name that ends alike": {
			records: []dnsowner.Record{a("app.example.com."), txt("_owner.a-my-app.example.com.", of("acme-dev"))}, want: []int{1},
		},
		"another type": {
			records: []dnsowner.Record{{Name: "app.example.com.", Type: "MX"}, txt("_owner.a-app.example.com.", of("acme-dev"))}, want: []int{1},
		},
		"another set": {
			records: []dnsowner.Record{
				{Name: "app.example.com.", Type: "A", Set: "theirs"},
				{Name: "app.example.com.", Type: "A", Set: "ours"},
				{Name: "_owner.a-app.example.com.", Type: "TXT", Set: "ours", Values: []string{of("acme-dev")}},
			}, want: []int{1, 2},
		},
		"two owners in one": {
			records: []dnsowner.Record{a("app.example.com."), {Name: "_owner.a-app.example.com.", Type: "TXT", Values: []string{of("acme-dev"), of("acme-prod")}}},
		},
		"no owner at all": {records: []dnsowner.Record{a("app.example.com."), txt("example.com.", `"v=spf1 -all"`)}},
		"in two strings": {
			records: []dnsowner.Record{txt("_owner.a-app.example.com.", `"heritage=external-dns,external-dns/" "owner=acme-dev"`)}, want: []int{0},
		},
		"a marker that is empty": {records: []dnsowner.Record{txt("_owner.a-app.example.com.", `"x"`), txt("a.example.com", `""`)}, markers: []string{"", " "}},
		"a part alone":           {records: []dnsowner.Record{txt("_owner.a-app.example.com.", `"heritage=external-dns"`)}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			markers := tc.markers
			if markers == nil {
				markers = []string{ours}
			}
			if diff := cmp.Diff(tc.want, dnsowner.Owned(tc.records, markers)); diff != "" {
				t.Errorf("(-want +have)\n%s", diff)
			}
		})
	}
}

// FuzzOwned: whatever a zone holds, what speaks for another owner stays.
func FuzzOwned(f *testing.F) {
	f.Add("_owner.a-app.example.com.", `"heritage=external-dns,external-dns/owner=acme-dev"`, "app.example.com")
	f.Add("cname-x", `""" "`, "x")
	f.Add("_", ",", "")
	f.Fuzz(func(t *testing.T, name, value, of string) {
		records := []dnsowner.Record{txt(name, value), a(of), txt("_owner.a-kept.example.com", `"heritage=external-dns,external-dns/owner=acme-prod"`), a("kept.example.com")}
		owned := dnsowner.Owned(records, []string{ours})
		if slices.Contains(owned, 2) {
			t.Errorf("%q %q: another owner's is taken", name, value)
		}
		if !slices.Contains(owned, 0) && len(owned) > 0 {
			t.Errorf("%q %q: a record without an owner is taken", name, value)
		}
	})
}
