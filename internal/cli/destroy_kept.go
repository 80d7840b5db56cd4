package cli

import (
	"fmt"

	"github.com/groundwork-dev/groundwork/internal/awsname"
	"github.com/groundwork-dev/groundwork/internal/clusterspec"
	"github.com/groundwork-dev/groundwork/internal/clusterstate"
	"github.com/groundwork-dev/groundwork/internal/config"
	"github.com/groundwork-dev/groundwork/internal/destroy"
	"github.com/groundwork-dev/groundwork/internal/platform"
)

// The kinds of what is kept that are removed the same way.
const (
	keptBucket = "bucket"
	keptKey    = "key"
)

// keptAtEnd is what outlives a cluster on purpose, by name, with the commands
// that remove it.
func keptAtEnd(p *config.Platform, c platform.Cluster, r *clusterspec.Request) []destroy.Kept {
	account := p.Spec.AWS.AccountID
	kept := []destroy.Kept{}
	backups := false
	for _, component := range c.Components {
		for _, b := range component.Spec.Buckets {
			name := awsname.Bucket(account, c.FullName, b.Name)
			kept = append(kept, destroy.Kept{Kind: keptBucket, Name: name, Why: component.Name + ": " + b.Description, Remove: removal(keptBucket, name)})
		}
		for _, k := range component.Spec.Keys {
			alias := awsname.KeyAlias(c.FullName, k.Name)
			kept = append(kept, destroy.Kept{Kind: keptKey, Name: alias, Why: component.Name + ": " + k.Description, Remove: removal(keptKey, alias)})
		}
		backups = backups || component.LastBackup != nil
	}
	if backups {
		filter := "Name=tag:kubernetes.io/cluster/" + c.Domain + ",Values=owned"
		kept = append(kept, destroy.Kept{
			Kind: "snapshots", Name: "of EBS with the tag kubernetes.io/cluster/" + c.Domain, Why: "the volumes, as the backups have them",
			Remove: []string{fmt.Sprintf("for s in $(aws ec2 describe-snapshots --owner-ids self --filters %s --query 'Snapshots[].SnapshotId' --output text); do aws ec2 delete-snapshot --snapshot-id $s; done", filter)},
		})
	}
	for _, b := range clusterstate.OfCluster(p.Metadata.Name, c.Name, r) {
		why := "kops' state, with the cluster's private keys"
		if b.ReadByAnybody {
			why = "the public keys by which AWS trusted the cluster's service accounts"
		}
		kept = append(kept, destroy.Kept{Kind: keptBucket, Name: b.Name, Why: why, Remove: removal(keptBucket, b.Name)})
		if b.KeyAlias != "" {
			kept = append(kept, destroy.Kept{Kind: keptKey, Name: b.KeyAlias, Why: "encrypts that bucket", Remove: removal(keptKey, b.KeyAlias)})
		}
	}
	return append(kept, destroy.Kept{
		Kind: "bucket of all clusters", Name: clusterstate.OfPlatform(p.Metadata.Name, account).Name, Why: "the states of all Terraform stacks",
	}, destroy.Kept{
		Kind: "stack of all clusters", Name: "terraform/account", Why: "it belongs to the account, with its logs (docs/aws.md says how to remove it)",
	})
}

// removal are the commands that remove a bucket or a key. A bucket is emptied 500
// versions at a time until there are none; a key ends after the longest time in
// which it can be had back.
func removal(kind, name string) []string {
	if kind == keptKey {
		return []string{
			fmt.Sprintf("aws kms schedule-key-deletion --pending-window-in-days 30 --key-id $(aws kms describe-key --key-id %s --query KeyMetadata.KeyId --output text)", name),
			"aws kms delete-alias --alias-name " + name,
		}
	}
	return []string{
		fmt.Sprintf(`while aws s3api delete-objects --bucket %[1]s --delete "$(aws s3api list-object-versions --bucket %[1]s --max-items 500 --output json --query '{Objects: [Versions,DeleteMarkers][][].{Key: Key, VersionId: VersionId}}')" >/dev/null 2>&1; do :; done`, name),
		"aws s3api delete-bucket --bucket " + name,
	}
}
