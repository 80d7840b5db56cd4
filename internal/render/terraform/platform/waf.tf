# The load balancer controller attaches it, by its name: an Ingress says
#   alb.ingress.kubernetes.io/wafv2-acl-name: <the name>
# or IngressClassParams say wafv2AclName for all Ingresses of a class. So no
# ARN is needed, and the ALB may come and go.
resource "aws_wafv2_web_acl" "ingress" {
  name        = local.web_acl
  description = "In front of the ALBs of ${local.cluster}"
  scope       = "REGIONAL"

  default_action {
    allow {}
  }

  dynamic "rule" {
    for_each = {
      10 = "AWSManagedRulesAmazonIpReputationList"
      20 = "AWSManagedRulesCommonRuleSet"
      30 = "AWSManagedRulesKnownBadInputsRuleSet"
    }
    content {
      name     = rule.value
      priority = rule.key
      override_action {
        none {}
      }
      statement {
        managed_rule_group_statement {
          name        = rule.value
          vendor_name = "AWS"
        }
      }
      visibility_config {
        cloudwatch_metrics_enabled = true
        metric_name                = rule.value
        sampled_requests_enabled   = true
      }
    }
  }

  rule {
    name     = "requests-per-address"
    priority = 40
    action {
      block {}
    }
    statement {
      rate_based_statement {
        limit              = 2000 # in five minutes
        aggregate_key_type = "IP"
      }
    }
    visibility_config {
      cloudwatch_metrics_enabled = true
      metric_name                = "requests-per-address"
      sampled_requests_enabled   = true
    }
  }

  visibility_config {
    cloudwatch_metrics_enabled = true
    metric_name                = local.web_acl
    sampled_requests_enabled   = true
  }
}
