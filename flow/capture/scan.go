package capture

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// scanner reads JSON from a stream and passes over what is not wanted. A
// recording is hundreds of megabytes of scripts and pictures in JSON strings,
// around a few requests that matter: a tokenizer would look at every octet of
// them, and this looks for the quote at their end.
//
// It accepts whatever can be read: a comma too many and a control character in
// a string are no reason to lose the rest of a recording. It never nests deeper
// than the structure that is asked for; what is passed over is counted, not
// recursed into.
type scanner struct {
	r    io.Reader
	buf  []byte // buf[i:n] has not been read yet
	i, n int
	base int64 // octets before buf[0]
	err  error // of r

	text []byte  // the last string, still escaped
	tee  *[]byte // what is read goes there as well
	mark int     // from here on in buf
	most int     // bounds tee
}

// scanWindow is how much is read at once.
const scanWindow = 256 << 10

func newScanner(r io.Reader) *scanner { return &scanner{r: r, buf: make([]byte, scanWindow)} }

// errCutOff is the end of the stream inside a value.
var errCutOff = errors.New("capture: the file ends in the middle of a value")

// syntaxError is where the stream stops being JSON.
type syntaxError struct{ at int64 }

func (e *syntaxError) Error() string { return fmt.Sprintf("capture: not JSON at octet %d", e.at) }

// at is how many octets have been read.
func (s *scanner) at() int64 { return s.base + int64(s.i) }

// fill gets the next octets, and says whether there are any.
func (s *scanner) fill() bool {
	s.flush()
	s.base += int64(s.n)
	s.i, s.n, s.mark = 0, 0, 0
	for s.err == nil && s.n == 0 {
		s.n, s.err = s.r.Read(s.buf)
	}
	return s.n > 0
}

func (s *scanner) flush() {
	if s.tee != nil {
		room := max(s.most-len(*s.tee), 0)
		*s.tee = append(*s.tee, s.buf[s.mark:min(s.i, s.mark+room)]...)
		s.mark = s.i
	}
}

// failed is why there is nothing more: the stream's own error, or its end.
func (s *scanner) failed() error {
	if s.err != nil && !errors.Is(s.err, io.EOF) && !errors.Is(s.err, io.ErrUnexpectedEOF) {
		return s.err
	}
	return errCutOff
}

func (s *scanner) wrong() error { return &syntaxError{s.at()} }

// peek is the next octet that is not white space.
func (s *scanner) peek() (byte, error) {
	for {
		for s.i < s.n {
			switch c := s.buf[s.i]; c {
			case ' ', '\n', '\r', '\t':
				s.i++
			default:
				return c, nil
			}
		}
		if !s.fill() {
			return 0, s.failed()
		}
	}
}

// quote finds the end of the string that is being read and passes it. With
// most above 0 its octets, as they are written, are appended to dst up to that
// many; whole is false if there were more.
func (s *scanner) quote(dst []byte, most int) (text []byte, whole bool, err error) {
	whole = true
	escaped := false // the octet before buf[i] is a backslash that escapes
	for {
		at, done := s.i, false
		if escaped && at < s.n {
			at, escaped = at+1, false
		}
		for at < s.n {
			q := bytes.IndexByte(s.buf[at:s.n], '"')
			end := s.n
			if q >= 0 {
				end = at + q
			}
			// A run of backslashes before it escapes it if their number is odd.
			// The search began after a quote or an escape, so the run cannot
			// reach back beyond it.
			run := 0
			for end-run > at && s.buf[end-run-1] == '\\' {
				run++
			}
			if q < 0 {
				at, escaped = s.n, run%2 == 1
				break
			}
			if run%2 == 0 {
				at, done = end, true
				break
			}
			at = end + 1
		}
		if most > 0 {
			part := s.buf[s.i:min(at, s.n)]
			if room := most - len(dst); len(part) > room {
				part, whole = part[:max(room, 0)], false
			}
			dst = append(dst, part...)
		}
		s.i = min(at, s.n)
		if done {
			s.i++
			return dst, whole, nil
		}
		if !s.fill() {
			return dst, false, s.failed()
		}
	}
}

