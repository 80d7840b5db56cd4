locals {
  aws-ebs-csi-driver-ebs-csi-controller-sa_role_arn                   = aws_iam_role.ebs-csi-controller-sa-aws-ebs-csi-driver-sa-prod-groundwo-2sklvb.arn
  aws-ebs-csi-driver-ebs-csi-controller-sa_role_name                  = aws_iam_role.ebs-csi-controller-sa-aws-ebs-csi-driver-sa-prod-groundwo-2sklvb.name
  aws-load-balancer-controller-aws-load-balancer-controller_role_arn  = aws_iam_role.aws-load-balancer-controller-aws-load-balancer-controller-lqbr1i.arn
  aws-load-balancer-controller-aws-load-balancer-controller_role_name = aws_iam_role.aws-load-balancer-controller-aws-load-balancer-controller-lqbr1i.name
  cluster-autoscaler-cluster-autoscaler_role_arn                      = aws_iam_role.cluster-autoscaler-cluster-autoscaler-sa-prod-groundwork--p0sjr0.arn
  cluster-autoscaler-cluster-autoscaler_role_name                     = aws_iam_role.cluster-autoscaler-cluster-autoscaler-sa-prod-groundwork--p0sjr0.name
  cluster_name                                                        = "prod.groundwork.example.com"
  external-dns-external-dns_role_arn                                  = aws_iam_role.external-dns-external-dns-sa-prod-groundwork-example-com.arn
  external-dns-external-dns_role_name                                 = aws_iam_role.external-dns-external-dns-sa-prod-groundwork-example-com.name
  external-secrets-external-secrets_role_arn                          = aws_iam_role.external-secrets-external-secrets-sa-prod-groundwork-example-com.arn
  external-secrets-external-secrets_role_name                         = aws_iam_role.external-secrets-external-secrets-sa-prod-groundwork-example-com.name
  iam_openid_connect_provider_arn                                     = aws_iam_openid_connect_provider.prod-groundwork-example-com.arn
  iam_openid_connect_provider_issuer                                  = "groundwork-prod-oidc-123456789012.s3.eu-central-1.amazonaws.com/prod.groundwork.example.com"
  kube-system-aws-cloud-controller-manager_role_arn                   = aws_iam_role.aws-cloud-controller-manager-kube-system-sa-prod-groundwo-lecu06.arn
  kube-system-aws-cloud-controller-manager_role_name                  = aws_iam_role.aws-cloud-controller-manager-kube-system-sa-prod-groundwo-lecu06.name
  kube-system-aws-node-termination-handler_role_arn                   = aws_iam_role.aws-node-termination-handler-kube-system-sa-prod-groundwo-bpcqik.arn
  kube-system-aws-node-termination-handler_role_name                  = aws_iam_role.aws-node-termination-handler-kube-system-sa-prod-groundwo-bpcqik.name
  kube-system-dns-controller_role_arn                                 = aws_iam_role.dns-controller-kube-system-sa-prod-groundwork-example-com.arn
  kube-system-dns-controller_role_name                                = aws_iam_role.dns-controller-kube-system-sa-prod-groundwork-example-com.name
  master_autoscaling_group_ids                                        = [aws_autoscaling_group.control-plane-eu-central-1a-masters-prod-groundwork-example-com.id, aws_autoscaling_group.control-plane-eu-central-1b-masters-prod-groundwork-example-com.id, aws_autoscaling_group.control-plane-eu-central-1c-masters-prod-groundwork-example-com.id]
  master_security_group_ids                                           = [aws_security_group.masters-prod-groundwork-example-com.id]
  masters_role_arn                                                    = aws_iam_role.masters-prod-groundwork-example-com.arn
  masters_role_name                                                   = aws_iam_role.masters-prod-groundwork-example-com.name
  node_autoscaling_group_ids                                          = [aws_autoscaling_group.nodes-eu-central-1a-prod-groundwork-example-com.id, aws_autoscaling_group.nodes-eu-central-1b-prod-groundwork-example-com.id, aws_autoscaling_group.nodes-eu-central-1c-prod-groundwork-example-com.id]
  node_security_group_ids                                             = [aws_security_group.nodes-prod-groundwork-example-com.id]
  node_subnet_ids                                                     = [aws_subnet.eu-central-1a-prod-groundwork-example-com.id, aws_subnet.eu-central-1b-prod-groundwork-example-com.id, aws_subnet.eu-central-1c-prod-groundwork-example-com.id]
  nodes_role_arn                                                      = aws_iam_role.nodes-prod-groundwork-example-com.arn
  nodes_role_name                                                     = aws_iam_role.nodes-prod-groundwork-example-com.name
  region                                                              = "eu-central-1"
  route_table_private-eu-central-1a_id                                = aws_route_table.private-eu-central-1a-prod-groundwork-example-com.id
  route_table_private-eu-central-1b_id                                = aws_route_table.private-eu-central-1b-prod-groundwork-example-com.id
  route_table_private-eu-central-1c_id                                = aws_route_table.private-eu-central-1c-prod-groundwork-example-com.id
  route_table_public_id                                               = aws_route_table.prod-groundwork-example-com.id
  subnet_eu-central-1a_id                                             = aws_subnet.eu-central-1a-prod-groundwork-example-com.id
  subnet_eu-central-1b_id                                             = aws_subnet.eu-central-1b-prod-groundwork-example-com.id
  subnet_eu-central-1c_id                                             = aws_subnet.eu-central-1c-prod-groundwork-example-com.id
  subnet_utility-eu-central-1a_id                                     = aws_subnet.utility-eu-central-1a-prod-groundwork-example-com.id
  subnet_utility-eu-central-1b_id                                     = aws_subnet.utility-eu-central-1b-prod-groundwork-example-com.id
  subnet_utility-eu-central-1c_id                                     = aws_subnet.utility-eu-central-1c-prod-groundwork-example-com.id
  vault-vault_role_arn                                                = aws_iam_role.vault-vault-sa-prod-groundwork-example-com.arn
  vault-vault_role_name                                               = aws_iam_role.vault-vault-sa-prod-groundwork-example-com.name
  velero-velero_role_arn                                              = aws_iam_role.velero-velero-sa-prod-groundwork-example-com.arn
  velero-velero_role_name                                             = aws_iam_role.velero-velero-sa-prod-groundwork-example-com.name
  vpc_cidr_block                                                      = aws_vpc.prod-groundwork-example-com.cidr_block
  vpc_id                                                              = aws_vpc.prod-groundwork-example-com.id
  vpc_ipv6_cidr_block                                                 = aws_vpc.prod-groundwork-example-com.ipv6_cidr_block
  vpc_ipv6_cidr_length                                                = local.vpc_ipv6_cidr_block == "" ? null : tonumber(regex(".*/(\\d+)", local.vpc_ipv6_cidr_block)[0])
}

output "aws-ebs-csi-driver-ebs-csi-controller-sa_role_arn" {
  value = aws_iam_role.ebs-csi-controller-sa-aws-ebs-csi-driver-sa-prod-groundwo-2sklvb.arn
}

output "aws-ebs-csi-driver-ebs-csi-controller-sa_role_name" {
  value = aws_iam_role.ebs-csi-controller-sa-aws-ebs-csi-driver-sa-prod-groundwo-2sklvb.name
}

output "aws-load-balancer-controller-aws-load-balancer-controller_role_arn" {
  value = aws_iam_role.aws-load-balancer-controller-aws-load-balancer-controller-lqbr1i.arn
}

output "aws-load-balancer-controller-aws-load-balancer-controller_role_name" {
  value = aws_iam_role.aws-load-balancer-controller-aws-load-balancer-controller-lqbr1i.name
}

output "cluster-autoscaler-cluster-autoscaler_role_arn" {
  value = aws_iam_role.cluster-autoscaler-cluster-autoscaler-sa-prod-groundwork--p0sjr0.arn
}

output "cluster-autoscaler-cluster-autoscaler_role_name" {
  value = aws_iam_role.cluster-autoscaler-cluster-autoscaler-sa-prod-groundwork--p0sjr0.name
}

output "cluster_name" {
  value = "prod.groundwork.example.com"
}

output "external-dns-external-dns_role_arn" {
  value = aws_iam_role.external-dns-external-dns-sa-prod-groundwork-example-com.arn
}

output "external-dns-external-dns_role_name" {
  value = aws_iam_role.external-dns-external-dns-sa-prod-groundwork-example-com.name
}

output "external-secrets-external-secrets_role_arn" {
  value = aws_iam_role.external-secrets-external-secrets-sa-prod-groundwork-example-com.arn
}

output "external-secrets-external-secrets_role_name" {
  value = aws_iam_role.external-secrets-external-secrets-sa-prod-groundwork-example-com.name
}

output "iam_openid_connect_provider_arn" {
  value = aws_iam_openid_connect_provider.prod-groundwork-example-com.arn
}

output "iam_openid_connect_provider_issuer" {
  value = "groundwork-prod-oidc-123456789012.s3.eu-central-1.amazonaws.com/prod.groundwork.example.com"
}

output "kube-system-aws-cloud-controller-manager_role_arn" {
  value = aws_iam_role.aws-cloud-controller-manager-kube-system-sa-prod-groundwo-lecu06.arn
}

output "kube-system-aws-cloud-controller-manager_role_name" {
  value = aws_iam_role.aws-cloud-controller-manager-kube-system-sa-prod-groundwo-lecu06.name
}

output "kube-system-aws-node-termination-handler_role_arn" {
  value = aws_iam_role.aws-node-termination-handler-kube-system-sa-prod-groundwo-bpcqik.arn
}

output "kube-system-aws-node-termination-handler_role_name" {
  value = aws_iam_role.aws-node-termination-handler-kube-system-sa-prod-groundwo-bpcqik.name
}

output "kube-system-dns-controller_role_arn" {
  value = aws_iam_role.dns-controller-kube-system-sa-prod-groundwork-example-com.arn
}

output "kube-system-dns-controller_role_name" {
  value = aws_iam_role.dns-controller-kube-system-sa-prod-groundwork-example-com.name
}

output "master_autoscaling_group_ids" {
  value = [aws_autoscaling_group.control-plane-eu-central-1a-masters-prod-groundwork-example-com.id, aws_autoscaling_group.control-plane-eu-central-1b-masters-prod-groundwork-example-com.id, aws_autoscaling_group.control-plane-eu-central-1c-masters-prod-groundwork-example-com.id]
}

output "master_security_group_ids" {
  value = [aws_security_group.masters-prod-groundwork-example-com.id]
}

output "masters_role_arn" {
  value = aws_iam_role.masters-prod-groundwork-example-com.arn
}

output "masters_role_name" {
  value = aws_iam_role.masters-prod-groundwork-example-com.name
}

output "node_autoscaling_group_ids" {
  value = [aws_autoscaling_group.nodes-eu-central-1a-prod-groundwork-example-com.id, aws_autoscaling_group.nodes-eu-central-1b-prod-groundwork-example-com.id, aws_autoscaling_group.nodes-eu-central-1c-prod-groundwork-example-com.id]
}

output "node_security_group_ids" {
  value = [aws_security_group.nodes-prod-groundwork-example-com.id]
}

output "node_subnet_ids" {
  value = [aws_subnet.eu-central-1a-prod-groundwork-example-com.id, aws_subnet.eu-central-1b-prod-groundwork-example-com.id, aws_subnet.eu-central-1c-prod-groundwork-example-com.id]
}

output "nodes_role_arn" {
  value = aws_iam_role.nodes-prod-groundwork-example-com.arn
}

output "nodes_role_name" {
  value = aws_iam_role.nodes-prod-groundwork-example-com.name
}

output "region" {
  value = "eu-central-1"
}

output "route_table_private-eu-central-1a_id" {
  value = aws_route_table.private-eu-central-1a-prod-groundwork-example-com.id
}

output "route_table_private-eu-central-1b_id" {
  value = aws_route_table.private-eu-central-1b-prod-groundwork-example-com.id
}

output "route_table_private-eu-central-1c_id" {
  value = aws_route_table.private-eu-central-1c-prod-groundwork-example-com.id
}

output "route_table_public_id" {
  value = aws_route_table.prod-groundwork-example-com.id
}

output "subnet_eu-central-1a_id" {
  value = aws_subnet.eu-central-1a-prod-groundwork-example-com.id
}

output "subnet_eu-central-1b_id" {
  value = aws_subnet.eu-central-1b-prod-groundwork-example-com.id
}

output "subnet_eu-central-1c_id" {
  value = aws_subnet.eu-central-1c-prod-groundwork-example-com.id
}

output "subnet_utility-eu-central-1a_id" {
  value = aws_subnet.utility-eu-central-1a-prod-groundwork-example-com.id
}

output "subnet_utility-eu-central-1b_id" {
  value = aws_subnet.utility-eu-central-1b-prod-groundwork-example-com.id
}

output "subnet_utility-eu-central-1c_id" {
  value = aws_subnet.utility-eu-central-1c-prod-groundwork-example-com.id
}

output "vault-vault_role_arn" {
  value = aws_iam_role.vault-vault-sa-prod-groundwork-example-com.arn
}

output "vault-vault_role_name" {
  value = aws_iam_role.vault-vault-sa-prod-groundwork-example-com.name
}

output "velero-velero_role_arn" {
  value = aws_iam_role.velero-velero-sa-prod-groundwork-example-com.arn
}

output "velero-velero_role_name" {
  value = aws_iam_role.velero-velero-sa-prod-groundwork-example-com.name
}

output "vpc_cidr_block" {
  value = aws_vpc.prod-groundwork-example-com.cidr_block
}

output "vpc_id" {
  value = aws_vpc.prod-groundwork-example-com.id
}

output "vpc_ipv6_cidr_block" {
  value = aws_vpc.prod-groundwork-example-com.ipv6_cidr_block
}

output "vpc_ipv6_cidr_length" {
  value = local.vpc_ipv6_cidr_block == "" ? null : tonumber(regex(".*/(\\d+)", local.vpc_ipv6_cidr_block)[0])
}

provider "aws" {
  region = "eu-central-1"
}

provider "aws" {
  alias  = "files"
  region = "eu-central-1"
}

resource "aws_autoscaling_group" "control-plane-eu-central-1a-masters-prod-groundwork-example-com" {
  enabled_metrics = ["GroupDesiredCapacity", "GroupInServiceInstances", "GroupMaxSize", "GroupMinSize", "GroupPendingInstances", "GroupStandbyInstances", "GroupTerminatingInstances", "GroupTotalInstances"]
  launch_template {
    id      = aws_launch_template.control-plane-eu-central-1a-masters-prod-groundwork-example-com.id
    version = aws_launch_template.control-plane-eu-central-1a-masters-prod-groundwork-example-com.latest_version
  }
  max_instance_lifetime = 0
  max_size              = 1
  metrics_granularity   = "1Minute"
  min_size              = 1
  name                  = "control-plane-eu-central-1a.masters.prod.groundwork.example.com"
  protect_from_scale_in = false
  tag {
    key                 = "KubernetesCluster"
    propagate_at_launch = true
    value               = "prod.groundwork.example.com"
  }
  tag {
    key                 = "Name"
    propagate_at_launch = true
    value               = "control-plane-eu-central-1a.masters.prod.groundwork.example.com"
  }
  tag {
    key                 = "aws-node-termination-handler/managed"
    propagate_at_launch = true
    value               = ""
  }
  tag {
    key                 = "groundwork.dev/platform"
    propagate_at_launch = true
    value               = "groundwork"
  }
  tag {
    key                 = "k8s.io/cluster-autoscaler/node-template/label/kops.k8s.io/instancegroup"
    propagate_at_launch = true
    value               = "control-plane-eu-central-1a"
  }
  tag {
    key                 = "k8s.io/cluster-autoscaler/node-template/label/kops.k8s.io/kops-controller-pki"
    propagate_at_launch = true
    value               = ""
  }
  tag {
    key                 = "k8s.io/cluster-autoscaler/node-template/label/node-role.kubernetes.io/control-plane"
    propagate_at_launch = true
    value               = ""
  }
  tag {
    key                 = "k8s.io/cluster-autoscaler/node-template/label/node.kubernetes.io/exclude-from-external-load-balancers"
    propagate_at_launch = true
    value               = ""
  }
  tag {
    key                 = "k8s.io/role/control-plane"
    propagate_at_launch = true
    value               = "1"
  }
  tag {
    key                 = "k8s.io/role/master"
    propagate_at_launch = true
    value               = "1"
  }
  tag {
    key                 = "kops.k8s.io/instancegroup"
    propagate_at_launch = true
    value               = "control-plane-eu-central-1a"
  }
  tag {
    key                 = "kubernetes.io/cluster/prod.groundwork.example.com"
    propagate_at_launch = true
    value               = "owned"
  }
  target_group_arns   = [aws_lb_target_group.tcp-prod-groundwork-examp-uv9il1.id]
  vpc_zone_identifier = [aws_subnet.eu-central-1a-prod-groundwork-example-com.id]
}

