package aws

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	kmstypes "github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"

	"github.com/groundwork-dev/groundwork/internal/clusterstate"
)

// State is the part of an account that holds state: buckets and their keys.
type State struct {
	region string
	s3     *s3.Client
	kms    *kms.Client
	sts    *sts.Client
}

var _ clusterstate.Cloud = (*State)(nil)

// OpenState opens a region with the credentials that the AWS tools would take.
func OpenState(ctx context.Context, region string) (*State, error) {
	c, err := config.LoadDefaultConfig(ctx, config.WithRegion(region))
	if err != nil {
		return nil, fmt.Errorf("reading the AWS configuration: %w", err)
	}
	// The path names the bucket where somebody else than AWS answers.
	path := func(o *s3.Options) { o.UsePathStyle = c.BaseEndpoint != nil }
	return &State{region, s3.NewFromConfig(c, path), kms.NewFromConfig(c), sts.NewFromConfig(c)}, nil
}

// Account implements clusterstate.Cloud.
func (s *State) Account(ctx context.Context) (string, error) {
	out, err := s.sts.GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	if err != nil {
		return "", err
	}
	return aws.ToString(out.Account), nil
}

// Key implements clusterstate.Cloud.
func (s *State) Key(ctx context.Context, alias string) (string, error) {
	out, err := s.kms.DescribeKey(ctx, &kms.DescribeKeyInput{KeyId: aws.String(alias)})
	if _, none := errors.AsType[*kmstypes.NotFoundException](err); none {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("asking for the key %s: %w", alias, err)
	}
	if out.KeyMetadata.KeyState != kmstypes.KeyStateEnabled {
		return "", fmt.Errorf("the key %s is %s: enable it, or cancel its deletion", alias, out.KeyMetadata.KeyState)
	}
	return aws.ToString(out.KeyMetadata.Arn), nil
}

// MakeKey implements clusterstate.Cloud.
func (s *State) MakeKey(ctx context.Context, alias string, tags map[string]string) (string, error) {
	arn, err := s.leftBehind(ctx, alias)
	if err != nil {
		return "", err
	}
	if arn == "" {
		in := &kms.CreateKeyInput{Description: aws.String(alias)}
		for _, name := range slices.Sorted(maps.Keys(tags)) {
			in.Tags = append(in.Tags, kmstypes.Tag{TagKey: aws.String(name), TagValue: aws.String(tags[name])})
		}
		out, err := s.kms.CreateKey(ctx, in)
		if err != nil {
			return "", fmt.Errorf("making the key %s: %w", alias, err)
		}
		arn = aws.ToString(out.KeyMetadata.Arn)
	}
	if _, err := s.kms.EnableKeyRotation(ctx, &kms.EnableKeyRotationInput{KeyId: aws.String(arn)}); err != nil {
		return "", fmt.Errorf("having the key %s rotated: %w", alias, err)
	}
	// Last: a key that has its alias is finished.
	if _, err := s.kms.CreateAlias(ctx, &kms.CreateAliasInput{AliasName: aws.String(alias), TargetKeyId: aws.String(arn)}); err != nil {
		return "", fmt.Errorf("naming the key %s: %w", alias, err)
	}
	return arn, nil
}

// leftBehind returns a key that was made for an alias and never got it.
func (s *State) leftBehind(ctx context.Context, alias string) (string, error) {
	keys := kms.NewListKeysPaginator(s.kms, &kms.ListKeysInput{})
	for keys.HasMorePages() {
		page, err := keys.NextPage(ctx)
		if err != nil {
			return "", fmt.Errorf("listing the keys: %w", err)
		}
		for _, key := range page.Keys {
			out, err := s.kms.DescribeKey(ctx, &kms.DescribeKeyInput{KeyId: key.KeyId})
			if err != nil {
				if refused(err) { // a key of others, which may keep itself from us
					continue
				}
				return "", fmt.Errorf("asking for a key: %w", err)
			}
			if m := out.KeyMetadata; aws.ToString(m.Description) == alias && m.KeyState == kmstypes.KeyStateEnabled {
				return aws.ToString(m.Arn), nil
			}
		}
	}
	return "", nil
}