// str reads a string into s.text, at most that many octets of it, as they are
// written. A value of another kind is passed over and gives an empty text.
func (s *scanner) str(most int) (whole bool, err error) {
	s.text = s.text[:0]
	c, err := s.peek()
	if err != nil {
		return false, err
	}
	if c != '"' {
		return true, s.skip()
	}
	s.i++
	s.text, whole, err = s.quote(s.text, most)
	return whole, err
}

// strInto is str for a text that must outlive the next one.
func (s *scanner) strInto(dst *[]byte, most int) (whole bool, err error) {
	whole, err = s.str(most)
	*dst = append((*dst)[:0], s.text...)
	return whole, err
}

// literal reads a number, true, false or null into s.text.
func (s *scanner) literal() error {
	s.text = s.text[:0]
	for {
		for s.i < s.n {
			c := s.buf[s.i]
			if kinds[c] == kindSpace || c == ',' || kinds[c] == kindClose || kinds[c] == kindQuote || kinds[c] == kindOpen || c == ':' {
				if len(s.text) == 0 {
					return s.wrong()
				}
				return nil
			}
			if len(s.text) < 64 {
				s.text = append(s.text, c)
			}
			s.i++
		}
		if !s.fill() {
			if len(s.text) > 0 && errors.Is(s.err, io.EOF) {
				return nil
			}
			return s.failed()
		}
	}
}

// number reads a number. Anything else is passed over and is 0.
func (s *scanner) number() (float64, error) {
	c, err := s.peek()
	if err != nil {
		return 0, err
	}
	if c == '"' || kinds[c] == kindOpen {
		return 0, s.skip()
	}
	if err := s.literal(); err != nil {
		return 0, err
	}
	f, err := strconv.ParseFloat(string(s.text), 64)
	if err != nil {
		return 0, nil //nolint:nilerr // null, or no number: 0
	}
	return f, nil
}

const (
	kindOther = iota
	kindSpace
	kindQuote
	kindOpen
	kindClose
)

var kinds = [256]uint8{
	' ': kindSpace, '\n': kindSpace, '\r': kindSpace, '\t': kindSpace,
	'"': kindQuote, '{': kindOpen, '[': kindOpen, '}': kindClose, ']': kindClose,
}

// skip passes over a value of any kind.
func (s *scanner) skip() error {
	c, err := s.peek()
	if err != nil {
		return err
	}
	switch kinds[c] {
	case kindQuote:
		s.i++
		_, _, err := s.quote(nil, 0)
		return err
	case kindOpen:
		s.i++
		return s.skipOpen()
	case kindClose:
		return s.wrong()
	}
	if c == ',' || c == ':' {
		return s.wrong()
	}
	return s.literal()
}

// skipOpen passes over the rest of an object or array that has been opened.
func (s *scanner) skipOpen() error {
	depth := 1
	for {
		b := s.buf[:s.n]
		i := s.i
		for i < len(b) {
			k := kinds[b[i]]
			i++
			if k < kindQuote {
				continue
			}
			switch k {
			case kindQuote:
				// The common string has no escape and ends in this window.
				if q := bytes.IndexByte(b[i:], '"'); q >= 0 && (q == 0 || b[i+q-1] != '\\') {
					i += q + 1
					continue
				}
				s.i = i
				if _, _, err := s.quote(nil, 0); err != nil {
					return err
				}
				b, i = s.buf[:s.n], s.i
			case kindOpen:
				depth++
			case kindClose:
				if depth--; depth == 0 {
					s.i = i
					return nil
				}
			}
		}
		s.i = i
		if !s.fill() {
			return s.failed()
		}
	}
}

// raw passes over a value and returns it as it is written, in dst's memory. Of
// one that is longer than most nothing is returned.
func (s *scanner) raw(dst []byte, most int) ([]byte, error) {
	if _, err := s.peek(); err != nil {
		return dst[:0], err
	}
	dst = dst[:0]
	s.tee, s.mark, s.most = &dst, s.i, most+1
	err := s.skip()
	s.flush()
	s.tee = nil
	if len(dst) > most {
		dst = dst[:0]
	}
	return dst, err
}

