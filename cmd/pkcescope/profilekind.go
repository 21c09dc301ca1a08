package main

import (
	"reflect"
	"regexp"
	"strconv"
	"strings"

	"github.com/BurntSushi/toml"
)

// wrongKind is how the TOML library says that a value is of another type than
// its field: it has no error of its own for that.
var wrongKind = regexp.MustCompile(`^(?:toml: )?line (\d+) \(last key "(.+)"\): (?:incompatible types|type mismatch)`)

// kindFault says what a field takes, for a value that is something else. It is
// nil for another error.
func (p profileFile) kindFault(err error) error {
	m := wrongKind.FindStringSubmatch(err.Error())
	if m == nil {
		return nil
	}
	line, _ := strconv.Atoi(m[1]) // digits
	key := toml.Key(strings.Split(m[2], "."))
	field := key[len(key)-1]
	takes, example := "a text in quotes", `"…"`
	if t, ok := kindOf(field); ok {
		switch t.Kind() { //nolint:exhaustive // the fields have no others, but texts
		case reflect.Bool:
			takes, example = "true or false, without quotes", "true"
		case reflect.Int:
			takes, example = "a number, without quotes", "43"
		case reflect.Slice:
			takes, example = "a list in brackets", `["…", "…"]`
		case reflect.Pointer, reflect.Map:
			return p.fault(line, key, field+" is a table, and not a single value", "Write ["+m[2]+"], and its fields below it.")
		}
	}
	return p.fault(line, key, field+" takes "+takes, "Write "+field+" = "+example+".")
}

// kindOf is the type of a field, in whichever table it stands.
func kindOf(field string) (reflect.Type, bool) {
	for _, t := range []reflect.Type{reflect.TypeFor[savedProfile](), reflect.TypeFor[savedProvider](), reflect.TypeFor[savedExtensions]()} {
		for f := range t.Fields() {
			if name, _, _ := strings.Cut(f.Tag.Get("toml"), ","); name == field {
				return f.Type, true
			}
		}
	}
	return nil, false
}
