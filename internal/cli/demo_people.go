package cli

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"

	"code.gitea.io/sdk/gitea"

	"github.com/groundwork-dev/groundwork/internal/config"
	"github.com/groundwork-dev/groundwork/internal/forge"
	"github.com/groundwork-dev/groundwork/internal/promote"
	"github.com/groundwork-dev/groundwork/internal/redact"
	"github.com/groundwork-dev/groundwork/internal/sandbox"
)

// The people of the story: who runs bootstrap, and who owns the code.
const (
	storyUser  = "bootstrap" // of the sandbox's forge
	storyOwner = "reviewer"
	storyOrg   = "platform"
	storyRepo  = "fleet"
)

// people are the accounts of the sandbox's forge, and what they do by hand.
type people struct {
	http     *http.Client
	token    redact.Secret // of storyUser
	password redact.Secret // of storyOwner
}

// arrive makes the code owner's account, who may write to the repository.
func (p *people) arrive(ctx context.Context) error {
	client, err := p.client(ctx, gitea.SetToken(p.token.Reveal()))
	if err != nil {
		return err
	}
	p.password = redact.Secret(rand.Text())
	keep := false
	if _, _, err := client.AdminCreateUser(gitea.CreateUserOption{
		Username: storyOwner, Email: storyOwner + "@" + sandbox.ForgeHost, Password: p.password.Reveal(), MustChangePassword: &keep,
	}); err != nil {
		return fmt.Errorf("making the code owner's account: %w", err)
	}
	write := gitea.AccessModeWrite
	if _, err := client.AddCollaborator(storyOrg, storyRepo, storyOwner, gitea.AddCollaboratorOption{Permission: &write}); err != nil {
		return fmt.Errorf("letting the code owner in: %w", err)
	}
	return nil
}

// Promotion is the number of the one open request of a promotion.
func (p *people) Promotion(ctx context.Context) (int, error) {
	f, err := forge.Open(forge.Options{
		Provider: config.ProviderGitea, URL: sandbox.Repository, Token: func() redact.Secret { return p.token }, HTTP: p.http,
	})
	if err != nil {
		return 0, err
	}
	open, err := f.Requests(ctx, promote.Branch(demoApp, "prod"), "main")
	if err != nil {
		return 0, err
	}
	if len(open) != 1 {
		return 0, fmt.Errorf("%d requests of the promotion are open, want one", len(open))
	}
	return open[0].Number, nil
}

// Merge asks the forge to merge a request; refused is its reason not to, which
// the SDK would not tell.
func (p *people) Merge(ctx context.Context, request int) (refused string, err error) {
	address := fmt.Sprintf("https://%s/api/v1/repos/%s/%s/pulls/%d/merge", sandbox.ForgeHost, storyOrg, storyRepo, request)
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, strings.NewReader(`{"Do": "merge"}`))
	if err != nil {
		return "", err
	}
	req.Header.Set("Authorization", "token "+p.token.Reveal())
	req.Header.Set("Content-Type", "application/json")
	resp, err := p.http.Do(req)
	if err != nil {
		return "", fmt.Errorf("merging request %d: %w", request, err)
	}
	defer resp.Body.Close()
	if resp.StatusCode == http.StatusOK {
		return "", nil
	}
	var answer struct {
		Message string `json:"message"`
	}
	if err := json.NewDecoder(io.LimitReader(resp.Body, answerLimit)).Decode(&answer); err != nil || resp.StatusCode != http.StatusMethodNotAllowed {
		return "", fmt.Errorf("merging request %d: the forge answers %s %s", request, resp.Status, answer.Message)
	}
	return answer.Message, nil
}

// Approve approves the request's last commit as the code owner.
func (p *people) Approve(ctx context.Context, request int) error {
	client, err := p.client(ctx, gitea.SetBasicAuth(storyOwner, p.password.Reveal()))
	if err != nil {
		return err
	}
	if _, _, err := client.CreatePullReview(storyOrg, storyRepo, int64(request), gitea.CreatePullReviewOptions{State: gitea.ReviewStateApproved}); err != nil {
		return fmt.Errorf("approving request %d: %w", request, err)
	}
	return nil
}

func (p *people) client(ctx context.Context, as gitea.ClientOption) (*gitea.Client, error) {
	return gitea.NewClient("https://"+sandbox.ForgeHost, gitea.SetContext(ctx), gitea.SetHTTPClient(p.http), gitea.SetGiteaVersion(""), as)
}
