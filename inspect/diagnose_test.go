package inspect

import (
	"encoding/json"
	"html"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/BurntSushi/toml"

	"github.com/pkcescope/pkcescope/assets"
)

// wrappings are the ways in which errors travel before somebody pastes them.
var wrappings = []struct {
	name string
	wrap func(string) string
}{
	{"percent-encoded in a redirect URL", func(s string) string {
		return "https://app.example/cb?error=x&error_description=" + url.QueryEscape(s) + "&state=1"
	}},
	{"percent-encoded with %20", func(s string) string { return "#error=x&error_description=" + url.PathEscape(s) }},
	{"double-encoded", func(s string) string { return "error_description=" + url.QueryEscape(url.QueryEscape(s)) }},
	{"HTML-escaped", html.EscapeString},
	{"in an HTML page", func(s string) string {
		return "<!DOCTYPE html><html><head><style>a{color:red}</style></head><body><div id=\"exceptionMessage\">" + html.EscapeString(s) + "</div><br/></body></html>"
	}},
	{"a JSON string", func(s string) string { b, _ := json.Marshal(s); return string(b) }},
	{"JSON in JSON", func(s string) string {
		in, _ := json.Marshal(map[string]string{"error_description": s})
		out, _ := json.Marshal(map[string]string{"message": string(in)})
		return string(out)
	}},
	{"in a log line", func(s string) string { return "2026-01-01T00:00:00Z ERROR [http-nio-8080-exec-2] o.e.Auth : " + s }},
	{"with typographic quotes", func(s string) string { return strings.NewReplacer("'", "’", "\"", "”").Replace(s) }},
	{"with other white space", func(s string) string { return strings.ReplaceAll(s, " ", " \u00a0\n") }},
}

func TestWrappingAnErrorDoesNotChangeItsCause(t *testing.T) {
	cases := realCases(t)
	plain := map[string]Diagnosis{}
	for _, c := range cases {
		plain[c.ID] = Diagnose(c.input())
	}
	for _, w := range wrappings {
		t.Run(w.name, func(t *testing.T) {
			different := 0
			for _, c := range cases {
				in, want := c.input(), plain[c.ID]
				in.Raw = w.wrap(in.Raw)
				got := Diagnose(in)
				if len(want.Causes) > 0 && (len(got.Causes) == 0 || got.Causes[0].ID != want.Causes[0].ID) {
					different++
					t.Logf("%s: %v, unwrapped %v", c.ID, first(got), first(want))
				}
				if !slices.Equal(got.Codes, want.Codes) {
					t.Errorf("%s: codes %v, unwrapped %v", c.ID, got.Codes, want.Codes)
				}
			}
			// An answer that depends on what is not there (an empty page, a bare
			// status) may change when something is put around it.
			if different > 2 {
				t.Errorf("%d cases are diagnosed differently", different)
			}
		})
	}
}

func first(d Diagnosis) string {
	if d.Unknown {
		return "unknown"
	}
	return d.Causes[0].ID
}

// Whoever does not know where in a log the error stands hands over the log.
func TestACodeIsFoundWhereverItStandsInALongLog(t *testing.T) {
	quiet := strings.Repeat(`12:00:00 INFO GET /authorize?state=7d11 200 {"error":null,"took":31}`+"\n", 30_000)
	spoken := "12:00:01 WARN token: AADSTS700025: Client is public so neither 'client_assertion' nor 'client_secret' should be presented.\n"
	for place, log := range map[string]string{
		"at its beginning": spoken + quiet + quiet,
		"in its middle":    quiet + spoken + quiet,
		"at its end":       quiet + quiet + spoken,
	} {
		t.Run(place, func(t *testing.T) {
			d := Diagnose(Input{Raw: log})
			if !slices.Equal(d.Codes, []string{"AADSTS700025"}) || d.Unknown {
				t.Errorf("codes %v, unknown %v", d.Codes, d.Unknown)
			}
		})
	}
}

