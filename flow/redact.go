package flow

// Redactor masks secrets by value: every known secret of a transcript is
// replaced wherever it occurs, raw, percent-, form-, JSON- or HTML-escaped, in
// Basic credentials and inside base64.
//
// A mask reads "~redacted.FINGERPRINT.LENGTH~": the first 8 hex digits of a
// salted SHA-256 and the number of octets. It is made of unreserved URL
// characters, so that it survives in every place where a secret can stand, and
// equal secrets have equal masks. Of a signed JWT only the signature is masked
// ("header.payload.~redacted…~"): without it the token is of no use to a
// thief, and what remains can still be explained.
type Redactor struct{}

// NewRedactor collects the secrets of t.
func NewRedactor(t Transcript) *Redactor { panic("not built yet") }

// Mask returns s with every known secret masked.
func (r *Redactor) Mask(s string) string { panic("not built yet") }

// Redacted returns a copy of t without its secrets.
func (t Transcript) Redacted() Transcript { panic("not built yet") }

// ParseMask reads a mask at the start of s and returns its fingerprint, the
// secret's length in octets, and how long the mask is; 0 if there is none.
func ParseMask(s string) (fingerprint string, length, n int) { panic("not built yet") }