resource "aws_autoscaling_group" "control-plane-eu-central-1b-masters-prod-groundwork-example-com" {
  enabled_metrics = ["GroupDesiredCapacity", "GroupInServiceInstances", "GroupMaxSize", "GroupMinSize", "GroupPendingInstances", "GroupStandbyInstances", "GroupTerminatingInstances", "GroupTotalInstances"]
  launch_template {
    id      = aws_launch_template.control-plane-eu-central-1b-masters-prod-groundwork-example-com.id
    version = aws_launch_template.control-plane-eu-central-1b-masters-prod-groundwork-example-com.latest_version
  }
  max_instance_lifetime = 0
  max_size              = 1
  metrics_granularity   = "1Minute"
  min_size              = 1
  name                  = "control-plane-eu-central-1b.masters.prod.groundwork.example.com"
  protect_from_scale_in = false
  tag {
    key                 = "KubernetesCluster"
    propagate_at_launch = true
    value               = "prod.groundwork.example.com"
  }
  tag {
    key                 = "Name"
    propagate_at_launch = true
    value               = "control-plane-eu-central-1b.masters.prod.groundwork.example.com"
  }
  tag {
    key                 = "aws-node-termination-handler/managed"
    propagate_at_launch = true
    value               = ""
  }
  tag {
    key                 = "groundwork.dev/platform"
    propagate_at_launch = true
    value               = "groundwork"
  }
  tag {
    key                 = "k8s.io/cluster-autoscaler/node-template/label/kops.k8s.io/instancegroup"
    propagate_at_launch = true
    value               = "control-plane-eu-central-1b"
  }
  tag {
    key                 = "k8s.io/cluster-autoscaler/node-template/label/kops.k8s.io/kops-controller-pki"
    propagate_at_launch = true
    value               = ""
  }
  tag {
    key                 = "k8s.io/cluster-autoscaler/node-template/label/node-role.kubernetes.io/control-plane"
    propagate_at_launch = true
    value               = ""
  }
  tag {
    key                 = "k8s.io/cluster-autoscaler/node-template/label/node.kubernetes.io/exclude-from-external-load-balancers"
    propagate_at_launch = true
    value               = ""
  }
  tag {
    key                 = "k8s.io/role/control-plane"
    propagate_at_launch = true
    value               = "1"
  }
  tag {
    key                 = "k8s.io/role/master"
    propagate_at_launch = true
    value               = "1"
  }
  tag {
    key                 = "kops.k8s.io/instancegroup"
    propagate_at_launch = true
    value               = "control-plane-eu-central-1b"
  }
  tag {
    key                 = "kubernetes.io/cluster/prod.groundwork.example.com"
    propagate_at_launch = true
    value               = "owned"
  }
  target_group_arns   = [aws_lb_target_group.tcp-prod-groundwork-examp-uv9il1.id]
  vpc_zone_identifier = [aws_subnet.eu-central-1b-prod-groundwork-example-com.id]
}

resource "aws_autoscaling_group" "control-plane-eu-central-1c-masters-prod-groundwork-example-com" {
  enabled_metrics = ["GroupDesiredCapacity", "GroupInServiceInstances", "GroupMaxSize", "GroupMinSize", "GroupPendingInstances", "GroupStandbyInstances", "GroupTerminatingInstances", "GroupTotalInstances"]
  launch_template {
    id      = aws_launch_template.control-plane-eu-central-1c-masters-prod-groundwork-example-com.id
    version = aws_launch_template.control-plane-eu-central-1c-masters-prod-groundwork-example-com.latest_version
  }
  max_instance_lifetime = 0
  max_size              = 1
  metrics_granularity   = "1Minute"
  min_size              = 1
  name                  = "control-plane-eu-central-1c.masters.prod.groundwork.example.com"
  protect_from_scale_in = false
  tag {
    key                 = "KubernetesCluster"
    propagate_at_launch = true
    value               = "prod.groundwork.example.com"
  }
  tag {
    key                 = "Name"
    propagate_at_launch = true
    value               = "control-plane-eu-central-1c.masters.prod.groundwork.example.com"
  }
  tag {
    key                 = "aws-node-termination-handler/managed"
    propagate_at_launch = true
    value               = ""
  }
  tag {
    key                 = "groundwork.dev/platform"
    propagate_at_launch = true
    value               = "groundwork"
  }
  tag {
    key                 = "k8s.io/cluster-autoscaler/node-template/label/kops.k8s.io/instancegroup"
    propagate_at_launch = true
    value               = "control-plane-eu-central-1c"
  }
  tag {
    key                 = "k8s.io/cluster-autoscaler/node-template/label/kops.k8s.io/kops-controller-pki"
    propagate_at_launch = true
    value               = ""
  }
  tag {
    key                 = "k8s.io/cluster-autoscaler/node-template/label/node-role.kubernetes.io/control-plane"
    propagate_at_launch = true
    value               = ""
  }
  tag {
    key                 = "k8s.io/cluster-autoscaler/node-template/label/node.kubernetes.io/exclude-from-external-load-balancers"
    propagate_at_launch = true
    value               = ""
  }
  tag {
    key                 = "k8s.io/role/control-plane"
    propagate_at_launch = true
    value               = "1"
  }
  tag {
    key                 = "k8s.io/role/master"
    propagate_at_launch = true
    value               = "1"
  }
  tag {
    key                 = "kops.k8s.io/instancegroup"
    propagate_at_launch = true
    value               = "control-plane-eu-central-1c"
  }
  tag {
    key                 = "kubernetes.io/cluster/prod.groundwork.example.com"
    propagate_at_launch = true
    value               = "owned"
  }
  target_group_arns   = [aws_lb_target_group.tcp-prod-groundwork-examp-uv9il1.id]
  vpc_zone_identifier = [aws_subnet.eu-central-1c-prod-groundwork-example-com.id]
}

resource "aws_autoscaling_group" "nodes-eu-central-1a-prod-groundwork-example-com" {
  enabled_metrics = ["GroupDesiredCapacity", "GroupInServiceInstances", "GroupMaxSize", "GroupMinSize", "GroupPendingInstances", "GroupStandbyInstances", "GroupTerminatingInstances", "GroupTotalInstances"]
  launch_template {
    id      = aws_launch_template.nodes-eu-central-1a-prod-groundwork-example-com.id
    version = aws_launch_template.nodes-eu-central-1a-prod-groundwork-example-com.latest_version
  }
  max_instance_lifetime = 0
  max_size              = 3
  metrics_granularity   = "1Minute"
  min_size              = 1
  name                  = "nodes-eu-central-1a.prod.groundwork.example.com"
  protect_from_scale_in = false
  tag {
    key                 = "KubernetesCluster"
    propagate_at_launch = true
    value               = "prod.groundwork.example.com"
  }
  tag {
    key                 = "Name"
    propagate_at_launch = true
    value               = "nodes-eu-central-1a.prod.groundwork.example.com"
  }
  tag {
    key                 = "aws-node-termination-handler/managed"
    propagate_at_launch = true
    value               = ""
  }
  tag {
    key                 = "groundwork.dev/platform"
    propagate_at_launch = true
    value               = "groundwork"
  }
  tag {
    key                 = "k8s.io/cluster-autoscaler/enabled"
    propagate_at_launch = true
    value               = "true"
  }
  tag {
    key                 = "k8s.io/cluster-autoscaler/node-template/label/kops.k8s.io/instancegroup"
    propagate_at_launch = true
    value               = "nodes-eu-central-1a"
  }
  tag {
    key                 = "k8s.io/cluster-autoscaler/node-template/label/node-role.kubernetes.io/node"
    propagate_at_launch = true
    value               = ""
  }
  tag {
    key                 = "k8s.io/cluster-autoscaler/prod.groundwork.example.com"
    propagate_at_launch = true
    value               = "owned"
  }
  tag {
    key                 = "k8s.io/role/node"
    propagate_at_launch = true
    value               = "1"
  }
  tag {
    key                 = "kops.k8s.io/instancegroup"
    propagate_at_launch = true
    value               = "nodes-eu-central-1a"
  }
  tag {
    key                 = "kubernetes.io/cluster/prod.groundwork.example.com"
    propagate_at_launch = true
    value               = "owned"
  }
  vpc_zone_identifier = [aws_subnet.eu-central-1a-prod-groundwork-example-com.id]
}

resource "aws_autoscaling_group" "nodes-eu-central-1b-prod-groundwork-example-com" {
  enabled_metrics = ["GroupDesiredCapacity", "GroupInServiceInstances", "GroupMaxSize", "GroupMinSize", "GroupPendingInstances", "GroupStandbyInstances", "GroupTerminatingInstances", "GroupTotalInstances"]
  launch_template {
    id      = aws_launch_template.nodes-eu-central-1b-prod-groundwork-example-com.id
    version = aws_launch_template.nodes-eu-central-1b-prod-groundwork-example-com.latest_version
  }
  max_instance_lifetime = 0
  max_size              = 3
  metrics_granularity   = "1Minute"
  min_size              = 1
  name                  = "nodes-eu-central-1b.prod.groundwork.example.com"
  protect_from_scale_in = false
  tag {
    key                 = "KubernetesCluster"
    propagate_at_launch = true
    value               = "prod.groundwork.example.com"
  }
  tag {
    key                 = "Name"
    propagate_at_launch = true
    value               = "nodes-eu-central-1b.prod.groundwork.example.com"
  }
  tag {
    key                 = "aws-node-termination-handler/managed"
    propagate_at_launch = true
    value               = ""
  }
  tag {
    key                 = "groundwork.dev/platform"
    propagate_at_launch = true
    value               = "groundwork"
  }
  tag {
    key                 = "k8s.io/cluster-autoscaler/enabled"
    propagate_at_launch = true
    value               = "true"
  }
  tag {
    key                 = "k8s.io/cluster-autoscaler/node-template/label/kops.k8s.io/instancegroup"
    propagate_at_launch = true
    value               = "nodes-eu-central-1b"
  }
  tag {
    key                 = "k8s.io/cluster-autoscaler/node-template/label/node-role.kubernetes.io/node"
    propagate_at_launch = true
    value               = ""
  }
  tag {
    key                 = "k8s.io/cluster-autoscaler/prod.groundwork.example.com"
    propagate_at_launch = true
    value               = "owned"
  }
  tag {
    key                 = "k8s.io/role/node"
    propagate_at_launch = true
    value               = "1"
  }
  tag {
    key                 = "kops.k8s.io/instancegroup"
    propagate_at_launch = true
    value               = "nodes-eu-central-1b"
  }
  tag {
    key                 = "kubernetes.io/cluster/prod.groundwork.example.com"
    propagate_at_launch = true
    value               = "owned"
  }
  vpc_zone_identifier = [aws_subnet.eu-central-1b-prod-groundwork-example-com.id]
}

resource "aws_autoscaling_group" "nodes-eu-central-1c-prod-groundwork-example-com" {
  enabled_metrics = ["GroupDesiredCapacity", "GroupInServiceInstances", "GroupMaxSize", "GroupMinSize", "GroupPendingInstances", "GroupStandbyInstances", "GroupTerminatingInstances", "GroupTotalInstances"]
  launch_template {
    id      = aws_launch_template.nodes-eu-central-1c-prod-groundwork-example-com.id
    version = aws_launch_template.nodes-eu-central-1c-prod-groundwork-example-com.latest_version
  }
  max_instance_lifetime = 0
  max_size              = 3
  metrics_granularity   = "1Minute"
  min_size              = 1
  name                  = "nodes-eu-central-1c.prod.groundwork.example.com"
  protect_from_scale_in = false
  tag {
    key                 = "KubernetesCluster"
    propagate_at_launch = true
    value               = "prod.groundwork.example.com"
  }
  tag {
    key                 = "Name"
    propagate_at_launch = true
    value               = "nodes-eu-central-1c.prod.groundwork.example.com"
  }
  tag {
    key                 = "aws-node-termination-handler/managed"
    propagate_at_launch = true
    value               = ""
  }
  tag {
    key                 = "groundwork.dev/platform"
    propagate_at_launch = true
    value               = "groundwork"
  }
  tag {
    key                 = "k8s.io/cluster-autoscaler/enabled"
    propagate_at_launch = true
    value               = "true"
  }
  tag {
    key                 = "k8s.io/cluster-autoscaler/node-template/label/kops.k8s.io/instancegroup"
    propagate_at_launch = true
    value               = "nodes-eu-central-1c"
  }
  tag {
    key                 = "k8s.io/cluster-autoscaler/node-template/label/node-role.kubernetes.io/node"
    propagate_at_launch = true
    value               = ""
  }
  tag {
    key                 = "k8s.io/cluster-autoscaler/prod.groundwork.example.com"
    propagate_at_launch = true
    value               = "owned"
  }
  tag {
    key                 = "k8s.io/role/node"
    propagate_at_launch = true
    value               = "1"
  }
  tag {
    key                 = "kops.k8s.io/instancegroup"
    propagate_at_launch = true
    value               = "nodes-eu-central-1c"
  }
  tag {
    key                 = "kubernetes.io/cluster/prod.groundwork.example.com"
    propagate_at_launch = true
    value               = "owned"
  }
  vpc_zone_identifier = [aws_subnet.eu-central-1c-prod-groundwork-example-com.id]
}

resource "aws_autoscaling_lifecycle_hook" "control-plane-eu-central-1a-NTHLifecycleHook" {
  autoscaling_group_name = aws_autoscaling_group.control-plane-eu-central-1a-masters-prod-groundwork-example-com.id
  default_result         = "CONTINUE"
  heartbeat_timeout      = 300
  lifecycle_transition   = "autoscaling:EC2_INSTANCE_TERMINATING"
  name                   = "control-plane-eu-central-1a-NTHLifecycleHook"
}

resource "aws_autoscaling_lifecycle_hook" "control-plane-eu-central-1b-NTHLifecycleHook" {
  autoscaling_group_name = aws_autoscaling_group.control-plane-eu-central-1b-masters-prod-groundwork-example-com.id
  default_result         = "CONTINUE"
  heartbeat_timeout      = 300
  lifecycle_transition   = "autoscaling:EC2_INSTANCE_TERMINATING"
  name                   = "control-plane-eu-central-1b-NTHLifecycleHook"
}

resource "aws_autoscaling_lifecycle_hook" "control-plane-eu-central-1c-NTHLifecycleHook" {
  autoscaling_group_name = aws_autoscaling_group.control-plane-eu-central-1c-masters-prod-groundwork-example-com.id
  default_result         = "CONTINUE"
  heartbeat_timeout      = 300
  lifecycle_transition   = "autoscaling:EC2_INSTANCE_TERMINATING"
  name                   = "control-plane-eu-central-1c-NTHLifecycleHook"
}

resource "aws_autoscaling_lifecycle_hook" "nodes-eu-central-1a-NTHLifecycleHook" {
  autoscaling_group_name = aws_autoscaling_group.nodes-eu-central-1a-prod-groundwork-example-com.id
  default_result         = "CONTINUE"
  heartbeat_timeout      = 300
  lifecycle_transition   = "autoscaling:EC2_INSTANCE_TERMINATING"
  name                   = "nodes-eu-central-1a-NTHLifecycleHook"
}

resource "aws_autoscaling_lifecycle_hook" "nodes-eu-central-1b-NTHLifecycleHook" {
  autoscaling_group_name = aws_autoscaling_group.nodes-eu-central-1b-prod-groundwork-example-com.id
  default_result         = "CONTINUE"
  heartbeat_timeout      = 300
  lifecycle_transition   = "autoscaling:EC2_INSTANCE_TERMINATING"
  name                   = "nodes-eu-central-1b-NTHLifecycleHook"
}

