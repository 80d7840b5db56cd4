resource "aws_ec2_instance_metadata_defaults" "account" {
  http_endpoint               = "enabled"
  http_tokens                 = "required"
  http_put_response_hop_limit = 1
}
