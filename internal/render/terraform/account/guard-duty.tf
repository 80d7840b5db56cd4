resource "aws_guardduty_detector" "account" {
  enable                       = true
  finding_publishing_frequency = "FIFTEEN_MINUTES"
}

resource "aws_guardduty_detector_feature" "account" {
  for_each    = toset(["EBS_MALWARE_PROTECTION", "S3_DATA_EVENTS"])
  detector_id = aws_guardduty_detector.account.id
  name        = each.key
  status      = "ENABLED"
}
