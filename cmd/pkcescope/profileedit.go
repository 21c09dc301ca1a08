package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"runtime"
	"strconv"
	"strings"

	"github.com/BurntSushi/toml"
	"github.com/spf13/cobra"

	"github.com/pkcescope/pkcescope/inspect"
)

func newProfileEdit() *cobra.Command {
	var sets, unsets []string
	cmd := &cobra.Command{
		Use:   "edit NAME",
		Short: "Change a profile, in your editor or field by field",
		Long: `Change a profile, in your editor or field by field.

Without --set and --unset the profile opens in $VISUAL or $EDITOR, and takes
the place of the old one only if it can be read. With them one field is changed
and the rest of the file, remarks included, stays as it is. The fields are those
of the file; a field of a table is TABLE.FIELD, for example extensions.par.`,
		Example: `  pkcescope profile edit contoso
  pkcescope profile edit contoso --set platform=spa --unset prompt
  pkcescope profile edit contoso --set extensions.par=true`,
		Args:              oneArgument("NAME"),
		ValidArgsFunction: completeProfile,
		RunE: func(cmd *cobra.Command, args []string) error {
			file, err := openProfiles()
			if err != nil {
				return err
			}
			if _, err := file.Load(args[0]); err != nil {
				return err
			}
			if len(sets)+len(unsets) > 0 {
				return editFields(cmd, file, args[0], sets, unsets)
			}
			return editText(cmd, file, args[0])
		},
	}
	cmd.Flags().StringArrayVar(&sets, "set", nil, "set a field, `FIELD=VALUE`; may be repeated")
	cmd.Flags().StringArrayVar(&unsets, "unset", nil, "take a `FIELD` out; may be repeated")
	return cmd
}

// editFields changes single fields.
func editFields(cmd *cobra.Command, file profileFile, name string, sets, unsets []string) error {
	doc, old, err := file.read()
	if err != nil {
		return err
	}
	saved := doc.Profile[name]
	if saved.Extensions != nil { // the document keeps its own
		e := *saved.Extensions
		saved.Extensions = &e
	}
	if saved.Provider != nil {
		p := *saved.Provider
		saved.Provider = &p
	}
	for _, text := range unsets {
		if err := setField(&saved, text, nil); err != nil {
			return err
		}
	}
	for _, text := range sets {
		field, value, ok := strings.Cut(text, "=")
		if !ok {
			return wrongUsage("For example --set platform=spa.", "%q is not of the form FIELD=VALUE.", text)
		}
		if err := setField(&saved, field, &value); err != nil {
			return err
		}
	}
	if saved.Extensions != nil && reflect.DeepEqual(*saved.Extensions, savedExtensions{}) {
		saved.Extensions = nil
	}
	if saved.Provider != nil && *saved.Provider == (savedProvider{}) {
		saved.Provider = nil
	}
	if err := file.check(saved.document(name), nil); err != nil { // there is no line of it yet
		return err
	}
	text, err := file.put(old, doc, name, saved)
	if err != nil {
		return err
	}
	return file.replace(cmd, text, name)
}

// replace puts another text in the file's place if the profile in it is whole.
func (p profileFile) replace(cmd *cobra.Command, text []byte, name string) error {
	doc, err := p.parse(text)
	if err != nil {
		return err
	}
	saved, ok := doc.Profile[name]
	if !ok {
		return wrongUsage("Leave its header as it was; pkcescope profile remove takes a profile out.", "The profile %q is gone from the text.", name)
	}
	if err := whole(saved.config(name)); err != nil {
		return p.faultIn(text, name, err)
	}
	if err := p.write(text); err != nil {
		return err
	}
	fmt.Fprintf(cmd.ErrOrStderr(), "Changed %s in %s.\n", inspect.Clean(name), p.path)
	return nil
}

// setField sets a field by its name in the file, or takes it out if value is
// nil.
func setField(saved *savedProfile, name string, value *string) error {
	at := reflect.ValueOf(saved).Elem()
	table, field, nested := strings.Cut(name, ".")
	if nested {
		sub, ok := fieldNamed(at, table)
		if !ok || sub.Kind() != reflect.Pointer || sub.Type().Elem().Kind() != reflect.Struct {
			return wrongUsage("The tables are provider and extensions.", "A profile has no table %q.", table)
		}
		if sub.IsNil() {
			sub.Set(reflect.New(sub.Type().Elem()))
		}
		at, name = sub.Elem(), field
	}
	if secretField(name) {
		return wrongUsage("Keep it with pkcescope profile secret NAME, or set "+secretEnv+".", "Secrets are not kept in profiles.")
	}
	if parameter, ok := strings.CutPrefix(name, "parameters."); ok && nested {
		to, _ := fieldNamed(at, "parameters")
		return setParameter(to, parameter, value)
	}
	to, ok := fieldNamed(at, name)
	if !ok {
		names := tagsOf(at.Type())
		try := "The fields are " + strings.Join(names, ", ") + "."
		if near := nearest(name, names); near != "" {
			try = "Did you mean " + near + "? " + try
		}
		return wrongUsage(try, "There is no field %q.", name)
	}
	if value == nil {
		to.SetZero()
		return nil
	}
	if err := setValue(to, *value); err != nil {
		return wrongUsage(err.Error(), "%q cannot be %s.", *value, name)
	}
	return nil
}

