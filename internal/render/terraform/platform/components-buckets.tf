resource "aws_s3_bucket" "component" {
  for_each = local.buckets
  bucket   = each.value.name

  lifecycle {
    prevent_destroy = true
  }
}

resource "aws_s3_bucket_ownership_controls" "component" {
  for_each = aws_s3_bucket.component
  bucket   = each.value.bucket
  rule {
    object_ownership = "BucketOwnerEnforced"
  }
}

resource "aws_s3_bucket_versioning" "component" {
  for_each = aws_s3_bucket.component
  bucket   = each.value.bucket
  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_server_side_encryption_configuration" "component" {
  for_each = aws_s3_bucket.component
  bucket   = each.value.bucket
  rule {
    bucket_key_enabled = true
    apply_server_side_encryption_by_default {
      sse_algorithm     = "aws:kms"
      kms_master_key_id = local.buckets[each.key].key == null ? null : aws_kms_key.component[local.buckets[each.key].key].arn
    }
  }
}

resource "aws_s3_bucket_public_access_block" "component" {
  for_each                = aws_s3_bucket.component
  bucket                  = each.value.bucket
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

# Who writes decides what stays; this cleans up behind.
resource "aws_s3_bucket_lifecycle_configuration" "component" {
  for_each = aws_s3_bucket.component
  bucket   = each.value.bucket
  rule {
    id     = "leftovers"
    status = "Enabled"
    filter {}
    noncurrent_version_expiration {
      noncurrent_days = 30
    }
    abort_incomplete_multipart_upload {
      days_after_initiation = 7
    }
  }
}

resource "aws_s3_bucket_policy" "component" {
  for_each   = local.buckets
  bucket     = aws_s3_bucket.component[each.key].bucket
  depends_on = [aws_s3_bucket_public_access_block.component]
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "OnlyOverTLS"
      Effect    = "Deny"
      Principal = "*"
      Action    = "s3:*"
      Resource  = ["arn:${local.partition}:s3:::${each.value.name}", "arn:${local.partition}:s3:::${each.value.name}/*"]
      Condition = { Bool = { "aws:SecureTransport" = "false" } }
    }]
  })
}
