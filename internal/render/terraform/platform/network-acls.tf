locals {
  # What gets to the nodes' subnets from outside the VPC. Security groups say
  # who may use it; this is what nobody can open by mistake.
  from_outside = {
    200 = { protocol = "tcp", from = 443, to = 443 }     # the API, whose load balancer keeps the caller's address
    210 = { protocol = "tcp", from = 30000, to = 65535 } # node ports, for the same reason, and answers
    220 = { protocol = "udp", from = 30000, to = 65535 } # answers, such as those of DNS and NTP
  }
}

resource "aws_network_acl" "nodes" {
  vpc_id     = var.vpc_id
  subnet_ids = var.node_subnet_ids
  ingress {
    rule_no    = 100
    action     = "allow"
    protocol   = "-1"
    cidr_block = var.vpc_cidr_block
    from_port  = 0
    to_port    = 0
  }
  dynamic "ingress" {
    for_each = local.private_networks
    content {
      rule_no    = 110 + ingress.key
      action     = "allow"
      protocol   = "-1"
      cidr_block = ingress.value
      from_port  = 0
      to_port    = 0
    }
  }
  dynamic "ingress" {
    for_each = local.from_outside
    content {
      rule_no    = ingress.key
      action     = "allow"
      protocol   = ingress.value.protocol
      cidr_block = "0.0.0.0/0"
      from_port  = ingress.value.from
      to_port    = ingress.value.to
    }
  }
  # "Packet too big": without it, connections hang.
  ingress {
    rule_no    = 230
    action     = "allow"
    protocol   = "icmp"
    cidr_block = "0.0.0.0/0"
    from_port  = 0
    to_port    = 0
    icmp_type  = 3
    icmp_code  = 4
  }
  egress {
    rule_no    = 100
    action     = "allow"
    protocol   = "-1"
    cidr_block = "0.0.0.0/0"
    from_port  = 0
    to_port    = 0
  }
  tags = { Name = "nodes.${local.domain}" }
}
