package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/groundwork-dev/groundwork/internal/escrow"
	"github.com/groundwork-dev/groundwork/internal/vaultinit"
)

func newVaultStatusCommand(streams Streams) *cobra.Command {
	var t vaultTarget
	var output string
	cmd := &cobra.Command{
		Use:   "status",
		Short: "Say whether Vault is initialised and its keys are in escrow",
		Long: `status looks at Vault and at its escrow and changes nothing. It fails when a
person has to see to something: an initialised Vault whose keys are not in
escrow, an initialisation that was cut off, a Vault that stays sealed.`,
		Example: "  bootstrap vault status --cluster dev\n  bootstrap vault status --cluster prod --output json",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			place, err := t.open(cmd.Context(), false)
			if err != nil {
				return err
			}
			defer place.close()
			return showVaultStatus(cmd.Context(), streams.Out, place, t.commands(), output)
		},
	}
	t.addFlags(cmd)
	addOutputFlag(cmd, &output)
	return cmd
}

func showVaultStatus(ctx context.Context, w io.Writer, place *vaultPlace, commands vaultinit.Commands, output string) error {
	s, err := vaultinit.Check(ctx, place.vault, place.stores, commands)
	if err != nil {
		return err
	}
	var problem error
	if s.Problem != "" {
		problem = fmt.Errorf("%s\n%s", s.Problem, s.Fix)
	}
	if output == outputJSON {
		return errors.Join(PrintJSON(w, s), problem)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "Vault %s at %s, seal %s: ", s.Version, s.Vault, s.Seal)
	switch {
	case !s.Initialized:
		b.WriteString("not initialised\n")
	case s.Sealed:
		b.WriteString("initialised, sealed\n")
	default:
		b.WriteString("initialised, unsealed\n")
	}
	if s.Phase == "" {
		fmt.Fprintf(&b, "Escrow: none in %s\n", strings.Join(s.Escrow, ", "))
	} else {
		fmt.Fprintf(&b, "Escrow: %s in %s; %d of %d recovery keys make a root token\n", s.Phase, strings.Join(s.Escrow, ", "), s.Threshold, s.Shares)
	}
	for i, h := range s.Holders {
		fmt.Fprintf(&b, "  %d  %s\n", i+1, h)
	}
	if s.Next != "" {
		fmt.Fprintf(&b, "Next: %s\n", s.Next)
	}
	if _, err := io.WriteString(w, b.String()); err != nil {
		return err
	}
	return problem
}

type vaultEscrowOptions struct {
	vaultTarget
	share, holder int
	rootToken     bool
}

func newVaultEscrowCommand(streams Streams) *cobra.Command {
	var o vaultEscrowOptions
	cmd := &cobra.Command{
		Use:   "escrow",
		Short: "Print the escrow, or one ciphertext of it to be decrypted",
		Long: `escrow prints the record of the keys, which are encrypted: keep a copy of it
outside of the cluster. With --share or --root-token it prints that one
ciphertext, for its holder to decrypt.`,
		Example: `  bootstrap vault escrow --cluster dev > vault-escrow.json
  bootstrap vault escrow --cluster dev --share 2 | age --decrypt --identity key.txt
  bootstrap vault escrow --cluster prod --share 1 | gpg --decrypt
  bootstrap vault escrow --cluster dev --root-token --holder 1 | age --decrypt --identity key.txt | bootstrap vault init --cluster dev --root-token-file -`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			place, err := o.openStores(cmd.Context())
			if err != nil {
				return err
			}
			defer place.close()
			return o.print(cmd.Context(), streams.Out, place)
		},
	}
	o.addFlags(cmd)
	f := cmd.Flags()
	f.IntVar(&o.share, "share", 0, "print the recovery key of this number, from 1")
	f.BoolVar(&o.rootToken, "root-token", false, "print the root token, which is there until it is revoked")
	f.IntVar(&o.holder, "holder", 1, "with --root-token: the one encrypted to the holder of this number, from 1")
	cmd.MarkFlagsMutuallyExclusive("share", "root-token")
	return cmd
}

func (o vaultEscrowOptions) print(ctx context.Context, w io.Writer, place *vaultPlace) error {
	record, err := vaultinit.Record(ctx, place.stores)
	if err != nil {
		return err
	}
	if record == nil {
		return refused("there is no escrow in "+place.stores[0].Where(), "see how things are: "+o.commands().Status)
	}
	if o.share == 0 && !o.rootToken {
		data, err := record.Marshal()
		if err != nil {
			return err
		}
		_, err = w.Write(data)
		return err
	}
	from, number, what := record.RecoveryKeys, o.share, "recovery key"
	if o.rootToken {
		from, number, what = record.RootToken, o.holder, "root token"
	}
	return printCiphertext(w, from, number, what, record.Phase)
}

func printCiphertext(w io.Writer, from []escrow.Ciphertext, number int, what string, phase escrow.Phase) error {
	if len(from) == 0 {
		return refused(fmt.Sprintf("the escrow, of phase %s, holds no %s", phase, what), "a root token is made anew with recovery keys: vault operator generate-root")
	}
	if number < 1 || number > len(from) {
		return usageError{fmt.Errorf("there is no %s %d: the escrow holds %d", what, number, len(from))}
	}
	_, err := io.WriteString(w, strings.TrimRight(from[number-1].Text, "\n")+"\n")
	return err
}
