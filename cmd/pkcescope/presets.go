package main

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/pkcescope/pkcescope/flow"
	"github.com/pkcescope/pkcescope/inspect"
)

// presetFlags name a provider that is known beforehand, and fill in its blanks.
type presetFlags struct {
	name   string
	filled []string
}

func (f *presetFlags) add(s *pflag.FlagSet) {
	s.Var(presetName{&f.name}, "preset", "a provider that is known beforehand; pkcescope profile presets lists them")
	s.StringArrayVar(&f.filled, "with", nil, "a blank of the preset, `BLANK=VALUE`, for example tenant=contoso.com; may be repeated")
}

// presetName is a flag that takes a preset's id.
type presetName struct{ to *string }

func (p presetName) String() string {
	if p.to == nil { // pflag asks a zero value
		return ""
	}
	return *p.to
}

// Type is what the help shows in place of the value.
func (presetName) Type() string { return "NAME" }

func (p presetName) Set(s string) error {
	preset, err := inspect.FindPreset(s)
	if err != nil {
		if near := nearest(s, presetNames()); near != "" {
			return fmt.Errorf("did you mean %s? It takes %s", near, strings.Join(presetNames(), ", "))
		}
		return fmt.Errorf("it takes %s", strings.Join(presetNames(), ", "))
	}
	*p.to = preset.ID
	return nil
}

func (presetName) completions() []string { return presetNames() }

func presetNames() []string {
	var names []string
	for _, p := range inspect.Presets() {
		names = append(names, p.ID)
	}
	return names
}

// apply puts the preset that was named on top of a configuration. Blanks alone
// change those of the preset that the client is of.
func (f *presetFlags) apply(c flow.Config, issuer string) (flow.Config, error) {
	if f.name == "" && len(f.filled) == 0 {
		return c, nil
	}
	if issuer != "" {
		return c, wrongUsage("Give one of the two; --preset oidc --with issuer=… is the same as --issuer.",
			"--issuer and --preset both say which provider it is.")
	}
	of, filled, known := inspect.PresetOf(c)
	switch {
	case f.name == "" && !known:
		return c, wrongUsage("Give --preset NAME as well; pkcescope profile presets lists them.", "--with fills in a preset's blank, and no preset was named.")
	case f.name != "" && (!known || of.ID != f.name):
		of, _ = inspect.FindPreset(f.name) // Set looked it up
		filled = map[string]string{}
	}
	for _, text := range f.filled {
		blank, value, ok := strings.Cut(text, "=")
		if !ok {
			return c, wrongUsage("For example --with tenant=contoso.com.", "%q is not of the form BLANK=VALUE.", text)
		}
		filled[blank] = value
	}
	c, err := of.Apply(c, filled)
	if err != nil {
		return c, asUsage(err)
	}
	return c, nil
}

func newProfilePresets() *cobra.Command {
	return &cobra.Command{
		Use:   "presets [NAME]",
		Short: "List the providers that are known beforehand, or explain one",
		Long: `List the providers that are known beforehand, or explain one.

Of a preset it says what is to be filled in (with --with BLANK=VALUE), where
the provider's console keeps each setting, and in what the provider differs.`,
		Example: "  pkcescope profile presets\n  pkcescope profile presets keycloak",
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) <= 1 {
				return nil
			}
			return oneArgument("NAME")(cmd, args)
		},
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return presetNames(), cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return listPresets(cmd.OutOrStdout())
			}
			p, err := inspect.FindPreset(args[0])
			if err != nil {
				return asUsage(err)
			}
			return explainPreset(cmd.OutOrStdout(), p)
		},
	}
}

func listPresets(w io.Writer) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, p := range inspect.Presets() {
		var blanks []string
		for _, b := range p.Blanks {
			if b.Optional || b.Default != "" || len(b.Choices) > 0 {
				blanks = append(blanks, "["+b.ID+"]")
			} else {
				blanks = append(blanks, b.ID)
			}
		}
		fmt.Fprintf(table, "%s\t%s\t%s\n", p.ID, p.Name, strings.Join(blanks, " "))
	}
	return table.Flush()
}

func explainPreset(w io.Writer, p inspect.Preset) error {
	fmt.Fprintf(w, "%s. %s\n", p.Name, p.About)
	if len(p.Blanks) > 0 {
		fmt.Fprintln(w, "\nTo fill in, with --with BLANK=VALUE:")
		table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
		for _, b := range p.Blanks {
			text := b.Hint
			switch {
			case len(b.Choices) > 0:
				var words []string
				for _, c := range b.Choices {
					words = append(words, c.Word)
				}
				text += " One of " + strings.Join(words, ", ") + "; the first if it is left out."
			case b.Default != "":
				text += " " + b.Default + " if it is left out."
			default:
				text += " For example " + b.Example + "."
			}
			fmt.Fprintf(table, "  %s\t%s\n", b.ID, text)
		}
		if err := table.Flush(); err != nil {
			return err
		}
	}
	if len(p.Console) > 0 {
		fmt.Fprintln(w, "\nWhere its console keeps the settings:")
		table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
		for _, field := range append(profileFields(), "client_secret", "users") {
			if text := p.Console[field]; text != "" {
				fmt.Fprintf(table, "  %s\t%s\n", field, text)
			}
		}
		if err := table.Flush(); err != nil {
			return err
		}
	}
	for i, q := range p.Quirks {
		if i == 0 {
			fmt.Fprintln(w, "\nWhat is different there:")
		}
		fmt.Fprintf(w, "  - %s\n", q)
	}
	fmt.Fprintln(w, "\nRead more:")
	for _, r := range p.Refs {
		fmt.Fprintf(w, "  - %s <%s>\n", r.Text, r.URL)
	}
	return nil
}
