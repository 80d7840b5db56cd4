//go:build aws

package awstest

import (
	"context"
	_ "embed"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// motoServices are what the stacks call; the provider wants an endpoint for each.
func motoServices() []string {
	return []string{
		"accessanalyzer", "autoscaling", "cloudtrail", "cloudwatch", "configservice", "directconnect", "ec2", "ecr", "elbv2", "eventbridge", "guardduty",
		"iam", "kms", "logs", "route53", "s3", "s3control", "securityhub", "sns", "sqs", "sts", "wafv2",
	}
}

//go:embed sitecustomize.py
var customize []byte

// Moto is a server that answers as AWS does, on this machine and for one test.
type Moto struct {
	// URL is where it listens, on loopback.
	URL string
}

// StartMoto starts a server, which ends with the test, with more in its
// environment. Where moto is not on the machine, the test is skipped; with CI set
// it fails.
func StartMoto(t testing.TB, environ ...string) Moto {
	t.Helper()
	bin, err := exec.LookPath("moto_server")
	if err != nil {
		missing(t, "moto_server (pip install 'moto[server]')")
	}
	port := freePort(t)
	log, err := os.Create(filepath.Join(t.TempDir(), "moto.log"))
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(context.WithoutCancel(t.Context()), bin, "-H", "127.0.0.1", "-p", strconv.Itoa(port))
	modules := t.TempDir()
	write(t, filepath.Join(modules, "sitecustomize.py"), customize)
	cmd.Env = append(append(os.Environ(), "MOTO_IAM_LOAD_MANAGED_POLICIES=true", "PYTHONPATH="+modules), environ...)
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var result error // of the server, once ended is closed
	ended := make(chan struct{})
	go func() {
		result = cmd.Wait()
		close(ended)
	}()
	t.Cleanup(func() {
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGTERM) // its own group, made for it
		<-ended
		log.Close()
	})
	m := Moto{URL: fmt.Sprintf("http://127.0.0.1:%d", port)}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for tick := time.NewTicker(100 * time.Millisecond); ; {
		if m.answers(ctx) {
			tick.Stop()
			return m
		}
		select {
		case <-tick.C:
		case <-ended:
			t.Fatalf("moto_server ended: %v; see %s", result, log.Name())
		case <-ctx.Done():
			t.Fatalf("moto_server does not answer on %s; see %s", m.URL, log.Name())
		}
	}
}

func (m Moto) answers(ctx context.Context) bool {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, m.URL+"/moto-api/", nil)
	if err != nil {
		return false
	}
	response, err := http.DefaultClient.Do(req)
	if err != nil {
		return false
	}
	response.Body.Close()
	return response.StatusCode == http.StatusOK
}

// Override sends every call of a stack to the server; more is what else the test
// overrides.
func (m Moto) Override(more string) string {
	var endpoints strings.Builder
	for _, service := range motoServices() {
		fmt.Fprintf(&endpoints, "    %s = %q\n", service, m.URL)
	}
	return `terraform {
  backend "local" {}
}

provider "aws" {
  access_key                  = "test"
  secret_key                  = "test"
  allowed_account_ids         = null
  max_retries                 = 2
  s3_use_path_style           = true
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_region_validation      = true
  endpoints {
` + endpoints.String() + "  }\n}\n" + more
}

func freePort(t testing.TB) int {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

// Files sends the calls of kops' second provider to the server, by which it
// writes objects.
func (m Moto) Files() string {
	return fmt.Sprintf(`
provider "aws" {
  alias                       = "files"
  access_key                  = "test"
  secret_key                  = "test"
  s3_use_path_style           = true
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_region_validation      = true
  endpoints {
    s3  = %[1]q
    sts = %[1]q
  }
}
`, m.URL)
}

// ForKops changes what moto 5.2 cannot of a stack by kops: a kind of name that
// instances have, and names of target groups that it takes for a mistake.
func ForKops(stack string) (override string) {
	subnets := regexp.MustCompile(`(?m)^resource "aws_subnet" "([^"]+)"`)
	targetGroups := regexp.MustCompile(`(?s)\nresource "aws_lb_target_group" "([^"]+)".*?\n  name +=\s+"([^"]+)"`)
	var b strings.Builder
	for _, m := range subnets.FindAllStringSubmatch(stack, -1) {
		fmt.Fprintf(&b, "\nresource \"aws_subnet\" %q {\n  private_dns_hostname_type_on_launch = null\n}\n", m[1])
	}
	for _, m := range targetGroups.FindAllStringSubmatch(stack, -1) {
		fmt.Fprintf(&b, "\nresource \"aws_lb_target_group\" %q {\n  name = %q\n}\n", m[1], strings.ReplaceAll(m[2], "--", "-"))
	}
	return b.String()
}
