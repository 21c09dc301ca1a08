package inspect_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/pkcescope/pkcescope/flow"
	"github.com/pkcescope/pkcescope/flow/practice/broken"
	"github.com/pkcescope/pkcescope/inspect"
)

// labCauses is what is wrong in each lab. Two causes stand where the
// transcript alone cannot tell them apart.
var labCauses = map[string][]string{
	"trailing-slash":          {"redirect-uri-not-registered"},
	"letter-case":             {"redirect-uri-not-registered"},
	"https-or-http":           {"redirect-uri-not-registered"},
	"port-of-an-address":      {"redirect-uri-loopback-address"},
	"wrong-tenant":            {"app-not-found-in-tenant"},
	"common":                  {"single-tenant-app-on-common"},
	"no-such-client":          {"app-not-found-in-tenant", "client-id-unknown"},
	"desktop-under-web":       {"web-platform-but-public-client"},
	"page-under-web":          {"cross-origin-but-not-spa"},
	"desktop-under-spa":       {"spa-platform-redeemed-by-server"},
	"secret-in-an-app":        {"public-platform-but-secret-sent"},
	"secret-id":               {"client-secret-id-instead-of-value"},
	"secret-expired":          {"client-secret-expired"},
	"public-client-switch":    {"public-client-flow-not-allowed"},
	"verifier-of-another-tab": {"pkce-verifier-mismatch"},
	"verifier-forgotten":      {"pkce-verifier-missing-at-token"},
	"padded-challenge":        {"pkce-challenge-malformed"},
	"hex-digest":              {"pkce-challenge-hex-digest"},
	"method-left-out":         {"pkce-method-omitted"},
	"code-twice":              {"code-already-redeemed"},
	"redirect-differs":        {"redirect-uri-differs-at-token"},
	"bare-scope":              {"scope-not-on-resource"},
	"two-resources":           {"scope-multiple-resources"},
	"resource-beside-scope":   {"resource-parameter-on-v2"},
	"admin-consent":           {"admin-consent-required"},
	"user-consent-off":        {"admin-consent-required"},
	"assignment":              {"user-not-assigned-to-app"},
	"conditional-access":      {"blocked-by-conditional-access"},
	"silent-without-session":  {"login-required-silent"},
	"id-token-in-front":       {"response-type-not-enabled"},
	"hour-later":              {"refresh-token-missing"},
	"foreign-token":           {"token-graph-not-validatable"},
	"token-version":           {"token-version-by-manifest"},
	"clock":                   {"clock-skew"},
}

func TestEachLabIsDiagnosedFromItsTranscriptAlone(t *testing.T) {
	for _, lab := range broken.Labs() {
		t.Run(lab.ID, func(t *testing.T) {
			want := labCauses[lab.ID]
			if want == nil {
				t.Fatal("nobody has said what is wrong in this lab")
			}
			recorded := walkLab(t, lab)
			for name, tr := range map[string]flow.Transcript{"as recorded": recorded, "redacted": recorded.Redacted()} {
				d := inspect.Diagnose(inspect.Input{Transcript: &tr})
				if d.Unknown || !slices.Contains(want, d.Causes[0].ID) {
					var got []string
					for _, c := range d.Causes {
						got = append(got, c.ID+" ("+string(c.Confidence)+")")
					}
					// Without the values of verifier and secret some proofs cannot be made.
					if name == "redacted" && slices.Contains([]string{"hex-digest", "method-left-out", "secret-id"}, lab.ID) {
						continue
					}
					t.Errorf("%s: %v, want %v", name, got, want)
				}
			}
		})
	}
}

func walkLab(t *testing.T, lab broken.Lab) flow.Transcript {
	t.Helper()
	s, err := broken.Start(lab)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	w, err := s.Walk()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = w.Close() }()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	_ = w.Run(ctx) // labs fail; the transcript says how
	return w.Transcript()
}

func TestAFailedStepShowsItsCauseAndTheParameterItRestsOn(t *testing.T) {
	for _, row := range []struct {
		name, code, about string
		change            func(*flow.Config)
	}{
		{"wrong verifier", "aadsts501481", "code_verifier", edit(flow.StepToken, "code_verifier", inspect.ExampleVerifier)},
		{"verifier left out", "aadsts50148", "code_verifier", unset(flow.StepToken, "code_verifier")},
		{"other redirect URI", "aadsts500112", "redirect_uri", edit(flow.StepToken, "redirect_uri", "http://localhost:1/other")},
	} {
		t.Run(row.name, func(t *testing.T) {
			tr := walk(t, row.change)
			d, failed := inspect.DiagnoseStep(tr, flow.StepToken)
			if !failed || d.Unknown {
				t.Fatalf("the token step: failed %v, unknown %v", failed, d.Unknown)
			}
			if d.Causes[0].Confidence != inspect.Certain {
				t.Errorf("%s is %s, though both requests are known", d.Causes[0].ID, d.Causes[0].Confidence)
			}
			findings := d.Findings()
			if f := findings[0]; f.Code != row.code || f.Row != row.about || f.Try == "" || f.Severity != inspect.SeverityError {
				t.Errorf("%+v, want the code %s about %s", f, row.code, row.about)
			}
			if _, failed := inspect.DiagnoseStep(tr, flow.StepAuthorize); failed {
				t.Error("a step that did not fail was diagnosed")
			}
		})
	}
}
