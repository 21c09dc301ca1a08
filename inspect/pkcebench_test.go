package inspect

import (
	"strings"
	"testing"
)

func TestTheLengthBarShowsOneCharacterTooFewOrTooMany(t *testing.T) {
	tests := []struct {
		length, filled, least int
		over                  bool
		text                  string
	}{
		{0, 0, 11, false, "43 too few"},
		{1, 1, 11, false, "42 too few"},
		{42, 10, 11, false, "1 too few"},
		{43, 11, 11, false, "the shortest allowed"},
		{64, 16, 11, false, "within 43 to 128"},
		{128, 32, 11, false, "the longest allowed"},
		{129, 32, 11, true, "1 more than"},
	}
	for _, tt := range tests {
		b := PKCEVerifier{Length: tt.length}.LengthBar(32)
		if b.Filled != tt.filled || b.Least != tt.least || b.Over != tt.over || !strings.Contains(b.Text, tt.text) {
			t.Errorf("%d characters: %+v, want %+v", tt.length, b, tt)
		}
	}
	for cells := range 200 {
		for length := range 300 {
			b := PKCEVerifier{Length: length}.LengthBar(cells)
			if b.Filled < 0 || b.Filled > b.Cells || b.Least > b.Cells || (length < VerifierMin) != (b.Filled < b.Least) {
				t.Fatalf("%d characters on %d cells: %+v", length, cells, b)
			}
		}
	}
}

func TestDifferencesAreMarkedOnBothSides(t *testing.T) {
	left, right, first := Compare("ab\xffdefgh", "aX\xfedefgh!")
	marks := func(all []Character) (s string) {
		for _, c := range all {
			if s += c.Text; c.Marked {
				s += "^"
			}
		}
		return s
	}
	if got, want := marks(left)+" "+marks(right), `ab^\xff^defgh aX^\xfe^defgh!^`; got != want || first != 1 {
		t.Errorf("Compare = %s, first at %d, want %s at 1", got, first, want)
	}
	if left, right, first := Compare("abcdef", "aXYZUV"); marks(left)+" "+marks(right) != "ab^cdef aX^YZUV" || first != 1 {
		t.Errorf("two unlike texts: %s %s, first at %d, want the first place alone", marks(left), marks(right), first)
	}
	if _, _, first := Compare("same", "same"); first != -1 {
		t.Errorf("equal texts differ at %d", first)
	}
	for want, got := range map[string]string{
		"What was sent ends after 42 of 43 characters.": WhereDifferent(42, 42, 43),
		"First difference: character 44 of 44.":         WhereDifferent(43, 44, 43),
		"First difference: character 1 of 43.":          WhereDifferent(0, 43, 43),
	} {
		if got != want {
			t.Errorf("WhereDifferent = %q, want %q", got, want)
		}
	}
	s := ReadPKCE(PKCEInput{Verifier: ExampleVerifier, HasVerifier: true}).Stages
	base64, base64url := s.Characters()
	if got := marks(base64); !strings.HasSuffix(got, "stw+^cM=^") {
		t.Errorf("base64 = %s", got)
	}
	if got := marks(base64url); !strings.HasSuffix(got, "stw-^cM") {
		t.Errorf("base64url = %s", got)
	}
	if got := marks(PKCEVerifier{Value: "a+\x1b~"}.Characters()); got != `a+^\x1b^~` {
		t.Errorf("verifier = %s", got)
	}
}