func TestABareCodeIsEnough(t *testing.T) {
	for _, raw := range []string{"AADSTS50148", "50148", "aadsts50148", "AADSTS 50148", "AADSTS50148:", " AADSTS-50148 ", "https://login.microsoftonline.com/error?code=50148", "Error code: 50148", "ＡＡＤＳＴＳ５０１４８"} {
		d := Diagnose(Input{Raw: raw})
		if !slices.Equal(d.Codes, []string{"AADSTS50148"}) || first(d) != "pkce-verifier-mismatch" {
			t.Errorf("%q: codes %v, cause %s", raw, d.Codes, first(d))
		}
	}
	for _, raw := range []string{
		"invalid_request", "invalid_client", "invalid_grant", "unauthorized_client", "unsupported_grant_type", "invalid_scope", "access_denied",
		"unsupported_response_type", "server_error", "temporarily_unavailable", "login_required", "interaction_required", "account_selection_required",
		"consent_required", "authorization_pending", "slow_down", "expired_token", "invalid_target", "invalid_token", "insufficient_scope", "invalid_redirect_uri",
	} {
		if d := Diagnose(Input{Raw: raw}); d.Unknown {
			t.Errorf("%s is unknown", raw)
		}
	}
}

// A number has no prefix that names Entra; the fix is in Entra's words all the
// same.
func TestANumberAloneIsAnsweredAsTheWholeCodeIs(t *testing.T) {
	for line := range strings.Lines(assets.AADSTS) {
		number, _, _ := strings.Cut(line, "\t")
		whole, alone := Diagnose(Input{Raw: "AADSTS" + number}), Diagnose(Input{Raw: number})
		if len(alone.Codes) == 0 { // fewer digits than a number alone needs to be taken for one
			continue
		}
		if len(whole.Causes) != len(alone.Causes) {
			t.Errorf("%s: %d causes, with its prefix %d", number, len(alone.Causes), len(whole.Causes))
			continue
		}
		for i, c := range whole.Causes {
			if got := alone.Causes[i]; got.ID != c.ID || !slices.Equal(got.Fix, c.Fix) {
				t.Errorf("%s: %s %q, with its prefix %s %q", number, got.ID, got.Fix, c.ID, c.Fix)
			}
		}
	}
}

// What else it could be is named by an id, and leads on.
func TestACauseIsExplainedByItsName(t *testing.T) {
	for _, id := range allCauses(t) {
		d := Diagnose(Input{Raw: " " + strings.ToUpper(id) + "\n", Provider: "okta"})
		if first(d) != id || len(d.Causes) != 1 || d.Causes[0].Confidence != Possible {
			t.Errorf("%s: %+v", id, d.Causes)
		}
		if k, _ := causeByID(id); !d.Unknown && !slices.Equal(d.Causes[0].Fix, k.fixAt("okta")) {
			t.Errorf("%s: not the fix of the provider that was given", id)
		}
	}
}

func TestNumbersThatAreNoCodesAreNotTakenForCodes(t *testing.T) {
	for _, raw := range []string{"the port is 50011 today", "50011 users", "order 700016", "12345", "error code 404", "took 65001 ms"} {
		if d := Diagnose(Input{Raw: raw}); len(d.Codes) > 0 {
			t.Errorf("%q: codes %v", raw, d.Codes)
		}
	}
}

func TestUnknownIsAnAnswer(t *testing.T) {
	for _, raw := range []string{"", "the moon is full", "\x00\xff\xfe", strings.Repeat("<", 1000)} {
		d := Diagnose(Input{Raw: raw})
		if !d.Unknown || len(d.Causes) != 0 {
			t.Errorf("%q: %s", raw, first(d))
		}
		b, err := json.Marshal(d)
		if err != nil || string(b) != `{"causes":[],"codes":[],"unknown":true}` {
			t.Errorf("%q: %s, %v", raw, b, err)
		}
	}
}

