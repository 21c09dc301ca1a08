package inspect

import (
	"bytes"
	"encoding/json"
	"fmt"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"unicode/utf8"
)

// kindOf says what a body is by looking at it and at its Content-Type, and
// what a reader must know where the two differ.
func kindOf(h http.Header, body []byte) (kind, note string) {
	if len(body) == 0 {
		return "", ""
	}
	declared, _, _ := mime.ParseMediaType(h.Get("Content-Type"))
	start := bytes.TrimLeft(body[:min(len(body), 1024)], " \t\r\n\ufeff")
	looksJSON := len(start) > 0 && (start[0] == '{' || start[0] == '[')
	looksHTML := len(start) > 0 && start[0] == '<'
	declaresJSON := declared == "application/json" || strings.HasSuffix(declared, "+json")
	if !utf8.Valid(body) {
		return "binary", "The body is not valid UTF-8; octets that are not are shown as \\x…."
	}
	switch {
	case looksJSON:
		kind = "json"
		if len(start) > 0 && start[0] == '{' && bytes.Contains(body[:min(len(body), 4096)], []byte(`"keys"`)) &&
			bytes.Contains(body, []byte(`"kty"`)) {
			kind = "jwks"
		}
		if !declaresJSON {
			note = "The body is JSON, but the Content-Type says " + orNothing(declared) + "."
		}
	case declared == "application/x-www-form-urlencoded":
		kind = "form"
	case looksHTML:
		kind = "html"
		if declaresJSON {
			note = "The Content-Type promises JSON, but the body is a page (HTML)."
		}
	default:
		kind = "text"
		if declaresJSON {
			note = "The Content-Type promises JSON, but the body is not JSON."
		}
	}
	return kind, note
}

func orNothing(s string) string {
	if s == "" {
		return "nothing"
	}
	return Clean(s)
}

// field is a name and a value in the order of the wire. Broken holds why the
// value could not be decoded; Value is then as it came.
type field struct {
	Name, Value, Broken string
}

// formPairs reads application/x-www-form-urlencoded text (RFC 6749 appendix B)
// without refusing anything: what cannot be decoded is given as it came.
func formPairs(s string) []field {
	var pairs []field
	for part := range strings.SplitSeq(s, "&") {
		if part == "" {
			continue
		}
		if len(pairs) == maxRows {
			break
		}
		name, value, _ := strings.Cut(part, "=")
		p := field{Name: name, Value: value}
		if n, err := url.QueryUnescape(name); err == nil {
			p.Name = n
		}
		if v, err := url.QueryUnescape(value); err == nil {
			p.Value = v
		} else {
			p.Broken = "the percent-encoding is broken, so the value is shown as it came"
		}
		pairs = append(pairs, p)
	}
	return pairs
}

// maxRows bounds the annotated view of a body; the raw view has everything.
const maxRows = 400

// maxValue bounds a value in the annotated view, in octets.
const maxValue = 16 << 10

// jsonPairs reads the members of a JSON object in the order of the wire, those
// of nested objects as "outer.inner" and "outer[0].inner". It gives what it
// could read before the text broke off, and why it broke.
func jsonPairs(body []byte) (pairs []field, problem string) {
	if len(body) > maxAnswer {
		pairs, _ = jsonPairs(body[:maxAnswer/8])
		return pairs, "only the beginning of this body is annotated"
	}
	dec := json.NewDecoder(bytes.NewReader(bytes.TrimPrefix(body, []byte("\ufeff"))))
	dec.UseNumber()
	if err := members(dec, "", 0, &pairs); err != nil {
		return pairs, jsonProblem(err, dec.InputOffset())
	}
	if len(pairs) < maxRows && dec.More() {
		return pairs, "more text follows the JSON document"
	}
	return pairs, ""
}

func jsonProblem(err error, offset int64) string {
	text := err.Error()
	if text == "EOF" || strings.Contains(text, "unexpected EOF") || strings.Contains(text, "unexpected end") {
		return "the JSON ends in the middle"
	}
	return "the JSON is broken near octet " + strconv.FormatInt(offset, 10)
}