func setParameter(to reflect.Value, name string, value *string) error {
	all := map[string]string{}
	for _, key := range to.MapKeys() { // the document keeps its own
		all[key.String()] = to.MapIndex(key).String()
	}
	if value == nil {
		delete(all, name)
	} else {
		all[name] = *value
	}
	to.Set(reflect.ValueOf(all))
	return nil
}

func fieldNamed(v reflect.Value, name string) (reflect.Value, bool) {
	for f, to := range v.Fields() {
		if tag, _, _ := strings.Cut(f.Tag.Get("toml"), ","); tag == name {
			return to, true
		}
	}
	return reflect.Value{}, false
}

// setValue puts a typed value into a field. The error is what to write.
func setValue(to reflect.Value, text string) error {
	switch to.Kind() {
	case reflect.String:
		to.SetString(text)
	case reflect.Bool:
		b, err := strconv.ParseBool(text)
		if err != nil {
			return errors.New("Write true or false.") //nolint:staticcheck,revive // a sentence for a person
		}
		to.SetBool(b)
	case reflect.Int:
		n, err := strconv.Atoi(text)
		if err != nil {
			return errors.New("Write a number.") //nolint:staticcheck,revive // a sentence for a person
		}
		to.SetInt(int64(n))
	case reflect.Slice:
		to.Set(reflect.ValueOf(strings.Fields(text)))
	case reflect.Pointer:
		v := reflect.New(to.Type().Elem())
		if err := setValue(v.Elem(), text); err != nil {
			return err
		}
		to.Set(v)
	default:
		return errors.New("It is a table: set its fields.") //nolint:staticcheck,revive // a sentence for a person
	}
	return nil
}

// editText opens a profile in the person's editor until it can be read, and
// then puts it in the place of the old one.
func editText(cmd *cobra.Command, file profileFile, name string) error {
	argv, err := editor()
	if err != nil {
		return err
	}
	_, old, err := file.read()
	if err != nil {
		return err
	}
	mine := tableText(old, name)
	if len(mine) == 0 { // written in a way that a line by line reading does not find
		doc, err := file.parse(old)
		if err != nil {
			return err
		}
		if mine, err = encodeTOML(doc.Profile[name].document(name)); err != nil {
			return err
		}
	}
	dir, err := os.MkdirTemp("", "pkcescope")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	path := filepath.Join(dir, "profile.toml")
	if err := os.WriteFile(path, append(bytes.TrimRight(mine, "\n"), '\n'), 0o600); err != nil {
		return err
	}
	in := newInput(cmd.InOrStdin(), cmd.ErrOrStderr())
	for {
		if err := runEditor(cmd.Context(), argv, path); err != nil {
			return err
		}
		edited, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if bytes.Equal(bytes.TrimSpace(edited), bytes.TrimSpace(mine)) {
			fmt.Fprintln(cmd.ErrOrStderr(), "Nothing was changed.")
			return nil
		}
		err = file.adopt(cmd, old, edited, path, name)
		if err == nil || in.terminal == nil {
			return err
		}
		finish(cmd.ErrOrStderr(), err)
		fmt.Fprint(cmd.ErrOrStderr(), "Enter opens the editor again, q leaves the profile as it was: ")
		answer, err := in.line(cmd.Context())
		if err != nil || strings.HasPrefix(strings.TrimSpace(answer), "q") {
			fmt.Fprintln(cmd.ErrOrStderr(), "The profile is as it was.")
			return exitError(exitUsage)
		}
	}
}

// adopt puts an edited profile into the file. Its lines are counted as in the
// text that was edited.
func (p profileFile) adopt(cmd *cobra.Command, old, edited []byte, path, name string) error {
	alone := profileFile{path}
	doc, err := alone.parse(edited)
	if err != nil {
		return err
	}
	saved, ok := doc.Profile[name]
	if !ok || len(doc.Profile) != 1 {
		return wrongUsage("Leave the header [profile."+toml.Key{name}.String()+"] as it was, and no other.",
			"The text is not that of the profile %q any more.", name)
	}
	if err := whole(saved.config(name)); err != nil {
		return alone.faultIn(edited, name, err)
	}
	text := replaceTable(old, name, append(bytes.TrimRight(edited, "\n"), '\n'))
	before, err := p.parse(old)
	if err != nil {
		return err
	}
	before.Profile[name] = saved
	if !p.holds(text, before) {
		if text, err = encodeTOML(before); err != nil {
			return err
		}
	}
	return p.replace(cmd, text, name)
}

// editor is the person's own, as a command.
func editor() ([]string, error) {
	for _, name := range []string{"VISUAL", "EDITOR"} {
		if argv := strings.Fields(os.Getenv(name)); len(argv) > 0 {
			return argv, nil
		}
	}
	fallback := "vi"
	if runtime.GOOS == "windows" {
		fallback = "notepad"
	}
	if path, err := exec.LookPath(fallback); err == nil {
		return []string{path}, nil
	}
	return nil, wrongUsage("Set EDITOR, or use --set FIELD=VALUE.", "There is no editor: neither VISUAL nor EDITOR is set.")
}

func runEditor(ctx context.Context, argv []string, path string) error {
	cmd := exec.CommandContext(ctx, argv[0], append(argv[1:len(argv):len(argv)], path)...) //nolint:gosec // the person's own editor
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stderr, os.Stderr
	if err := cmd.Run(); err != nil {
		return wrongUsage("Check EDITOR, or use --set FIELD=VALUE. The profile is as it was.", "The editor %q ended with: %s.", argv[0], err)
	}
	return nil
}
