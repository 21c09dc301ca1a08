package inspect_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html"
	"strings"
	"testing"

	"github.com/go-jose/go-jose/v4"

	"github.com/pkcescope/pkcescope/inspect"
)

// wrap breaks text into lines of n characters.
func wrap(text, end string, n int) string {
	var lines []string
	for len(text) > n {
		lines, text = append(lines, text[:n]), text[n:]
	}
	return strings.Join(append(lines, text), end)
}

// What a mail, a page, a URL or a terminal did to a token is undone, said, and
// the signature proves that what was read is what was signed.
func TestATokenIsReadInEveryDisguiseItIsMetIn(t *testing.T) {
	id := sign(t, jose.RS256, "rsa", healthy(nil))
	percent := func(s string) string {
		var b strings.Builder
		for i := range len(s) {
			fmt.Fprintf(&b, "%%%02X", s[i])
		}
		return b.String()
	}
	points := func(with string) string { return strings.ReplaceAll(id, ".", with) }
	quoted := strings.ReplaceAll("Your token is <"+id+"> today.", "=", "=3D")
	for _, row := range []struct{ name, text, remark string }{
		{"as it is", id, ""},
		{"points percent-encoded", points("%2E"), "Points were %2E; read as ."},
		{"points percent-encoded in lower case", points("%2e"), "Points were %2e; read as ."},
		{"points percent-encoded twice", points("%252E"), "%252E"},
		{"percent-encoded throughout", percent(id), "percent-encoded"},
		{"percent-encoded in a cookie", "Cookie: session=" + points("%2E") + "; theme=dark", "Points were %2E"},
		{"percent-encoded twice in a URL", "https://app/cb#id_token=" + points("%252E") + "&state=x", "%2"},
		{"percent-encoded in a JSON response", `{"id_token":"` + points("%2E") + `","token_type":"Bearer"}`, "Points were %2E"},
		{"percent-encoded document", strings.NewReplacer("{", "%7B", "}", "%7D", `"`, "%22", ":", "%3A").Replace(`{"id_token":"` + id + `"}`), ""},
		{"quoted-printable", wrap(quoted, "=\r\n", 75), "quoted-printable"},
		{"quoted-printable, points too", wrap(strings.ReplaceAll(id, ".", "=2E"), "=\n", 75), "quoted-printable"},
		{"entities of HTML", `<input type="hidden" name="id_token" value="` + points("&#46;") + `">`, "read &#46; as ."},
		{"named entities of HTML", html.EscapeString(`{"id_token":"` + id + `"}`), ""},
		{"escaped in JSON", `{"id_token":"` + points(`\u002e`) + `"}`, ""},
		{"JSON in a string", `"{\"token_type\":\"Bearer\",\"id_token\":\"` + id + `\"}"`, ""},
		{"escaped in JSON, alone", points(`\u002e`), `read \u002e as .`},
		{"escaped twice", points(`\\u002E`), `read \\u002E as .`},
		{"in single quotes", "'" + id + "'", "quotation marks"},
		{"in double quotes, with a comma", `"` + id + `",`, "comma"},
		{"in backticks", "`" + id + "`", "quotation marks"},
		{"in curved quotes", "“" + id + "”", "quotation marks"},
		{"in lines", wrap(id, "\n", 64), "several lines"},
		{"in lines, indented", wrap(id, "\r\n    ", 64), "several lines"},
		{"in lines behind a header's name", "Authorization: Bearer " + wrap(id, "\n ", 70), "several lines"},
		{"in lines between others", "here it is:\n\n" + wrap(id, "\n", 72) + "\n\nAda\n", "several lines"},
		{"in lines of an answered mail", "> " + wrap(id, "\n> ", 72), ""},
		{"in lines of a shell", "TOKEN=" + wrap(id, "\\\n", 72), "string over several lines"},
		{"in lines of a program", `x = "` + wrap(id, "\" +\n    \"", 72) + `"`, "string over several lines"},
		{"with blanks", wrap(id, " ", 50), "blanks"},
		{"with zero-width spaces", wrap(id, "\u200b", 50), "not seen"},
		{"with Bearer", "Bearer " + id, ""},
		{"with DPoP", "DPoP " + id, ""},
		{"a header with Bearer", "Authorization: Bearer " + id, ""},
		{"a header with DPoP", "authorization: DPoP " + id, ""},
		{"a cookie", "Set-Cookie: AppToken=" + id + "; Path=/; HttpOnly", ""},
		{"base64 around it", base64.StdEncoding.EncodeToString([]byte(id)), "base64 once more"},
		{"base64 around it in YAML", "data:\n  token: " + base64.StdEncoding.EncodeToString([]byte(id)) + "\n", "base64 once more"},
		{"two disguises", wrap(points("%2E"), "\n", 64), "%2E"},
		{"two disguises in a mail", wrap("Token: "+points("%2E")+" end", "=\r\n", 75), "%2E"},
	} {
		t.Run(row.name, func(t *testing.T) {
			o := options(t)
			o.Reveal = true
			d := inspect.DecodeToken(row.text, o)
			if len(d.Tokens) != 1 {
				t.Fatalf("found %s: %d tokens", d.Found, len(d.Tokens))
			}
			tok := d.Tokens[0]
			if tok.Value != id {
				t.Errorf("read %s\nwant %s", tok.Value, id)
			}
			if row.name != "with DPoP" && row.name != "a header with DPoP" && tok.Name == "id_token" && results(tok) != "" || tok.Problem != "" {
				t.Errorf("checks %q, problem %q", results(tok), tok.Problem)
			}
			remarks := strings.Join(tok.Remarks, " ")
			if !strings.Contains(remarks, row.remark) {
				t.Errorf("remarks = %q, want %q", remarks, row.remark)
			}
			if row.name == "as it is" && remarks != "" {
				t.Errorf("remarks on a bare token: %q", remarks)
			}
			for _, c := range tok.Checks {
				if c.ID == "signature" && (remarks != "") != strings.Contains(c.Why, "after mending") {
					t.Errorf("with remarks %q the signature says: %s", remarks, c.Why)
				}
			}
			if !strings.Contains(d.Text(400), remarks) && len(tok.Remarks) == 1 {
				t.Errorf("the text does not say %q", remarks)
			}
		})
	}
}

