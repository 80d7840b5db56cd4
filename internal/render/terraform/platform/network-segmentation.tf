locals {
  # kops leaves this range free: of the first part of the VPC's range it gives
  # eighths to the subnets of load balancers and NAT, from the beginning.
  isolated_range   = cidrsubnet(cidrsubnet(var.vpc_cidr_block, local.kops_subnet_bits, 0), 3, 7)
  isolated_subnets = { for i, zone in local.zones : zone => cidrsubnet(local.isolated_range, 3, i) }
}

resource "aws_subnet" "isolated" {
  for_each                = local.isolated_subnets
  vpc_id                  = var.vpc_id
  availability_zone       = each.key
  cidr_block              = each.value
  map_public_ip_on_launch = false
  tags                    = { Name = "isolated-${each.key}.${local.domain}" }
}

# No route at all: the VPC's own is implied.
resource "aws_route_table" "isolated" {
  vpc_id = var.vpc_id
  route  = []
  tags   = { Name = "isolated.${local.domain}" }
}

resource "aws_route_table_association" "isolated" {
  for_each       = aws_subnet.isolated
  subnet_id      = each.value.id
  route_table_id = aws_route_table.isolated.id
}

resource "aws_network_acl" "isolated" {
  vpc_id     = var.vpc_id
  subnet_ids = [for s in aws_subnet.isolated : s.id]
  ingress {
    rule_no    = 100
    action     = "allow"
    protocol   = "tcp"
    cidr_block = var.vpc_cidr_block
    from_port  = 443
    to_port    = 443
  }
  egress {
    rule_no    = 100
    action     = "allow"
    protocol   = "tcp"
    cidr_block = var.vpc_cidr_block
    from_port  = 1024
    to_port    = 65535
  }
  tags = { Name = "isolated.${local.domain}" }
}
