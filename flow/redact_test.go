package flow

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"html"
	"net/http"
	"net/url"
	"reflect"
	"strings"
	"testing"
	"time"
	"unicode/utf16"
)

func redactorOf(secrets ...string) *Redactor {
	t := Transcript{Salt: "salt"}
	s := newStep(StepToken)
	for _, secret := range secrets {
		s.Values = append(s.Values, Value{Name: "client_secret", Value: secret, Secret: true})
	}
	t.Steps = []Step{s}
	return NewRedactor(t)
}

// encodings are the ways in which a secret may stand in a text.
func encodings(secret string) map[string]string {
	plain, _ := json.Marshal(secret)
	var unescaped bytes.Buffer
	e := json.NewEncoder(&unescaped)
	e.SetEscapeHTML(false)
	_ = e.Encode(secret)
	form := url.QueryEscape(secret)
	forms := map[string]string{
		"raw":                    secret,
		"form":                   form,
		"form in lower case":     lowerEscapes(form),
		"path":                   url.PathEscape(secret),
		"every octet escaped":    escapeAll(secret),
		"form twice":             url.QueryEscape(form),
		"form thrice":            url.QueryEscape(url.QueryEscape(form)),
		"JSON":                   strings.Trim(string(plain), `"`),
		"JSON without HTML":      strings.Trim(strings.TrimSpace(unescaped.String()), `"`),
		"JSON in ASCII":          asciiJSON(secret),
		"JSON in JSON":           inJSON(inJSON(secret)),
		"JSON thrice":            inJSON(inJSON(inJSON(secret))),
		"JSON in ASCII, twice":   inJSON(asciiJSON(secret)),
		"HTML":                   html.EscapeString(secret),
		"hexadecimal":            hex.EncodeToString([]byte(secret)),
		"upper-case hexadecimal": strings.ToUpper(hex.EncodeToString([]byte(secret))),
		"spaced octets":          octets([]byte(secret)),
		"Basic":                  base64.StdEncoding.EncodeToString([]byte("id:" + secret)),
		"Basic, form-encoded":    base64.StdEncoding.EncodeToString([]byte(url.QueryEscape("an id") + ":" + form)),
	}
	for i := range 3 {
		around := strings.Repeat("x", i) + secret + "yz"
		forms[fmt.Sprintf("base64 at %d", i)] = base64.StdEncoding.EncodeToString([]byte(around))
		forms[fmt.Sprintf("base64url at %d", i)] = base64.RawURLEncoding.EncodeToString([]byte(around))
		forms[fmt.Sprintf("base64 at %d in a form", i)] = url.QueryEscape(forms[fmt.Sprintf("base64 at %d", i)])
	}
	return forms
}

func inJSON(s string) string {
	text, _ := json.Marshal(s)
	return strings.TrimSuffix(strings.TrimPrefix(string(text), `"`), `"`)
}