// A token in disguise is found beside one that stands there as it is.
func TestATokenInDisguiseIsFoundBesideAnother(t *testing.T) {
	id := sign(t, jose.RS256, "rsa", healthy(nil))
	other := sign(t, jose.RS256, "rsa", healthy(map[string]any{"sub": "other"}))
	d := inspect.DecodeToken("one "+id+" and "+strings.ReplaceAll(other, ".", "%2E")+" end", options(t))
	if len(d.Tokens) != 2 || results(d.Tokens[1]) != "" || d.Tokens[0].Remarks != nil || d.Tokens[1].Remarks == nil {
		t.Errorf("found %s: %+v", d.Found, d.Tokens)
	}
}

// What only looks like a disguise is left alone.
func TestWhatStandsBesideATokenIsNotJoinedToIt(t *testing.T) {
	id := sign(t, jose.RS256, "rsa", healthy(nil))
	for _, text := range []string{
		id + "\nhello", id + "\n\nAda", id + " 100%25 sure", "a%20b " + id, id + " &amp; more", id + "\n" + id,
		"> " + id, "first " + id + "\nsecond", id + "\nabcdefghijklmnopqrstuvwxyz0123456789",
	} {
		o := options(t)
		o.Reveal = true
		d := inspect.DecodeToken(text, o)
		if len(d.Tokens) != 1 || d.Tokens[0].Value != id || d.Tokens[0].Remarks != nil || results(d.Tokens[0]) != "" {
			t.Errorf("%q: %+v", strings.ReplaceAll(text, id, "TOKEN"), d.Tokens)
		}
	}
}

// Padding and standard base64 are faults of the token, but they hide nothing,
// and the signature is still held against what was signed.
func TestThePaddedFormIsCheckedOnceMendedAndSaidToBeSo(t *testing.T) {
	id := sign(t, jose.RS256, "rsa", healthy(map[string]any{"name": "a>?~é~?>b"}))
	parts := strings.Split(id, ".")
	for i, p := range parts {
		parts[i] = strings.NewReplacer("-", "+", "_", "/").Replace(p) + strings.Repeat("=", (4-len(p)%4)%4)
	}
	tok := inspect.DecodeToken(strings.Join(parts, "."), options(t)).Tokens[0]
	if results(tok) != "" || !strings.Contains(tok.Problem, "standard base64") {
		t.Errorf("checks %q, problem %q", results(tok), tok.Problem)
	}
	parts[1] = strings.Split(sign(t, jose.RS256, "other", healthy(map[string]any{"sub": "x"})), ".")[1]
	if tok := inspect.DecodeToken(strings.Join(parts, "."), options(t)).Tokens[0]; results(tok) != "signature:fail" {
		t.Errorf("changed: %q", results(tok))
	}
}