// object reads an object and calls member with each name, which is good until
// the next read; member reads the value. A value of another kind is passed
// over.
func (s *scanner) object(member func(name string) error) error {
	if open, err := s.open('{'); !open || err != nil {
		return err
	}
	for {
		c, err := s.peek()
		if err != nil {
			return err
		}
		switch c {
		case '}':
			s.i++
			return nil
		case ',':
			s.i++
			continue
		case '"':
		default:
			return s.wrong()
		}
		if _, err := s.str(maxName); err != nil {
			return err
		}
		name := nameOf(s.text)
		if c, err = s.peek(); err != nil {
			return err
		}
		if c != ':' {
			return s.wrong()
		}
		s.i++
		if err := member(name); err != nil {
			return err
		}
	}
}

// array reads an array and calls item before each value, which item reads.
func (s *scanner) array(item func() error) error {
	if open, err := s.open('['); !open || err != nil {
		return err
	}
	for {
		c, err := s.peek()
		if err != nil {
			return err
		}
		switch c {
		case ']':
			s.i++
			return nil
		case ',':
			s.i++
			continue
		case '}':
			return s.wrong()
		}
		if err := item(); err != nil {
			return err
		}
	}
}

// open passes the bracket, or else the whole value.
func (s *scanner) open(bracket byte) (bool, error) {
	c, err := s.peek()
	switch {
	case err != nil:
		return false, err
	case c != bracket:
		return false, s.skip()
	}
	s.i++
	return true, nil
}

// maxName bounds the name of a member.
const maxName = 256

// nameOf returns the name of a member without allocating for those that a HAR
// has.
func nameOf(b []byte) string {
	if name, ok := harNames[string(b)]; ok {
		return name
	}
	text, _ := unquote(b)
	return text
}

// unquote undoes the escapes of a JSON string. What is no escape stays as it
// is, and octets that are not UTF-8 are taken for Latin-1, which is what old
// programs write; utf is false then.
func unquote(b []byte) (text string, utf bool) {
	utf = utf8.Valid(b)
	if utf && bytes.IndexByte(b, '\\') < 0 {
		return string(b), true
	}
	out := make([]byte, 0, len(b))
	for i := 0; i < len(b); i++ {
		c := b[i]
		switch {
		case c == '\\' && i+1 < len(b):
			i++
			switch b[i] {
			case 'n':
				out = append(out, '\n')
			case 't':
				out = append(out, '\t')
			case 'r':
				out = append(out, '\r')
			case 'b':
				out = append(out, '\b')
			case 'f':
				out = append(out, '\f')
			case 'u':
				r, n := unicodeEscape(b[i-1:])
				if n == 0 {
					out = append(out, '\\', 'u')
					continue
				}
				out = utf8.AppendRune(out, r)
				i += n - 2
			default: // quote, backslash, slash
				out = append(out, b[i])
			}
		case c < utf8.RuneSelf || utf:
			out = append(out, c)
		default:
			if r, n := utf8.DecodeRune(b[i:]); r != utf8.RuneError || n > 1 {
				out = append(out, b[i:i+n]...)
				i += n - 1
				continue
			}
			out = utf8.AppendRune(out, rune(c))
		}
	}
	return string(out), utf
}

// unicodeEscape reads \uXXXX, or two of them that are one character.
func unicodeEscape(b []byte) (r rune, n int) {
	one := func(b []byte) (rune, bool) {
		if len(b) < 6 || b[0] != '\\' || b[1] != 'u' {
			return 0, false
		}
		v, err := strconv.ParseUint(string(b[2:6]), 16, 16)
		return rune(v), err == nil
	}
	first, ok := one(b)
	if !ok {
		return 0, 0
	}
	if !utf16.IsSurrogate(first) {
		return first, 6
	}
	if second, ok := one(b[6:]); ok {
		if r := utf16.DecodeRune(first, second); r != utf8.RuneError {
			return r, 12
		}
	}
	return utf8.RuneError, 6
}
