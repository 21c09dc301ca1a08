package inspect_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/pkcescope/pkcescope/flow"
	"github.com/pkcescope/pkcescope/inspect"
)

func TestAPendingRequestIsJudgedBeforeItIsSent(t *testing.T) {
	tr := handmade(flow.MethodS256)
	s := step(&tr, flow.StepAuthorize)
	req := s.Exchanges[0].Request
	req.URL = strings.Replace(req.URL, "&nonce=n-0S6_WzA2Mj", "", 1)
	*s = flow.Step{ID: flow.StepAuthorize, Status: flow.StatusPending}
	rep := inspect.ReadPending(tr, flow.Pending{Step: flow.StepAuthorize, Request: &req, Values: []flow.Value{
		{Name: "state", Value: "af0ifjsldkj", By: flow.ByYou, Edited: true, In: flow.InQuery},
	}}, inspect.Options{Now: now})
	got := rep.Steps[3]
	if len(got.Exchanges) != 1 || !got.Exchanges[0].Pending || got.Exchanges[0].Channel != flow.ChannelFront {
		t.Fatalf("exchanges = %+v", got.Exchanges)
	}
	if codes(got.Findings) != "no-nonce" {
		t.Errorf("findings = %q", codes(got.Findings))
	}
	for _, row := range got.Exchanges[0].Request.Rows {
		if row.Name == "state" && (!row.Edited || !strings.Contains(row.Who, "you changed it")) {
			t.Errorf("state: edited %t, who %q", row.Edited, row.Who)
		}
	}
}

func TestAMessageIsShownInBothViews(t *testing.T) {
	for _, row := range []struct {
		name, contentType, body string
		kind, note, pretty      string
		rows                    string
	}{
		{"JSON", "application/json", `{"b":1,"a":{"x":["p","q"],"y":[{"z":true}]}}`, "json", "", `{|  "b": 1,|  "a": {|    "x": [|      "p",|      "q"|    ],|    "y": [|      {|        "z": true|      }|    ]|  }|}`, "b=1 a.x=p, q a.y[0].z=true"},
		{"broken JSON", "application/json", `{"a":1,"b":`, "json", "The JSON ends in the middle. The JSON is broken, so it is shown as it came.", `{"a":1,"b":`, "a=1"},
		{"JSON that says it is text", "text/plain", `{"a":1}`, "json", "The body is JSON, but the Content-Type says text/plain.", "{|  \"a\": 1|}", "a=1"},
		{"JSON with text after it", "application/json", `{"a":1} x`, "json", "More text follows the JSON document. The JSON is broken, so it is shown as it came.", `{"a":1} x`, "a=1"},
		{"page that says it is JSON", "application/json", "<p>no", "html", "The Content-Type promises JSON, but the body is a page (HTML).", "<p>no", ""},
		{"form", "application/x-www-form-urlencoded", "a=1%2B2&b=%zz&a=3", "form", "", "a = 1+2|b = %zz|a = 3", "a=1+2 b=%zz a=3"},
		{"keys", "application/json", `{"keys":[{"kty":"RSA","kid":"1"}]}`, "jwks", "", "", "keys[0].kty=RSA keys[0].kid=1"},
		{"not UTF-8", "text/plain", "a\xff", "binary", `The body is not valid UTF-8; octets that are not are shown as \x….`, `a\xff`, ""},
		{"nothing", "", "", "", "", "", ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			tr := handmade(flow.MethodS256)
			answers(flow.StepToken, 200, row.contentType, row.body)(&tr)
			m := inspect.Read(tr, inspect.Options{Now: now}).Steps[5].Exchanges[0].Response
			if m.Kind != row.kind || m.Note != row.note {
				t.Errorf("kind %q, note %q; want %q, %q", m.Kind, m.Note, row.kind, row.note)
			}
			if got := strings.Join(m.Pretty, "|"); row.pretty != "" && got != row.pretty {
				t.Errorf("pretty = %s, want %s", got, row.pretty)
			}
			var rows []string
			for _, r := range m.Rows {
				rows = append(rows, r.Name+"="+r.Value)
			}
			if got := strings.Join(rows, " "); got != row.rows {
				t.Errorf("rows = %q, want %q", got, row.rows)
			}
			raw := strings.Join(m.Raw, "\n")
			if !strings.HasPrefix(raw, "HTTP/2.0 200 OK\n") || row.body != "" && !strings.HasSuffix(raw, "\n\n"+inspect.Clean(row.body)) {
				t.Errorf("raw = %q", raw)
			}
		})
	}
}

func TestParametersKeepTheOrderOfTheWire(t *testing.T) {
	tr := handmade(flow.MethodS256)
	replace(flow.StepAuthorize, "?", "?zz=1&")(&tr)
	rows := inspect.Read(tr, inspect.Options{Now: now}).Steps[3].Exchanges[0].Request.Rows
	if rows[0].Name != "zz" || rows[1].Name != "client_id" {
		t.Errorf("the first two are %s and %s", rows[0].Name, rows[1].Name)
	}
}

// arrows in one line each: "App>Provider text" with + for PKCE's, x for failed
// and - for those still to come.
func drawn(rep inspect.Report) string {
	var out []string
	for _, a := range rep.Arrows {
		s := fmt.Sprintf("%s>%s %s", strings.Fields(string(a.From))[0], strings.Fields(string(a.To))[0], a.Text)
		switch {
		case a.Failed:
			s = "x " + s
		case !a.Done:
			s = "- " + s
		}
		if a.PKCE {
			s += " +"
		}
		out = append(out, s)
	}
	return strings.Join(out, "\n")
}