resource "aws_autoscaling_lifecycle_hook" "nodes-eu-central-1c-NTHLifecycleHook" {
  autoscaling_group_name = aws_autoscaling_group.nodes-eu-central-1c-prod-groundwork-example-com.id
  default_result         = "CONTINUE"
  heartbeat_timeout      = 300
  lifecycle_transition   = "autoscaling:EC2_INSTANCE_TERMINATING"
  name                   = "nodes-eu-central-1c-NTHLifecycleHook"
}

resource "aws_cloudwatch_event_rule" "prod-groundwork-example-com-ASGLifecycle" {
  event_pattern = file("${path.module}/data/aws_cloudwatch_event_rule_prod.groundwork.example.com-ASGLifecycle_event_pattern")
  name          = "prod.groundwork.example.com-ASGLifecycle"
  tags = {
    "KubernetesCluster"                                 = "prod.groundwork.example.com"
    "Name"                                              = "prod.groundwork.example.com-ASGLifecycle"
    "groundwork.dev/platform"                           = "groundwork"
    "kubernetes.io/cluster/prod.groundwork.example.com" = "owned"
  }
}

resource "aws_cloudwatch_event_rule" "prod-groundwork-example-com-InstanceScheduledChange" {
  event_pattern = file("${path.module}/data/aws_cloudwatch_event_rule_prod.groundwork.example.com-InstanceScheduledChange_event_pattern")
  name          = "prod.groundwork.example.com-InstanceScheduledChange"
  tags = {
    "KubernetesCluster"                                 = "prod.groundwork.example.com"
    "Name"                                              = "prod.groundwork.example.com-InstanceScheduledChange"
    "groundwork.dev/platform"                           = "groundwork"
    "kubernetes.io/cluster/prod.groundwork.example.com" = "owned"
  }
}

resource "aws_cloudwatch_event_rule" "prod-groundwork-example-com-InstanceStateChange" {
  event_pattern = file("${path.module}/data/aws_cloudwatch_event_rule_prod.groundwork.example.com-InstanceStateChange_event_pattern")
  name          = "prod.groundwork.example.com-InstanceStateChange"
  tags = {
    "KubernetesCluster"                                 = "prod.groundwork.example.com"
    "Name"                                              = "prod.groundwork.example.com-InstanceStateChange"
    "groundwork.dev/platform"                           = "groundwork"
    "kubernetes.io/cluster/prod.groundwork.example.com" = "owned"
  }
}

resource "aws_cloudwatch_event_rule" "prod-groundwork-example-com-SpotInterruption" {
  event_pattern = file("${path.module}/data/aws_cloudwatch_event_rule_prod.groundwork.example.com-SpotInterruption_event_pattern")
  name          = "prod.groundwork.example.com-SpotInterruption"
  tags = {
    "KubernetesCluster"                                 = "prod.groundwork.example.com"
    "Name"                                              = "prod.groundwork.example.com-SpotInterruption"
    "groundwork.dev/platform"                           = "groundwork"
    "kubernetes.io/cluster/prod.groundwork.example.com" = "owned"
  }
}

resource "aws_cloudwatch_event_target" "prod-groundwork-example-com-ASGLifecycle-Target" {
  arn  = aws_sqs_queue.prod-groundwork-example-com-nth.arn
  rule = aws_cloudwatch_event_rule.prod-groundwork-example-com-ASGLifecycle.id
}

resource "aws_cloudwatch_event_target" "prod-groundwork-example-com-InstanceScheduledChange-Target" {
  arn  = aws_sqs_queue.prod-groundwork-example-com-nth.arn
  rule = aws_cloudwatch_event_rule.prod-groundwork-example-com-InstanceScheduledChange.id
}

resource "aws_cloudwatch_event_target" "prod-groundwork-example-com-InstanceStateChange-Target" {
  arn  = aws_sqs_queue.prod-groundwork-example-com-nth.arn
  rule = aws_cloudwatch_event_rule.prod-groundwork-example-com-InstanceStateChange.id
}

resource "aws_cloudwatch_event_target" "prod-groundwork-example-com-SpotInterruption-Target" {
  arn  = aws_sqs_queue.prod-groundwork-example-com-nth.arn
  rule = aws_cloudwatch_event_rule.prod-groundwork-example-com-SpotInterruption.id
}

resource "aws_ebs_volume" "a-etcd-events-prod-groundwork-example-com" {
  availability_zone = "eu-central-1a"
  encrypted         = true
  iops              = 3000
  size              = 20
  tags = {
    "KubernetesCluster"                                 = "prod.groundwork.example.com"
    "Name"                                              = "a.etcd-events.prod.groundwork.example.com"
    "groundwork.dev/platform"                           = "groundwork"
    "k8s.io/etcd/events"                                = "a/a,b,c"
    "k8s.io/role/control-plane"                         = "1"
    "k8s.io/role/master"                                = "1"
    "kubernetes.io/cluster/prod.groundwork.example.com" = "owned"
  }
  throughput = 125
  type       = "gp3"
}

resource "aws_ebs_volume" "a-etcd-main-prod-groundwork-example-com" {
  availability_zone = "eu-central-1a"
  encrypted         = true
  iops              = 3000
  size              = 20
  tags = {
    "KubernetesCluster"                                 = "prod.groundwork.example.com"
    "Name"                                              = "a.etcd-main.prod.groundwork.example.com"
    "groundwork.dev/platform"                           = "groundwork"
    "k8s.io/etcd/main"                                  = "a/a,b,c"
    "k8s.io/role/control-plane"                         = "1"
    "k8s.io/role/master"                                = "1"
    "kubernetes.io/cluster/prod.groundwork.example.com" = "owned"
  }
  throughput = 125
  type       = "gp3"
}

resource "aws_ebs_volume" "b-etcd-events-prod-groundwork-example-com" {
  availability_zone = "eu-central-1b"
  encrypted         = true
  iops              = 3000
  size              = 20
  tags = {
    "KubernetesCluster"                                 = "prod.groundwork.example.com"
    "Name"                                              = "b.etcd-events.prod.groundwork.example.com"
    "groundwork.dev/platform"                           = "groundwork"
    "k8s.io/etcd/events"                                = "b/a,b,c"
    "k8s.io/role/control-plane"                         = "1"
    "k8s.io/role/master"                                = "1"
    "kubernetes.io/cluster/prod.groundwork.example.com" = "owned"
  }
  throughput = 125
  type       = "gp3"
}

resource "aws_ebs_volume" "b-etcd-main-prod-groundwork-example-com" {
  availability_zone = "eu-central-1b"
  encrypted         = true
  iops              = 3000
  size              = 20
  tags = {
    "KubernetesCluster"                                 = "prod.groundwork.example.com"
    "Name"                                              = "b.etcd-main.prod.groundwork.example.com"
    "groundwork.dev/platform"                           = "groundwork"
    "k8s.io/etcd/main"                                  = "b/a,b,c"
    "k8s.io/role/control-plane"                         = "1"
    "k8s.io/role/master"                                = "1"
    "kubernetes.io/cluster/prod.groundwork.example.com" = "owned"
  }
  throughput = 125
  type       = "gp3"
}

resource "aws_ebs_volume" "c-etcd-events-prod-groundwork-example-com" {
  availability_zone = "eu-central-1c"
  encrypted         = true
  iops              = 3000
  size              = 20
  tags = {
    "KubernetesCluster"                                 = "prod.groundwork.example.com"
    "Name"                                              = "c.etcd-events.prod.groundwork.example.com"
    "groundwork.dev/platform"                           = "groundwork"
    "k8s.io/etcd/events"                                = "c/a,b,c"
    "k8s.io/role/control-plane"                         = "1"
    "k8s.io/role/master"                                = "1"
    "kubernetes.io/cluster/prod.groundwork.example.com" = "owned"
  }
  throughput = 125
  type       = "gp3"
}

resource "aws_ebs_volume" "c-etcd-main-prod-groundwork-example-com" {
  availability_zone = "eu-central-1c"
  encrypted         = true
  iops              = 3000
  size              = 20
  tags = {
    "KubernetesCluster"                                 = "prod.groundwork.example.com"
    "Name"                                              = "c.etcd-main.prod.groundwork.example.com"
    "groundwork.dev/platform"                           = "groundwork"
    "k8s.io/etcd/main"                                  = "c/a,b,c"
    "k8s.io/role/control-plane"                         = "1"
    "k8s.io/role/master"                                = "1"
    "kubernetes.io/cluster/prod.groundwork.example.com" = "owned"
  }
  throughput = 125
  type       = "gp3"
}

resource "aws_eip" "eu-central-1a-prod-groundwork-example-com" {
  domain = "vpc"
  tags = {
    "KubernetesCluster"                                 = "prod.groundwork.example.com"
    "Name"                                              = "eu-central-1a.prod.groundwork.example.com"
    "groundwork.dev/platform"                           = "groundwork"
    "kubernetes.io/cluster/prod.groundwork.example.com" = "owned"
  }
}

resource "aws_eip" "eu-central-1b-prod-groundwork-example-com" {
  domain = "vpc"
  tags = {
    "KubernetesCluster"                                 = "prod.groundwork.example.com"
    "Name"                                              = "eu-central-1b.prod.groundwork.example.com"
    "groundwork.dev/platform"                           = "groundwork"
    "kubernetes.io/cluster/prod.groundwork.example.com" = "owned"
  }
}

resource "aws_eip" "eu-central-1c-prod-groundwork-example-com" {
  domain = "vpc"
  tags = {
    "KubernetesCluster"                                 = "prod.groundwork.example.com"
    "Name"                                              = "eu-central-1c.prod.groundwork.example.com"
    "groundwork.dev/platform"                           = "groundwork"
    "kubernetes.io/cluster/prod.groundwork.example.com" = "owned"
  }
}

resource "aws_iam_instance_profile" "masters-prod-groundwork-example-com" {
  name = "masters.prod.groundwork.example.com"
  role = aws_iam_role.masters-prod-groundwork-example-com.name
  tags = {
    "KubernetesCluster"                                 = "prod.groundwork.example.com"
    "Name"                                              = "masters.prod.groundwork.example.com"
    "groundwork.dev/platform"                           = "groundwork"
    "kubernetes.io/cluster/prod.groundwork.example.com" = "owned"
  }
}

resource "aws_iam_instance_profile" "nodes-prod-groundwork-example-com" {
  name = "nodes.prod.groundwork.example.com"
  role = aws_iam_role.nodes-prod-groundwork-example-com.name
  tags = {
    "KubernetesCluster"                                 = "prod.groundwork.example.com"
    "Name"                                              = "nodes.prod.groundwork.example.com"
    "groundwork.dev/platform"                           = "groundwork"
    "kubernetes.io/cluster/prod.groundwork.example.com" = "owned"
  }
}

resource "aws_iam_openid_connect_provider" "prod-groundwork-example-com" {
  client_id_list = ["amazonaws.com"]
  tags = {
    "KubernetesCluster"                                 = "prod.groundwork.example.com"
    "Name"                                              = "prod.groundwork.example.com"
    "groundwork.dev/platform"                           = "groundwork"
    "kubernetes.io/cluster/prod.groundwork.example.com" = "owned"
  }
  thumbprint_list = ["9e99a48a9960b14926bb7f3b02e22da2b0ab7280", "a9d53002e97e00e043244f3d170d6f4c414104fd"]
  url             = "https://groundwork-prod-oidc-123456789012.s3.eu-central-1.amazonaws.com/prod.groundwork.example.com"
}

resource "aws_iam_role" "aws-cloud-controller-manager-kube-system-sa-prod-groundwo-lecu06" {
  assume_role_policy = file("${path.module}/data/aws_iam_role_aws-cloud-controller-manager.kube-system.sa.prod.groundwo-lecu06_policy")
  name               = "aws-cloud-controller-manager.kube-system.sa.prod.groundwo-lecu06"
  tags = {
    "KubernetesCluster"                                 = "prod.groundwork.example.com"
    "Name"                                              = "aws-cloud-controller-manager.kube-system.sa.prod.groundwo-lecu06"
    "groundwork.dev/platform"                           = "groundwork"
    "kubernetes.io/cluster/prod.groundwork.example.com" = "owned"
    "service-account.kops.k8s.io/name"                  = "aws-cloud-controller-manager"
    "service-account.kops.k8s.io/namespace"             = "kube-system"
  }
}

resource "aws_iam_role" "aws-load-balancer-controller-aws-load-balancer-controller-lqbr1i" {
  assume_role_policy = file("${path.module}/data/aws_iam_role_aws-load-balancer-controller.aws-load-balancer-controller-lqbr1i_policy")
  name               = "aws-load-balancer-controller.aws-load-balancer-controller-lqbr1i"
  tags = {
    "KubernetesCluster"                                 = "prod.groundwork.example.com"
    "Name"                                              = "aws-load-balancer-controller.aws-load-balancer-controller-lqbr1i"
    "groundwork.dev/platform"                           = "groundwork"
    "kubernetes.io/cluster/prod.groundwork.example.com" = "owned"
    "service-account.kops.k8s.io/name"                  = "aws-load-balancer-controller"
    "service-account.kops.k8s.io/namespace"             = "aws-load-balancer-controller"
  }
}

resource "aws_iam_role" "aws-node-termination-handler-kube-system-sa-prod-groundwo-bpcqik" {
  assume_role_policy = file("${path.module}/data/aws_iam_role_aws-node-termination-handler.kube-system.sa.prod.groundwo-bpcqik_policy")
  name               = "aws-node-termination-handler.kube-system.sa.prod.groundwo-bpcqik"
  tags = {
    "KubernetesCluster"                                 = "prod.groundwork.example.com"
    "Name"                                              = "aws-node-termination-handler.kube-system.sa.prod.groundwo-bpcqik"
    "groundwork.dev/platform"                           = "groundwork"
    "kubernetes.io/cluster/prod.groundwork.example.com" = "owned"
    "service-account.kops.k8s.io/name"                  = "aws-node-termination-handler"
    "service-account.kops.k8s.io/namespace"             = "kube-system"
  }
}

resource "aws_iam_role" "cluster-autoscaler-cluster-autoscaler-sa-prod-groundwork--p0sjr0" {
  assume_role_policy = file("${path.module}/data/aws_iam_role_cluster-autoscaler.cluster-autoscaler.sa.prod.groundwork.-p0sjr0_policy")
  name               = "cluster-autoscaler.cluster-autoscaler.sa.prod.groundwork.-p0sjr0"
  tags = {
    "KubernetesCluster"                                 = "prod.groundwork.example.com"
    "Name"                                              = "cluster-autoscaler.cluster-autoscaler.sa.prod.groundwork.-p0sjr0"
    "groundwork.dev/platform"                           = "groundwork"
    "kubernetes.io/cluster/prod.groundwork.example.com" = "owned"
    "service-account.kops.k8s.io/name"                  = "cluster-autoscaler"
    "service-account.kops.k8s.io/namespace"             = "cluster-autoscaler"
  }
}

resource "aws_iam_role" "dns-controller-kube-system-sa-prod-groundwork-example-com" {
  assume_role_policy = file("${path.module}/data/aws_iam_role_dns-controller.kube-system.sa.prod.groundwork.example.com_policy")
  name               = "dns-controller.kube-system.sa.prod.groundwork.example.com"
  tags = {
    "KubernetesCluster"                                 = "prod.groundwork.example.com"
    "Name"                                              = "dns-controller.kube-system.sa.prod.groundwork.example.com"
    "groundwork.dev/platform"                           = "groundwork"
    "kubernetes.io/cluster/prod.groundwork.example.com" = "owned"
    "service-account.kops.k8s.io/name"                  = "dns-controller"
    "service-account.kops.k8s.io/namespace"             = "kube-system"
  }
}

