resource "aws_sns_topic" "scaling" {
  name              = local.scaling_topic
  kms_master_key_id = aws_kms_key.logs.arn
}

resource "aws_sns_topic_policy" "scaling" {
  arn = aws_sns_topic.scaling.arn
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "AutoScaling"
      Effect    = "Allow"
      Principal = { AWS = local.autoscaling_role_arn }
      Action    = "sns:Publish"
      Resource  = "arn:${local.partition}:sns:${local.region}:${local.account_id}:${local.scaling_topic}"
    }]
  })
}

resource "aws_autoscaling_notification" "nodes" {
  topic_arn   = aws_sns_topic.scaling.arn
  group_names = concat(var.master_autoscaling_group_ids, var.node_autoscaling_group_ids)
  notifications = [
    "autoscaling:EC2_INSTANCE_LAUNCH",
    "autoscaling:EC2_INSTANCE_LAUNCH_ERROR",
    "autoscaling:EC2_INSTANCE_TERMINATE",
    "autoscaling:EC2_INSTANCE_TERMINATE_ERROR",
  ]
}
