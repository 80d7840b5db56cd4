variable "dx_gateway_id" {
  description = "Output of the account's stack."
  type        = string
}

resource "aws_vpn_gateway" "network" {
  vpc_id = var.vpc_id
  tags   = { Name = local.domain }
}

resource "aws_dx_gateway_association" "network" {
  dx_gateway_id         = var.dx_gateway_id
  associated_gateway_id = aws_vpn_gateway.network.id
  allowed_prefixes      = [var.vpc_cidr_block]
}

resource "aws_vpn_gateway_route_propagation" "network" {
  for_each       = var.route_table_ids
  vpn_gateway_id = aws_vpn_gateway.network.id
  route_table_id = each.value
}
