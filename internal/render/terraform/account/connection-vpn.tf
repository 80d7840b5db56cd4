resource "aws_customer_gateway" "network" {
  type       = "ipsec.1"
  ip_address = local.vpn_address
  bgp_asn    = 65000 # unused: routes are static
}

output "customer_gateway_id" {
  description = "The router at the other end of the VPN, for the stacks of the clusters."
  value       = aws_customer_gateway.network.id
}
