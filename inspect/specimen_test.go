package inspect_test

import (
	"crypto/sha256"
	"encoding/base64"
	"slices"
	"strings"
	"testing"

	"github.com/go-jose/go-jose/v4"

	"github.com/pkcescope/pkcescope/flow"
	"github.com/pkcescope/pkcescope/inspect"
)

// runWith is a run whose token endpoint gave an answer.
func runWith(body string) flow.Transcript {
	tr := handmade(flow.MethodS256)
	answers(flow.StepToken, 200, "application/json", body)(&tr)
	step(&tr, flow.StepToken).Status = flow.StatusOK
	return tr
}

func TestATokenOfARunCanBeChangedAndReadAgain(t *testing.T) {
	token := sign(t, jose.RS256, "rsa", healthy(nil))
	all := inspect.SpecimensOf(runWith(`{"access_token":"opaque-12345","token_type":"Bearer","id_token":"`+token+`"}`), inspect.Options{Now: now})
	if len(all) != 2 || all[0].Name() != "id_token" || all[0].Raw() != token {
		t.Fatalf("specimens = %d", len(all))
	}
	for _, change := range []struct {
		name, member, value, want string
		claim                     bool
	}{
		{"a claim", "aud", "somebody", "aud:fail", true},
		{"a claim to a number", "exp", "1", "exp:fail", true},
		{"alg", "alg", "none", "alg:fail", false},
	} {
		t.Run(change.name, func(t *testing.T) {
			changed, ok := all[0].Set(change.member, change.value, change.claim)
			if !ok {
				t.Fatal("it was not changed")
			}
			tok := changed.Read(false)
			if !strings.Contains(results(tok), change.want) {
				t.Errorf("checks = %q, want %q among them", results(tok), change.want)
			}
			if strings.Contains(tok.Value, token[len(token)-40:]) || strings.Contains(tok.Parts[2].Encoded, token[len(token)-40:]) {
				t.Error("the signature is shown though it was not revealed")
			}
			if len(changed.Read(true).Parts[2].Hex) != 512 {
				t.Error("the signature is hidden though it was revealed")
			}
		})
	}
	if _, ok := all[1].Set("sub", "x", true); ok {
		t.Error("an opaque token was changed")
	}
}

func TestEachCheckSaysWhereItsExpectedValueIsFrom(t *testing.T) {
	all := inspect.SpecimensOf(runWith(`{"access_token":"opaque-12345","id_token":"`+sign(t, jose.RS256, "rsa", healthy(nil))+`"}`), inspect.Options{Now: now})
	want := map[string]string{
		"iss": "the provider's metadata", "aud": "the client_id that was sent", "nonce": "the authorize request",
		"alg": "id_token_signing_alg_values_supported of the provider's metadata", "exp": "the time at which the run is looked at",
	}
	for _, c := range all[0].Read(false).Checks {
		if c.Provenance == "" || want[c.ID] != "" && c.Provenance != want[c.ID] {
			t.Errorf("%s: %q, want %q", c.ID, c.Provenance, want[c.ID])
		}
	}
}

func TestScopesAreHeldAgainstWhatWasGranted(t *testing.T) {
	body := `{"access_token":"opaque-12345","scope":"openid https://graph.microsoft.com/Mail.Read","id_token":"x.y.z"}`
	tr := runWith(body)
	replace(flow.StepAuthorize, "scope=openid+profile", "scope=openid+mail.read+Files.Read")(&tr)
	var got []string
	for _, s := range inspect.SpecimensOf(tr, inspect.Options{Now: now})[1].Read(false).Scopes {
		got = append(got, s.Name+": "+s.State())
	}
	want := "openid: requested, granted|mail.read: requested, granted|Files.Read: requested, not granted"
	if strings.Join(got, "|") != want {
		t.Errorf("scopes = %q, want %q", got, want)
	}
	pasted := inspect.DecodeToken(body, inspect.DecodeOptions{Now: now}).Tokens[0]
	if len(pasted.Scopes) != 2 || pasted.Scopes[0].Requested != nil {
		t.Errorf("scopes of a pasted answer = %+v", pasted.Scopes)
	}
}

func TestWhatIsMissingIsExplained(t *testing.T) {
	entra := "https://login.microsoftonline.com/" + tid + "/v2.0"
	missing := func(tok inspect.Token) (names string) {
		for _, m := range tok.Missing {
			names += m.Name + " "
			if m.Meaning == "" {
				t.Errorf("%s is not explained", m.Name)
			}
		}
		return strings.TrimSpace(names)
	}
	for _, row := range []struct {
		name   string
		claims map[string]any
		want   string
	}{
		{"an ID token of Entra", map[string]any{"iss": entra}, "name email optional claims roles groups"},
		{"all is there", map[string]any{"iss": entra, "name": "n", "email": "e", "auth_time": 1, "roles": []string{"r"}, "groups": []string{"g"}}, ""},
		{"another provider", map[string]any{"name": "n"}, "email"},
	} {
		t.Run(row.name, func(t *testing.T) {
			if got := missing(inspect.DecodeToken(sign(t, jose.RS256, "rsa", healthy(row.claims)), inspect.DecodeOptions{Now: now}).Tokens[0]); got != row.want {
				t.Errorf("missing = %q, want %q", got, row.want)
			}
		})
	}
	tok := inspect.DecodeToken(`{"access_token":"`+sign(t, jose.RS256, "rsa", healthy(map[string]any{"iss": entra, "aud": "api"}))+`"}`, inspect.DecodeOptions{Now: now}).Tokens[0]
	if got := missing(tok); got != "scp roles groups refresh_token" {
		t.Errorf("missing = %q", got)
	}
}