resource "aws_iam_role" "ebs-csi-controller-sa-aws-ebs-csi-driver-sa-prod-groundwo-2sklvb" {
  assume_role_policy = file("${path.module}/data/aws_iam_role_ebs-csi-controller-sa.aws-ebs-csi-driver.sa.prod.groundwo-2sklvb_policy")
  name               = "ebs-csi-controller-sa.aws-ebs-csi-driver.sa.prod.groundwo-2sklvb"
  tags = {
    "KubernetesCluster"                                 = "prod.groundwork.example.com"
    "Name"                                              = "ebs-csi-controller-sa.aws-ebs-csi-driver.sa.prod.groundwo-2sklvb"
    "groundwork.dev/platform"                           = "groundwork"
    "kubernetes.io/cluster/prod.groundwork.example.com" = "owned"
    "service-account.kops.k8s.io/name"                  = "ebs-csi-controller-sa"
    "service-account.kops.k8s.io/namespace"             = "aws-ebs-csi-driver"
  }
}

resource "aws_iam_role" "external-dns-external-dns-sa-prod-groundwork-example-com" {
  assume_role_policy = file("${path.module}/data/aws_iam_role_external-dns.external-dns.sa.prod.groundwork.example.com_policy")
  name               = "external-dns.external-dns.sa.prod.groundwork.example.com"
  tags = {
    "KubernetesCluster"                                 = "prod.groundwork.example.com"
    "Name"                                              = "external-dns.external-dns.sa.prod.groundwork.example.com"
    "groundwork.dev/platform"                           = "groundwork"
    "kubernetes.io/cluster/prod.groundwork.example.com" = "owned"
    "service-account.kops.k8s.io/name"                  = "external-dns"
    "service-account.kops.k8s.io/namespace"             = "external-dns"
  }
}

resource "aws_iam_role" "external-secrets-external-secrets-sa-prod-groundwork-example-com" {
  assume_role_policy = file("${path.module}/data/aws_iam_role_external-secrets.external-secrets.sa.prod.groundwork.example.com_policy")
  name               = "external-secrets.external-secrets.sa.prod.groundwork.example.com"
  tags = {
    "KubernetesCluster"                                 = "prod.groundwork.example.com"
    "Name"                                              = "external-secrets.external-secrets.sa.prod.groundwork.example.com"
    "groundwork.dev/platform"                           = "groundwork"
    "kubernetes.io/cluster/prod.groundwork.example.com" = "owned"
    "service-account.kops.k8s.io/name"                  = "external-secrets"
    "service-account.kops.k8s.io/namespace"             = "external-secrets"
  }
}

resource "aws_iam_role" "masters-prod-groundwork-example-com" {
  assume_role_policy = file("${path.module}/data/aws_iam_role_masters.prod.groundwork.example.com_policy")
  name               = "masters.prod.groundwork.example.com"
  tags = {
    "KubernetesCluster"                                 = "prod.groundwork.example.com"
    "Name"                                              = "masters.prod.groundwork.example.com"
    "groundwork.dev/platform"                           = "groundwork"
    "kubernetes.io/cluster/prod.groundwork.example.com" = "owned"
  }
}

resource "aws_iam_role" "nodes-prod-groundwork-example-com" {
  assume_role_policy = file("${path.module}/data/aws_iam_role_nodes.prod.groundwork.example.com_policy")
  name               = "nodes.prod.groundwork.example.com"
  tags = {
    "KubernetesCluster"                                 = "prod.groundwork.example.com"
    "Name"                                              = "nodes.prod.groundwork.example.com"
    "groundwork.dev/platform"                           = "groundwork"
    "kubernetes.io/cluster/prod.groundwork.example.com" = "owned"
  }
}

resource "aws_iam_role" "vault-vault-sa-prod-groundwork-example-com" {
  assume_role_policy = file("${path.module}/data/aws_iam_role_vault.vault.sa.prod.groundwork.example.com_policy")
  name               = "vault.vault.sa.prod.groundwork.example.com"
  tags = {
    "KubernetesCluster"                                 = "prod.groundwork.example.com"
    "Name"                                              = "vault.vault.sa.prod.groundwork.example.com"
    "groundwork.dev/platform"                           = "groundwork"
    "kubernetes.io/cluster/prod.groundwork.example.com" = "owned"
    "service-account.kops.k8s.io/name"                  = "vault"
    "service-account.kops.k8s.io/namespace"             = "vault"
  }
}

resource "aws_iam_role" "velero-velero-sa-prod-groundwork-example-com" {
  assume_role_policy = file("${path.module}/data/aws_iam_role_velero.velero.sa.prod.groundwork.example.com_policy")
  name               = "velero.velero.sa.prod.groundwork.example.com"
  tags = {
    "KubernetesCluster"                                 = "prod.groundwork.example.com"
    "Name"                                              = "velero.velero.sa.prod.groundwork.example.com"
    "groundwork.dev/platform"                           = "groundwork"
    "kubernetes.io/cluster/prod.groundwork.example.com" = "owned"
    "service-account.kops.k8s.io/name"                  = "velero"
    "service-account.kops.k8s.io/namespace"             = "velero"
  }
}

resource "aws_iam_role_policy" "aws-cloud-controller-manager-kube-system-sa-prod-groundwo-lecu06" {
  name   = "aws-cloud-controller-manager.kube-system.sa.prod.groundwo-lecu06"
  policy = file("${path.module}/data/aws_iam_role_policy_aws-cloud-controller-manager.kube-system.sa.prod.groundwo-lecu06_policy")
  role   = aws_iam_role.aws-cloud-controller-manager-kube-system-sa-prod-groundwo-lecu06.name
}

resource "aws_iam_role_policy" "aws-load-balancer-controller-aws-load-balancer-controller-lqbr1i" {
  name   = "aws-load-balancer-controller.aws-load-balancer-controller-lqbr1i"
  policy = file("${path.module}/data/aws_iam_role_policy_aws-load-balancer-controller.aws-load-balancer-controller-lqbr1i_policy")
  role   = aws_iam_role.aws-load-balancer-controller-aws-load-balancer-controller-lqbr1i.name
}

resource "aws_iam_role_policy" "aws-node-termination-handler-kube-system-sa-prod-groundwo-bpcqik" {
  name   = "aws-node-termination-handler.kube-system.sa.prod.groundwo-bpcqik"
  policy = file("${path.module}/data/aws_iam_role_policy_aws-node-termination-handler.kube-system.sa.prod.groundwo-bpcqik_policy")
  role   = aws_iam_role.aws-node-termination-handler-kube-system-sa-prod-groundwo-bpcqik.name
}

resource "aws_iam_role_policy" "cluster-autoscaler-cluster-autoscaler-sa-prod-groundwork--p0sjr0" {
  name   = "cluster-autoscaler.cluster-autoscaler.sa.prod.groundwork.-p0sjr0"
  policy = file("${path.module}/data/aws_iam_role_policy_cluster-autoscaler.cluster-autoscaler.sa.prod.groundwork.-p0sjr0_policy")
  role   = aws_iam_role.cluster-autoscaler-cluster-autoscaler-sa-prod-groundwork--p0sjr0.name
}

resource "aws_iam_role_policy" "dns-controller-kube-system-sa-prod-groundwork-example-com" {
  name   = "dns-controller.kube-system.sa.prod.groundwork.example.com"
  policy = file("${path.module}/data/aws_iam_role_policy_dns-controller.kube-system.sa.prod.groundwork.example.com_policy")
  role   = aws_iam_role.dns-controller-kube-system-sa-prod-groundwork-example-com.name
}

resource "aws_iam_role_policy" "ebs-csi-controller-sa-aws-ebs-csi-driver-sa-prod-groundwo-2sklvb" {
  name   = "ebs-csi-controller-sa.aws-ebs-csi-driver.sa.prod.groundwo-2sklvb"
  policy = file("${path.module}/data/aws_iam_role_policy_ebs-csi-controller-sa.aws-ebs-csi-driver.sa.prod.groundwo-2sklvb_policy")
  role   = aws_iam_role.ebs-csi-controller-sa-aws-ebs-csi-driver-sa-prod-groundwo-2sklvb.name
}

resource "aws_iam_role_policy" "external-dns-external-dns-sa-prod-groundwork-example-com" {
  name   = "external-dns.external-dns.sa.prod.groundwork.example.com"
  policy = file("${path.module}/data/aws_iam_role_policy_external-dns.external-dns.sa.prod.groundwork.example.com_policy")
  role   = aws_iam_role.external-dns-external-dns-sa-prod-groundwork-example-com.name
}

resource "aws_iam_role_policy" "external-secrets-external-secrets-sa-prod-groundwork-example-com" {
  name   = "external-secrets.external-secrets.sa.prod.groundwork.example.com"
  policy = file("${path.module}/data/aws_iam_role_policy_external-secrets.external-secrets.sa.prod.groundwork.example.com_policy")
  role   = aws_iam_role.external-secrets-external-secrets-sa-prod-groundwork-example-com.name
}

resource "aws_iam_role_policy" "masters-prod-groundwork-example-com" {
  name   = "masters.prod.groundwork.example.com"
  policy = file("${path.module}/data/aws_iam_role_policy_masters.prod.groundwork.example.com_policy")
  role   = aws_iam_role.masters-prod-groundwork-example-com.name
}

resource "aws_iam_role_policy" "nodes-prod-groundwork-example-com" {
  name   = "nodes.prod.groundwork.example.com"
  policy = file("${path.module}/data/aws_iam_role_policy_nodes.prod.groundwork.example.com_policy")
  role   = aws_iam_role.nodes-prod-groundwork-example-com.name
}

resource "aws_iam_role_policy" "vault-vault-sa-prod-groundwork-example-com" {
  name   = "vault.vault.sa.prod.groundwork.example.com"
  policy = file("${path.module}/data/aws_iam_role_policy_vault.vault.sa.prod.groundwork.example.com_policy")
  role   = aws_iam_role.vault-vault-sa-prod-groundwork-example-com.name
}

resource "aws_iam_role_policy" "velero-velero-sa-prod-groundwork-example-com" {
  name   = "velero.velero.sa.prod.groundwork.example.com"
  policy = file("${path.module}/data/aws_iam_role_policy_velero.velero.sa.prod.groundwork.example.com_policy")
  role   = aws_iam_role.velero-velero-sa-prod-groundwork-example-com.name
}

resource "aws_internet_gateway" "prod-groundwork-example-com" {
  tags = {
    "KubernetesCluster"                                 = "prod.groundwork.example.com"
    "Name"                                              = "prod.groundwork.example.com"
    "groundwork.dev/platform"                           = "groundwork"
    "kubernetes.io/cluster/prod.groundwork.example.com" = "owned"
  }
  vpc_id = aws_vpc.prod-groundwork-example-com.id
}

resource "aws_launch_template" "control-plane-eu-central-1a-masters-prod-groundwork-example-com" {
  block_device_mappings {
    device_name = "/dev/sda1"
    ebs {
      delete_on_termination = true
      encrypted             = true
      iops                  = 3000
      throughput            = 125
      volume_size           = 64
      volume_type           = "gp3"
    }
  }
  iam_instance_profile {
    name = aws_iam_instance_profile.masters-prod-groundwork-example-com.id
  }
  image_id      = "ami-00000000000000001"
  instance_type = "m6i.large"
  lifecycle {
    create_before_destroy = true
  }
  metadata_options {
    http_endpoint               = "enabled"
    http_protocol_ipv6          = "disabled"
    http_put_response_hop_limit = 1
    http_tokens                 = "required"
  }
  monitoring {
    enabled = false
  }
  name = "control-plane-eu-central-1a.masters.prod.groundwork.example.com"
  network_interfaces {
    associate_public_ip_address = false
    delete_on_termination       = true
    ipv6_address_count          = 0
    security_groups             = [aws_security_group.masters-prod-groundwork-example-com.id]
  }
  tag_specifications {
    resource_type = "instance"
    tags = {
      "KubernetesCluster"                                                                                     = "prod.groundwork.example.com"
      "Name"                                                                                                  = "control-plane-eu-central-1a.masters.prod.groundwork.example.com"
      "aws-node-termination-handler/managed"                                                                  = ""
      "groundwork.dev/platform"                                                                               = "groundwork"
      "k8s.io/cluster-autoscaler/node-template/label/kops.k8s.io/instancegroup"                               = "control-plane-eu-central-1a"
      "k8s.io/cluster-autoscaler/node-template/label/kops.k8s.io/kops-controller-pki"                         = ""
      "k8s.io/cluster-autoscaler/node-template/label/node-role.kubernetes.io/control-plane"                   = ""
      "k8s.io/cluster-autoscaler/node-template/label/node.kubernetes.io/exclude-from-external-load-balancers" = ""
      "k8s.io/role/control-plane"                                                                             = "1"
      "k8s.io/role/master"                                                                                    = "1"
      "kops.k8s.io/instancegroup"                                                                             = "control-plane-eu-central-1a"
      "kubernetes.io/cluster/prod.groundwork.example.com"                                                     = "owned"
    }
  }
  tag_specifications {
    resource_type = "volume"
    tags = {
      "KubernetesCluster"                                                                                     = "prod.groundwork.example.com"
      "Name"                                                                                                  = "control-plane-eu-central-1a.masters.prod.groundwork.example.com"
      "aws-node-termination-handler/managed"                                                                  = ""
      "groundwork.dev/platform"                                                                               = "groundwork"
      "k8s.io/cluster-autoscaler/node-template/label/kops.k8s.io/instancegroup"                               = "control-plane-eu-central-1a"
      "k8s.io/cluster-autoscaler/node-template/label/kops.k8s.io/kops-controller-pki"                         = ""
      "k8s.io/cluster-autoscaler/node-template/label/node-role.kubernetes.io/control-plane"                   = ""
      "k8s.io/cluster-autoscaler/node-template/label/node.kubernetes.io/exclude-from-external-load-balancers" = ""
      "k8s.io/role/control-plane"                                                                             = "1"
      "k8s.io/role/master"                                                                                    = "1"
      "kops.k8s.io/instancegroup"                                                                             = "control-plane-eu-central-1a"
      "kubernetes.io/cluster/prod.groundwork.example.com"                                                     = "owned"
    }
  }
  tag_specifications {
    resource_type = "network-interface"
    tags = {
      "KubernetesCluster"                                                                                     = "prod.groundwork.example.com"
      "Name"                                                                                                  = "control-plane-eu-central-1a.masters.prod.groundwork.example.com"
      "aws-node-termination-handler/managed"                                                                  = ""
      "groundwork.dev/platform"                                                                               = "groundwork"
      "k8s.io/cluster-autoscaler/node-template/label/kops.k8s.io/instancegroup"                               = "control-plane-eu-central-1a"
      "k8s.io/cluster-autoscaler/node-template/label/kops.k8s.io/kops-controller-pki"                         = ""
      "k8s.io/cluster-autoscaler/node-template/label/node-role.kubernetes.io/control-plane"                   = ""
      "k8s.io/cluster-autoscaler/node-template/label/node.kubernetes.io/exclude-from-external-load-balancers" = ""
      "k8s.io/role/control-plane"                                                                             = "1"
      "k8s.io/role/master"                                                                                    = "1"
      "kops.k8s.io/instancegroup"                                                                             = "control-plane-eu-central-1a"
      "kubernetes.io/cluster/prod.groundwork.example.com"                                                     = "owned"
    }
  }
  tags = {
    "KubernetesCluster"                                                                                     = "prod.groundwork.example.com"
    "Name"                                                                                                  = "control-plane-eu-central-1a.masters.prod.groundwork.example.com"
    "aws-node-termination-handler/managed"                                                                  = ""
    "groundwork.dev/platform"                                                                               = "groundwork"
    "k8s.io/cluster-autoscaler/node-template/label/kops.k8s.io/instancegroup"                               = "control-plane-eu-central-1a"
    "k8s.io/cluster-autoscaler/node-template/label/kops.k8s.io/kops-controller-pki"                         = ""
    "k8s.io/cluster-autoscaler/node-template/label/node-role.kubernetes.io/control-plane"                   = ""
    "k8s.io/cluster-autoscaler/node-template/label/node.kubernetes.io/exclude-from-external-load-balancers" = ""
    "k8s.io/role/control-plane"                                                                             = "1"
    "k8s.io/role/master"                                                                                    = "1"
    "kops.k8s.io/instancegroup"                                                                             = "control-plane-eu-central-1a"
    "kubernetes.io/cluster/prod.groundwork.example.com"                                                     = "owned"
  }
  user_data = filebase64("${path.module}/data/aws_launch_template_control-plane-eu-central-1a.masters.prod.groundwork.example.com_user_data")
}

