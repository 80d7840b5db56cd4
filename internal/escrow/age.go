package escrow

import (
	"context"
	"fmt"
	"io"
	"strings"

	"filippo.io/age"
	"filippo.io/age/armor"

	"github.com/groundwork-dev/groundwork/internal/diag"
	"github.com/groundwork-dev/groundwork/internal/redact"
)

// AgeRecipient is an operator's public age key.
type AgeRecipient struct {
	text      string
	recipient age.Recipient
}

// AgeRecipients reads a file of recipients: one a line, # begins a comment. The
// error is diag.Problems and never repeats a line that may be a secret.
func AgeRecipients(file string, data []byte) ([]AgeRecipient, error) {
	var found []AgeRecipient
	var problems diag.Problems
	lines := map[string]int{}
	for i, line := range strings.Split(string(data), "\n") {
		text := strings.TrimSpace(line)
		if text == "" || strings.HasPrefix(text, "#") {
			continue
		}
		at := diag.Position{File: file, Line: i + 1}
		if before := lines[text]; before != 0 {
			problems = append(problems, diag.Problem{Position: at, Message: fmt.Sprintf("the recipient of line %d again", before), Hint: "each operator is named once"})
			continue
		}
		lines[text] = i + 1
		recipient, problem := ageRecipient(text)
		if problem != nil {
			problem.Position = at
			problems = append(problems, *problem)
			continue
		}
		found = append(found, AgeRecipient{text, recipient})
	}
	if len(found) == 0 && len(problems) == 0 {
		problems = diag.Problems{{Position: diag.Position{File: file, Line: 1}, Message: "names no recipient", Hint: "one public key a line, such as age1…, as age-keygen prints it"}}
	}
	return found, problems.Err()
}

func ageRecipient(text string) (age.Recipient, *diag.Problem) {
	if strings.HasPrefix(strings.ToUpper(text), "AGE-SECRET-KEY-") {
		return nil, &diag.Problem{Message: "is a private key", Hint: "give its public key: age-keygen -y FILE; nobody but the operator should have this one"}
	}
	found, err := age.ParseRecipients(strings.NewReader(text))
	if err != nil || len(found) != 1 {
		return nil, &diag.Problem{Message: "is not an age recipient", Hint: "want a public key that begins with age1, whole and unchanged; plugins and SSH keys are not supported"}
	}
	return found[0], nil
}

// Name is the public key.
func (a AgeRecipient) Name() string { return a.text }

// Kind is age.
func (AgeRecipient) Kind() string { return "age" }

// Encrypt returns the secret, armored, for the recipient alone.
func (a AgeRecipient) Encrypt(_ context.Context, secret redact.Secret) (string, error) {
	var out strings.Builder
	armored := armor.NewWriter(&out)
	w, err := age.Encrypt(armored, a.recipient)
	if err != nil {
		return "", fmt.Errorf("encrypting to %s: %w", a.text, err)
	}
	if _, err := io.WriteString(w, secret.Reveal()); err != nil {
		return "", fmt.Errorf("encrypting to %s: %w", a.text, err)
	}
	if err := w.Close(); err != nil {
		return "", fmt.Errorf("encrypting to %s: %w", a.text, err)
	}
	if err := armored.Close(); err != nil {
		return "", fmt.Errorf("encrypting to %s: %w", a.text, err)
	}
	return out.String(), nil
}
