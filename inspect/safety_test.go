package inspect_test

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"html"
	"net/http"
	"net/url"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/pkcescope/pkcescope/flow"
	"github.com/pkcescope/pkcescope/inspect"
)

// strings in v, with the path to each. Unexported fields are looked at too.
func eachString(v reflect.Value, path string, f func(path, s string)) {
	switch v.Kind() {
	case reflect.String:
		f(path, v.String())
	case reflect.Pointer, reflect.Interface:
		if !v.IsNil() {
			eachString(v.Elem(), path, f)
		}
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			return
		}
		for i := range v.NumField() {
			eachString(v.Field(i), path+"."+v.Type().Field(i).Name, f)
		}
	case reflect.Slice, reflect.Array:
		if v.Type().Elem().Kind() == reflect.Uint8 {
			f(path, string(v.Bytes()))
			return
		}
		for i := range v.Len() {
			eachString(v.Index(i), fmt.Sprintf("%s[%d]", path, i), f)
		}
	case reflect.Map:
		for _, k := range v.MapKeys() {
			eachString(k, path+"(key)", f)
			eachString(v.MapIndex(k), path+"["+k.String()+"]", f)
		}
	}
}

// secretsOf lists what must not be seen: by name, wherever it stands.
func secretsOf(t *testing.T, tr flow.Transcript) map[string]string {
	t.Helper()
	secrets := map[string]string{}
	for _, s := range tr.Steps {
		for _, v := range s.Values {
			switch v.Name {
			case "code", "code_verifier", "client_secret", "refresh_token":
				secrets[v.Name] = v.Value
			case "access_token", "id_token":
				secrets[v.Name] = v.Value[strings.LastIndexByte(v.Value, '.')+1:]
			}
		}
	}
	if len(secrets) < 3 {
		t.Fatalf("only %d secrets were found in the run", len(secrets))
	}
	return secrets
}

// disguises are the ways in which a secret may stand in what is shown. Of
// base64 only the part is taken that does not depend on what stands around it.
func disguises(secret string) map[string]string {
	octets := hex.EncodeToString([]byte(secret))
	ways := map[string]string{
		"raw": secret, "percent-escaped": url.QueryEscape(secret), "HTML-escaped": html.EscapeString(secret),
		"hexadecimal": octets, "spaced octets": fmt.Sprintf("% x", secret),
	}
	for at := range 3 {
		text := base64.StdEncoding.EncodeToString([]byte(strings.Repeat("x", at) + secret + "yz"))
		text = text[4 : len(text)-8]
		ways[fmt.Sprintf("base64 at %d", at)] = text
		ways[fmt.Sprintf("base64url at %d", at)] = strings.NewReplacer("+", "-", "/", "_").Replace(text)
	}
	return ways
}

func TestSecretsAreMaskedEverywhereUnlessRevealed(t *testing.T) {
	for run, change := range map[string]func(*flow.Config){
		"S256": nil, "plain": method(flow.MethodPlain), "method omitted": method(flow.MethodOmitted), "no PKCE": method(flow.MethodNone),
		"form_post": func(c *flow.Config) { c.ResponseMode = flow.ModeFormPost },
		"fragment":  func(c *flow.Config) { c.ResponseMode = flow.ModeFragment },
	} {
		t.Run(run, func(t *testing.T) {
			tr := walk(t, change)
			secrets := secretsOf(t, tr)
			secrets["password"] = "practice-Alex-1"
			rep := inspect.Read(tr, inspect.Options{})
			check := func(path, s string) {
				for name, secret := range secrets {
					for way, text := range disguises(secret) {
						if strings.Contains(s, text) {
							t.Errorf("%s shows the %s, %s", path, name, way)
						}
					}
				}
			}
			eachString(reflect.ValueOf(rep), "report", check)
			out, err := rep.JSON()
			if err != nil {
				t.Fatal(err)
			}
			check("JSON", string(out))
			check("Text", rep.Text(0))

			found := map[string]bool{}
			eachString(reflect.ValueOf(inspect.Read(tr, inspect.Options{Reveal: true})), "report", func(_, s string) {
				for name, secret := range secrets {
					found[name] = found[name] || strings.Contains(s, secret)
				}
			})
			if len(found) != len(secrets) {
				t.Errorf("revealed: %v", found)
			}
		})
	}
}

