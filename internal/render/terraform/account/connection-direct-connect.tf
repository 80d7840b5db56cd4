resource "aws_dx_gateway" "network" {
  name            = local.platform
  amazon_side_asn = "64512"
}

resource "aws_dx_private_virtual_interface" "network" {
  name           = local.platform
  connection_id  = local.direct_connect.connection_id
  vlan           = local.direct_connect.vlan
  bgp_asn        = local.direct_connect.asn
  address_family = "ipv4"
  dx_gateway_id  = aws_dx_gateway.network.id
}

output "dx_gateway_id" {
  description = "The gateway of Direct Connect, for the stacks of the clusters."
  value       = aws_dx_gateway.network.id
}
