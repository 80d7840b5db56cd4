resource "aws_securityhub_account" "account" {
  enable_default_standards  = false
  control_finding_generator = "SECURITY_CONTROL"
}

resource "aws_securityhub_standards_subscription" "account" {
  for_each = {
    cis          = "cis-aws-foundations-benchmark/v/3.0.0"
    foundational = "aws-foundational-security-best-practices/v/1.0.0"
  }
  standards_arn = "arn:${local.partition}:securityhub:${local.region}::standards/${each.value}"
  depends_on    = [aws_securityhub_account.account]
}