func TestTheJSONSerializationIsReadSignatureBySignature(t *testing.T) {
	id := strings.Split(sign(t, jose.RS256, "rsa", healthy(nil)), ".")
	ec := signOver(t, id[1])
	flattened := `{"payload":"` + id[1] + `","protected":"` + id[0] + `","signature":"` + id[2] + `"}`
	general := `{"payload":"` + id[1] + `","signatures":[{"protected":"` + id[0] + `","signature":"` + id[2] + `"},` +
		`{"protected":"` + ec[0] + `","header":{"kid":"ec"},"signature":"` + ec[1] + `"},{"protected":"` + id[0] + `","signature":"AAAA"}]}`
	for _, row := range []struct{ name, text, want, remark string }{
		{"flattened", flattened, "", "flattened"},
		{"flattened, in a document", `{"result":` + flattened + `}`, "", "flattened"},
		{"flattened, in a string", `"` + strings.ReplaceAll(flattened, `"`, `\"`) + `"`, "", "flattened"},
		{"general", general, "||signature:fail", "signature 2 of 3"},
		{"general, cut off", general[:len(general)-40], "|", "signature 2 of 2"},
	} {
		t.Run(row.name, func(t *testing.T) {
			d := inspect.DecodeToken(row.text, options(t))
			var got, remarks []string
			for _, tok := range d.Tokens {
				if tok.Kind != "jwt" || len(tok.Claims) != 6 || tok.Name != "id_token" {
					t.Errorf("%s %s with %d claims", tok.Kind, tok.Name, len(tok.Claims))
				}
				got, remarks = append(got, results(tok)), append(remarks, tok.Remarks...)
			}
			if strings.Join(got, "|") != row.want || !strings.Contains(strings.Join(remarks, " "), row.remark) {
				t.Errorf("found %s: %q, remarks %q", d.Found, got, remarks)
			}
		})
	}
	sealed := inspect.DecodeToken(`{"protected":"`+b64(`{"enc":"A256GCM"}`)+`","unprotected":{"jku":"https://op.example/keys"},"recipients":[{"header":{"alg":"RSA1_5","kid":"1"},"encrypted_key":"AAAA"},{"header":{"alg":"A128KW"},"encrypted_key":"BBBB"}],"iv":"AAAA","ciphertext":"CCCC","tag":"DDDD"}`, options(t))
	if len(sealed.Tokens) != 2 || sealed.Tokens[1].Kind != "jwe" || sealed.Tokens[1].Header["alg"] != "A128KW" || sealed.Tokens[1].Header["jku"] == nil || sealed.Tokens[1].Parts[1].Octets != 3 {
		t.Errorf("JWE: %+v", sealed.Tokens)
	}
	if d := inspect.DecodeToken(`{"payload":"hello","other":1}`, options(t)); len(d.Tokens) != 0 {
		t.Errorf("a document with a payload: %+v", d.Tokens)
	}
}

// signOver signs a payload with the elliptic key; it returns header and
// signature. The kid is left out of the header.
func signOver(t *testing.T, payload string) [2]string {
	t.Helper()
	octets, err := base64.RawURLEncoding.DecodeString(payload)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: keys().ec}, nil)
	if err != nil {
		t.Fatal(err)
	}
	signed, err := signer.Sign(octets)
	if err != nil {
		t.Fatal(err)
	}
	var doc struct{ Protected, Signature string }
	if err := json.Unmarshal([]byte(signed.FullSerialize()), &doc); err != nil {
		t.Fatal(err)
	}
	return [2]string{doc.Protected, doc.Signature}
}

// A token of a megabyte in lines is joined in no more time than it takes to
// read.
func TestAHugeWrappedTokenIsJoined(t *testing.T) {
	id := sign(t, jose.RS256, "rsa", healthy(map[string]any{"big": strings.Repeat("x", 700_000)}))
	d := inspect.DecodeToken("> "+wrap(id, "\n> ", 76), options(t))
	if len(d.Tokens) != 1 || results(d.Tokens[0]) != "" {
		t.Fatalf("%d tokens", len(d.Tokens))
	}
}