resource "aws_launch_template" "control-plane-eu-central-1b-masters-prod-groundwork-example-com" {
  block_device_mappings {
    device_name = "/dev/sda1"
    ebs {
      delete_on_termination = true
      encrypted             = true
      iops                  = 3000
      throughput            = 125
      volume_size           = 64
      volume_type           = "gp3"
    }
  }
  iam_instance_profile {
    name = aws_iam_instance_profile.masters-prod-groundwork-example-com.id
  }
  image_id      = "ami-00000000000000001"
  instance_type = "m6i.large"
  lifecycle {
    create_before_destroy = true
  }
  metadata_options {
    http_endpoint               = "enabled"
    http_protocol_ipv6          = "disabled"
    http_put_response_hop_limit = 1
    http_tokens                 = "required"
  }
  monitoring {
    enabled = false
  }
  name = "control-plane-eu-central-1b.masters.prod.groundwork.example.com"
  network_interfaces {
    associate_public_ip_address = false
    delete_on_termination       = true
    ipv6_address_count          = 0
    security_groups             = [aws_security_group.masters-prod-groundwork-example-com.id]
  }
  tag_specifications {
    resource_type = "instance"
    tags = {
      "KubernetesCluster"                                                                                     = "prod.groundwork.example.com"
      "Name"                                                                                                  = "control-plane-eu-central-1b.masters.prod.groundwork.example.com"
      "aws-node-termination-handler/managed"                                                                  = ""
      "groundwork.dev/platform"                                                                               = "groundwork"
      "k8s.io/cluster-autoscaler/node-template/label/kops.k8s.io/instancegroup"                               = "control-plane-eu-central-1b"
      "k8s.io/cluster-autoscaler/node-template/label/kops.k8s.io/kops-controller-pki"                         = ""
      "k8s.io/cluster-autoscaler/node-template/label/node-role.kubernetes.io/control-plane"                   = ""
      "k8s.io/cluster-autoscaler/node-template/label/node.kubernetes.io/exclude-from-external-load-balancers" = ""
      "k8s.io/role/control-plane"                                                                             = "1"
      "k8s.io/role/master"                                                                                    = "1"
      "kops.k8s.io/instancegroup"                                                                             = "control-plane-eu-central-1b"
      "kubernetes.io/cluster/prod.groundwork.example.com"                                                     = "owned"
    }
  }
  tag_specifications {
    resource_type = "volume"
    tags = {
      "KubernetesCluster"                                                                                     = "prod.groundwork.example.com"
      "Name"                                                                                                  = "control-plane-eu-central-1b.masters.prod.groundwork.example.com"
      "aws-node-termination-handler/managed"                                                                  = ""
      "groundwork.dev/platform"                                                                               = "groundwork"
      "k8s.io/cluster-autoscaler/node-template/label/kops.k8s.io/instancegroup"                               = "control-plane-eu-central-1b"
      "k8s.io/cluster-autoscaler/node-template/label/kops.k8s.io/kops-controller-pki"                         = ""
      "k8s.io/cluster-autoscaler/node-template/label/node-role.kubernetes.io/control-plane"                   = ""
      "k8s.io/cluster-autoscaler/node-template/label/node.kubernetes.io/exclude-from-external-load-balancers" = ""
      "k8s.io/role/control-plane"                                                                             = "1"
      "k8s.io/role/master"                                                                                    = "1"
      "kops.k8s.io/instancegroup"                                                                             = "control-plane-eu-central-1b"
      "kubernetes.io/cluster/prod.groundwork.example.com"                                                     = "owned"
    }
  }
  tag_specifications {
    resource_type = "network-interface"
    tags = {
      "KubernetesCluster"                                                                                     = "prod.groundwork.example.com"
      "Name"                                                                                                  = "control-plane-eu-central-1b.masters.prod.groundwork.example.com"
      "aws-node-termination-handler/managed"                                                                  = ""
      "groundwork.dev/platform"                                                                               = "groundwork"
      "k8s.io/cluster-autoscaler/node-template/label/kops.k8s.io/instancegroup"                               = "control-plane-eu-central-1b"
      "k8s.io/cluster-autoscaler/node-template/label/kops.k8s.io/kops-controller-pki"                         = ""
      "k8s.io/cluster-autoscaler/node-template/label/node-role.kubernetes.io/control-plane"                   = ""
      "k8s.io/cluster-autoscaler/node-template/label/node.kubernetes.io/exclude-from-external-load-balancers" = ""
      "k8s.io/role/control-plane"                                                                             = "1"
      "k8s.io/role/master"                                                                                    = "1"
      "kops.k8s.io/instancegroup"                                                                             = "control-plane-eu-central-1b"
      "kubernetes.io/cluster/prod.groundwork.example.com"                                                     = "owned"
    }
  }
  tags = {
    "KubernetesCluster"                                                                                     = "prod.groundwork.example.com"
    "Name"                                                                                                  = "control-plane-eu-central-1b.masters.prod.groundwork.example.com"
    "aws-node-termination-handler/managed"                                                                  = ""
    "groundwork.dev/platform"                                                                               = "groundwork"
    "k8s.io/cluster-autoscaler/node-template/label/kops.k8s.io/instancegroup"                               = "control-plane-eu-central-1b"
    "k8s.io/cluster-autoscaler/node-template/label/kops.k8s.io/kops-controller-pki"                         = ""
    "k8s.io/cluster-autoscaler/node-template/label/node-role.kubernetes.io/control-plane"                   = ""
    "k8s.io/cluster-autoscaler/node-template/label/node.kubernetes.io/exclude-from-external-load-balancers" = ""
    "k8s.io/role/control-plane"                                                                             = "1"
    "k8s.io/role/master"                                                                                    = "1"
    "kops.k8s.io/instancegroup"                                                                             = "control-plane-eu-central-1b"
    "kubernetes.io/cluster/prod.groundwork.example.com"                                                     = "owned"
  }
  user_data = filebase64("${path.module}/data/aws_launch_template_control-plane-eu-central-1b.masters.prod.groundwork.example.com_user_data")
}

resource "aws_launch_template" "control-plane-eu-central-1c-masters-prod-groundwork-example-com" {
  block_device_mappings {
    device_name = "/dev/sda1"
    ebs {
      delete_on_termination = true
      encrypted             = true
      iops                  = 3000
      throughput            = 125
      volume_size           = 64
      volume_type           = "gp3"
    }
  }
  iam_instance_profile {
    name = aws_iam_instance_profile.masters-prod-groundwork-example-com.id
  }
  image_id      = "ami-00000000000000001"
  instance_type = "m6i.large"
  lifecycle {
    create_before_destroy = true
  }
  metadata_options {
    http_endpoint               = "enabled"
    http_protocol_ipv6          = "disabled"
    http_put_response_hop_limit = 1
    http_tokens                 = "required"
  }
  monitoring {
    enabled = false
  }
  name = "control-plane-eu-central-1c.masters.prod.groundwork.example.com"
  network_interfaces {
    associate_public_ip_address = false
    delete_on_termination       = true
    ipv6_address_count          = 0
    security_groups             = [aws_security_group.masters-prod-groundwork-example-com.id]
  }
  tag_specifications {
    resource_type = "instance"
    tags = {
      "KubernetesCluster"                                                                                     = "prod.groundwork.example.com"
      "Name"                                                                                                  = "control-plane-eu-central-1c.masters.prod.groundwork.example.com"
      "aws-node-termination-handler/managed"                                                                  = ""
      "groundwork.dev/platform"                                                                               = "groundwork"
      "k8s.io/cluster-autoscaler/node-template/label/kops.k8s.io/instancegroup"                               = "control-plane-eu-central-1c"
      "k8s.io/cluster-autoscaler/node-template/label/kops.k8s.io/kops-controller-pki"                         = ""
      "k8s.io/cluster-autoscaler/node-template/label/node-role.kubernetes.io/control-plane"                   = ""
      "k8s.io/cluster-autoscaler/node-template/label/node.kubernetes.io/exclude-from-external-load-balancers" = ""
      "k8s.io/role/control-plane"                                                                             = "1"
      "k8s.io/role/master"                                                                                    = "1"
      "kops.k8s.io/instancegroup"                                                                             = "control-plane-eu-central-1c"
      "kubernetes.io/cluster/prod.groundwork.example.com"                                                     = "owned"
    }
  }
  tag_specifications {
    resource_type = "volume"
    tags = {
      "KubernetesCluster"                                                                                     = "prod.groundwork.example.com"
      "Name"                                                                                                  = "control-plane-eu-central-1c.masters.prod.groundwork.example.com"
      "aws-node-termination-handler/managed"                                                                  = ""
      "groundwork.dev/platform"                                                                               = "groundwork"
      "k8s.io/cluster-autoscaler/node-template/label/kops.k8s.io/instancegroup"                               = "control-plane-eu-central-1c"
      "k8s.io/cluster-autoscaler/node-template/label/kops.k8s.io/kops-controller-pki"                         = ""
      "k8s.io/cluster-autoscaler/node-template/label/node-role.kubernetes.io/control-plane"                   = ""
      "k8s.io/cluster-autoscaler/node-template/label/node.kubernetes.io/exclude-from-external-load-balancers" = ""
      "k8s.io/role/control-plane"                                                                             = "1"
      "k8s.io/role/master"                                                                                    = "1"
      "kops.k8s.io/instancegroup"                                                                             = "control-plane-eu-central-1c"
      "kubernetes.io/cluster/prod.groundwork.example.com"                                                     = "owned"
    }
  }
  tag_specifications {
    resource_type = "network-interface"
    tags = {
      "KubernetesCluster"                                                                                     = "prod.groundwork.example.com"
      "Name"                                                                                                  = "control-plane-eu-central-1c.masters.prod.groundwork.example.com"
      "aws-node-termination-handler/managed"                                                                  = ""
      "groundwork.dev/platform"                                                                               = "groundwork"
      "k8s.io/cluster-autoscaler/node-template/label/kops.k8s.io/instancegroup"                               = "control-plane-eu-central-1c"
      "k8s.io/cluster-autoscaler/node-template/label/kops.k8s.io/kops-controller-pki"                         = ""
      "k8s.io/cluster-autoscaler/node-template/label/node-role.kubernetes.io/control-plane"                   = ""
      "k8s.io/cluster-autoscaler/node-template/label/node.kubernetes.io/exclude-from-external-load-balancers" = ""
      "k8s.io/role/control-plane"                                                                             = "1"
      "k8s.io/role/master"                                                                                    = "1"
      "kops.k8s.io/instancegroup"                                                                             = "control-plane-eu-central-1c"
      "kubernetes.io/cluster/prod.groundwork.example.com"                                                     = "owned"
    }
  }
  tags = {
    "KubernetesCluster"                                                                                     = "prod.groundwork.example.com"
    "Name"                                                                                                  = "control-plane-eu-central-1c.masters.prod.groundwork.example.com"
    "aws-node-termination-handler/managed"                                                                  = ""
    "groundwork.dev/platform"                                                                               = "groundwork"
    "k8s.io/cluster-autoscaler/node-template/label/kops.k8s.io/instancegroup"                               = "control-plane-eu-central-1c"
    "k8s.io/cluster-autoscaler/node-template/label/kops.k8s.io/kops-controller-pki"                         = ""
    "k8s.io/cluster-autoscaler/node-template/label/node-role.kubernetes.io/control-plane"                   = ""
    "k8s.io/cluster-autoscaler/node-template/label/node.kubernetes.io/exclude-from-external-load-balancers" = ""
    "k8s.io/role/control-plane"                                                                             = "1"
    "k8s.io/role/master"                                                                                    = "1"
    "kops.k8s.io/instancegroup"                                                                             = "control-plane-eu-central-1c"
    "kubernetes.io/cluster/prod.groundwork.example.com"                                                     = "owned"
  }
  user_data = filebase64("${path.module}/data/aws_launch_template_control-plane-eu-central-1c.masters.prod.groundwork.example.com_user_data")
}

resource "aws_launch_template" "nodes-eu-central-1a-prod-groundwork-example-com" {
  block_device_mappings {
    device_name = "/dev/sda1"
    ebs {
      delete_on_termination = true
      encrypted             = true
      iops                  = 3000
      throughput            = 125
      volume_size           = 128
      volume_type           = "gp3"
    }
  }
  iam_instance_profile {
    name = aws_iam_instance_profile.nodes-prod-groundwork-example-com.id
  }
  image_id      = "ami-00000000000000001"
  instance_type = "m6i.xlarge"
  lifecycle {
    create_before_destroy = true
  }
  metadata_options {
    http_endpoint               = "enabled"
    http_protocol_ipv6          = "disabled"
    http_put_response_hop_limit = 1
    http_tokens                 = "required"
  }
  monitoring {
    enabled = false
  }
  name = "nodes-eu-central-1a.prod.groundwork.example.com"
  network_interfaces {
    associate_public_ip_address = false
    delete_on_termination       = true
    ipv6_address_count          = 0
    security_groups             = [aws_security_group.nodes-prod-groundwork-example-com.id]
  }
  tag_specifications {
    resource_type = "instance"
    tags = {
      "KubernetesCluster"                                                          = "prod.groundwork.example.com"
      "Name"                                                                       = "nodes-eu-central-1a.prod.groundwork.example.com"
      "aws-node-termination-handler/managed"                                       = ""
      "groundwork.dev/platform"                                                    = "groundwork"
      "k8s.io/cluster-autoscaler/enabled"                                          = "true"
      "k8s.io/cluster-autoscaler/node-template/label/kops.k8s.io/instancegroup"    = "nodes-eu-central-1a"
      "k8s.io/cluster-autoscaler/node-template/label/node-role.kubernetes.io/node" = ""
      "k8s.io/cluster-autoscaler/prod.groundwork.example.com"                      = "owned"
      "k8s.io/role/node"                                                           = "1"
      "kops.k8s.io/instancegroup"                                                  = "nodes-eu-central-1a"
      "kubernetes.io/cluster/prod.groundwork.example.com"                          = "owned"
    }
  }
  tag_specifications {
    resource_type = "volume"
    tags = {
      "KubernetesCluster"                                                          = "prod.groundwork.example.com"
      "Name"                                                                       = "nodes-eu-central-1a.prod.groundwork.example.com"
      "aws-node-termination-handler/managed"                                       = ""
      "groundwork.dev/platform"                                                    = "groundwork"
      "k8s.io/cluster-autoscaler/enabled"                                          = "true"
      "k8s.io/cluster-autoscaler/node-template/label/kops.k8s.io/instancegroup"    = "nodes-eu-central-1a"
      "k8s.io/cluster-autoscaler/node-template/label/node-role.kubernetes.io/node" = ""
      "k8s.io/cluster-autoscaler/prod.groundwork.example.com"                      = "owned"
      "k8s.io/role/node"                                                           = "1"
      "kops.k8s.io/instancegroup"                                                  = "nodes-eu-central-1a"
      "kubernetes.io/cluster/prod.groundwork.example.com"                          = "owned"
    }
  }
  tag_specifications {
    resource_type = "network-interface"
    tags = {
      "KubernetesCluster"                                                          = "prod.groundwork.example.com"
      "Name"                                                                       = "nodes-eu-central-1a.prod.groundwork.example.com"
      "aws-node-termination-handler/managed"                                       = ""
      "groundwork.dev/platform"                                                    = "groundwork"
      "k8s.io/cluster-autoscaler/enabled"                                          = "true"
      "k8s.io/cluster-autoscaler/node-template/label/kops.k8s.io/instancegroup"    = "nodes-eu-central-1a"
      "k8s.io/cluster-autoscaler/node-template/label/node-role.kubernetes.io/node" = ""
      "k8s.io/cluster-autoscaler/prod.groundwork.example.com"                      = "owned"
      "k8s.io/role/node"                                                           = "1"
      "kops.k8s.io/instancegroup"                                                  = "nodes-eu-central-1a"
      "kubernetes.io/cluster/prod.groundwork.example.com"                          = "owned"
    }
  }
  tags = {
    "KubernetesCluster"                                                          = "prod.groundwork.example.com"
    "Name"                                                                       = "nodes-eu-central-1a.prod.groundwork.example.com"
    "aws-node-termination-handler/managed"                                       = ""
    "groundwork.dev/platform"                                                    = "groundwork"
    "k8s.io/cluster-autoscaler/enabled"                                          = "true"
    "k8s.io/cluster-autoscaler/node-template/label/kops.k8s.io/instancegroup"    = "nodes-eu-central-1a"
    "k8s.io/cluster-autoscaler/node-template/label/node-role.kubernetes.io/node" = ""
    "k8s.io/cluster-autoscaler/prod.groundwork.example.com"                      = "owned"
    "k8s.io/role/node"                                                           = "1"
    "kops.k8s.io/instancegroup"                                                  = "nodes-eu-central-1a"
    "kubernetes.io/cluster/prod.groundwork.example.com"                          = "owned"
  }
  user_data = filebase64("${path.module}/data/aws_launch_template_nodes-eu-central-1a.prod.groundwork.example.com_user_data")
}

