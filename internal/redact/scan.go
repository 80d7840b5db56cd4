package redact

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"

	"github.com/groundwork-dev/groundwork/internal/diag"
)

// rule finds one kind of secret by its shape.
type rule struct {
	name    string
	pattern *regexp.Regexp
}

// Scanner finds secrets in files: those it was told and those whose shape
// gives them away.
type Scanner struct {
	known []Secret
	rules []rule
}

// NewScanner returns a scanner that also knows the given secrets.
func NewScanner(known ...Secret) *Scanner {
	shape := func(name, pattern string) rule { return rule{name, regexp.MustCompile(pattern)} }
	return &Scanner{known: known, rules: []rule{
		shape("a private key", `-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----`),
		shape("an age private key", `AGE-SECRET-KEY-1[0-9A-Z]{58}`),
		shape("an AWS access key", `\b(?:AKIA|ASIA)[0-9A-Z]{16}\b`),
		shape("an AWS secret key", `(?i)aws_secret_access_key["']?\s*[:=]\s*["']?[A-Za-z0-9/+]{40}\b`),
		shape("a GitHub token", `\b(?:gh[pousr]_[A-Za-z0-9]{36,}|github_pat_[A-Za-z0-9_]{60,})`),
		shape("a GitLab token", `\bglpat-[A-Za-z0-9_-]{20,}`),
		shape("a Slack token", `\bxox[abprs]-[A-Za-z0-9-]{10,}`),
		shape("a Vault token", `\bhvs\.[A-Za-z0-9_-]{24,}`),
		shape("a password in a URL", `\b[a-z][a-z0-9+.-]*://[^/\s:@"']+:[^/\s:@"'{<$]+@`),
	}}
}

// Scan returns a problem for every secret that a file holds. The problems
// never repeat the secret.
func (s *Scanner) Scan(path string, data []byte) diag.Problems {
	var problems diag.Problems
	for i, line := range bytes.Split(data, []byte("\n")) {
		if what := s.line(string(line)); what != "" {
			problems = append(problems, diag.Problem{
				Position: diag.Position{File: path, Line: i + 1},
				Message:  fmt.Sprintf("this line holds %s and would be committed", what),
				Hint:     "take it out of the file, and change the secret if it was ever pushed",
			})
		}
	}
	return problems
}

func (s *Scanner) line(line string) string {
	for _, secret := range s.known {
		if len(secret) < shortest {
			continue
		}
		for _, form := range forms(secret) {
			if strings.Contains(line, form) {
				return "a credential of this run"
			}
		}
	}
	for _, r := range s.rules {
		if r.pattern.MatchString(line) {
			return r.name
		}
	}
	return ""
}