// Certain is a strong word: it stands alone, and never for a bare OAuth code.
func TestConfidenceIsHonest(t *testing.T) {
	for _, c := range realCases(t) {
		d := Diagnose(c.input())
		for i, x := range d.Causes {
			if x.Confidence == Certain && len(d.Causes) > 1 {
				t.Errorf("%s: %s is certain beside others", c.ID, x.ID)
			}
			if x.Confidence != Possible && i > 0 {
				t.Errorf("%s: %s comes after another and is %s", c.ID, x.ID, x.Confidence)
			}
			if len(x.Evidence) == 0 {
				t.Errorf("%s: nothing is said for %s", c.ID, x.ID)
			}
		}
	}
	for _, raw := range []string{"invalid_grant", "invalid_client", "invalid_request", "access_denied"} {
		if d := Diagnose(Input{Raw: raw, Where: "token"}); d.Causes[0].Confidence == Certain {
			t.Errorf("%s alone is called certain", raw)
		}
	}
}

func TestFactsDecideWhatTheCodeLeavesOpen(t *testing.T) {
	const mismatch = "AADSTS501481: The Code_Verifier does not match the code_challenge supplied in the authorization request."
	for _, row := range []struct {
		name, raw string
		context   map[string]any
		want      string
		ruledOut  string
	}{
		{"no verifier was sent", mismatch, map[string]any{"code_verifier_sent": false}, "pkce-verifier-missing-at-token", "pkce-verifier-mismatch"},
		{"no challenge was sent", mismatch, map[string]any{"code_verifier_sent": true, "authorize_had_code_challenge": false}, "pkce-verifier-unexpected", "pkce-verifier-missing-at-token"},
		{"both were sent", mismatch, map[string]any{"code_verifier_sent": true, "code_challenge_sent": "true"}, "pkce-verifier-mismatch", "pkce-verifier-missing-at-token"},
		{"the verifier is too short", mismatch, map[string]any{"code_verifier": "short", "code_verifier_sent": true}, "pkce-verifier-malformed", "pkce-verifier-missing-at-token"},
		{
			"the challenge encodes hex digits", "PKCE verification failed",
			map[string]any{"code_verifier": ExampleVerifier, "code_challenge": "MTNkMzFlOTYxYTFhZDhlYzJmMTZiMTBjNGM5ODJlMDg3NmE4NzhhZDZkZjE0NDU2NmVlMTg5NGFjYjcwZjljMw"},
			"pkce-challenge-hex-digest", "",
		},
		{
			"a native app has no secret", "AADSTS7000218: The request body must contain the following parameter: 'client_assertion' or 'client_secret'.",
			map[string]any{"client_kind": "native", "client_secret_sent": false},
			"web-platform-but-public-client", "",
		},
		{
			"a server forgot its secret", "AADSTS7000218: The request body must contain the following parameter: 'client_assertion' or 'client_secret'.",
			map[string]any{"client_kind": "web-server", "client_secret_sent": false},
			"client-secret-missing", "",
		},
		{
			"the device flow has no redirect URI", "AADSTS7000218: The request body must contain the following parameter: 'client_assertion' or 'client_secret'.",
			map[string]any{"client_kind": "native", "grant": "device_code"},
			"public-client-flow-not-allowed", "",
		},
		{
			"http before a public host", "AADSTS50011: The redirect URI 'http://app.example.com/cb' specified in the request does not match",
			nil, "redirect-uri-http-behind-proxy", "",
		},
		{
			"127.0.0.1 at Entra", "AADSTS50011: The redirect URI 'http://127.0.0.1:8400/cb' specified in the request does not match the redirect URIs configured for the application",
			nil, "redirect-uri-loopback-address", "",
		},
		{
			"a GUID for a secret", "AADSTS7000215: Invalid client secret provided.",
			map[string]any{"client_secret": "11111111-2222-3333-4444-555555555555", "client_secret_sent": true},
			"client-secret-id-instead-of-value", "",
		},
	} {
		t.Run(row.name, func(t *testing.T) {
			d := Diagnose(Input{Raw: row.raw, Where: "token", Context: row.context})
			if first(d) != row.want {
				t.Errorf("%s, want %s", first(d), row.want)
			}
			if slices.ContainsFunc(d.Causes, func(c Diagnosed) bool { return c.ID == row.ruledOut }) {
				t.Errorf("%s is ruled out and named all the same", row.ruledOut)
			}
			if row.ruledOut != "" && !slices.ContainsFunc(d.RuledOut, func(r RuledOut) bool { return r.ID == row.ruledOut && r.Why.Text != "" }) {
				t.Errorf("ruled out %v, want %s among them", d.RuledOut, row.ruledOut)
			}
		})
	}
}

