package initfile

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"charm.land/huh/v2"

	"github.com/groundwork-dev/groundwork/internal/config"
	"github.com/groundwork-dev/groundwork/internal/diag"
)

// ErrAborted is the error of Ask when the person leaves the form.
var ErrAborted = huh.ErrUserAborted

// Ask asks in a terminal for what makes a platform. What a already holds is
// the suggestion, and stays as it is when the form is left or ctx ends. Each
// answer is checked as the file will be.
func Ask(ctx context.Context, a *Answers, in io.Reader, out io.Writer) error {
	d := newDraft(*a)
	if err := d.form().WithInput(in).WithOutput(out).RunWithContext(ctx); err != nil {
		if errors.Is(err, huh.ErrUserAborted) {
			return ErrAborted
		}
		return fmt.Errorf("asking for the platform: %w", err)
	}
	*a = d.answers()
	return nil
}

// draft holds the answers as the form edits them.
type draft struct {
	Answers
	port string
	prod bool // prod beside dev
	own  bool // the clusters came with the answers and are not asked for
}

func newDraft(a Answers) *draft {
	d := &draft{Answers: a, port: "8080", prod: true, own: len(a.Clusters) > 0}
	if a.App.Port > 0 {
		d.port = strconv.Itoa(a.App.Port)
	}
	return d
}

func (d *draft) answers() Answers {
	a := d.Answers
	if !d.own {
		a.Clusters = []Cluster{{Name: "dev", Size: config.SizeSmall}}
		if d.prod {
			a.Clusters = append(a.Clusters, Cluster{Name: "prod", Size: config.SizeHA})
		}
	}
	if a.App.Name != "" {
		a.App.Port, _ = strconv.Atoi(d.port)
	}
	a.SetDefaults()
	return a
}

func (d *draft) form() *huh.Form {
	groups := []*huh.Group{d.platform(), d.repository(), d.aws()}
	if !d.own {
		groups = append(groups, huh.NewGroup(
			huh.NewConfirm().Title("A prod cluster beside dev?").
				Description("dev is small; prod survives the loss of a zone.").Value(&d.prod),
		))
	}
	if len(d.Available) > 0 {
		groups = append(groups, huh.NewGroup(
			huh.NewMultiSelect[string]().Title("Components").Description("Installed on every cluster; change it later in the file.").
				Options(huh.NewOptions(d.Available...)...).Value(&d.Components),
		))
	}
	groups = append(groups, d.app())
	return huh.NewForm(groups...)
}

func (d *draft) platform() *huh.Group {
	return huh.NewGroup(
		huh.NewInput().Title("Name of the platform").Description("Part of the names of clusters; it cannot change later.").
			Value(&d.Name).Validate(check("metadata.name", func(a *Answers, s string) { a.Name = s })),
		huh.NewInput().Title("Domain above the clusters").Description("dev gets dev.<domain>.").Placeholder("example.com").
			Value(&d.Domain).Validate(check("spec.clusters", func(a *Answers, s string) { a.Domain = s })),
	)
}

func (d *draft) repository() *huh.Group {
	return huh.NewGroup(
		huh.NewInput().Title("Repository").Description("https://host/path for a token, ssh://git@host/path for deploy keys.").
			Value(&d.Repository).Validate(check("spec.repository.url", func(a *Answers, s string) { a.Repository = s })),
		huh.NewSelect[config.Provider]().Title("Forge").Description("What holds the repository.").Options(
			huh.NewOption("as the address tells", config.Provider("")),
			huh.NewOption("GitHub", config.ProviderGitHub), huh.NewOption("Gitea", config.ProviderGitea),
			huh.NewOption("GitLab", config.ProviderGitLab), huh.NewOption("any other Git server", config.ProviderGit),
		).Value(&d.Provider).Validate(func(p config.Provider) error {
			return problemAt("spec.repository", func(a *Answers) { a.Repository, a.Provider = d.Repository, p })
		}),
	)
}

func (d *draft) aws() *huh.Group {
	return huh.NewGroup(
		huh.NewInput().Title("AWS account").Description("12 digits.").
			Value(&d.AccountID).Validate(check("spec.aws.accountID", func(a *Answers, s string) { a.AccountID = s })),
		huh.NewInput().Title("AWS region").Placeholder("eu-central-1").
			Value(&d.Region).Validate(check("spec.aws.region", func(a *Answers, s string) { a.Region, a.Zones = s, nil })),
	)
}

func (d *draft) app() *huh.Group {
	return huh.NewGroup(
		huh.NewInput().Title("Name of the first app").Description("Empty for none.").Value(&d.App.Name).
			Validate(optional(check("spec.apps", func(a *Answers, s string) { a.App.Name = s }))),
		huh.NewInput().Title("Its image").Description("With a version, such as ghcr.io/org/app:1.2.3.").Value(&d.App.Image).Validate(func(s string) error {
			if d.App.Name == "" {
				return nil
			}
			return check("spec.apps", func(a *Answers, s string) { a.App.Image = s })(s)
		}),
		huh.NewInput().Title("Its port").Value(&d.port).
			Validate(check("spec.apps", func(a *Answers, s string) { a.App.Port = portOf(s) })),
	)
}

// portOf returns what is no number as a port that is refused.
func portOf(s string) int {
	n, err := strconv.Atoi(strings.TrimSpace(s))
	if err != nil || n == 0 {
		return -1
	}
	return n
}

func optional(f func(string) error) func(string) error {
	return func(s string) error {
		if s == "" {
			return nil
		}
		return f(s)
	}
}

// check returns the check of one answer: the file with this answer, and good
// ones for all the rest, must have no problem below path.
func check(path string, set func(*Answers, string)) func(string) error {
	return func(s string) error { return problemAt(path, func(a *Answers) { set(a, s) }) }
}

func problemAt(path string, set func(*Answers)) error {
	a := Answers{
		Name: "a", Repository: "https://example.com/a/b", AccountID: "123456789012", Region: "eu-central-1", Domain: "example.com",
		App: App{Name: "app", Image: "example.com/app:1", Port: 8080},
	}
	set(&a)
	_, err := Render(a)
	var problems diag.Problems
	if err == nil {
		return nil
	}
	if !errors.As(err, &problems) {
		return err
	}
	for _, p := range problems {
		if strings.HasPrefix(p.Path, path) {
			return errors.New(diag.Problem{Message: p.Message, Hint: p.Hint}.String())
		}
	}
	return nil
}