resource "aws_launch_template" "nodes-eu-central-1b-prod-groundwork-example-com" {
  block_device_mappings {
    device_name = "/dev/sda1"
    ebs {
      delete_on_termination = true
      encrypted             = true
      iops                  = 3000
      throughput            = 125
      volume_size           = 128
      volume_type           = "gp3"
    }
  }
  iam_instance_profile {
    name = aws_iam_instance_profile.nodes-prod-groundwork-example-com.id
  }
  image_id      = "ami-00000000000000001"
  instance_type = "m6i.xlarge"
  lifecycle {
    create_before_destroy = true
  }
  metadata_options {
    http_endpoint               = "enabled"
    http_protocol_ipv6          = "disabled"
    http_put_response_hop_limit = 1
    http_tokens                 = "required"
  }
  monitoring {
    enabled = false
  }
  name = "nodes-eu-central-1b.prod.groundwork.example.com"
  network_interfaces {
    associate_public_ip_address = false
    delete_on_termination       = true
    ipv6_address_count          = 0
    security_groups             = [aws_security_group.nodes-prod-groundwork-example-com.id]
  }
  tag_specifications {
    resource_type = "instance"
    tags = {
      "KubernetesCluster"                                                          = "prod.groundwork.example.com"
      "Name"                                                                       = "nodes-eu-central-1b.prod.groundwork.example.com"
      "aws-node-termination-handler/managed"                                       = ""
      "groundwork.dev/platform"                                                    = "groundwork"
      "k8s.io/cluster-autoscaler/enabled"                                          = "true"
      "k8s.io/cluster-autoscaler/node-template/label/kops.k8s.io/instancegroup"    = "nodes-eu-central-1b"
      "k8s.io/cluster-autoscaler/node-template/label/node-role.kubernetes.io/node" = ""
      "k8s.io/cluster-autoscaler/prod.groundwork.example.com"                      = "owned"
      "k8s.io/role/node"                                                           = "1"
      "kops.k8s.io/instancegroup"                                                  = "nodes-eu-central-1b"
      "kubernetes.io/cluster/prod.groundwork.example.com"                          = "owned"
    }
  }
  tag_specifications {
    resource_type = "volume"
    tags = {
      "KubernetesCluster"                                                          = "prod.groundwork.example.com"
      "Name"                                                                       = "nodes-eu-central-1b.prod.groundwork.example.com"
      "aws-node-termination-handler/managed"                                       = ""
      "groundwork.dev/platform"                                                    = "groundwork"
      "k8s.io/cluster-autoscaler/enabled"                                          = "true"
      "k8s.io/cluster-autoscaler/node-template/label/kops.k8s.io/instancegroup"    = "nodes-eu-central-1b"
      "k8s.io/cluster-autoscaler/node-template/label/node-role.kubernetes.io/node" = ""
      "k8s.io/cluster-autoscaler/prod.groundwork.example.com"                      = "owned"
      "k8s.io/role/node"                                                           = "1"
      "kops.k8s.io/instancegroup"                                                  = "nodes-eu-central-1b"
      "kubernetes.io/cluster/prod.groundwork.example.com"                          = "owned"
    }
  }
  tag_specifications {
    resource_type = "network-interface"
    tags = {
      "KubernetesCluster"                                                          = "prod.groundwork.example.com"
      "Name"                                                                       = "nodes-eu-central-1b.prod.groundwork.example.com"
      "aws-node-termination-handler/managed"                                       = ""
      "groundwork.dev/platform"                                                    = "groundwork"
      "k8s.io/cluster-autoscaler/enabled"                                          = "true"
      "k8s.io/cluster-autoscaler/node-template/label/kops.k8s.io/instancegroup"    = "nodes-eu-central-1b"
      "k8s.io/cluster-autoscaler/node-template/label/node-role.kubernetes.io/node" = ""
      "k8s.io/cluster-autoscaler/prod.groundwork.example.com"                      = "owned"
      "k8s.io/role/node"                                                           = "1"
      "kops.k8s.io/instancegroup"                                                  = "nodes-eu-central-1b"
      "kubernetes.io/cluster/prod.groundwork.example.com"                          = "owned"
    }
  }
  tags = {
    "KubernetesCluster"                                                          = "prod.groundwork.example.com"
    "Name"                                                                       = "nodes-eu-central-1b.prod.groundwork.example.com"
    "aws-node-termination-handler/managed"                                       = ""
    "groundwork.dev/platform"                                                    = "groundwork"
    "k8s.io/cluster-autoscaler/enabled"                                          = "true"
    "k8s.io/cluster-autoscaler/node-template/label/kops.k8s.io/instancegroup"    = "nodes-eu-central-1b"
    "k8s.io/cluster-autoscaler/node-template/label/node-role.kubernetes.io/node" = ""
    "k8s.io/cluster-autoscaler/prod.groundwork.example.com"                      = "owned"
    "k8s.io/role/node"                                                           = "1"
    "kops.k8s.io/instancegroup"                                                  = "nodes-eu-central-1b"
    "kubernetes.io/cluster/prod.groundwork.example.com"                          = "owned"
  }
  user_data = filebase64("${path.module}/data/aws_launch_template_nodes-eu-central-1b.prod.groundwork.example.com_user_data")
}

resource "aws_launch_template" "nodes-eu-central-1c-prod-groundwork-example-com" {
  block_device_mappings {
    device_name = "/dev/sda1"
    ebs {
      delete_on_termination = true
      encrypted             = true
      iops                  = 3000
      throughput            = 125
      volume_size           = 128
      volume_type           = "gp3"
    }
  }
  iam_instance_profile {
    name = aws_iam_instance_profile.nodes-prod-groundwork-example-com.id
  }
  image_id      = "ami-00000000000000001"
  instance_type = "m6i.xlarge"
  lifecycle {
    create_before_destroy = true
  }
  metadata_options {
    http_endpoint               = "enabled"
    http_protocol_ipv6          = "disabled"
    http_put_response_hop_limit = 1
    http_tokens                 = "required"
  }
  monitoring {
    enabled = false
  }
  name = "nodes-eu-central-1c.prod.groundwork.example.com"
  network_interfaces {
    associate_public_ip_address = false
    delete_on_termination       = true
    ipv6_address_count          = 0
    security_groups             = [aws_security_group.nodes-prod-groundwork-example-com.id]
  }
  tag_specifications {
    resource_type = "instance"
    tags = {
      "KubernetesCluster"                                                          = "prod.groundwork.example.com"
      "Name"                                                                       = "nodes-eu-central-1c.prod.groundwork.example.com"
      "aws-node-termination-handler/managed"                                       = ""
      "groundwork.dev/platform"                                                    = "groundwork"
      "k8s.io/cluster-autoscaler/enabled"                                          = "true"
      "k8s.io/cluster-autoscaler/node-template/label/kops.k8s.io/instancegroup"    = "nodes-eu-central-1c"
      "k8s.io/cluster-autoscaler/node-template/label/node-role.kubernetes.io/node" = ""
      "k8s.io/cluster-autoscaler/prod.groundwork.example.com"                      = "owned"
      "k8s.io/role/node"                                                           = "1"
      "kops.k8s.io/instancegroup"                                                  = "nodes-eu-central-1c"
      "kubernetes.io/cluster/prod.groundwork.example.com"                          = "owned"
    }
  }
  tag_specifications {
    resource_type = "volume"
    tags = {
      "KubernetesCluster"                                                          = "prod.groundwork.example.com"
      "Name"                                                                       = "nodes-eu-central-1c.prod.groundwork.example.com"
      "aws-node-termination-handler/managed"                                       = ""
      "groundwork.dev/platform"                                                    = "groundwork"
      "k8s.io/cluster-autoscaler/enabled"                                          = "true"
      "k8s.io/cluster-autoscaler/node-template/label/kops.k8s.io/instancegroup"    = "nodes-eu-central-1c"
      "k8s.io/cluster-autoscaler/node-template/label/node-role.kubernetes.io/node" = ""
      "k8s.io/cluster-autoscaler/prod.groundwork.example.com"                      = "owned"
      "k8s.io/role/node"                                                           = "1"
      "kops.k8s.io/instancegroup"                                                  = "nodes-eu-central-1c"
      "kubernetes.io/cluster/prod.groundwork.example.com"                          = "owned"
    }
  }
  tag_specifications {
    resource_type = "network-interface"
    tags = {
      "KubernetesCluster"                                                          = "prod.groundwork.example.com"
      "Name"                                                                       = "nodes-eu-central-1c.prod.groundwork.example.com"
      "aws-node-termination-handler/managed"                                       = ""
      "groundwork.dev/platform"                                                    = "groundwork"
      "k8s.io/cluster-autoscaler/enabled"                                          = "true"
      "k8s.io/cluster-autoscaler/node-template/label/kops.k8s.io/instancegroup"    = "nodes-eu-central-1c"
      "k8s.io/cluster-autoscaler/node-template/label/node-role.kubernetes.io/node" = ""
      "k8s.io/cluster-autoscaler/prod.groundwork.example.com"                      = "owned"
      "k8s.io/role/node"                                                           = "1"
      "kops.k8s.io/instancegroup"                                                  = "nodes-eu-central-1c"
      "kubernetes.io/cluster/prod.groundwork.example.com"                          = "owned"
    }
  }
  tags = {
    "KubernetesCluster"                                                          = "prod.groundwork.example.com"
    "Name"                                                                       = "nodes-eu-central-1c.prod.groundwork.example.com"
    "aws-node-termination-handler/managed"                                       = ""
    "groundwork.dev/platform"                                                    = "groundwork"
    "k8s.io/cluster-autoscaler/enabled"                                          = "true"
    "k8s.io/cluster-autoscaler/node-template/label/kops.k8s.io/instancegroup"    = "nodes-eu-central-1c"
    "k8s.io/cluster-autoscaler/node-template/label/node-role.kubernetes.io/node" = ""
    "k8s.io/cluster-autoscaler/prod.groundwork.example.com"                      = "owned"
    "k8s.io/role/node"                                                           = "1"
    "kops.k8s.io/instancegroup"                                                  = "nodes-eu-central-1c"
    "kubernetes.io/cluster/prod.groundwork.example.com"                          = "owned"
  }
  user_data = filebase64("${path.module}/data/aws_launch_template_nodes-eu-central-1c.prod.groundwork.example.com_user_data")
}

resource "aws_lb" "api-prod-groundwork-example-com" {
  enable_cross_zone_load_balancing = false
  internal                         = false
  load_balancer_type               = "network"
  name                             = "api-prod-groundwork-examp-ha0rah"
  security_groups                  = [aws_security_group.api-elb-prod-groundwork-example-com.id]
  subnet_mapping {
    subnet_id = aws_subnet.utility-eu-central-1a-prod-groundwork-example-com.id
  }
  subnet_mapping {
    subnet_id = aws_subnet.utility-eu-central-1b-prod-groundwork-example-com.id
  }
  subnet_mapping {
    subnet_id = aws_subnet.utility-eu-central-1c-prod-groundwork-example-com.id
  }
  tags = {
    "KubernetesCluster"                                 = "prod.groundwork.example.com"
    "Name"                                              = "api.prod.groundwork.example.com"
    "groundwork.dev/platform"                           = "groundwork"
    "kubernetes.io/cluster/prod.groundwork.example.com" = "owned"
  }
}

resource "aws_lb_listener" "api-prod-groundwork-example-com-443" {
  default_action {
    target_group_arn = aws_lb_target_group.tcp-prod-groundwork-examp-uv9il1.id
    type             = "forward"
  }
  load_balancer_arn = aws_lb.api-prod-groundwork-example-com.id
  port              = 443
  protocol          = "TCP"
}

resource "aws_lb_target_group" "tcp-prod-groundwork-examp-uv9il1" {
  connection_termination = "true"
  deregistration_delay   = "30"
  health_check {
    healthy_threshold   = 2
    interval            = 10
    protocol            = "TCP"
    unhealthy_threshold = 2
  }
  name     = "tcp-prod-groundwork-examp-uv9il1"
  port     = 443
  protocol = "TCP"
  tags = {
    "KubernetesCluster"                                 = "prod.groundwork.example.com"
    "Name"                                              = "tcp-prod-groundwork-examp-uv9il1"
    "groundwork.dev/platform"                           = "groundwork"
    "kubernetes.io/cluster/prod.groundwork.example.com" = "owned"
  }
  vpc_id = aws_vpc.prod-groundwork-example-com.id
}

resource "aws_nat_gateway" "eu-central-1a-prod-groundwork-example-com" {
  allocation_id = aws_eip.eu-central-1a-prod-groundwork-example-com.id
  subnet_id     = aws_subnet.utility-eu-central-1a-prod-groundwork-example-com.id
  tags = {
    "KubernetesCluster"                                 = "prod.groundwork.example.com"
    "Name"                                              = "eu-central-1a.prod.groundwork.example.com"
    "groundwork.dev/platform"                           = "groundwork"
    "kubernetes.io/cluster/prod.groundwork.example.com" = "owned"
  }
}

resource "aws_nat_gateway" "eu-central-1b-prod-groundwork-example-com" {
  allocation_id = aws_eip.eu-central-1b-prod-groundwork-example-com.id
  subnet_id     = aws_subnet.utility-eu-central-1b-prod-groundwork-example-com.id
  tags = {
    "KubernetesCluster"                                 = "prod.groundwork.example.com"
    "Name"                                              = "eu-central-1b.prod.groundwork.example.com"
    "groundwork.dev/platform"                           = "groundwork"
    "kubernetes.io/cluster/prod.groundwork.example.com" = "owned"
  }
}

resource "aws_nat_gateway" "eu-central-1c-prod-groundwork-example-com" {
  allocation_id = aws_eip.eu-central-1c-prod-groundwork-example-com.id
  subnet_id     = aws_subnet.utility-eu-central-1c-prod-groundwork-example-com.id
  tags = {
    "KubernetesCluster"                                 = "prod.groundwork.example.com"
    "Name"                                              = "eu-central-1c.prod.groundwork.example.com"
    "groundwork.dev/platform"                           = "groundwork"
    "kubernetes.io/cluster/prod.groundwork.example.com" = "owned"
  }
}

resource "aws_route" "route-0-0-0-0--0" {
  destination_cidr_block = "0.0.0.0/0"
  gateway_id             = aws_internet_gateway.prod-groundwork-example-com.id
  route_table_id         = aws_route_table.prod-groundwork-example-com.id
}

resource "aws_route" "route-__--0" {
  destination_ipv6_cidr_block = "::/0"
  gateway_id                  = aws_internet_gateway.prod-groundwork-example-com.id
  route_table_id              = aws_route_table.prod-groundwork-example-com.id
}

resource "aws_route" "route-private-eu-central-1a-0-0-0-0--0" {
  destination_cidr_block = "0.0.0.0/0"
  nat_gateway_id         = aws_nat_gateway.eu-central-1a-prod-groundwork-example-com.id
  route_table_id         = aws_route_table.private-eu-central-1a-prod-groundwork-example-com.id
}

resource "aws_route" "route-private-eu-central-1b-0-0-0-0--0" {
  destination_cidr_block = "0.0.0.0/0"
  nat_gateway_id         = aws_nat_gateway.eu-central-1b-prod-groundwork-example-com.id
  route_table_id         = aws_route_table.private-eu-central-1b-prod-groundwork-example-com.id
}