func TestDifferencesArePointedAt(t *testing.T) {
	for _, row := range []struct {
		name     string
		in       Input
		at       int
		inWords  string
		expected string
	}{
		{
			"a trailing slash in the token request",
			Input{Raw: "AADSTS500112", Context: map[string]any{"redirect_uri": "http://localhost:8400/callback", "redirect_uri_token": "http://localhost:8400/callback/"}},
			30, "a trailing slash was sent", "authorize request",
		},
		{
			"letters at Auth0",
			Input{Raw: `The url "app.Sample://x.eu.auth0.com/cb" is not in the list of allowed callback URLs: app.sample://x.eu.auth0.com/cb.`},
			4, "upper and lower case differ", "registered",
		},
		{
			"the query at IdentityServer",
			Input{Raw: "Invalid redirect_uri{ redirectUri = https://localhost:4200/cb?code=1, expectedRedirectUri = https://localhost:4200/cb }"},
			25, "the query differs", "authorize request",
		},
		{
			"localhost and 127.0.0.1",
			Input{Raw: "redirect_uri_mismatch", Context: map[string]any{"redirect_uri": "http://127.0.0.1:1/cb", "redirect_uri_registered": "http://localhost:1/cb"}},
			7, "the host is 127.0.0.1 instead of localhost", "registered",
		},
	} {
		t.Run(row.name, func(t *testing.T) {
			d := Diagnose(row.in)
			if len(d.Differences) != 1 {
				t.Fatalf("differences %v, want one", d.Differences)
			}
			if x := d.Differences[0]; x.At != row.at || x.What != row.inWords || x.ExpectedBy != row.expected || x.Row != "redirect_uri" {
				t.Errorf("%+v", x)
			}
		})
	}
}

func TestSecretsAreNotQuotedAsEvidence(t *testing.T) {
	secret := "verifier-that-nobody-may-see-0123456789-0123456789"
	d := Diagnose(Input{Raw: "AADSTS50148", Where: "token", Context: map[string]any{"code_verifier": secret, "client_secret": secret, "code_challenge": secret}})
	p := newProblem(Input{Context: map[string]any{"client_secret": secret}})
	if e, _ := fact("client_secret").holds(p); strings.Contains(e.Text, secret) {
		t.Errorf("a fact quotes a secret: %s", e.Text)
	}
	for _, c := range d.Causes {
		for _, e := range c.Evidence {
			if strings.Contains(e.Text, secret) {
				t.Errorf("%s quotes a secret: %s", c.ID, e.Text)
			}
		}
	}
}

func TestEveryCodeHasAMeaningOfItsOwn(t *testing.T) {
	last := 0
	for line := range strings.Lines(assets.AADSTS) {
		fields := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		if len(fields) != 5 {
			t.Fatalf("%q has %d fields, want 5", line, len(fields))
		}
		note, ok := LookupCode("AADSTS" + fields[0])
		if !ok || note.Meaning == "" || note.Family == "" {
			t.Errorf("%s: %+v", fields[0], note)
		}
		if len(note.causes) == 0 {
			t.Errorf("%s stands for no cause", fields[0])
		}
		for _, id := range note.causes {
			if _, ok := causeByID(id); !ok {
				t.Errorf("%s names the cause %q, which there is not", fields[0], id)
			}
		}
		if !strings.HasSuffix(note.Meaning, ".") {
			t.Errorf("%s: %q is no sentence", fields[0], note.Meaning)
		}
		number := 0
		for _, c := range fields[0] {
			number = number*10 + int(c-'0')
		}
		if number <= last {
			t.Errorf("%d comes after %d: the search needs order", number, last)
		}
		last = number
	}
	if n := strings.Count(assets.AADSTS, "\n"); n < 892 {
		t.Errorf("%d codes, want at least 892", n)
	}
	for line := range strings.Lines(assets.AADB2C) {
		number, _, _ := strings.Cut(line, "\t")
		note, ok := LookupCode("AADB2C" + number)
		if !ok || len(note.causes) == 0 {
			t.Errorf("AADB2C%s: %+v", number, note)
		}
		for _, id := range note.causes {
			if _, ok := causeByID(id); !ok {
				t.Errorf("AADB2C%s names the cause %q, which there is not", number, id)
			}
		}
	}
}

