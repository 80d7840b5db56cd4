// Package clusterstate makes what has to be in AWS before any Terraform: the
// buckets that hold the state of kops and Terraform, the bucket from which AWS
// reads a cluster's OIDC keys, and the KMS keys that encrypt them. It looks first
// and changes only what differs, so it may be run again at any time, also after a
// run that was killed.
package clusterstate

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"strings"
)

// Bucket is a bucket as it should be.
type Bucket struct {
	Name string
	// KeyAlias is the alias of the KMS key that encrypts the bucket; without it, S3
	// encrypts with keys of its own.
	KeyAlias string
	// ReadByAnybody lets everybody read objects, nobody list or write them.
	ReadByAnybody bool
	Tags          map[string]string
}

// Settings are those of a bucket that matter here.
type Settings struct {
	// Versioned keeps what was overwritten.
	Versioned bool
	// KeyARN is the KMS key that encrypts by default; empty for S3's own keys.
	KeyARN string
	// PublicACLsBlocked and PublicPoliciesBlocked are the two halves of S3's public
	// access block.
	PublicACLsBlocked, PublicPoliciesBlocked bool
	// Policy is the bucket's policy, JSON; empty without one.
	Policy string
	Tags   map[string]string
}

// Cloud is the account.
type Cloud interface {
	// Account is the number of the account that the credentials are for.
	Account(ctx context.Context) (string, error)
	// Key returns the ARN of the key with an alias, empty where there is none.
	Key(ctx context.Context, alias string) (arn string, err error)
	// MakeKey makes a key that is rotated, with an alias. A key that a killed call
	// left behind is taken.
	MakeKey(ctx context.Context, alias string, tags map[string]string) (arn string, err error)
	// Bucket returns the settings of a bucket of the account; nil where there is
	// none of that name. One of another account is an error.
	Bucket(ctx context.Context, name string) (*Settings, error)
	MakeBucket(ctx context.Context, name string) error
	// Apply changes a bucket's settings to want, where they differ from now.
	Apply(ctx context.Context, name string, now, want Settings) error
}

// Change is one thing that was made or changed, or would be.
type Change struct {
	// Kind is key or bucket, Name its alias or name.
	Kind string `json:"kind"`
	Name string `json:"name"`
	// Made says that it was not there. Settings are those that differed.
	Made     bool     `json:"made,omitempty"`
	Settings []string `json:"settings,omitempty"`
}

// Ensure brings buckets and their keys to what they should be. With dry, it only
// tells. Other credentials than the account's are refused. Partition is that of
// the region. The changes that were made are returned with an error, too.
func Ensure(ctx context.Context, cloud Cloud, account, partition string, buckets []Bucket, dry bool) ([]Change, error) {
	id, err := cloud.Account(ctx)
	if err != nil {
		return nil, fmt.Errorf("asking AWS whose the credentials are: %w", err)
	}
	if id != account {
		return nil, WrongAccountError{Have: id, Want: account}
	}
	var changes []Change
	for _, b := range buckets {
		made, err := ensure(ctx, cloud, b, partition, dry)
		changes = append(changes, made...)
		if err != nil {
			return changes, fmt.Errorf("bucket %s: %w", b.Name, err)
		}
	}
	return changes, nil
}

// WrongAccountError says that nothing was done: the credentials are for another
// account than platform.yaml's.
type WrongAccountError struct{ Have, Want string }

// Refused tells the error apart from others.
func (WrongAccountError) Refused() bool { return true }

func (e WrongAccountError) Error() string {
	return fmt.Sprintf("the credentials are for account %s, and platform.yaml says %s: use those of that account; nothing was changed", e.Have, e.Want)
}

func ensure(ctx context.Context, cloud Cloud, b Bucket, partition string, dry bool) (changes []Change, err error) {
	var key string
	if b.KeyAlias != "" {
		if key, err = cloud.Key(ctx, b.KeyAlias); err != nil {
			return nil, err
		}
		if key == "" {
			changes = append(changes, Change{Kind: "key", Name: b.KeyAlias, Made: true})
			if !dry {
				if key, err = cloud.MakeKey(ctx, b.KeyAlias, b.Tags); err != nil {
					return nil, err
				}
			}
		}
	}
	now, err := cloud.Bucket(ctx, b.Name)
	if err != nil {
		return changes, err
	}
	change := Change{Kind: "bucket", Name: b.Name, Made: now == nil}
	if now == nil {
		now = &Settings{}
		if !dry {
			if err := cloud.MakeBucket(ctx, b.Name); err != nil {
				return changes, err
			}
		}
	}
	want := b.settings(key, partition)
	change.Settings = Differing(*now, want)
	if !change.Made && len(change.Settings) == 0 {
		return changes, nil
	}
	if !dry {
		if err := cloud.Apply(ctx, b.Name, *now, want); err != nil {
			return changes, err
		}
	}
	return append(changes, change), nil
}

func (b Bucket) settings(key, partition string) Settings {
	return Settings{
		Versioned: true, KeyARN: key, PublicACLsBlocked: true, PublicPoliciesBlocked: !b.ReadByAnybody,
		Policy: b.policy(partition), Tags: b.Tags,
	}
}

// policy refuses what does not come over TLS.
func (b Bucket) policy(partition string) string {
	bucket := "arn:" + partition + ":s3:::" + b.Name
	statements := []any{map[string]any{
		"Sid": "OnlyTLS", "Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": []any{bucket, bucket + "/*"},
		"Condition": map[string]any{"Bool": map[string]any{"aws:SecureTransport": "false"}},
	}}
	if b.ReadByAnybody {
		statements = append(statements, map[string]any{
			"Sid": "ReadByAnybody", "Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": bucket + "/*",
		})
	}
	text, err := json.Marshal(map[string]any{"Version": "2012-10-17", "Statement": statements})
	if err != nil {
		panic(err) // strings alone
	}
	return string(text)
}

// Differing names the settings of a bucket that are not as they should be. Tags
// of others are left alone.
func Differing(now, want Settings) []string {
	var differ []string
	for _, s := range []struct {
		name string
		same bool
	}{
		{"versioning", now.Versioned == want.Versioned},
		{"encryption", now.KeyARN == want.KeyARN},
		{"public access block", now.PublicACLsBlocked == want.PublicACLsBlocked && now.PublicPoliciesBlocked == want.PublicPoliciesBlocked},
		{"policy", samePolicy(now.Policy, want.Policy)},
		{"tags", maps.Equal(Tags(now.Tags, want.Tags), now.Tags)},
	} {
		if !s.same {
			differ = append(differ, s.name)
		}
	}
	return differ
}

// Tags are those of now with those of want over them.
func Tags(now, want map[string]string) map[string]string {
	all := maps.Clone(now)
	if all == nil {
		all = map[string]string{}
	}
	maps.Copy(all, want)
	return all
}

// samePolicy compares what two policies say.
func samePolicy(a, b string) bool {
	var x, y any
	if strings.TrimSpace(a) == "" || json.Unmarshal([]byte(a), &x) != nil || json.Unmarshal([]byte(b), &y) != nil {
		return a == b
	}
	return reflect.DeepEqual(x, y)
}