resource "aws_route" "route-private-eu-central-1c-0-0-0-0--0" {
  destination_cidr_block = "0.0.0.0/0"
  nat_gateway_id         = aws_nat_gateway.eu-central-1c-prod-groundwork-example-com.id
  route_table_id         = aws_route_table.private-eu-central-1c-prod-groundwork-example-com.id
}

resource "aws_route53_record" "api-prod-groundwork-example-com" {
  alias {
    evaluate_target_health = false
    name                   = aws_lb.api-prod-groundwork-example-com.dns_name
    zone_id                = aws_lb.api-prod-groundwork-example-com.zone_id
  }
  name    = "api.prod.groundwork.example.com"
  type    = "A"
  zone_id = "/hostedzone/Z0EXAMPLE"
}

resource "aws_route53_record" "api-prod-groundwork-example-com-AAAA" {
  alias {
    evaluate_target_health = false
    name                   = aws_lb.api-prod-groundwork-example-com.dns_name
    zone_id                = aws_lb.api-prod-groundwork-example-com.zone_id
  }
  name    = "api.prod.groundwork.example.com"
  type    = "AAAA"
  zone_id = "/hostedzone/Z0EXAMPLE"
}

resource "aws_route_table" "private-eu-central-1a-prod-groundwork-example-com" {
  tags = {
    "KubernetesCluster"                                 = "prod.groundwork.example.com"
    "Name"                                              = "private-eu-central-1a.prod.groundwork.example.com"
    "groundwork.dev/platform"                           = "groundwork"
    "kubernetes.io/cluster/prod.groundwork.example.com" = "owned"
    "kubernetes.io/kops/role"                           = "private-eu-central-1a"
  }
  vpc_id = aws_vpc.prod-groundwork-example-com.id
}

resource "aws_route_table" "private-eu-central-1b-prod-groundwork-example-com" {
  tags = {
    "KubernetesCluster"                                 = "prod.groundwork.example.com"
    "Name"                                              = "private-eu-central-1b.prod.groundwork.example.com"
    "groundwork.dev/platform"                           = "groundwork"
    "kubernetes.io/cluster/prod.groundwork.example.com" = "owned"
    "kubernetes.io/kops/role"                           = "private-eu-central-1b"
  }
  vpc_id = aws_vpc.prod-groundwork-example-com.id
}

resource "aws_route_table" "private-eu-central-1c-prod-groundwork-example-com" {
  tags = {
    "KubernetesCluster"                                 = "prod.groundwork.example.com"
    "Name"                                              = "private-eu-central-1c.prod.groundwork.example.com"
    "groundwork.dev/platform"                           = "groundwork"
    "kubernetes.io/cluster/prod.groundwork.example.com" = "owned"
    "kubernetes.io/kops/role"                           = "private-eu-central-1c"
  }
  vpc_id = aws_vpc.prod-groundwork-example-com.id
}

resource "aws_route_table" "prod-groundwork-example-com" {
  tags = {
    "KubernetesCluster"                                 = "prod.groundwork.example.com"
    "Name"                                              = "prod.groundwork.example.com"
    "groundwork.dev/platform"                           = "groundwork"
    "kubernetes.io/cluster/prod.groundwork.example.com" = "owned"
    "kubernetes.io/kops/role"                           = "public"
  }
  vpc_id = aws_vpc.prod-groundwork-example-com.id
}

resource "aws_route_table_association" "private-eu-central-1a-prod-groundwork-example-com" {
  route_table_id = aws_route_table.private-eu-central-1a-prod-groundwork-example-com.id
  subnet_id      = aws_subnet.eu-central-1a-prod-groundwork-example-com.id
}

resource "aws_route_table_association" "private-eu-central-1b-prod-groundwork-example-com" {
  route_table_id = aws_route_table.private-eu-central-1b-prod-groundwork-example-com.id
  subnet_id      = aws_subnet.eu-central-1b-prod-groundwork-example-com.id
}

resource "aws_route_table_association" "private-eu-central-1c-prod-groundwork-example-com" {
  route_table_id = aws_route_table.private-eu-central-1c-prod-groundwork-example-com.id
  subnet_id      = aws_subnet.eu-central-1c-prod-groundwork-example-com.id
}

resource "aws_route_table_association" "utility-eu-central-1a-prod-groundwork-example-com" {
  route_table_id = aws_route_table.prod-groundwork-example-com.id
  subnet_id      = aws_subnet.utility-eu-central-1a-prod-groundwork-example-com.id
}

resource "aws_route_table_association" "utility-eu-central-1b-prod-groundwork-example-com" {
  route_table_id = aws_route_table.prod-groundwork-example-com.id
  subnet_id      = aws_subnet.utility-eu-central-1b-prod-groundwork-example-com.id
}

resource "aws_route_table_association" "utility-eu-central-1c-prod-groundwork-example-com" {
  route_table_id = aws_route_table.prod-groundwork-example-com.id
  subnet_id      = aws_subnet.utility-eu-central-1c-prod-groundwork-example-com.id
}

resource "aws_s3_object" "cluster-completed-spec" {
  bucket   = "groundwork-prod-kops-123456789012"
  content  = file("${path.module}/data/aws_s3_object_cluster-completed.spec_content")
  key      = "prod.groundwork.example.com/cluster-completed.spec"
  provider = aws.files
}

resource "aws_s3_object" "discovery-json" {
  bucket   = "groundwork-prod-oidc-123456789012"
  content  = file("${path.module}/data/aws_s3_object_discovery.json_content")
  key      = "prod.groundwork.example.com/.well-known/openid-configuration"
  provider = aws.files
}

resource "aws_s3_object" "etcd-cluster-spec-events" {
  bucket   = "groundwork-prod-kops-123456789012"
  content  = file("${path.module}/data/aws_s3_object_etcd-cluster-spec-events_content")
  key      = "prod.groundwork.example.com/backups/etcd/events/control/etcd-cluster-spec"
  provider = aws.files
}

resource "aws_s3_object" "etcd-cluster-spec-main" {
  bucket   = "groundwork-prod-kops-123456789012"
  content  = file("${path.module}/data/aws_s3_object_etcd-cluster-spec-main_content")
  key      = "prod.groundwork.example.com/backups/etcd/main/control/etcd-cluster-spec"
  provider = aws.files
}

resource "aws_s3_object" "keys-json" {
  bucket   = "groundwork-prod-oidc-123456789012"
  content  = file("${path.module}/data/aws_s3_object_keys.json_content")
  key      = "prod.groundwork.example.com/openid/v1/jwks"
  provider = aws.files
}

resource "aws_s3_object" "kops-version-txt" {
  bucket   = "groundwork-prod-kops-123456789012"
  content  = file("${path.module}/data/aws_s3_object_kops-version.txt_content")
  key      = "prod.groundwork.example.com/kops-version.txt"
  provider = aws.files
}

resource "aws_s3_object" "manifests-channels-kops-channels" {
  bucket   = "groundwork-prod-kops-123456789012"
  content  = file("${path.module}/data/aws_s3_object_manifests-channels-kops-channels_content")
  key      = "prod.groundwork.example.com/manifests/channels/kops-channels.yaml"
  provider = aws.files
}

resource "aws_s3_object" "manifests-etcdmanager-events-control-plane-eu-central-1a" {
  bucket   = "groundwork-prod-kops-123456789012"
  content  = file("${path.module}/data/aws_s3_object_manifests-etcdmanager-events-control-plane-eu-central-1a_content")
  key      = "prod.groundwork.example.com/manifests/etcd/events-control-plane-eu-central-1a.yaml"
  provider = aws.files
}

resource "aws_s3_object" "manifests-etcdmanager-events-control-plane-eu-central-1b" {
  bucket   = "groundwork-prod-kops-123456789012"
  content  = file("${path.module}/data/aws_s3_object_manifests-etcdmanager-events-control-plane-eu-central-1b_content")
  key      = "prod.groundwork.example.com/manifests/etcd/events-control-plane-eu-central-1b.yaml"
  provider = aws.files
}

resource "aws_s3_object" "manifests-etcdmanager-events-control-plane-eu-central-1c" {
  bucket   = "groundwork-prod-kops-123456789012"
  content  = file("${path.module}/data/aws_s3_object_manifests-etcdmanager-events-control-plane-eu-central-1c_content")
  key      = "prod.groundwork.example.com/manifests/etcd/events-control-plane-eu-central-1c.yaml"
  provider = aws.files
}

resource "aws_s3_object" "manifests-etcdmanager-main-control-plane-eu-central-1a" {
  bucket   = "groundwork-prod-kops-123456789012"
  content  = file("${path.module}/data/aws_s3_object_manifests-etcdmanager-main-control-plane-eu-central-1a_content")
  key      = "prod.groundwork.example.com/manifests/etcd/main-control-plane-eu-central-1a.yaml"
  provider = aws.files
}

resource "aws_s3_object" "manifests-etcdmanager-main-control-plane-eu-central-1b" {
  bucket   = "groundwork-prod-kops-123456789012"
  content  = file("${path.module}/data/aws_s3_object_manifests-etcdmanager-main-control-plane-eu-central-1b_content")
  key      = "prod.groundwork.example.com/manifests/etcd/main-control-plane-eu-central-1b.yaml"
  provider = aws.files
}

resource "aws_s3_object" "manifests-etcdmanager-main-control-plane-eu-central-1c" {
  bucket   = "groundwork-prod-kops-123456789012"
  content  = file("${path.module}/data/aws_s3_object_manifests-etcdmanager-main-control-plane-eu-central-1c_content")
  key      = "prod.groundwork.example.com/manifests/etcd/main-control-plane-eu-central-1c.yaml"
  provider = aws.files
}

resource "aws_s3_object" "manifests-static-kube-apiserver-healthcheck" {
  bucket   = "groundwork-prod-kops-123456789012"
  content  = file("${path.module}/data/aws_s3_object_manifests-static-kube-apiserver-healthcheck_content")
  key      = "prod.groundwork.example.com/manifests/static/kube-apiserver-healthcheck.yaml"
  provider = aws.files
}

resource "aws_s3_object" "nodeupconfig-control-plane-eu-central-1a" {
  bucket   = "groundwork-prod-kops-123456789012"
  content  = file("${path.module}/data/aws_s3_object_nodeupconfig-control-plane-eu-central-1a_content")
  key      = "prod.groundwork.example.com/igconfig/control-plane/control-plane-eu-central-1a/nodeupconfig.yaml"
  provider = aws.files
}

resource "aws_s3_object" "nodeupconfig-control-plane-eu-central-1b" {
  bucket   = "groundwork-prod-kops-123456789012"
  content  = file("${path.module}/data/aws_s3_object_nodeupconfig-control-plane-eu-central-1b_content")
  key      = "prod.groundwork.example.com/igconfig/control-plane/control-plane-eu-central-1b/nodeupconfig.yaml"
  provider = aws.files
}

resource "aws_s3_object" "nodeupconfig-control-plane-eu-central-1c" {
  bucket   = "groundwork-prod-kops-123456789012"
  content  = file("${path.module}/data/aws_s3_object_nodeupconfig-control-plane-eu-central-1c_content")
  key      = "prod.groundwork.example.com/igconfig/control-plane/control-plane-eu-central-1c/nodeupconfig.yaml"
  provider = aws.files
}

resource "aws_s3_object" "nodeupconfig-nodes-eu-central-1a" {
  bucket   = "groundwork-prod-kops-123456789012"
  content  = file("${path.module}/data/aws_s3_object_nodeupconfig-nodes-eu-central-1a_content")
  key      = "prod.groundwork.example.com/igconfig/node/nodes-eu-central-1a/nodeupconfig.yaml"
  provider = aws.files
}

resource "aws_s3_object" "nodeupconfig-nodes-eu-central-1b" {
  bucket   = "groundwork-prod-kops-123456789012"
  content  = file("${path.module}/data/aws_s3_object_nodeupconfig-nodes-eu-central-1b_content")
  key      = "prod.groundwork.example.com/igconfig/node/nodes-eu-central-1b/nodeupconfig.yaml"
  provider = aws.files
}

resource "aws_s3_object" "nodeupconfig-nodes-eu-central-1c" {
  bucket   = "groundwork-prod-kops-123456789012"
  content  = file("${path.module}/data/aws_s3_object_nodeupconfig-nodes-eu-central-1c_content")
  key      = "prod.groundwork.example.com/igconfig/node/nodes-eu-central-1c/nodeupconfig.yaml"
  provider = aws.files
}

resource "aws_s3_object" "prod-groundwork-example-com-addons-aws-cloud-controller-addons-k8s-io-k8s-1-18" {
  bucket   = "groundwork-prod-kops-123456789012"
  content  = file("${path.module}/data/aws_s3_object_prod.groundwork.example.com-addons-aws-cloud-controller.addons.k8s.io-k8s-1.18_content")
  key      = "prod.groundwork.example.com/addons/aws-cloud-controller.addons.k8s.io/k8s-1.18.yaml"
  provider = aws.files
}

resource "aws_s3_object" "prod-groundwork-example-com-addons-bootstrap" {
  bucket   = "groundwork-prod-kops-123456789012"
  content  = file("${path.module}/data/aws_s3_object_prod.groundwork.example.com-addons-bootstrap_content")
  key      = "prod.groundwork.example.com/addons/bootstrap-channel.yaml"
  provider = aws.files
}

resource "aws_s3_object" "prod-groundwork-example-com-addons-coredns-addons-k8s-io-k8s-1-12" {
  bucket   = "groundwork-prod-kops-123456789012"
  content  = file("${path.module}/data/aws_s3_object_prod.groundwork.example.com-addons-coredns.addons.k8s.io-k8s-1.12_content")
  key      = "prod.groundwork.example.com/addons/coredns.addons.k8s.io/k8s-1.12.yaml"
  provider = aws.files
}

resource "aws_s3_object" "prod-groundwork-example-com-addons-dns-controller-addons-k8s-io-k8s-1-12" {
  bucket   = "groundwork-prod-kops-123456789012"
  content  = file("${path.module}/data/aws_s3_object_prod.groundwork.example.com-addons-dns-controller.addons.k8s.io-k8s-1.12_content")
  key      = "prod.groundwork.example.com/addons/dns-controller.addons.k8s.io/k8s-1.12.yaml"
  provider = aws.files
}

resource "aws_s3_object" "prod-groundwork-example-com-addons-kops-controller-addons-k8s-io-k8s-1-16" {
  bucket   = "groundwork-prod-kops-123456789012"
  content  = file("${path.module}/data/aws_s3_object_prod.groundwork.example.com-addons-kops-controller.addons.k8s.io-k8s-1.16_content")
  key      = "prod.groundwork.example.com/addons/kops-controller.addons.k8s.io/k8s-1.16.yaml"
  provider = aws.files
}

resource "aws_s3_object" "prod-groundwork-example-com-addons-kubelet-api-rbac-addons-k8s-io-k8s-1-9" {
  bucket   = "groundwork-prod-kops-123456789012"
  content  = file("${path.module}/data/aws_s3_object_prod.groundwork.example.com-addons-kubelet-api.rbac.addons.k8s.io-k8s-1.9_content")
  key      = "prod.groundwork.example.com/addons/kubelet-api.rbac.addons.k8s.io/k8s-1.9.yaml"
  provider = aws.files
}

resource "aws_s3_object" "prod-groundwork-example-com-addons-limit-range-addons-k8s-io" {
  bucket   = "groundwork-prod-kops-123456789012"
  content  = file("${path.module}/data/aws_s3_object_prod.groundwork.example.com-addons-limit-range.addons.k8s.io_content")
  key      = "prod.groundwork.example.com/addons/limit-range.addons.k8s.io/v1.5.0.yaml"
  provider = aws.files
}

resource "aws_s3_object" "prod-groundwork-example-com-addons-networking-cilium-io-k8s-1-16" {
  bucket   = "groundwork-prod-kops-123456789012"
  content  = file("${path.module}/data/aws_s3_object_prod.groundwork.example.com-addons-networking.cilium.io-k8s-1.16_content")
  key      = "prod.groundwork.example.com/addons/networking.cilium.io/k8s-1.16-v1.15.yaml"
  provider = aws.files
}

