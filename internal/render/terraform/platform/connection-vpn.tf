variable "customer_gateway_id" {
  description = "Output of the account's stack."
  type        = string
}

resource "aws_vpn_gateway" "network" {
  vpc_id = var.vpc_id
  tags   = { Name = local.domain }
}

resource "aws_vpn_connection" "network" {
  type                = "ipsec.1"
  static_routes_only  = true
  customer_gateway_id = var.customer_gateway_id
  vpn_gateway_id      = aws_vpn_gateway.network.id
  tags                = { Name = local.domain }
}

resource "aws_vpn_connection_route" "network" {
  for_each               = toset(local.private_networks)
  vpn_connection_id      = aws_vpn_connection.network.id
  destination_cidr_block = each.key
}

resource "aws_vpn_gateway_route_propagation" "network" {
  for_each       = var.route_table_ids
  vpn_gateway_id = aws_vpn_gateway.network.id
  route_table_id = each.value
}