func TestThePendingTokenRequestIsMasked(t *testing.T) {
	tr := walk(t, nil)
	secrets := secretsOf(t, tr)
	for i := range tr.Steps {
		if tr.Steps[i].ID == flow.StepToken {
			req := tr.Steps[i].Exchanges[0].Request
			p := flow.Pending{Step: flow.StepToken, Request: &req, Values: tr.Steps[i].Values}
			tr.Steps[i].Status, tr.Steps[i].Exchanges = flow.StatusPending, nil
			rep := inspect.ReadPending(tr, p, inspect.Options{})
			if n := len(rep.Steps[5].Exchanges); n != 1 || !rep.Steps[5].Exchanges[0].Pending {
				t.Fatalf("%d exchanges", n)
			}
			if n := len(rep.Transcript.Step(flow.StepToken).Exchanges); n != 0 {
				t.Errorf("the request that was not sent is in the transcript")
			}
			eachString(reflect.ValueOf(rep.Steps), "steps", func(path, s string) {
				if strings.Contains(s, secrets["code_verifier"]) || strings.Contains(s, secrets["code"]) {
					t.Errorf("%s shows a secret", path)
				}
			})
			return
		}
	}
	t.Fatal("the run has no token step")
}

// hostile is what a server could send to take over a terminal or to mislead.
const hostile = "a\x1b]0;pwned\x07\x1b[2J\u202eevil\u200b\u0085\u009b31m\x00\x7f\r\n\t\xff\u2028z"

// fill puts s into every string of v, and makes one element of every list.
func fill(v reflect.Value, s string) {
	switch v.Kind() {
	case reflect.String:
		v.SetString(s)
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem(), s)
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() && v.Type() != reflect.TypeFor[time.Time]() {
				fill(v.Field(i), s)
			}
		}
	case reflect.Slice:
		if v.Type().Elem().Kind() == reflect.Uint8 {
			v.SetBytes([]byte(s))
			return
		}
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		fill(v.Index(0), s)
	case reflect.Map:
		k := reflect.New(v.Type().Key()).Elem()
		e := reflect.New(v.Type().Elem()).Elem()
		fill(k, s)
		fill(e, s)
		v.Set(reflect.MakeMap(v.Type()))
		v.SetMapIndex(k, e)
	}
}

// hostileTranscripts are full of hostile text: in every string, and in the
// names and values of parameters, members, headers and claims.
func hostileTranscripts() []flow.Transcript {
	var full flow.Transcript
	fill(reflect.ValueOf(&full).Elem(), hostile)
	out := []flow.Transcript{full}
	token := b64(`{"alg":"`+jsonText(hostile)+`","kid":"`+jsonText(hostile)+`"}`) + "." +
		b64(`{"iss":"`+jsonText(hostile)+`","`+jsonText(hostile)+`":["`+jsonText(hostile)+`",{"`+jsonText(hostile)+`":1}]}`) + ".c2ln"
	for _, id := range append(flow.StepIDs(), flow.StepID(hostile)) {
		for _, contentType := range []string{"application/json", "text/html", "application/x-www-form-urlencoded"} {
			one := flow.Transcript{Outcome: flow.OutcomeFailed}
			fill(reflect.ValueOf(&one.Config).Elem(), hostile)
			var s flow.Step
			fill(reflect.ValueOf(&s).Elem(), hostile)
			s.ID, s.Status = id, flow.StatusFailed
			ex := &s.Exchanges[0]
			h := http.Header{"Content-Type": {contentType, hostile}, "Location": {"http://x/?error=" + hostile + "&" + hostile + "=1"}, "Www-Authenticate": {`Bearer error="` + hostile + `"`}}
			ex.Request = flow.Request{Method: hostile, URL: "http://h/" + hostile + "?" + hostile + "=%1b" + hostile + "&state=%zz#" + hostile, Header: h, Body: flow.Body(hostile + "=" + hostile + "&client_id=%1b%5b2J")}
			ex.Response = &flow.Response{Status: 400, Proto: hostile, Header: h, Body: flow.Body(
				`{"error":"` + jsonText(hostile) + `","error_description":"AADSTS50011: ` + jsonText(hostile) + `","` + jsonText(hostile) + `":{"` + jsonText(hostile) + `":["` + jsonText(hostile) + `"]},"id_token":"` + token + `","expires_in":"` + jsonText(hostile) + `"}`)}
			ex.Verdict = flow.VerdictUnverifiedError
			one.Steps = []flow.Step{s}
			out = append(out, one)
		}
	}
	return out
}

