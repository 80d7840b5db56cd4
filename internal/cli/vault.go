package cli

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/groundwork-dev/groundwork/internal/cli/progress"
	"github.com/groundwork-dev/groundwork/internal/redact"
	"github.com/groundwork-dev/groundwork/internal/vaultinit"
)

// maxTokenBytes bounds the file of a root token.
const maxTokenBytes = 4096

// storePause is the first wait before keys are stored again.
const storePause = 500 * time.Millisecond

func newVaultCommand(streams Streams) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "vault",
		Short: "Initialise a cluster's Vault once, its keys in escrow",
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newVaultInitCommand(streams), newVaultStatusCommand(streams), newVaultEscrowCommand(streams))
	return cmd
}

type vaultInitOptions struct {
	vaultTarget
	vaultHolders
	shares, threshold int
	settings          string
	tokenFile         string
	timeout           time.Duration
	dryRun            bool
	output            string
}

func newVaultInitCommand(streams Streams) *cobra.Command {
	var o vaultInitOptions
	cmd := &cobra.Command{
		Use:   "init",
		Short: "Initialise Vault, put its keys in escrow, set it up, revoke the root token",
		Long: `init initialises a Vault that unseals itself, and does so once. The recovery
keys and the root token are encrypted to the operators' age or OpenPGP keys or
by a KMS key, and stored, before anything else happens; then Vault gets its
audit devices, logins, policies and secrets engine, and the root token is
revoked. No key is ever printed or written in the clear.

Run it again after anything: it looks first, and does what is missing, or
nothing, or says what a person has to do. One moment cannot be repeated: if it
is killed between Vault's answer and the stored keys, they are lost with the
still empty Vault, and the next run says how to start again.

Each operator keeps one recovery key; a majority of them can make a new root
token. docs/vault.md describes the ceremony.`,
		Example: `  bootstrap vault init --cluster dev --age-recipients operators.txt --dry-run
  bootstrap vault init --cluster dev --age-recipients operators.txt
  bootstrap vault init --cluster prod --pgp-key anna.asc --pgp-key ben.asc --pgp-key cleo.asc --recovery-threshold 2
  bootstrap vault init --cluster prod --kms-key alias/groundwork-prod-vault-escrow --escrow-file vault-prod.json
  bootstrap vault init --address https://vault.example.com:8200 --ca-file ca.pem --escrow-file vault.json --age-recipients operators.txt`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return o.run(cmd.Context(), streams) },
	}
	o.addFlags(cmd)
	f := cmd.Flags()
	f.StringArrayVar(&o.ageFiles, "age-recipients", nil, "file of operators' public age keys, one a line; may be repeated")
	f.StringArrayVar(&o.pgpFiles, "pgp-key", nil, "file of operators' armored public OpenPGP keys; may be repeated")
	f.StringArrayVar(&o.kmsKeys, "kms-key", nil, "KMS key that encrypts, by ARN, id or alias/name; may be repeated")
	f.IntVar(&o.shares, "recovery-shares", 0, "how many recovery keys; one for each operator by default")
	f.IntVar(&o.threshold, "recovery-threshold", 0, "how many recovery keys are needed together; a majority by default")
	f.StringVar(&o.settings, "settings", "", "file with what Vault is set up with; 'bootstrap vault init --settings -' prints the built-in one")
	f.StringVar(&o.tokenFile, "root-token-file", "", "go on after an interruption with the root token in this file, - for standard input")
	f.DurationVar(&o.timeout, "timeout", 5*time.Minute, "how long to wait until Vault serves")
	f.BoolVar(&o.dryRun, "dry-run", false, "change nothing; print what would be done")
	addOutputFlag(cmd, &o.output)
	return cmd
}

func (o vaultInitOptions) run(ctx context.Context, streams Streams) error {
	if o.settings == "-" {
		_, err := streams.Out.Write(vaultinit.DefaultSettings())
		return err
	}
	settings, err := o.readSettings()
	if err != nil {
		return err
	}
	token, err := o.readToken(streams.In)
	if err != nil {
		return err
	}
	holders, err := o.holders(ctx, o.vaultTarget)
	if err != nil {
		return err
	}
	place, err := o.open(ctx, !o.dryRun)
	if err != nil {
		return err
	}
	defer place.close()
	display := progress.New(streams.Err, streams.Terminal)
	commands := o.commands()
	commands.Init += o.vaultHolders.arguments()
	if o.settings != "" {
		commands.Init += " --settings " + quoted(o.settings)
	}
	report, err := vaultinit.Run(place.ctx, vaultinit.Options{
		Cluster: o.subject(), Shares: o.shares, Threshold: o.threshold, Settings: settings, RootToken: token,
		DryRun: o.dryRun, Timeout: o.timeout, StorePause: storePause, Commands: commands,
	}, vaultinit.Deps{
		Vault: place.vault, Stores: place.stores, Holders: holders, Now: time.Now, Random: rand.Reader,
		Shield: shield(streams.Err), Rescue: rescue(streams.Err),
	}, func(e vaultinit.Event) { display.Show(vaultStep(e)) })
	display.Close()
	return errors.Join(err, o.print(streams.Out, report, err))
}