resource "aws_s3_object" "prod-groundwork-example-com-addons-node-termination-handler-aws-k8s-1-11" {
  bucket   = "groundwork-prod-kops-123456789012"
  content  = file("${path.module}/data/aws_s3_object_prod.groundwork.example.com-addons-node-termination-handler.aws-k8s-1.11_content")
  key      = "prod.groundwork.example.com/addons/node-termination-handler.aws/k8s-1.11.yaml"
  provider = aws.files
}

resource "aws_s3_object" "prod-groundwork-example-com-addons-storage-aws-addons-k8s-io-v1-15-0" {
  bucket   = "groundwork-prod-kops-123456789012"
  content  = file("${path.module}/data/aws_s3_object_prod.groundwork.example.com-addons-storage-aws.addons.k8s.io-v1.15.0_content")
  key      = "prod.groundwork.example.com/addons/storage-aws.addons.k8s.io/v1.15.0.yaml"
  provider = aws.files
}

resource "aws_security_group" "api-elb-prod-groundwork-example-com" {
  description = "Security group for api ELB"
  name        = "api-elb.prod.groundwork.example.com"
  tags = {
    "KubernetesCluster"                                 = "prod.groundwork.example.com"
    "Name"                                              = "api-elb.prod.groundwork.example.com"
    "groundwork.dev/platform"                           = "groundwork"
    "kubernetes.io/cluster/prod.groundwork.example.com" = "owned"
  }
  vpc_id = aws_vpc.prod-groundwork-example-com.id
}

resource "aws_security_group" "masters-prod-groundwork-example-com" {
  description = "Security group for masters"
  name        = "masters.prod.groundwork.example.com"
  tags = {
    "KubernetesCluster"                                 = "prod.groundwork.example.com"
    "Name"                                              = "masters.prod.groundwork.example.com"
    "groundwork.dev/platform"                           = "groundwork"
    "kubernetes.io/cluster/prod.groundwork.example.com" = "owned"
  }
  vpc_id = aws_vpc.prod-groundwork-example-com.id
}

resource "aws_security_group" "nodes-prod-groundwork-example-com" {
  description = "Security group for nodes"
  name        = "nodes.prod.groundwork.example.com"
  tags = {
    "KubernetesCluster"                                 = "prod.groundwork.example.com"
    "Name"                                              = "nodes.prod.groundwork.example.com"
    "groundwork.dev/platform"                           = "groundwork"
    "kubernetes.io/cluster/prod.groundwork.example.com" = "owned"
  }
  vpc_id = aws_vpc.prod-groundwork-example-com.id
}

resource "aws_security_group_rule" "from-203-0-113-0--24-ingress-tcp-443to443-api-elb-prod-groundwork-example-com" {
  cidr_blocks       = ["203.0.113.0/24"]
  from_port         = 443
  protocol          = "tcp"
  security_group_id = aws_security_group.api-elb-prod-groundwork-example-com.id
  to_port           = 443
  type              = "ingress"
}

resource "aws_security_group_rule" "from-api-elb-prod-groundwork-example-com-egress-all-0to0-0-0-0-0--0" {
  cidr_blocks       = ["0.0.0.0/0"]
  from_port         = 0
  protocol          = "-1"
  security_group_id = aws_security_group.api-elb-prod-groundwork-example-com.id
  to_port           = 0
  type              = "egress"
}

resource "aws_security_group_rule" "from-api-elb-prod-groundwork-example-com-egress-all-0to0-__--0" {
  from_port         = 0
  ipv6_cidr_blocks  = ["::/0"]
  protocol          = "-1"
  security_group_id = aws_security_group.api-elb-prod-groundwork-example-com.id
  to_port           = 0
  type              = "egress"
}

resource "aws_security_group_rule" "from-masters-prod-groundwork-example-com-egress-all-0to0-0-0-0-0--0" {
  cidr_blocks       = ["0.0.0.0/0"]
  from_port         = 0
  protocol          = "-1"
  security_group_id = aws_security_group.masters-prod-groundwork-example-com.id
  to_port           = 0
  type              = "egress"
}

resource "aws_security_group_rule" "from-masters-prod-groundwork-example-com-egress-all-0to0-__--0" {
  from_port         = 0
  ipv6_cidr_blocks  = ["::/0"]
  protocol          = "-1"
  security_group_id = aws_security_group.masters-prod-groundwork-example-com.id
  to_port           = 0
  type              = "egress"
}

resource "aws_security_group_rule" "from-masters-prod-groundwork-example-com-ingress-all-0to0-masters-prod-groundwork-example-com" {
  from_port                = 0
  protocol                 = "-1"
  security_group_id        = aws_security_group.masters-prod-groundwork-example-com.id
  source_security_group_id = aws_security_group.masters-prod-groundwork-example-com.id
  to_port                  = 0
  type                     = "ingress"
}

resource "aws_security_group_rule" "from-masters-prod-groundwork-example-com-ingress-all-0to0-nodes-prod-groundwork-example-com" {
  from_port                = 0
  protocol                 = "-1"
  security_group_id        = aws_security_group.nodes-prod-groundwork-example-com.id
  source_security_group_id = aws_security_group.masters-prod-groundwork-example-com.id
  to_port                  = 0
  type                     = "ingress"
}

resource "aws_security_group_rule" "from-nodes-prod-groundwork-example-com-egress-all-0to0-0-0-0-0--0" {
  cidr_blocks       = ["0.0.0.0/0"]
  from_port         = 0
  protocol          = "-1"
  security_group_id = aws_security_group.nodes-prod-groundwork-example-com.id
  to_port           = 0
  type              = "egress"
}

resource "aws_security_group_rule" "from-nodes-prod-groundwork-example-com-egress-all-0to0-__--0" {
  from_port         = 0
  ipv6_cidr_blocks  = ["::/0"]
  protocol          = "-1"
  security_group_id = aws_security_group.nodes-prod-groundwork-example-com.id
  to_port           = 0
  type              = "egress"
}

resource "aws_security_group_rule" "from-nodes-prod-groundwork-example-com-ingress-all-0to0-nodes-prod-groundwork-example-com" {
  from_port                = 0
  protocol                 = "-1"
  security_group_id        = aws_security_group.nodes-prod-groundwork-example-com.id
  source_security_group_id = aws_security_group.nodes-prod-groundwork-example-com.id
  to_port                  = 0
  type                     = "ingress"
}

resource "aws_security_group_rule" "from-nodes-prod-groundwork-example-com-ingress-tcp-1to2379-masters-prod-groundwork-example-com" {
  from_port                = 1
  protocol                 = "tcp"
  security_group_id        = aws_security_group.masters-prod-groundwork-example-com.id
  source_security_group_id = aws_security_group.nodes-prod-groundwork-example-com.id
  to_port                  = 2379
  type                     = "ingress"
}

resource "aws_security_group_rule" "from-nodes-prod-groundwork-example-com-ingress-tcp-2382to4000-masters-prod-groundwork-example-com" {
  from_port                = 2382
  protocol                 = "tcp"
  security_group_id        = aws_security_group.masters-prod-groundwork-example-com.id
  source_security_group_id = aws_security_group.nodes-prod-groundwork-example-com.id
  to_port                  = 4000
  type                     = "ingress"
}

resource "aws_security_group_rule" "from-nodes-prod-groundwork-example-com-ingress-tcp-4003to65535-masters-prod-groundwork-example-com" {
  from_port                = 4003
  protocol                 = "tcp"
  security_group_id        = aws_security_group.masters-prod-groundwork-example-com.id
  source_security_group_id = aws_security_group.nodes-prod-groundwork-example-com.id
  to_port                  = 65535
  type                     = "ingress"
}

resource "aws_security_group_rule" "from-nodes-prod-groundwork-example-com-ingress-udp-1to65535-masters-prod-groundwork-example-com" {
  from_port                = 1
  protocol                 = "udp"
  security_group_id        = aws_security_group.masters-prod-groundwork-example-com.id
  source_security_group_id = aws_security_group.nodes-prod-groundwork-example-com.id
  to_port                  = 65535
  type                     = "ingress"
}

resource "aws_security_group_rule" "https-elb-to-master" {
  from_port                = 443
  protocol                 = "tcp"
  security_group_id        = aws_security_group.masters-prod-groundwork-example-com.id
  source_security_group_id = aws_security_group.api-elb-prod-groundwork-example-com.id
  to_port                  = 443
  type                     = "ingress"
}

resource "aws_security_group_rule" "icmp-pmtu-api-elb-203-0-113-0--24" {
  cidr_blocks       = ["203.0.113.0/24"]
  from_port         = 3
  protocol          = "icmp"
  security_group_id = aws_security_group.api-elb-prod-groundwork-example-com.id
  to_port           = 4
  type              = "ingress"
}

resource "aws_security_group_rule" "icmp-pmtu-cp-to-elb" {
  from_port                = 3
  protocol                 = "icmp"
  security_group_id        = aws_security_group.api-elb-prod-groundwork-example-com.id
  source_security_group_id = aws_security_group.masters-prod-groundwork-example-com.id
  to_port                  = 4
  type                     = "ingress"
}

resource "aws_security_group_rule" "icmp-pmtu-elb-to-cp" {
  from_port                = 3
  protocol                 = "icmp"
  security_group_id        = aws_security_group.masters-prod-groundwork-example-com.id
  source_security_group_id = aws_security_group.api-elb-prod-groundwork-example-com.id
  to_port                  = 4
  type                     = "ingress"
}

resource "aws_sqs_queue" "prod-groundwork-example-com-nth" {
  message_retention_seconds = 300
  name                      = "prod-groundwork-example-com-nth"
  policy                    = file("${path.module}/data/aws_sqs_queue_prod-groundwork-example-com-nth_policy")
  tags = {
    "KubernetesCluster"                                 = "prod.groundwork.example.com"
    "Name"                                              = "prod-groundwork-example-com-nth"
    "groundwork.dev/platform"                           = "groundwork"
    "kubernetes.io/cluster/prod.groundwork.example.com" = "owned"
  }
}

resource "aws_subnet" "eu-central-1a-prod-groundwork-example-com" {
  availability_zone                           = "eu-central-1a"
  cidr_block                                  = "172.20.64.0/18"
  enable_resource_name_dns_a_record_on_launch = true
  private_dns_hostname_type_on_launch         = "resource-name"
  tags = {
    "KubernetesCluster"                                 = "prod.groundwork.example.com"
    "Name"                                              = "eu-central-1a.prod.groundwork.example.com"
    "SubnetType"                                        = "Private"
    "groundwork.dev/platform"                           = "groundwork"
    "kubernetes.io/cluster/prod.groundwork.example.com" = "owned"
    "kubernetes.io/role/internal-elb"                   = "1"
  }
  vpc_id = aws_vpc.prod-groundwork-example-com.id
}

resource "aws_subnet" "eu-central-1b-prod-groundwork-example-com" {
  availability_zone                           = "eu-central-1b"
  cidr_block                                  = "172.20.128.0/18"
  enable_resource_name_dns_a_record_on_launch = true
  private_dns_hostname_type_on_launch         = "resource-name"
  tags = {
    "KubernetesCluster"                                 = "prod.groundwork.example.com"
    "Name"                                              = "eu-central-1b.prod.groundwork.example.com"
    "SubnetType"                                        = "Private"
    "groundwork.dev/platform"                           = "groundwork"
    "kubernetes.io/cluster/prod.groundwork.example.com" = "owned"
    "kubernetes.io/role/internal-elb"                   = "1"
  }
  vpc_id = aws_vpc.prod-groundwork-example-com.id
}

resource "aws_subnet" "eu-central-1c-prod-groundwork-example-com" {
  availability_zone                           = "eu-central-1c"
  cidr_block                                  = "172.20.192.0/18"
  enable_resource_name_dns_a_record_on_launch = true
  private_dns_hostname_type_on_launch         = "resource-name"
  tags = {
    "KubernetesCluster"                                 = "prod.groundwork.example.com"
    "Name"                                              = "eu-central-1c.prod.groundwork.example.com"
    "SubnetType"                                        = "Private"
    "groundwork.dev/platform"                           = "groundwork"
    "kubernetes.io/cluster/prod.groundwork.example.com" = "owned"
    "kubernetes.io/role/internal-elb"                   = "1"
  }
  vpc_id = aws_vpc.prod-groundwork-example-com.id
}

resource "aws_subnet" "utility-eu-central-1a-prod-groundwork-example-com" {
  availability_zone                           = "eu-central-1a"
  cidr_block                                  = "172.20.0.0/21"
  enable_resource_name_dns_a_record_on_launch = true
  private_dns_hostname_type_on_launch         = "resource-name"
  tags = {
    "KubernetesCluster"                                 = "prod.groundwork.example.com"
    "Name"                                              = "utility-eu-central-1a.prod.groundwork.example.com"
    "SubnetType"                                        = "Utility"
    "groundwork.dev/platform"                           = "groundwork"
    "kubernetes.io/cluster/prod.groundwork.example.com" = "owned"
    "kubernetes.io/role/elb"                            = "1"
  }
  vpc_id = aws_vpc.prod-groundwork-example-com.id
}

resource "aws_subnet" "utility-eu-central-1b-prod-groundwork-example-com" {
  availability_zone                           = "eu-central-1b"
  cidr_block                                  = "172.20.8.0/21"
  enable_resource_name_dns_a_record_on_launch = true
  private_dns_hostname_type_on_launch         = "resource-name"
  tags = {
    "KubernetesCluster"                                 = "prod.groundwork.example.com"
    "Name"                                              = "utility-eu-central-1b.prod.groundwork.example.com"
    "SubnetType"                                        = "Utility"
    "groundwork.dev/platform"                           = "groundwork"
    "kubernetes.io/cluster/prod.groundwork.example.com" = "owned"
    "kubernetes.io/role/elb"                            = "1"
  }
  vpc_id = aws_vpc.prod-groundwork-example-com.id
}

resource "aws_subnet" "utility-eu-central-1c-prod-groundwork-example-com" {
  availability_zone                           = "eu-central-1c"
  cidr_block                                  = "172.20.16.0/21"
  enable_resource_name_dns_a_record_on_launch = true
  private_dns_hostname_type_on_launch         = "resource-name"
  tags = {
    "KubernetesCluster"                                 = "prod.groundwork.example.com"
    "Name"                                              = "utility-eu-central-1c.prod.groundwork.example.com"
    "SubnetType"                                        = "Utility"
    "groundwork.dev/platform"                           = "groundwork"
    "kubernetes.io/cluster/prod.groundwork.example.com" = "owned"
    "kubernetes.io/role/elb"                            = "1"
  }
  vpc_id = aws_vpc.prod-groundwork-example-com.id
}

resource "aws_vpc" "prod-groundwork-example-com" {
  assign_generated_ipv6_cidr_block = true
  cidr_block                       = "172.20.0.0/16"
  enable_dns_hostnames             = true
  enable_dns_support               = true
  tags = {
    "KubernetesCluster"                                 = "prod.groundwork.example.com"
    "Name"                                              = "prod.groundwork.example.com"
    "groundwork.dev/platform"                           = "groundwork"
    "kubernetes.io/cluster/prod.groundwork.example.com" = "owned"
  }
}

resource "aws_vpc_dhcp_options" "prod-groundwork-example-com" {
  domain_name         = "eu-central-1.compute.internal"
  domain_name_servers = ["AmazonProvidedDNS"]
  tags = {
    "KubernetesCluster"                                 = "prod.groundwork.example.com"
    "Name"                                              = "prod.groundwork.example.com"
    "groundwork.dev/platform"                           = "groundwork"
    "kubernetes.io/cluster/prod.groundwork.example.com" = "owned"
  }
}

resource "aws_vpc_dhcp_options_association" "prod-groundwork-example-com" {
  dhcp_options_id = aws_vpc_dhcp_options.prod-groundwork-example-com.id
  vpc_id          = aws_vpc.prod-groundwork-example-com.id
}

terraform {
  required_version = ">= 0.15.0"
  required_providers {
    aws = {
      "configuration_aliases" = [aws.files]
      "source"                = "hashicorp/aws"
      "version"               = ">= 5.0.0"
    }
  }
}