func TestNothingUncleanedReachesAReport(t *testing.T) {
	for i, tr := range hostileTranscripts() {
		for _, reveal := range []bool{false, true} {
			p := flow.Pending{Step: flow.StepToken, Waiting: true}
			fill(reflect.ValueOf(&p.Request).Elem(), hostile)
			fill(reflect.ValueOf(&p.Values).Elem(), hostile)
			rep := inspect.ReadPending(tr, p, inspect.Options{Reveal: reveal})
			for part, v := range map[string]any{"outcome": rep.Outcome, "summary": rep.Summary, "steps": rep.Steps, "arrows": rep.Arrows, "clocks": rep.Clocks} {
				eachString(reflect.ValueOf(v), part, func(path, s string) {
					if s != inspect.Clean(s) {
						t.Errorf("transcript %d, reveal %t: %s = %q", i, reveal, path, s)
					}
				})
			}
			for _, line := range strings.Split(rep.Text(60), "\n") {
				if line != inspect.Clean(line) {
					t.Errorf("transcript %d: the text holds %q", i, line)
				}
			}
			out, err := rep.JSON()
			if err != nil {
				t.Fatal(err)
			}
			for _, line := range strings.Split(string(out), "\n") {
				if line != inspect.Clean(line) {
					t.Errorf("transcript %d: the JSON holds %q", i, line)
				}
			}
		}
	}
}

func TestReadTakesAnyTranscript(t *testing.T) {
	for name, tr := range map[string]flow.Transcript{
		"empty":             {},
		"a step twice":      {Steps: []flow.Step{{ID: flow.StepToken}, {ID: flow.StepToken, Status: flow.StatusOK}}},
		"an unknown step":   {Steps: []flow.Step{{ID: "revoke", Status: "strange"}}},
		"an empty exchange": {Steps: []flow.Step{{ID: flow.StepAuthorize, Status: flow.StatusFailed, Exchanges: []flow.Exchange{{}}}}},
		"no header":         {Steps: []flow.Step{{ID: flow.StepToken, Exchanges: []flow.Exchange{{Response: &flow.Response{Body: flow.Body("{")}}}}}},
		"half a redirect":   {Steps: []flow.Step{{ID: flow.StepCallback, Status: flow.StatusFailed, Exchanges: []flow.Exchange{{Verdict: flow.VerdictAccepted, Request: flow.Request{URL: "://?%&=#"}}}}}},
	} {
		t.Run(name, func(t *testing.T) {
			rep := inspect.Read(tr, inspect.Options{})
			if len(rep.Steps) < len(flow.StepIDs()) || rep.Summary == "" {
				t.Errorf("%d steps, summary %q", len(rep.Steps), rep.Summary)
			}
			if _, err := rep.JSON(); err != nil {
				t.Error(err)
			}
			p := flow.Pending{Step: "nowhere", Request: &flow.Request{}}
			if rep := inspect.ReadPending(tr, p, inspect.Options{}); len(rep.Steps) == 0 {
				t.Error("no steps with a pending request of an unknown step")
			}
		})
	}
}
