package awsname

import "regexp"

// ecr is an image in ECR: account, region and the repository's name.
var ecr = regexp.MustCompile(`^([0-9]{12})\.dkr\.ecr\.([a-z0-9-]+)\.amazonaws\.com(?:\.cn)?/([^:@]+)`)

// ECRRepository returns the ARN of the repository in ECR that an image is in,
// and whether it is in one. The account need not be the platform's.
func ECRRepository(image string) (arn string, ok bool) {
	m := ecr.FindStringSubmatch(image)
	if m == nil {
		return "", false
	}
	account, region, name := m[1], m[2], m[3]
	return "arn:" + Partition(region) + ":ecr:" + region + ":" + account + ":repository/" + name, true
}
