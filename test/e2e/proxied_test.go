//go:build e2e

package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"testing"
)

const forge = "https://forge.sandbox.test"

// newRepository makes an empty repository on the forge and returns its URL.
func (s *sandbox) newRepository(t *testing.T, name string) string {
	t.Helper()
	url, err := s.createRepository(name)
	if err != nil {
		t.Fatal(err)
	}
	return url
}

func (s *sandbox) createRepository(name string) (string, error) {
	err := s.forge(context.Background(), http.MethodPost, "/api/v1/orgs/platform/repos",
		map[string]any{"name": name, "default_branch": "main", "private": true}, nil)
	return forge + "/platform/" + name + ".git", err
}

// forge calls the forge's API and decodes its answer.
func (s *sandbox) forge(ctx context.Context, method, path string, body, into any) error {
	data, err := json.Marshal(body)
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, method, forge+path, bytes.NewReader(data))
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "token "+s.env["GROUNDWORK_GIT_TOKEN"])
	req.Header.Set("Content-Type", "application/json")
	resp, err := s.http.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		return err
	}
	if resp.StatusCode/100 != 2 {
		return fmt.Errorf("%s %s: %s: %s", method, path, resp.Status, answer)
	}
	if into == nil {
		return nil
	}
	return json.Unmarshal(answer, into)
}