func TestTheArrowsFollowTheRun(t *testing.T) {
	refused := handmade(flow.MethodS256)
	replace(flow.StepToken, "dBjft", "dBjfu")(&refused)
	answers(flow.StepToken, 400, "application/json", `{"error":"invalid_grant"}`)(&refused)
	half := handmade(flow.MethodPlain)
	for i := range half.Steps {
		if s := &half.Steps[i]; i > 3 {
			*s = flow.Step{ID: s.ID, Status: flow.StatusPending}
		}
	}
	for _, row := range []struct {
		name string
		tr   flow.Transcript
		want []string
	}{
		{"all done", handmade(flow.MethodS256), []string{"App>App challenge = SHA-256 of the verifier +", "Browser>App code + state", "Identity>App tokens", "- Identity>App JSON Web Key Set"}},
		{"without PKCE", handmade(flow.MethodNone), []string{"Browser>Identity authorize request", "App>Identity token request: code"}},
		{"refused", refused, []string{"App>Identity token request: code + code_verifier +", "x Identity>Identity SHA-256 of the verifier = challenge? +", "x Identity>App refused: invalid_grant"}},
		{"waiting for the browser", half, []string{"App>App challenge = the verifier itself +", "Browser>Identity authorize request + code_challenge +", "- Identity>You sign in, and agree?", "- App>Identity token request: code + code_verifier +"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			got := drawn(inspect.Read(row.tr, inspect.Options{Now: now}))
			for _, want := range row.want {
				if !strings.Contains("\n"+got+"\n", "\n"+want+"\n") {
					t.Errorf("no %q in\n%s", want, got)
				}
			}
			if row.name == "without PKCE" && strings.Contains(got, "+\n") {
				t.Errorf("PKCE's arrows are drawn:\n%s", got)
			}
		})
	}
}

func TestTheClocksSayWhatExpiresAndWhy(t *testing.T) {
	entra := func(p flow.Platform) flow.Transcript {
		tr := handmade(flow.MethodS256)
		tr.Config.Issuer, tr.Config.Platform = "https://login.microsoftonline.com/"+tid+"/v2.0", p
		replaceAnswer(flow.StepToken, `"scope"`, `"refresh_token":"r-12345678","scope"`)(&tr)
		return tr
	}
	waiting := handmade(flow.MethodS256)
	*step(&waiting, flow.StepToken) = flow.Step{ID: flow.StepToken, Status: flow.StatusPending}
	strange := handmade(flow.MethodS256)
	replaceAnswer(flow.StepToken, "3600", `"soon"`)(&strange)
	for _, row := range []struct {
		name string
		tr   flow.Transcript
		want string
	}{
		{"access token", handmade(flow.MethodS256), "Access token 1h0m22s"},
		{"Entra, native", entra(flow.PlatformNative), "Access token 1h0m22s, Refresh token 2160h0m22s"},
		{"Entra, single-page app", entra(flow.PlatformSPA), "Access token 1h0m22s, Refresh token 24h0m22s"},
		{"code not redeemed yet", waiting, "Code 10m21s"},
		{"expires_in that is no number", strange, ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			var got []string
			for _, c := range inspect.Read(row.tr, inspect.Options{Now: now}).Clocks {
				got = append(got, fmt.Sprintf("%s %s", c.Name, c.Ends.Sub(now)))
				if c.Note == "" {
					t.Errorf("%s: no note", c.Name)
				}
			}
			if strings.Join(got, ", ") != row.want {
				t.Errorf("clocks = %v, want %s", got, row.want)
			}
		})
	}
}

func TestTheSummarySaysWhereTheRunStands(t *testing.T) {
	fresh := flow.Transcript{Steps: []flow.Step{{ID: flow.StepVerifier, Status: flow.StatusPending}}}
	cancelled := handmade(flow.MethodS256)
	step(&cancelled, flow.StepCallback).Status = flow.StatusCancelled
	for want, tr := range map[string]flow.Transcript{
		"The run stands before Verifier.":                                    fresh,
		"The run was cancelled at Callback.":                                 cancelled,
		"The code was redeemed; 2 checks of the ID token could not be made.": handmade(flow.MethodS256),
	} {
		if got := inspect.Read(tr, inspect.Options{Now: now}).Summary; got != want {
			t.Errorf("summary = %q, want %q", got, want)
		}
	}
}

// A second reading at the same time is the first; at another time only what
// depends on the time is new; and another transcript is never taken for it.
func TestReadingsAreKeptApart(t *testing.T) {
	tr := handmade(flow.MethodS256)
	first := inspect.Read(tr, inspect.Options{Now: now})
	late := inspect.Read(tr, inspect.Options{Now: now.Add(24 * time.Hour)})
	if a, b := codes(first.Steps[5].Findings), codes(late.Steps[5].Findings); a != "" || b != "id-token-exp" {
		t.Errorf("findings now %q, a day later %q", a, b)
	}
	shown := inspect.Read(tr, inspect.Options{Now: now, Reveal: true})
	if shown.Steps[1].Values[0].Value == first.Steps[1].Values[0].Value {
		t.Error("revealing shows the same")
	}
	step(&tr, flow.StepToken).Exchanges[0].Response.Header = http.Header{}
	if got := codes(inspect.Read(tr, inspect.Options{Now: now}).Steps[5].Findings); got != "tokens-cacheable" {
		t.Errorf("after a change: %q", got)
	}
}