func (o vaultInitOptions) readSettings() (*vaultinit.Settings, error) {
	if o.settings == "" {
		return vaultinit.ParseSettings("built-in settings", vaultinit.DefaultSettings())
	}
	data, err := os.ReadFile(o.settings)
	if err != nil {
		return nil, usageError{fmt.Errorf("reading the settings: %w", err)}
	}
	return vaultinit.ParseSettings(o.settings, data)
}

func (o vaultInitOptions) readToken(stdin io.Reader) (redact.Secret, error) {
	if o.tokenFile == "" {
		return "", nil
	}
	if o.tokenFile != "-" {
		file, err := os.Open(o.tokenFile)
		if err != nil {
			return "", usageError{fmt.Errorf("reading the root token: %w", err)}
		}
		defer file.Close()
		stdin = file
	}
	data, err := io.ReadAll(io.LimitReader(stdin, maxTokenBytes))
	if err != nil {
		return "", fmt.Errorf("reading the root token: %w", err)
	}
	token := strings.TrimSpace(string(data))
	if token == "" || strings.ContainsAny(token, " \t\r\n") {
		return "", usageError{fmt.Errorf("the file of the root token (%s) does not hold a token: want one line, such as age --decrypt prints", o.tokenFile)}
	}
	return redact.Secret(token), nil
}

func (o vaultInitOptions) print(w io.Writer, r *vaultinit.Report, failed error) error {
	if o.output == outputJSON {
		return PrintJSON(w, r)
	}
	var b strings.Builder
	switch {
	case len(r.Plan) > 0:
		b.WriteString("Would do:\n")
		for _, line := range r.Plan {
			b.WriteString("  " + line + "\n")
		}
	case failed != nil:
		return nil
	case !r.Changed:
		fmt.Fprintf(&b, "Nothing to do: the Vault of %s is initialised, and its keys are in escrow.\n", r.Cluster)
	default:
		fmt.Fprintf(&b, "The Vault of %s is initialised and set up; its root token is revoked.\n", r.Cluster)
		fmt.Fprintf(&b, "Recovery keys, any %d of which make a root token, encrypted to:\n", r.Threshold)
		for i, h := range r.Holders {
			fmt.Fprintf(&b, "  %d  %s\n", i+1, h)
		}
		fmt.Fprintf(&b, "Escrow: %s\nNext: keep a copy of it outside of the cluster: %s > vault-escrow.json\n", strings.Join(r.Escrow, ", "), o.commands().Escrow)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func vaultStep(e vaultinit.Event) progress.Step {
	states := map[vaultinit.StepState]progress.State{vaultinit.Ended: progress.Done, vaultinit.Failed: progress.Failed}
	s := progress.Step{Title: e.Title, State: states[e.State], Detail: e.Detail}
	if s.State != progress.Running {
		s.Elapsed = time.Duration(e.Seconds * float64(time.Second))
	}
	return s
}

// shield keeps interrupts from ending the process while Vault's keys exist in
// its memory alone.
func shield(w io.Writer) func() func() {
	return func() func() {
		signals, over := make(chan os.Signal, 1), make(chan struct{})
		signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
		go func() {
			for {
				select {
				case <-signals:
					fmt.Fprintln(w, "not now: Vault's keys are being stored, which takes a moment")
				case <-over:
					return
				}
			}
		}()
		return func() {
			signal.Stop(signals)
			close(over)
		}
	}
}

// rescue leaves the encrypted keys in a new file of the current folder, or on
// the screen.
func rescue(w io.Writer) func([]byte) (string, error) {
	return func(record []byte) (string, error) {
		file, err := os.CreateTemp(".", "vault-escrow-*.json") // of mode 0600
		if err == nil {
			_, err = file.Write(record)
			if err = errors.Join(err, file.Sync(), file.Close()); err == nil {
				return file.Name(), nil
			}
		}
		if _, err := fmt.Fprintf(w, "\nSave these lines as a file, now; they are encrypted:\n%s\n", record); err != nil {
			return "", err
		}
		return "the lines above, to be saved as FILE,", nil
	}
}
