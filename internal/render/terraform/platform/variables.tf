# Outputs of the stack that kops renders (terraform/k8s), under the names that
# kops gives them. `bootstrap cluster up` reads them with `terraform output
# -json` and hands them over; by hand, write them to a terraform.tfvars.json.
variable "vpc_id" {
  description = "The VPC that kops made."
  type        = string
}

variable "vpc_cidr_block" {
  description = "Its range of addresses."
  type        = string
}

variable "node_subnet_ids" {
  description = "The subnets that nodes are in, one a zone."
  type        = list(string)
}

variable "route_table_ids" {
  description = "The route tables of the VPC: kops' outputs route_table_*_id, by what stands for the asterisk."
  type        = map(string)
}

variable "node_autoscaling_group_ids" {
  description = "The names of the workers' Auto Scaling groups."
  type        = list(string)
}

variable "master_autoscaling_group_ids" {
  description = "The names of the control plane's Auto Scaling groups."
  type        = list(string)
}