// This is the promise of the contributing rules: an entry in a file, a row in
// the table, and nothing else.
func TestEveryCauseIsWhole(t *testing.T) {
	rows := map[string]bool{}
	for _, c := range slices.Concat(clues(), exclusions()) {
		rows[c.cause] = true
		if _, ok := causeByID(c.cause); !ok {
			t.Errorf("a row of the table names %q, which no file describes", c.cause)
		}
		if len(c.tests) == 0 {
			t.Errorf("a row for %s tests nothing", c.cause)
		}
	}
	catalogue := assets.AADSTS + assets.AADB2C
	known := map[string]bool{"entra": true, "b2c": true, "external-id": true, "keycloak": true, "auth0": true, "okta": true, "google": true, "cognito": true, "github": true, "gitlab": true, "dex": true, "hydra": true, "salesforce": true, "ping": true}
	n := 0
	seen := map[string]string{}
	for _, family := range assets.CauseFamilies() {
		for id, c := range causesIn(family) {
			n++
			if seen[id] != "" {
				t.Errorf("%s stands in %s and in %s", id, seen[id], family)
			}
			seen[id] = family
			if c.Title == "" || c.Means == "" || len(c.Fix) == 0 || c.Prove == "" || len(c.Or) == 0 || len(c.Refs) == 0 {
				t.Errorf("%s/%s lacks one of title, means, fix, prove, or, refs", family, id)
			}
			if !slices.Contains([]Who{WhoYou, WhoOwner, WhoAdmin, WhoUser}, c.Who) {
				t.Errorf("%s: who is %q", id, c.Who)
			}
			for _, other := range c.others() {
				if _, ok := causeByID(other); !ok || other == id {
					t.Errorf("%s could also be %q, which there is not", id, other)
				}
			}
			for _, r := range c.refs() {
				if r.Text == "" || r.URL == "" {
					t.Errorf("%s has a reference that leads nowhere: %v", id, c.Refs)
				}
			}
			for provider := range c.At {
				if !known[provider] {
					t.Errorf("%s has a fix at %q, which is no provider", id, provider)
				}
			}
			if !rows[id] && !strings.Contains(catalogue, id) {
				t.Errorf("nothing speaks for %s: it needs a row in the table or a code in a catalogue", id)
			}
		}
	}
	if n < 110 {
		t.Errorf("%d causes, want at least 110", n)
	}
	t.Logf("%d causes, %d rows", n, len(clues()))
}

// A contributor finds the rows of a cause by the name of the file in which it is
// described.
func TestTheRowsOfACauseStandInTheFileOfItsFamily(t *testing.T) {
	for _, f := range families {
		if len(f.rows()) == 0 || len(causesIn(f.name)) == 0 {
			t.Errorf("the family %s is empty", f.name)
		}
		for _, r := range f.rows() {
			if got := familyOf()[r.cause]; got != f.name {
				t.Errorf("a row of %s stands in rules_%s.go; it is described in %s.toml", r.cause, f.name, got)
			}
		}
	}
	for _, name := range assets.CauseFamilies() {
		if name != "pages" && !slices.ContainsFunc(families, func(f struct {
			name string
			rows func() []clue
		},
		) bool {
			return f.name == name
		}) {
			t.Errorf("assets/causes/%s.toml has no rules_%s.go", name, name)
		}
	}
}

