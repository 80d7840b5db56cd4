package awsname

// How a pod becomes its role in AWS: as kops has it in pods of its own, and in the
// provider that the roles trust (k8s.io/kops v1.36.2, pkg/model/iam/subject.go).
const (
	// RoleAnnotation is where a service account names its role.
	RoleAnnotation = "eks.amazonaws.com/role-arn"
	// RoleVariable and TokenVariable are what the SDKs of AWS read: the role, and
	// the file of the token that proves the pod's service account.
	RoleVariable  = "AWS_ROLE_ARN"
	TokenVariable = "AWS_WEB_IDENTITY_TOKEN_FILE"
	// TokenAudience is whom the token is for.
	TokenAudience = "amazonaws.com"
)
