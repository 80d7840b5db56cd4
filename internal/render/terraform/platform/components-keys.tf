resource "aws_kms_key" "component" {
  for_each                = local.keys
  description             = each.value.description
  enable_key_rotation     = true
  deletion_window_in_days = 30
  # IRSA's roles get what they need by their own policies.
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [local.key_owner]
  })

  # What it has encrypted is lost without it.
  lifecycle {
    prevent_destroy = true
  }
}

resource "aws_kms_alias" "component" {
  for_each      = local.keys
  name          = each.value.alias
  target_key_id = aws_kms_key.component[each.key].key_id
}