// The token is signed as people report that Graph's are: over a header with the
// nonce's hash in the nonce's place.
func TestTheNonceOfAGraphTokenIsShownAsACuriosity(t *testing.T) {
	sum := sha256.Sum256([]byte("abc"))
	hashed := base64.RawURLEncoding.EncodeToString(sum[:])
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.RS256, Key: keys().rsa}, (&jose.SignerOptions{}).WithHeader("nonce", hashed).WithHeader("kid", "rsa"))
	if err != nil {
		t.Fatal(err)
	}
	signed, err := signer.Sign([]byte(`{"aud":"https://graph.microsoft.com","scp":"User.Read"}`))
	if err != nil {
		t.Fatal(err)
	}
	compact, _ := signed.CompactSerialize()
	parts := strings.Split(compact, ".")
	header, _ := base64.RawURLEncoding.DecodeString(parts[0])
	parts[0] = b64(strings.Replace(string(header), hashed, "abc", 1))
	tok := inspect.DecodeToken(strings.Join(parts, "."), options(t)).Tokens[0]
	if !strings.Contains(tok.Curiosity, "Unsupported") || !strings.Contains(tok.Curiosity, "the signature matches the key rsa") {
		t.Errorf("curiosity = %q", tok.Curiosity)
	}
	for _, c := range tok.Checks {
		if c.ID == "signature" && c.Result != inspect.Unknown {
			t.Errorf("the signature of a Graph token was judged: %s", c.Result)
		}
	}
	parts[1] = b64(`{"aud":"https://graph.microsoft.com","scp":"Mail.Read"}`)
	tok = inspect.DecodeToken(strings.Join(parts, "."), options(t)).Tokens[0]
	if !strings.Contains(tok.Curiosity, "still does not match") {
		t.Errorf("curiosity of a forged token = %q", tok.Curiosity)
	}
}

func TestOctetsStandBesideTheCharactersTheyWereWrittenAs(t *testing.T) {
	token := sign(t, jose.RS256, "rsa", healthy(nil))
	header := inspect.DecodeToken(token, options(t)).Tokens[0].Parts[0]
	row := header.Row(0, 2)
	if row.Encoded != token[:8] || row.Hex != "7b 22 61 6c 67 22" || row.Text != `{"alg"` {
		t.Errorf("row = %+v", row)
	}
	var text string
	for i := range header.Rows(2) {
		text += header.Row(i, 2).Text
	}
	if text != header.Text {
		t.Errorf("the rows say %q, the header is %q", text, header.Text)
	}
	if sig := inspect.DecodeToken(token, options(t)).Tokens[0].Parts[2]; sig.Rows(2) != 0 {
		t.Error("a masked signature shows octets")
	}
}

// Graph's tokens are of version 1.0, and their issuer is explained as that.
func TestTheIssuerOfAGraphTokenIsExplainedAsVersion1(t *testing.T) {
	tok := inspect.DecodeToken(sign(t, jose.RS256, "rsa", healthy(map[string]any{"aud": "00000003-0000-0000-c000-000000000000", "iss": "https://sts.windows.net/" + tid + "/", "ver": "1.0", "xms_tcdt": "1289241547"})), inspect.DecodeOptions{Now: now}).Tokens[0]
	for _, c := range tok.Claims {
		switch {
		case c.Name == "iss" && !strings.Contains(c.Meaning, "sts.windows.net"):
			t.Errorf("iss: %q", c.Meaning)
		case c.Name == "xms_tcdt" && strings.Contains(c.Meaning, "RFC 7519"):
			t.Errorf("a claim of Microsoft's own is held to RFC 7519: %q", c.Meaning)
		}
	}
}

// A client makes an assertion for each request that it authenticates; the one
// of the request that was refused is the one to look at.
func TestTheAssertionOfEachRequestIsOpened(t *testing.T) {
	for _, id := range []flow.StepID{flow.StepPAR, flow.StepDevice, flow.StepRefresh, flow.StepIntrospect, flow.StepRevoke} {
		t.Run(string(id), func(t *testing.T) {
			tr := handmade(flow.MethodS256)
			s := flow.Step{ID: id, Status: flow.StatusFailed, Values: []flow.Value{{
				Name: "client_assertion", In: flow.InForm,
				Value: b64(`{"alg":"RS256"}`) + "." + b64(`{"iss":"client","sub":"client","aud":"https://op.example"}`) + "." + b64("signature"),
			}}}
			tr.Steps = append(slices.DeleteFunc(tr.Steps, func(s flow.Step) bool { return s.ID == id }), s)
			var tokens []inspect.Token
			for _, s := range inspect.Read(tr, inspect.Options{Now: now}).Steps {
				if s.ID == id {
					tokens = s.Tokens
				}
			}
			if len(tokens) != 1 || tokens[0].Name != "client_assertion" || len(tokens[0].Checks) == 0 {
				t.Errorf("tokens %+v, want the assertion and its checks", tokens)
			}
		})
	}
}