func members(dec *json.Decoder, prefix string, depth int, pairs *[]field) error {
	if len(*pairs) >= maxRows {
		return nil
	}
	tok, err := dec.Token()
	if err != nil {
		return err
	}
	delim, nested := tok.(json.Delim)
	if !nested {
		if prefix == "" {
			prefix = "(document)"
		}
		*pairs = append(*pairs, field{Name: prefix, Value: scalar(tok)})
		return nil
	}
	if delim == '[' {
		return elements(dec, prefix, depth, pairs)
	}
	for dec.More() {
		key, err := dec.Token()
		if err != nil {
			return err
		}
		name, _ := key.(string)
		if prefix != "" {
			name = prefix + "." + name
		}
		if depth >= maxDepth {
			if err := compact(dec, name, pairs); err != nil {
				return err
			}
			continue
		}
		if err := members(dec, name, depth+1, pairs); err != nil {
			return err
		}
		if len(*pairs) >= maxRows {
			return nil
		}
	}
	_, err = dec.Token() // }
	return err
}

// maxDepth is how far nested members get rows of their own.
const maxDepth = 4

// elements gives an array of plain values as one row, and one of objects as
// the rows of each object.
func elements(dec *json.Decoder, prefix string, depth int, pairs *[]field) error {
	var plain []string
	size := 0
	for i := 0; dec.More(); i++ {
		if len(*pairs) >= maxRows {
			return nil
		}
		name := prefix + "[" + strconv.Itoa(i) + "]"
		before := len(*pairs)
		if depth >= maxDepth {
			if err := compact(dec, name, pairs); err != nil {
				return err
			}
		} else if err := members(dec, name, depth+1, pairs); err != nil {
			return err
		}
		// A plain element made one row of exactly that name: gather it.
		if len(*pairs) == before+1 && (*pairs)[before].Name == name {
			if size < maxValue {
				plain = append(plain, (*pairs)[before].Value)
				size += len((*pairs)[before].Value)
			}
			*pairs = (*pairs)[:before]
		}
	}
	if len(plain) > 0 {
		*pairs = append(*pairs, field{Name: prefix, Value: strings.Join(plain, ", ")})
	}
	_, err := dec.Token() // ]
	return err
}

func compact(dec *json.Decoder, name string, pairs *[]field) error {
	var raw json.RawMessage
	if err := dec.Decode(&raw); err != nil {
		return err
	}
	*pairs = append(*pairs, field{Name: name, Value: string(raw)})
	return nil
}

func scalar(tok json.Token) string {
	switch v := tok.(type) {
	case nil:
		return "null"
	case string:
		return v
	case bool:
		return strconv.FormatBool(v)
	case json.Number:
		return v.String()
	}
	return ""
}

// maxNesting bounds what is indented: each level writes all the blanks of those
// above it, so that 20 kB of brackets alone would become 160 MB.
const maxNesting = 200

// nestedDeeper reports whether JSON text has more levels than that.
func nestedDeeper(text []byte, levels int) bool {
	depth, quoted := 0, false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '{' || c == '[':
			if depth++; depth > levels {
				return true
			}
		case c == '}' || c == ']':
			depth--
		}
	}
	return false
}

// pretty lays a body out for reading, and says when it had to fall back to the
// text as it came.
func pretty(kind string, body []byte) (text, problem string) {
	switch kind {
	case "json", "jwks":
		if nestedDeeper(body, maxNesting) {
			return string(body), fmt.Sprintf("The JSON is nested more than %d levels deep, so it is shown as it came.", maxNesting)
		}
		var b bytes.Buffer
		if err := json.Indent(&b, bytes.TrimPrefix(body, []byte("\ufeff")), "", "  "); err == nil {
			return b.String(), ""
		}
		return string(body), "The JSON is broken, so it is shown as it came."
	case "form":
		var b strings.Builder
		for _, p := range formPairs(string(body)) {
			b.WriteString(p.Name + " = " + p.Value + "\n")
		}
		return strings.TrimSuffix(b.String(), "\n"), ""
	}
	return string(body), ""
}
