package flow

import (
	"errors"
	"strings"
	"testing"
)

// What is wrong with JSON that a person typed is said in words of JSON: they
// did not write a Go type.
func TestJSONOfAnotherKindIsNamedInPlainWords(t *testing.T) {
	for text, want := range map[string]string{
		`{}`:             "an object",
		`[1.5]`:          "a number",
		`[{"type":[]}]`:  "an array",
		`"x"`:            "a string",
		`[{"type":"a"},`: "ends in the middle",
	} {
		var refused *Error
		if err := (Ask{AuthorizationDetails: text}).check(); !errors.As(err, &refused) {
			t.Errorf("authorization details %s: %v", text, err)
		} else if !strings.Contains(refused.Why, want) || strings.Contains(refused.Why, "Go value") {
			t.Errorf("authorization details %s: %q, want %q", text, refused.Why, want)
		}
	}
	if got := jsonProblem([]byte(`[]`)); got != "it is an array" {
		t.Errorf("a body of [] : %q", got)
	}
}
