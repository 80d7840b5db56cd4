# Policies are refused bucket by bucket and not here: the bucket from which AWS
# reads a cluster's OIDC keys is public by its policy, on purpose.
resource "aws_s3_account_public_access_block" "account" {
  block_public_acls       = true
  ignore_public_acls      = true
  block_public_policy     = false
  restrict_public_buckets = false
}

resource "aws_ebs_snapshot_block_public_access" "account" {
  state = "block-all-sharing"
}