func refused(err error) bool {
	api, ok := errors.AsType[smithy.APIError](err)
	return ok && api.ErrorCode() == "AccessDeniedException"
}

// Bucket implements clusterstate.Cloud.
func (s *State) Bucket(ctx context.Context, name string) (*clusterstate.Settings, error) {
	_, err := s.s3.HeadBucket(ctx, &s3.HeadBucketInput{Bucket: aws.String(name)})
	if absent(err, "NotFound", "NoSuchBucket") {
		return nil, nil
	}
	if absent(err, "Forbidden", "AccessDenied") {
		return nil, errors.New("it is there, and these credentials may not look at it: it may be another account's")
	}
	if err != nil {
		return nil, fmt.Errorf("asking for it: %w", err)
	}
	now := &clusterstate.Settings{}
	for _, read := range []func(context.Context, *string, *clusterstate.Settings) error{s.versioning, s.encryption, s.publicAccess, s.policy, s.tags} {
		if err := read(ctx, aws.String(name), now); err != nil {
			return nil, err
		}
	}
	return now, nil
}

func absent(err error, codes ...string) bool {
	api, ok := errors.AsType[smithy.APIError](err)
	return ok && slices.Contains(codes, api.ErrorCode())
}

func (s *State) versioning(ctx context.Context, bucket *string, now *clusterstate.Settings) error {
	out, err := s.s3.GetBucketVersioning(ctx, &s3.GetBucketVersioningInput{Bucket: bucket})
	if err != nil {
		return fmt.Errorf("asking for its versioning: %w", err)
	}
	now.Versioned = out.Status == types.BucketVersioningStatusEnabled
	return nil
}

func (s *State) encryption(ctx context.Context, bucket *string, now *clusterstate.Settings) error {
	out, err := s.s3.GetBucketEncryption(ctx, &s3.GetBucketEncryptionInput{Bucket: bucket})
	if absent(err, "ServerSideEncryptionConfigurationNotFoundError") {
		return nil
	}
	if err != nil {
		return fmt.Errorf("asking for its encryption: %w", err)
	}
	for _, rule := range out.ServerSideEncryptionConfiguration.Rules {
		if d := rule.ApplyServerSideEncryptionByDefault; d != nil && d.SSEAlgorithm == types.ServerSideEncryptionAwsKms {
			now.KeyARN = aws.ToString(d.KMSMasterKeyID)
		}
	}
	return nil
}

func (s *State) publicAccess(ctx context.Context, bucket *string, now *clusterstate.Settings) error {
	out, err := s.s3.GetPublicAccessBlock(ctx, &s3.GetPublicAccessBlockInput{Bucket: bucket})
	if absent(err, "NoSuchPublicAccessBlockConfiguration") {
		return nil
	}
	if err != nil {
		return fmt.Errorf("asking for its public access block: %w", err)
	}
	c := out.PublicAccessBlockConfiguration
	now.PublicACLsBlocked = aws.ToBool(c.BlockPublicAcls) && aws.ToBool(c.IgnorePublicAcls)
	now.PublicPoliciesBlocked = aws.ToBool(c.BlockPublicPolicy) && aws.ToBool(c.RestrictPublicBuckets)
	return nil
}

func (s *State) policy(ctx context.Context, bucket *string, now *clusterstate.Settings) error {
	out, err := s.s3.GetBucketPolicy(ctx, &s3.GetBucketPolicyInput{Bucket: bucket})
	if absent(err, "NoSuchBucketPolicy") {
		return nil
	}
	if err != nil {
		return fmt.Errorf("asking for its policy: %w", err)
	}
	now.Policy = aws.ToString(out.Policy)
	return nil
}

func (s *State) tags(ctx context.Context, bucket *string, now *clusterstate.Settings) error {
	out, err := s.s3.GetBucketTagging(ctx, &s3.GetBucketTaggingInput{Bucket: bucket})
	if absent(err, "NoSuchTagSet") {
		return nil
	}
	if err != nil {
		return fmt.Errorf("asking for its tags: %w", err)
	}
	now.Tags = map[string]string{}
	for _, tag := range out.TagSet {
		now.Tags[aws.ToString(tag.Key)] = aws.ToString(tag.Value)
	}
	return nil
}