func lowerEscapes(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '%' && i+2 < len(s) {
			b.WriteString(strings.ToLower(s[i : i+3]))
			i += 2
			continue
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

func escapeAll(s string) string {
	var b strings.Builder
	for _, c := range []byte(s) {
		fmt.Fprintf(&b, "%%%02X", c)
	}
	return b.String()
}

// asciiJSON escapes whatever is not a letter or a digit.
func asciiJSON(s string) string {
	var b strings.Builder
	for _, unit := range utf16.Encode([]rune(s)) {
		if unit < 0x80 && isAlphanumeric(byte(unit)) {
			b.WriteByte(byte(unit))
		} else {
			fmt.Fprintf(&b, "\\u%04x", unit)
		}
	}
	return b.String()
}

var awkwardSecrets = []string{
	"GnkVjaJCOZ05Ll-vRhCWTQT9CzwQvbw_nmAYrUvAIdI",
	"Abc8Q~pM.x_-y3R+t/e= w&o\"r<d>%25%7E\\n'",
	"pässwörd mit Leerzeichen",
	"+&+&+&+&%%%%\\\\\\\\",
}

func TestSecretIsMaskedInEveryEncoding(t *testing.T) {
	for _, secret := range awkwardSecrets {
		r := redactorOf(secret)
		for name, text := range encodings(secret) {
			t.Run(name, func(t *testing.T) {
				for _, around := range [][2]string{{"", ""}, {"key=", "&more=1"}, {`{"a":"`, `"}`}, {"letters", "letters"}} {
					if strings.HasPrefix(name, "Basic") || strings.HasPrefix(name, "base64") {
						around = [2]string{around[0] + " ", " " + around[1]}
					}
					in := around[0] + text + around[1]
					got := r.Mask(in)
					if !strings.Contains(got, r.mask(secret)) {
						t.Errorf("Mask(%q) = %q, the secret is not masked", in, got)
					}
					if !strings.HasPrefix(got, around[0]) || !strings.HasSuffix(got, around[1]) {
						t.Errorf("Mask(%q) = %q, the text around it is changed", in, got)
					}
					if again := r.Mask(got); again != got {
						t.Errorf("masking twice: %q, then %q", got, again)
					}
				}
			})
		}
	}
}

// Of a secret of any length every octet is masked, wherever its characters
// fall.
func TestALongSecretIsMaskedToItsEnd(t *testing.T) {
	for shift := range 4 {
		secret := strings.Repeat("x", shift) + strings.Repeat("é+/漢😀 end", 100)
		r := redactorOf(secret)
		for name, text := range encodings(secret) {
			masked := r.Mask("before " + text + " after")
			if strings.Count(masked, maskStart) != 1 || len(masked) > 100 {
				t.Errorf("%s, shifted by %d, leaves %q", name, shift, masked[:min(len(masked), 300)])
			}
		}
	}
}

// What was cut off of a long secret is as secret as the whole.
func TestTheBeginningOfALongSecretIsMasked(t *testing.T) {
	secret := strings.Repeat("0123456789", 100)
	r := redactorOf(secret)
	whole, part := r.Mask(secret), r.Mask(secret[:600]+"!")
	if !strings.HasPrefix(part, maskStart) || !strings.HasSuffix(part, "~!") || strings.Contains(part, "0123456789") {
		t.Errorf("a part of it leaves %q", part)
	}
	if strings.HasPrefix(part, whole) {
		t.Error("a part of it has the mask of the whole")
	}
}

// An answer can be made of nothing but secrets, or of one that repeats itself.
// It must not take a multiple of its own length to know them, nor be compared
// without end, and none may show.
func TestAnAnswerFullOfSecretsIsMaskedWithinBounds(t *testing.T) {
	var members strings.Builder
	for i := range 50_000 {
		fmt.Fprintf(&members, `"access_token":"a-secret-%08d",`, i)
	}
	for name, body := range map[string]string{
		"one token of 8 MB":                `{"access_token":"` + strings.Repeat("abcdefgh", 1<<20) + `"}`,
		"a token that repeats itself":      `{"x":"` + strings.Repeat("a", 4<<20) + `","access_token":"` + strings.Repeat("a", 4<<20) + `b"}`,
		"50000 members":                    "{" + members.String(),
		"a name that follows itself":       strings.Repeat("access_token=", 1<<19),
		"a name that follows others":       strings.Repeat("access_token=refresh_token=", 1<<18),
		"and escapes that repeat it again": `{"access_token":"` + strings.Repeat("%2B+", 1<<20) + `"}`,
	} {
		t.Run(name, func(t *testing.T) {
			transcript := Transcript{Steps: []Step{{ID: StepToken, Exchanges: []Exchange{{Response: &Response{Status: 200, Body: Body(body)}}}}}}
			r := NewRedactor(transcript)
			size := 0
			for _, p := range r.patterns {
				size += len(p.text)
			}
			if size > 4<<20 {
				t.Errorf("the patterns take %d octets", size)
			}
			masked := string(r.Redacted(transcript).Steps[0].Exchanges[0].Response.Body)
			for _, secret := range []string{"abcdefgh", "aaaaaaaaaaaaaa", "a-secret-000", "=access_token=access", "%2B+%2B"} {
				if at := strings.Index(masked, secret); at >= 0 {
					t.Errorf("%q shows: %q", secret, masked[at:min(len(masked), at+100)])
				}
			}
		})
	}
}

// The escape of a backslash is two of them: who tried each reading of a row of
// them would never come to an end.
func TestARowOfBackslashesIsReadWithinBounds(t *testing.T) {
	for _, secret := range []string{strings.Repeat(`\`, 60) + "end", strings.Repeat(`\"`, 30) + "end", strings.Repeat(`\`, 200)} {
		r := redactorOf(secret)
		start := time.Now()
		if text := strings.Repeat(`\`, 59); r.Mask(text) != text {
			t.Errorf("%q is not the secret", text)
		}
		if got := r.Mask(strings.Repeat(`\`, 50_000) + inJSON(secret)); !strings.HasSuffix(got, r.mask(secret)) {
			t.Errorf("%q is not found behind many of its own: %q", secret, got[len(got)-100:])
		}
		if took := time.Since(start); took > 20*time.Second {
			t.Errorf("%q took %s", secret, took)
		}
	}
}

func TestEqualSecretsHaveEqualMasksAndOthersDoNot(t *testing.T) {
	r := redactorOf("first-secret", "other-secret")
	got := r.Mask("first-secret other-secret first-secret")
	parts := strings.Fields(got)
	if parts[0] != parts[2] || parts[0] == parts[1] {
		t.Errorf("masks %q: the first and last must be equal, the middle one different", parts)
	}
	fingerprint, length, n := ParseMask(parts[0])
	if len(fingerprint) != 8 || length != len("first-secret") || n != len(parts[0]) {
		t.Errorf("ParseMask(%q) = %q, %d, %d", parts[0], fingerprint, length, n)
	}
}

func TestShortSecretIsMaskedOnlyWhereItStandsAlone(t *testing.T) {
	r := redactorOf("cat")
	for in, masked := range map[string]bool{
		"cat": true, "password=cat&x": true, "a cat.": true, "%20cat%20": true, `"\ncat"`: true,
		"concatenate": false, "cats": false, "tomcat": false,
	} {
		if got := r.Mask(in); (got != in) != masked {
			t.Errorf("Mask(%q) = %q, want masked %t", in, got, masked)
		}
	}
}

func TestOnlyTheSignatureOfAJWTIsMasked(t *testing.T) {
	token := "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJlc2lnbmF0dXJl"
	r := redactorOf(token)
	got := r.Mask("Bearer " + token)
	if want := "Bearer eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiIxIn0." + r.mask("c2lnbmF0dXJlc2lnbmF0dXJl"); got != want {
		t.Errorf("Mask = %q, want %q", got, want)
	}
	opaque := "not.a.jwt-but-three-parts"
	if got, want := redactorOf(opaque).Mask(opaque), r.mask(opaque); got != want {
		t.Errorf("Mask = %q, want all of it masked: %q", got, want)
	}
}

func TestSecretsInBrokenAnswersAreFound(t *testing.T) {
	const secret = "opaque-token-that-never-arrived-whole"
	for name, body := range map[string]string{
		"JSON that breaks off":   `{"token_type":"Bearer", "access_token" : "` + secret,
		"error page with a form": `<html><form><input value="` + secret + `" name=code></form>`,
		"JSON called text":       `<pre>{"refresh_token":"` + secret + `"}`,
	} {
		t.Run(name, func(t *testing.T) {
			s := newStep(StepToken)
			s.Exchanges = []Exchange{{Response: &Response{Status: 200, Body: Body(body)}}}
			got := Transcript{Steps: []Step{s}}.Redacted()
			if out := string(got.Steps[0].Exchanges[0].Response.Body); strings.Contains(out, secret) {
				t.Errorf("the body still holds the token: %s", out)
			}
		})
	}
}

func TestErrorCodesAreNotSecrets(t *testing.T) {
	body := `{"error":"invalid_grant","error_codes":[54005],"error_uri":"https://login.microsoftonline.com/error?code=54005","error_description":"code_verifier missing"}`
	s := newStep(StepToken)
	s.Exchanges = []Exchange{{Response: &Response{Status: 400, Body: Body(body)}}}
	got := Transcript{Steps: []Step{s}}.Redacted()
	if out := string(got.Steps[0].Exchanges[0].Response.Body); out != body {
		t.Errorf("the error was changed to %s", out)
	}
}

// secretsOf lists what must not be found in a redacted transcript of a run.
func secretsOf(p *provider, tr Transcript) map[string]string {
	found := map[string]string{"cookie": "a-session-cookie-of-the-provider"}
	if p.secret != "" {
		found["client secret"] = p.secret
	}
	for _, s := range tr.Steps {
		for _, v := range s.Values {
			switch v.Name {
			case "code", "code_verifier", "access_token", "refresh_token":
				found[string(s.ID)+" "+v.Name] = v.Value
			case "id_token":
				found["signature"], _ = jwtSignature(v.Value)
			}
		}
	}
	return found
}

func TestNoSecretOfAnyRunIsSaved(t *testing.T) {
	for _, method := range []Method{MethodS256, MethodPlain, MethodOmitted, MethodNone} {
		for _, auth := range []AuthMethod{AuthNone, AuthPost, AuthBasic} {
			for _, mode := range []ResponseMode{ModeDefault, ModeQuery, ModeFragment, ModeFormPost} {
				t.Run(fmt.Sprintf("%s %s %s", method, auth, mode), func(t *testing.T) {
					p := newProvider(t)
					c := p.config()
					c.Method, c.AuthMethod, c.ResponseMode = method, auth, mode
					c.UserInfo, c.Refresh = true, true
					if auth != AuthNone {
						p.secret = "Abc8Q~pM.x_-y3R+t/e= w&o\"r<d>"
						c.ClientSecret = p.secret
					}
					w := newWalk(t, c, Options{Browser: &player{}})
					if err := w.Run(t.Context()); err != nil {
						t.Fatalf("Run: %v", err)
					}
					tr := w.Transcript()
					var plain, saved bytes.Buffer
					_ = tr.Encode(&plain)
					if err := tr.Redacted().Encode(&saved); err != nil {
						t.Fatal(err)
					}
					compact, _ := json.Marshal(tr.Redacted())
					for name, secret := range secretsOf(p, tr) {
						for encoding, text := range encodings(secret) {
							if strings.HasPrefix(encoding, "base64 at ") || strings.HasPrefix(encoding, "base64url at ") {
								continue // whole groups with a made-up neighbour; searched by core below
							}
							if bytes.Contains(saved.Bytes(), []byte(text)) || bytes.Contains(compact, []byte(text)) {
								t.Errorf("%s is in the file (%s)", name, encoding)
							}
						}
						for _, p := range redactorOf(secret).patterns {
							if bytes.Contains(saved.Bytes(), []byte(p.text)) {
								t.Errorf("%s is in the file as %q", name, p.text)
							}
						}
						if name != "client secret" && name != "cookie" && !bytes.Contains(plain.Bytes(), []byte(secret)) {
							t.Errorf("%s is not even in the unredacted file: the test is blind", name)
						}
					}
					again := tr.Redacted().Redacted()
					twice, _ := json.Marshal(again)
					if !bytes.Equal(twice, compact) {
						t.Error("redacting twice changes the transcript")
					}
					if method == MethodPlain || method == MethodOmitted {
						r := tr.Redacted()
						verifier, _ := r.Step(StepVerifier).Value("code_verifier")
						challenge, _ := r.Step(StepAuthorize).Value("code_challenge")
						if verifier == "" || verifier != challenge {
							t.Errorf("verifier %q and challenge %q: that they are the same must be seen", verifier, challenge)
						}
					}
				})
			}
		}
	}
}

func FuzzMask(f *testing.F) {
	for _, s := range awkwardSecrets {
		f.Add(s, "a "+s+" b")
		f.Add(s, url.QueryEscape(s))
	}
	f.Add("0", "\\00") // a mask must not make a neighbour stand alone
	f.Add("redacted", "~redacted.01234567.8~")
	f.Add("%25%25%25%25", "%2525%2525%25%25")
	f.Fuzz(func(t *testing.T, secret, text string) {
		if len(secret) > 200 || hasMask(secret) || secret == "" {
			return
		}
		r := redactorOf(secret)
		got := r.Mask(text)
		if again := r.Mask(got); again != got {
			t.Errorf("Mask(%q) = %q, and again %q", text, got, again)
		}
		if _, jwt := jwtSignature(secret); !jwt && len(secret) >= shortSecret && !hasMask(text) && strings.Contains(unmasked(got), secret) {
			t.Errorf("Mask(%q) = %q holds the secret %q", text, got, secret)
		}
	})
}

// unmasked cuts the masks out of s.
func unmasked(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); {
		if _, _, n := ParseMask(s[i:]); n > 0 {
			b.WriteByte(0)
			i += n
			continue
		}
		b.WriteByte(s[i])
		i++
	}
	return b.String()
}

func BenchmarkMask10MB(b *testing.B) {
	p := newProvider(b)
	c := p.config()
	c.UserInfo, c.Refresh = true, true
	w := newWalk(b, c, Options{Browser: &player{}})
	if err := w.Run(b.Context()); err != nil {
		b.Fatal(err)
	}
	r := NewRedactor(w.Transcript())
	line := `{"name":"Ada","url":"https:\/\/example.org/?a=%7E&amp;b=1","x5c":"` + strings.Repeat("MIIDBTCCAe2gAwIBAgIQ+/", 20) + `"},` + "\n"
	text := strings.Repeat(line, 10<<20/len(line))
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		_ = r.Mask(text)
	}
}

func BenchmarkRedacted10MB(b *testing.B) {
	line := `{"name":"Ada","access_token_type":"https:\/\/example.org/?a=%7E&amp;b=1"},` + "\n"
	s := newStep(StepToken)
	s.Exchanges = []Exchange{{Request: Request{Header: http.Header{}}, Response: &Response{Body: Body(strings.Repeat(line, 10<<20/len(line)))}}}
	s.Values = []Value{{Name: "access_token", Value: "an-access-token-of-some-length", Secret: true}}
	t := Transcript{Steps: []Step{s}}
	for b.Loop() {
		_ = t.Redacted()
	}
}

func TestSecretsInTheirOwnPlaceAreMaskedHoweverShort(t *testing.T) {
	s := newStep(StepUserInfo)
	s.Values = []Value{
		{Name: "header.Authorization", Value: "Bearer tok", Secret: true},
		{Name: "password", Value: "en", Secret: true},
	}
	s.Exchanges = []Exchange{{
		Request: Request{Header: http.Header{
			"Authorization": {"Bearer tok"}, "Cookie": {"lang=de; id=1"}, "Accept-Language": {"de"},
		}},
		Response: &Response{
			Header: http.Header{"Set-Cookie": {"lang=de; Path=/; HttpOnly", "session=a-session-of-some-length; Path=/"}},
			Body:   Body("Welcome back, a-session-of-some-length."),
		},
	}}
	c := Config{
		ClientSecret: "in memory only", Verifier: "in memory only",
		Edits: []Edit{{Step: StepToken, Name: "client_secret", Value: "typed in"}, {Step: StepAuthorize, Name: "prompt", Value: "login"}},
	}
	got := Transcript{Salt: "s", Config: c, Steps: []Step{s}}.Redacted()
	if got.Config.ClientSecret != "" || got.Config.Verifier != "" {
		t.Error("the configuration still holds its secrets")
	}
	if e := got.Config.Edits; !hasMask(e[0].Value) || e[1].Value != "login" {
		t.Errorf("edits %+v", e)
	}
	for _, v := range got.Steps[0].Values {
		if !hasMask(v.Value) {
			t.Errorf("%s = %q", v.Name, v.Value)
		}
	}
	h := got.Steps[0].Exchanges[0].Request.Header
	if a := h.Get("Authorization"); !strings.HasPrefix(a, "Bearer ~redacted.") {
		t.Errorf("Authorization %q", a)
	}
	if a := h.Get("Cookie"); !strings.HasPrefix(a, "lang=~") || !strings.Contains(a, "; id=~") {
		t.Errorf("Cookie %q", a)
	}
	if a := h.Get("Accept-Language"); a != "de" {
		t.Errorf("Accept-Language %q: a short cookie must not mask a word elsewhere", a)
	}
	if a := got.Steps[0].Exchanges[0].Response.Header.Get("Set-Cookie"); !strings.HasPrefix(a, "lang=~") || !strings.HasSuffix(a, "; Path=/; HttpOnly") {
		t.Errorf("Set-Cookie %q", a)
	}
	if body := string(got.Steps[0].Exchanges[0].Response.Body); strings.Contains(body, "session-of") {
		t.Errorf("%q repeats a cookie that was set", body)
	}
}

// A person may have put a secret into a field that is for something else.
func TestASecretIsMaskedInEveryFieldOfTheConfiguration(t *testing.T) {
	const secret = "a-secret-in-the-wrong-field"
	tr := Transcript{Salt: "s", Capture: &Capture{Tool: secret}}
	c := &tr.Config
	fields := 0
	var fill func(v reflect.Value)
	fill = func(v reflect.Value) {
		for i := range v.NumField() {
			switch f := v.Field(i).Addr().Interface().(type) {
			case *string:
				fields++
				*f = secret
			case *map[string]string:
				fields++
				*f = map[string]string{"name": secret}
			default:
				if v.Field(i).Kind() == reflect.Struct && v.Type().Field(i).Name != "Credential" {
					fill(v.Field(i))
				}
			}
		}
	}
	fill(reflect.ValueOf(c).Elem())
	c.Scopes, c.Ask.Resources = []string{secret}, []string{secret}
	c.Edits = []Edit{{Step: StepAuthorize, Name: "a", Value: secret}}
	saved, err := json.Marshal(tr.Redacted())
	if err != nil || fields < 20 {
		t.Fatalf("%d fields, %v", fields, err)
	}
	if at := bytes.Index(saved, []byte(secret)); at >= 0 {
		t.Errorf("the secret is saved in …%s…", saved[max(0, at-40):at])
	}
	if c.Ask.Parameters["name"] != secret || c.Scopes[0] != secret || tr.Capture.Tool != secret {
		t.Error("the run itself was changed")
	}
}
