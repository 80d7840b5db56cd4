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

// keptAtEnd is what outlives a cluster on purpose, by name, with the commands
// that remove it.
func keptAtEnd(p *config.Platform, c platform.Cluster, r *clusterspec.Request) []destroy.Kept {
	account := p.Spec.AWS.AccountID
	kept := []destroy.Kept{}
	backups := false
	for _, component := range c.Components {
		for _, b := range component.Spec.Buckets {
			name := awsname.Bucket(account, c.FullName, b.Name)
			kept = append(kept, destroy.Kept{Kind: "bucket", Name: name, Why: component.Name + ": " + b.Description, Remove: bucketRemoval(name)})
		}
		for _, k := range component.Spec.Keys {
			alias := awsname.KeyAlias(c.FullName, k.Name)
			kept = append(kept, destroy.Kept{Kind: "key", Name: alias, Why: component.Name + ": " + k.Description, Remove: keyRemoval(alias)})
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
		kept = append(kept, destroy.Kept{Kind: "bucket", Name: b.Name, Why: "kops' state and keys; 'bootstrap cluster state' made it", Remove: bucketRemoval(b.Name)})
		if b.KeyAlias != "" {
			kept = append(kept, destroy.Kept{Kind: "key", Name: b.KeyAlias, Why: "encrypts that bucket", Remove: keyRemoval(b.KeyAlias)})
		}
	}
	state := clusterstate.OfPlatform(p.Metadata.Name, account)
	return append(kept,
		destroy.Kept{Kind: "bucket", Name: state.Name, Why: "the states of all Terraform stacks, those of other clusters too"},
		destroy.Kept{Kind: "stack", Name: "terraform/account", Why: "it belongs to the account, with its logs; other clusters share it"},
	)
}

// bucketRemoval empties a bucket, 500 versions at a time until there are none,
// and removes it.
func bucketRemoval(name string) []string {
	return []string{
		fmt.Sprintf(`while aws s3api delete-objects --bucket %[1]s --delete "$(aws s3api list-object-versions --bucket %[1]s --max-items 500 --output json --query '{Objects: [Versions,DeleteMarkers][][].{Key: Key, VersionId: VersionId}}')" >/dev/null 2>&1; do :; done`, name),
		"aws s3api delete-bucket --bucket " + name,
	}
}

// keyRemoval ends a key after the longest time in which it can be had back.
func keyRemoval(alias string) []string {
	return []string{
		fmt.Sprintf("aws kms schedule-key-deletion --pending-window-in-days 30 --key-id $(aws kms describe-key --key-id %s --query KeyMetadata.KeyId --output text)", alias),
		"aws kms delete-alias --alias-name " + alias,
	}
}
