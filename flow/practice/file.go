package practice

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"reflect"
	"strings"
	"unicode/utf8"

	"github.com/BurntSushi/toml"

	"github.com/pkcescope/pkcescope/flow"
)

// maxFile bounds a registrations file.
const maxFile = 1 << 20

// ParseTenant reads a tenant from a file's text, JSON or (if the name ends in
// .toml) TOML with the same names. What the file leaves out, accounts for
// example, is as in [Seeded]. The error is a [*flow.Error] that names the file,
// the line and the field; it unwraps to a [*FieldError] where the text could be
// read at all.
func ParseTenant(name string, data []byte) (Tenant, error) {
	t, err := parseTenant(name, data)
	if err == nil {
		return t, nil
	}
	return Tenant{}, flow.Error{
		Kind: flow.KindRefused,
		What: "The registrations file " + name + " cannot be used.",
		Why:  err.Error(),
		Try:  "Correct that place and start again. The page /settings of a running practice tenant shows such a file.",
	}.Wrap(err)
}

func parseTenant(name string, data []byte) (Tenant, error) {
	if len(data) > maxFile {
		return Tenant{}, fmt.Errorf("it has %d octets; %d are allowed", len(data), maxFile)
	}
	if !utf8.Valid(data) {
		return Tenant{}, errors.New("it is not UTF-8 text")
	}
	source := data
	if strings.EqualFold(filepath.Ext(name), ".toml") {
		var err error
		if data, err = tomlToJSON(data); err != nil {
			return Tenant{}, err
		}
	}
	t := Seeded()
	t.Registrations = nil
	if err := decodeStrictly(data, &t); err != nil {
		return Tenant{}, placed(err, source, data)
	}
	if t.Registrations == nil {
		t.Registrations = Seeded().Registrations
	}
	if err := t.check(); err != nil {
		return Tenant{}, placed(err, source, data)
	}
	return t, nil
}

// tomlToJSON reads TOML as the JSON of the same data, so that there is one set
// of names and rules.
func tomlToJSON(data []byte) ([]byte, error) {
	var tree map[string]any
	if _, err := toml.Decode(string(data), &tree); err != nil {
		var syntax toml.ParseError
		if errors.As(err, &syntax) {
			return nil, fmt.Errorf("line %d: %s", syntax.Position.Line, syntax.Message)
		}
		return nil, err
	}
	return json.Marshal(tree)
}

// decodeStrictly refuses names that it does not know and text behind the end.
func decodeStrictly(data []byte, t *Tenant) error {
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(t); err != nil {
		return err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return &json.SyntaxError{Offset: d.InputOffset()}
	}
	return nil
}

// placed finds the line of an error. Offsets are of the JSON; in TOML the line
// is found by the value or the name that is wrong.
func placed(err error, source, asJSON []byte) error {
	isJSON := bytes.Equal(source, asJSON)
	var field *FieldError
	var kind *json.UnmarshalTypeError
	var syntax *json.SyntaxError
	switch {
	case errors.As(err, &field):
		found := *field
		found.Line = lineOf(source, field.value)
		return &found
	case errors.As(err, &kind):
		e := &FieldError{Field: kind.Field, Why: "a " + kind.Value + " stands where " + kindInWords(kind.Type) + " belongs"}
		if isJSON {
			e.Line = 1 + bytes.Count(source[:min(int(kind.Offset), len(source))], []byte("\n"))
		} else {
			e.Line = lineOf(source, kind.Field[strings.LastIndexByte(kind.Field, '.')+1:])
		}
		return e
	case errors.As(err, &syntax):
		why := syntax.Error()
		if why == "" {
			why = "there is more text behind the end"
		}
		return fmt.Errorf("line %d: %s", 1+bytes.Count(source[:min(int(syntax.Offset), len(source))], []byte("\n")), why)
	}
	if name, ok := strings.CutPrefix(err.Error(), "json: unknown field "); ok {
		name = strings.Trim(name, `"`)
		return &FieldError{Field: name, Line: lineOf(source, name), Why: "there is no such setting"}
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("line %d: the text ends too early", 1+bytes.Count(source, []byte("\n")))
	}
	return err
}

// kindInWords names a setting's type as JSON and TOML do.
func kindInWords(t reflect.Type) string {
	switch t.Kind() { //nolint:exhaustive // the kinds that a tenant has
	case reflect.Slice:
		return "a list"
	case reflect.Bool:
		return "true or false"
	case reflect.Int:
		return "a whole number"
	case reflect.Struct, reflect.Map:
		return "an object"
	}
	return "a text"
}

// lineOf finds the first line that holds a text; 0 if none does.
func lineOf(data []byte, text string) int {
	if text == "" {
		return 0
	}
	i := bytes.Index(data, []byte(text))
	if i < 0 {
		return 0
	}
	return 1 + bytes.Count(data[:i], []byte("\n"))
}
