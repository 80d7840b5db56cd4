package cli

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
)

const (
	outputText = "text"
	outputJSON = "json"
)

// choice is a flag that takes one of a few words.
type choice struct {
	value   *string
	allowed []string
}

func (c choice) String() string {
	if c.value == nil {
		return ""
	}
	return *c.value
}

func (c choice) Set(s string) error {
	if !slices.Contains(c.allowed, s) {
		return fmt.Errorf("want one of %s", strings.Join(c.allowed, ", "))
	}
	*c.value = s
	return nil
}

func (c choice) Type() string { return strings.Join(c.allowed, "|") }

// AddChoiceFlag adds a flag that takes one of allowed, the first by default,
// and completes it. Shorthand is one letter, or empty.
func AddChoiceFlag(cmd *cobra.Command, value *string, name, shorthand, usage string, allowed ...string) {
	*value = allowed[0]
	cmd.Flags().VarP(choice{value, allowed}, name, shorthand, usage)
	Must(cmd.RegisterFlagCompletionFunc(name, cobra.FixedCompletions(allowed, cobra.ShellCompDirectiveNoFileComp)))
}

func addOutputFlag(cmd *cobra.Command, output *string) {
	AddChoiceFlag(cmd, output, "output", "o", "how to print the result", outputText, outputJSON)
}

// Must stops the program on an error that only a programmer can cause.
func Must(err error) {
	if err != nil {
		panic(err)
	}
}
