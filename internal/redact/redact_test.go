package redact_test

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/groundwork-dev/groundwork/internal/redact"
)

const secret redact.Secret = "s3cret/value+1"

func TestASecretNeverPrintsItself(t *testing.T) {
	t.Parallel()
	type holder struct{ Token redact.Secret }
	encoded, err := json.Marshal(holder{secret})
	if err != nil {
		t.Fatal(err)
	}
	var log strings.Builder
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "token", secret)
	for _, text := range []string{
		secret.String(), fmt.Sprintf("%s %v %q %x %#v %+v %d", secret, secret, secret, secret, secret, secret, secret),
		fmt.Sprintf("%v %+v %#v", holder{secret}, holder{secret}, holder{secret}), string(encoded), log.String(),
		fmt.Errorf("using %v: %w", secret, errors.New("no")).Error(),
	} {
		if strings.Contains(text, "s3cret") || strings.Contains(text, fmt.Sprintf("%x", secret.Reveal())) {
			t.Errorf("printed: %s", text)
		}
	}
}

func TestTextMasksEveryForm(t *testing.T) {
	t.Parallel()
	in := "a s3cret/value+1 b s3cret%2Fvalue%2B1 c " + base64.StdEncoding.EncodeToString([]byte(secret.Reveal()))
	if got := redact.Text(in, secret, ""); got != "a [redacted] b [redacted] c [redacted]" {
		t.Fatalf("got %s", got)
	}
}

func TestScan(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]string{
		"token: s3cret/value+1":                                      "a credential of this run",
		"-----BEGIN " + "OPENSSH PRIVATE KEY-----":                   "a private key",
		"-----BEGIN PUBLIC KEY-----":                                 "",
		"key: AKIA" + "IOSFODNN7EXAMPLE":                             "an AWS access key",
		"t: ghp_" + strings.Repeat("a", 36):                          "a GitHub token",
		"url: https://user:" + "hunter22@example.com/x":              "a password in a URL",
		"url: https://example.com/x":                                 "",
		"url: ssh://git@example.com/x":                               "",
		"image: ghcr.io/a/b:1@sha256:" + strings.Repeat("a", 64):     "",
		"caBundle: " + strings.Repeat("QUJD", 30):                    "",
		"time: https://{{ $labels.host }}:9090/@x":                   "",
		"glob: http://example.com:8080/path@v1":                      "",
		"age: AGE-SECRET-KEY-1" + strings.Repeat("Q", 58):            "an age private key",
		"token: glpat-" + strings.Repeat("x", 20):                    "a GitLab token",
		`aws_secret_access_key = "` + strings.Repeat("A1", 20) + `"`: "an AWS secret key",
	} {
		problems := redact.NewScanner(secret).Scan("f.yaml", []byte("x\n"+line+"\n"))
		switch {
		case want == "" && len(problems) > 0:
			t.Errorf("%s: %v", line, problems)
		case want != "" && (len(problems) != 1 || problems[0].Line != 2 || !strings.Contains(problems[0].Message, want)):
			t.Errorf("%s: got %v, want %s", line, problems, want)
		case want != "" && strings.Contains(problems.Error(), strings.TrimSpace(line[strings.Index(line, ":")+1:])):
			t.Errorf("the problem repeats the secret: %v", problems)
		}
	}
}