// What the README tells contributors has to be true.
func TestTheCauseInTheReadmeIsOne(t *testing.T) {
	readme, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, block, found := strings.Cut(string(readme), "```toml\n[redirect-uri-not-registered]")
	block, _, closed := strings.Cut(block, "```")
	if !found || !closed {
		t.Fatal("the README shows no cause")
	}
	var causes map[string]cause
	meta, err := toml.Decode("[redirect-uri-not-registered]"+block, &causes)
	if err != nil {
		t.Fatal(err)
	}
	if unknown := meta.Undecoded(); len(unknown) > 0 {
		t.Errorf("the README has keys that mean nothing: %v", unknown)
	}
	c := causes["redirect-uri-not-registered"]
	if c.Title == "" || c.Means == "" || c.Who != WhoOwner || len(c.Fix) == 0 || len(c.At) == 0 || len(c.Or) == 0 || len(c.refs()) != 2 {
		t.Errorf("the README's cause is not whole: %+v", c)
	}
}

func TestNoFileOfCausesHasAKeyThatMeansNothing(t *testing.T) {
	for _, family := range assets.CauseFamilies() {
		var m map[string]cause
		meta, err := toml.Decode(assets.Causes(family), &m)
		if err != nil {
			t.Fatalf("%s: %v", family, err)
		}
		if unknown := meta.Undecoded(); len(unknown) > 0 {
			t.Errorf("%s: %v", family, unknown)
		}
	}
}

func FuzzDiagnose(f *testing.F) {
	for _, s := range []string{"AADSTS50148", "%25%2541", `{"error":"invalid_grant"`, "<a<b<c&lt;&amp;lt;", `\u0041\u00`, "error_codes:[50011,700016", strings.Repeat("error ", 100), "redirect_uri='http://["} {
		f.Add(s, "token", "redirect_uri", "http://localhost:8400/")
	}
	f.Fuzz(func(t *testing.T, raw, where, name, value string) {
		d := Diagnose(Input{Raw: raw, Where: where, Context: map[string]any{name: value, "redirect_uri_token": value + "/"}})
		if d.Unknown != (len(d.Causes) == 0) || len(d.Causes) > mostCauses {
			t.Errorf("unknown is %v with %d causes", d.Unknown, len(d.Causes))
		}
		for _, c := range d.Causes {
			for _, e := range c.Evidence {
				if !utf8.ValidString(e.Text) || Clean(e.Text) != e.Text {
					t.Errorf("the evidence %q was not cleaned", e.Text)
				}
			}
		}
		for _, x := range d.Differences {
			if x.At > len([]rune(x.Sent)) && x.At > len([]rune(x.Expected)) {
				t.Errorf("a difference at %d of %q and %q", x.At, x.Sent, x.Expected)
			}
		}
	})
}

func BenchmarkDiagnose(b *testing.B) {
	for _, input := range []struct{ name, raw string }{
		{"code", "AADSTS50148"},
		{"page", "<html>" + strings.Repeat("<p class=x>nothing to see here</p>", 2000) + "AADSTS50011: The redirect URI 'http://x/' does not match</html>"},
		{"hostile-percent", strings.Repeat("%2525", 200_000)},
		{"hostile-tags", strings.Repeat("<a", 500_000)},
		{"hostile-errors", strings.Repeat("error ", 200_000)},
		{"hostile-codes", strings.Repeat("error code 50011 ", 60_000)},
		{"log", strings.Repeat(`12:00:00 INFO GET /authorize?state=7d11 200 {"error":null,"took":31}`+"\n", 60_000)},
		{"hostile-prefixes", strings.Repeat("AADST", 800_000)},
	} {
		b.Run(input.name, func(b *testing.B) {
			for b.Loop() {
				Diagnose(Input{Raw: input.raw})
			}
		})
	}
}
