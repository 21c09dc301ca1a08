package inspect

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/pkcescope/pkcescope/flow"
)

// maskStart is how a mask of [flow.Redactor] begins.
const maskStart = "~redacted."

// ShowMasks rewrites the masks of [flow.Redactor] for people: how long the
// secret is, and a fingerprint that is the same wherever the secret is the same.
func ShowMasks(s string) string {
	i := strings.Index(s, maskStart)
	if i < 0 {
		return s
	}
	var b strings.Builder
	for i >= 0 {
		fingerprint, length, n := flow.ParseMask(s[i:])
		if n == 0 {
			// Text that only looks like a mask is text.
			b.WriteString(s[:i+len(maskStart)])
			s = s[i+len(maskStart):]
		} else {
			b.WriteString(s[:i])
			fmt.Fprintf(&b, "●●●●●●●● %d chars #%s", length, fingerprint)
			s = s[i+n:]
		}
		i = strings.Index(s, maskStart)
	}
	b.WriteString(s)
	return b.String()
}

// masked reports whether s holds a mask: a secret that is not known here.
func masked(s string) bool {
	for i := strings.Index(s, maskStart); i >= 0; i = strings.Index(s, maskStart) {
		if _, _, n := flow.ParseMask(s[i:]); n > 0 {
			return true
		}
		s = s[i+len(maskStart):]
	}
	return false
}

// shown is how text may be shown: masked unless the person asked to see
// secrets, and always cleaned.
type shown struct {
	redactor *flow.Redactor // nil: reveal
	reveal   bool
}

// mask returns s as a file may hold it.
func (v shown) mask(s string) string {
	if v.redactor == nil || s == "" {
		return s
	}
	return v.redactor.Mask(s)
}

// text returns s as one line for the screen.
func (v shown) text(s string) string { return Clean(ShowMasks(v.mask(s))) }

// lines returns s as lines for the screen.
func (v shown) lines(s string) []string { return CleanLines(ShowMasks(v.mask(s))) }

// secret returns the value of a parameter that is a secret by its name. A file
// made by hand may hold secrets that the redactor cannot know; they are
// covered all the same, without a fingerprint.
func (v shown) secret(s string) string {
	m := v.mask(s)
	if !v.reveal && m == s && !masked(s) && s != "" {
		return fmt.Sprintf("●●●●●●●● %d chars", utf8.RuneCountInString(s))
	}
	return Clean(ShowMasks(m))
}

// err returns a copy of e for the screen.
func (v shown) err(e *flow.Error) *flow.Error {
	if e == nil {
		return nil
	}
	return &flow.Error{Kind: flow.ErrorKind(Clean(string(e.Kind))), What: v.text(e.What), Why: v.text(e.Why), Try: v.text(e.Try)}
}
