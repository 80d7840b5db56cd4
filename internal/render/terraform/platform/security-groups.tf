# Adopted, and emptied of its rules.
resource "aws_default_security_group" "closed" {
  vpc_id  = var.vpc_id
  ingress = []
  egress  = []
  tags    = { Name = "closed.${local.domain}" }
}
