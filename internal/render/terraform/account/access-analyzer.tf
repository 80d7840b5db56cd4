resource "aws_accessanalyzer_analyzer" "account" {
  analyzer_name = local.platform
  type          = "ACCOUNT"
}
