# The key of what the stack itself records.
resource "aws_kms_key" "logs" {
  description             = "Flow logs and notifications of ${local.cluster}"
  enable_key_rotation     = true
  deletion_window_in_days = 30
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      local.key_owner,
      {
        Sid       = "LogGroups"
        Effect    = "Allow"
        Principal = { Service = "logs.${local.region}.amazonaws.com" }
        Action    = local.key_use
        Resource  = "*"
        Condition = { ArnLike = { "kms:EncryptionContext:aws:logs:arn" = "arn:${local.partition}:logs:${local.region}:${local.account_id}:log-group:/${local.cluster}/*" } }
      },
      {
        # The role is there since kops made the first Auto Scaling group.
        Sid       = "AutoScalingToTheTopic"
        Effect    = "Allow"
        Principal = { AWS = local.autoscaling_role_arn }
        Action    = ["kms:Decrypt", "kms:GenerateDataKey"]
        Resource  = "*"
        Condition = { StringEquals = { "kms:EncryptionContext:aws:sns:topicArn" = "arn:${local.partition}:sns:${local.region}:${local.account_id}:${local.scaling_topic}" } }
      },
    ]
  })
}

resource "aws_kms_alias" "logs" {
  name          = local.logs_key_alias
  target_key_id = aws_kms_key.logs.key_id
}
