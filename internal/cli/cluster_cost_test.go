package cli_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/groundwork-dev/groundwork/internal/cli"
	"github.com/groundwork-dev/groundwork/internal/cost"
)

// TestDocumentedCosts: docs/aws.md has the sums that `bootstrap cluster cost` says
// of this repository.
func TestDocumentedCosts(t *testing.T) {
	t.Parallel()
	var out, errors bytes.Buffer
	if code := cli.Main(cli.Streams{Out: &out, Err: &errors}, []string{"cluster", "cost", "--dir", "../..", "--output", "json"}); code != 0 {
		t.Fatalf("exit code %d\n%s", code, errors.String())
	}
	var said struct {
		Date      string          `json:"date"`
		Estimates []cost.Estimate `json:"estimates"`
	}
	if err := json.Unmarshal(out.Bytes(), &said); err != nil {
		t.Fatal(err)
	}
	doc, err := os.ReadFile("../../docs/aws.md")
	if err != nil {
		t.Fatal(err)
	}
	for name, row := range map[string]string{"dev": "| `dev` | %.2f |", "prod": "| `prod` | %.2f |", "account": "| the account, once | %.2f |"} {
		for _, e := range said.Estimates {
			if want := fmt.Sprintf(row, e.Monthly); e.Of == name && !strings.Contains(string(doc), want) {
				t.Errorf("docs/aws.md lacks %q", want)
			}
		}
	}
	if want := "list prices of " + said.Date; len(said.Estimates) != 3 || !strings.Contains(string(doc), want) {
		t.Errorf("docs/aws.md lacks %q, or there are not three estimates: %d", want, len(said.Estimates))
	}
}
