package config_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/groundwork-dev/groundwork/internal/config"
	"github.com/groundwork-dev/groundwork/internal/diag"
	"github.com/groundwork-dev/groundwork/internal/hardening"
)

const zonesLine = "    zones: [eu-central-1a, eu-central-1b, eu-central-1c]\n"

// account is the good file with more said of the account.
func account(more string) []byte { return []byte(strings.Replace(good, zonesLine, zonesLine+more, 1)) }

func TestAccount(t *testing.T) {
	t.Parallel()
	p, err := config.Parse("platform.yaml", account(`    hardening:
      waf: {enabled: false, reason: Nothing is open to the internet.}
      guard-duty: {}
    connection:
      vpn: {address: 203.0.113.10, networks: [10.20.0.0/16]}
    notifications: {email: platform@example.com}
`))
	if err != nil {
		t.Fatal(err)
	}
	aws := p.Spec.AWS
	for item, want := range map[string]bool{"waf": false, "guard-duty": true, "cloud-trail": true, hardening.Connection: true} {
		if aws.Hardened(item) != want {
			t.Errorf("%s is %v", item, !want)
		}
	}
	if got := aws.Connection.Networks(); len(got) != 1 || got[0] != "10.20.0.0/16" {
		t.Errorf("networks are %q", got)
	}
	p, err = config.Parse("platform.yaml", []byte(good))
	if err != nil || p.Spec.AWS.Hardened(hardening.Connection) || p.Spec.AWS.Connection.Networks() != nil {
		t.Errorf("without a connection there is one (%v)", err)
	}
}

func TestAccountRefuses(t *testing.T) {
	t.Parallel()
	const vpn = "    connection:\n      vpn: {address: 203.0.113.10, networks: [10.20.0.0/16]}\n"
	const dx = "    connection:\n      directConnect: {connectionID: dxcon-fg5678gh, vlan: 101, asn: 65010, networks: [10.20.0.0/16]}\n"
	for name, tc := range map[string]struct{ more, old, new, want string }{
		"no reason":     {"    hardening:\n      waf: {enabled: false}\n", "", "", "platform.yaml:13:7: spec.aws.hardening.waf: is off without a reason (say why in reason"},
		"short reason":  {"    hardening:\n      waf: {enabled: false, reason: no}\n", "", "", "platform.yaml:13:37: spec.aws.hardening.waf.reason: is \"no\", want at least 10 characters"},
		"many lines":    {"    hardening:\n      waf: {enabled: false, reason: \"one line\\nand another\"}\n", "", "", "spec.aws.hardening.waf.reason: is"},
		"reason of on":  {"    hardening:\n      waf: {reason: It is on as it is.}\n", "", "", "platform.yaml:13:21: spec.aws.hardening.waf.reason: is the reason of an item that is on"},
		"unknown item":  {"    hardening:\n      guard-dty: {}\n", "", "", `platform.yaml:13:7: spec.aws.hardening.guard-dty: there is no hardening item "guard-dty" (did you mean "guard-duty"?)`},
		"unknown key":   {"    hardening:\n      waf: {enable: false}\n", "", "", `unknown key (did you mean "enabled"?)`},
		"needed":        {"    hardening:\n      config-recorder: {enabled: false, reason: The organisation records.}\n", "", "", "platform.yaml:13:7: spec.aws.hardening.config-recorder: is off, and security-hub needs it (turn security-hub off too, with a reason)"},
		"both":          {vpn + "      directConnect: {connectionID: dxcon-fg5678gh, vlan: 101, asn: 65010, networks: [10.20.0.0/16]}\n", "", "", "platform.yaml:12:5: spec.aws.connection: has both a vpn and a directConnect"},
		"neither":       {"    connection: {}\n", "", "", "spec.aws.connection: has neither a vpn nor a directConnect"},
		"address":       {vpn, "203.0.113.10", "203.0.113.300", `spec.aws.connection.vpn.address: is "203.0.113.300", want an IPv4 address`},
		"private":       {vpn, "203.0.113.10", "10.0.0.1", "10.0.0.1 is not an address on the internet"},
		"loopback":      {vpn, "203.0.113.10", "127.0.0.1", "127.0.0.1 is not an address on the internet"},
		"name":          {vpn, "203.0.113.10", "vpn.example.com", "want an IPv4 address such as 203.0.113.10"},
		"network":       {vpn, "10.20.0.0/16", "10.20.0.0", `platform.yaml:13:47: spec.aws.connection.vpn.networks[0]: is "10.20.0.0", want a network`},
		"network bits":  {vpn, "10.20.0.0/16", "10.20.1.0/16", "has bits beyond its mask (write 10.20.0.0/16)"},
		"everything":    {vpn, "10.20.0.0/16", "0.0.0.0/0", "is the whole internet"},
		"IPv6":          {vpn, "10.20.0.0/16", `"fd00::/8"`, "want a network such as"},
		"no network":    {vpn, "[10.20.0.0/16]", "[]", "spec.aws.connection.vpn.networks"},
		"connection id": {dx, "dxcon-fg5678gh", "fg5678gh", "want an id such as dxcon-fg5678gh"},
		"vlan":          {dx, "vlan: 101", "vlan: 5000", "spec.aws.connection.directConnect.vlan"},
		"dx network":    {dx, "10.20.0.0/16", "10.20.0.0/33", "spec.aws.connection.directConnect.networks[0]"},
		"email":         {"    notifications: {email: platform}\n", "", "", "spec.aws.notifications.email: is \"platform\", want an address such as platform@example.com"},
		"no email":      {"    notifications: {}\n", "", "", "spec.aws.notifications.email: is missing"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := config.Parse("platform.yaml", account(strings.Replace(tc.more, tc.old, tc.new, 1)))
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("error is\n%v\nwant it to hold\n%s", err, tc.want)
			}
		})
	}
}

// All that is wrong with the account is told at once.
func TestAccountProblemsAtOnce(t *testing.T) {
	t.Parallel()
	_, err := config.Parse("platform.yaml", account(`    hardening:
      waf: {enabled: false}
      wafs: {}
      cloud-trail: {enabled: false, reason: The organisation has a trail.}
    connection:
      vpn: {address: 10.0.0.1, networks: [10.20.1.0/16, x]}
    notifications: {email: platform}
`))
	problems, ok := errors.AsType[diag.Problems](err)
	if !ok || len(problems) != 7 {
		t.Errorf("want 7 problems, have %d:\n%v", len(problems), err)
	}
}
