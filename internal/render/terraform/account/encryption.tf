resource "aws_kms_key" "volumes" {
  description             = "Volumes that name no key of their own"
  enable_key_rotation     = true
  deletion_window_in_days = 30
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      local.key_owner,
      {
        Sid       = "EverybodyInTheAccountByWayOfEC2"
        Effect    = "Allow"
        Principal = { AWS = "*" }
        Action    = concat(local.key_use, ["kms:CreateGrant"])
        Resource  = "*"
        Condition = {
          StringEquals = {
            "kms:CallerAccount" = local.account_id
            "kms:ViaService"    = "ec2.${local.region}.amazonaws.com"
          }
        }
      },
    ]
  })
}

resource "aws_kms_alias" "volumes" {
  name          = local.volumes_key_alias
  target_key_id = aws_kms_key.volumes.key_id
}

resource "aws_ebs_default_kms_key" "account" {
  key_arn = aws_kms_key.volumes.arn
}

resource "aws_ebs_encryption_by_default" "account" {
  enabled = true
}