// MakeBucket implements clusterstate.Cloud.
func (s *State) MakeBucket(ctx context.Context, name string) error {
	in := &s3.CreateBucketInput{Bucket: aws.String(name), ObjectOwnership: types.ObjectOwnershipBucketOwnerEnforced}
	if s.region != firstRegion {
		in.CreateBucketConfiguration = &types.CreateBucketConfiguration{LocationConstraint: types.BucketLocationConstraint(s.region)}
	}
	if _, err := s.s3.CreateBucket(ctx, in); err != nil {
		return fmt.Errorf("making it: %w", err)
	}
	return nil
}

// firstRegion is the one that S3 must not be told (CreateBucket, LocationConstraint).
const firstRegion = "us-east-1"

// Apply implements clusterstate.Cloud. The public access block comes before the
// policy, which it may refuse.
func (s *State) Apply(ctx context.Context, name string, now, want clusterstate.Settings) error {
	bucket := aws.String(name)
	apply := map[string]func() error{
		"versioning": func() error {
			_, err := s.s3.PutBucketVersioning(ctx, &s3.PutBucketVersioningInput{Bucket: bucket, VersioningConfiguration: &types.VersioningConfiguration{Status: types.BucketVersioningStatusEnabled}})
			return err
		},
		"encryption": func() error { return s.encrypt(ctx, bucket, want.KeyARN) },
		"public access block": func() error {
			_, err := s.s3.PutPublicAccessBlock(ctx, &s3.PutPublicAccessBlockInput{Bucket: bucket, PublicAccessBlockConfiguration: &types.PublicAccessBlockConfiguration{
				BlockPublicAcls: aws.Bool(want.PublicACLsBlocked), IgnorePublicAcls: aws.Bool(want.PublicACLsBlocked),
				BlockPublicPolicy: aws.Bool(want.PublicPoliciesBlocked), RestrictPublicBuckets: aws.Bool(want.PublicPoliciesBlocked),
			}})
			return err
		},
		"policy": func() error {
			_, err := s.s3.PutBucketPolicy(ctx, &s3.PutBucketPolicyInput{Bucket: bucket, Policy: aws.String(want.Policy)})
			return err
		},
		"tags": func() error { return s.tag(ctx, bucket, clusterstate.Tags(now.Tags, want.Tags)) },
	}
	for _, setting := range clusterstate.Differing(now, want) {
		if err := apply[setting](); err != nil {
			return fmt.Errorf("setting its %s: %w", setting, err)
		}
	}
	return nil
}

func (s *State) encrypt(ctx context.Context, bucket *string, key string) error {
	by := &types.ServerSideEncryptionByDefault{SSEAlgorithm: types.ServerSideEncryptionAes256}
	if key != "" {
		by = &types.ServerSideEncryptionByDefault{SSEAlgorithm: types.ServerSideEncryptionAwsKms, KMSMasterKeyID: aws.String(key)}
	}
	_, err := s.s3.PutBucketEncryption(ctx, &s3.PutBucketEncryptionInput{Bucket: bucket, ServerSideEncryptionConfiguration: &types.ServerSideEncryptionConfiguration{
		Rules: []types.ServerSideEncryptionRule{{ApplyServerSideEncryptionByDefault: by, BucketKeyEnabled: aws.Bool(key != "")}},
	}})
	return err
}

func (s *State) tag(ctx context.Context, bucket *string, tags map[string]string) error {
	var set []types.Tag
	for _, name := range slices.Sorted(maps.Keys(tags)) {
		set = append(set, types.Tag{Key: aws.String(name), Value: aws.String(tags[name])})
	}
	_, err := s.s3.PutBucketTagging(ctx, &s3.PutBucketTaggingInput{Bucket: bucket, Tagging: &types.Tagging{TagSet: set}})
	return err
}
