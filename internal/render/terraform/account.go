package terraform

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/zclconf/go-cty/cty"

	"github.com/groundwork-dev/groundwork/internal/awsname"
	"github.com/groundwork-dev/groundwork/internal/config"
	"github.com/groundwork-dev/groundwork/internal/hardening"
)

// AccountDir is the folder of the account's stack.
const AccountDir = "terraform/account"

// Account returns the files of terraform/account.
func Account(p *config.Platform) ([]File, error) {
	aws, name := &p.Spec.AWS, p.Metadata.Name
	partition := awsname.Partition(aws.Region)
	s := stack{of: hardening.Account, aws: aws, name: name, key: "account.tfstate", locals: slices.Concat(
		common(aws),
		[]local{
			text("platform", name),
			text("logs_bucket", awsname.AccountBucket(aws.AccountID, name, awsname.Logs)),
			text("logs_key_alias", awsname.AccountKeyAlias(name, awsname.Logs)),
			text("volumes_key_alias", awsname.AccountKeyAlias(name, awsname.Volumes)),
			text("alerts_topic", name+"-alerts"),
			text("trail_arn", fmt.Sprintf("arn:%s:cloudtrail:%s:%s:trail/%s", partition, aws.Region, aws.AccountID, name)),
			texts("notification_emails", emails(aws)),
		},
		connection(aws),
	)}
	if repositories := Repositories(p); len(repositories) > 0 {
		s.own = append(s.own, "repositories.tf")
		s.locals = append(s.locals, texts("repositories", repositories))
	}
	s.locals = append(s.locals, tags(map[string]string{awsname.TagPlatform: name, tagStack: string(hardening.Account)}))
	return s.render()
}

// tagStack is on every resource, beside awsname's.
const tagStack = "groundwork.dev/stack"

func tags(of map[string]string) local {
	values := map[string]cty.Value{}
	for k, v := range of {
		values[k] = cty.StringVal(v)
	}
	return object("tags", values).kept()
}

// common is what every stack knows.
func common(aws *config.AWS) []local {
	return []local{
		text("account_id", aws.AccountID).kept(),
		text("partition", awsname.Partition(aws.Region)),
		text("region", aws.Region).kept(),
	}
}

func emails(aws *config.AWS) []string {
	if aws.Notifications == nil {
		return nil
	}
	return []string{aws.Notifications.Email}
}

func connection(aws *config.AWS) []local {
	switch c := aws.Connection; {
	case c == nil:
		return nil
	case c.VPN != nil:
		return []local{text("vpn_address", c.VPN.Address)}
	default:
		return []local{object("direct_connect", map[string]cty.Value{
			"connection_id": cty.StringVal(c.DirectConnect.ConnectionID),
			"vlan":          cty.NumberIntVal(int64(c.DirectConnect.VLAN)),
			"asn":           cty.NumberIntVal(int64(c.DirectConnect.ASN)),
		})}
	}
}

// Repositories are the names of the ECR repositories that apps' images are in,
// sorted: those of this account and region.
func Repositories(p *config.Platform) []string {
	aws := p.Spec.AWS
	registry := aws.AccountID + ".dkr.ecr." + aws.Region + "." + dnsSuffix(aws.Region) + "/"
	found := map[string]bool{}
	for _, app := range p.Spec.Apps {
		if name, ours := strings.CutPrefix(app.Image, registry); ours {
			name, _, _ = strings.Cut(name, "@")
			name, _, _ = strings.Cut(name, ":")
			found[name] = true
		}
	}
	return slices.Sorted(maps.Keys(found))
}

func dnsSuffix(region string) string {
	if awsname.Partition(region) == "aws-cn" {
		return "amazonaws.com.cn"
	}
	return "amazonaws.com"
}
