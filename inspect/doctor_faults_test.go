package inspect_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/pkcescope/pkcescope/flow"
	"github.com/pkcescope/pkcescope/flow/lab"
	"github.com/pkcescope/pkcescope/flow/practice"
	"github.com/pkcescope/pkcescope/flow/practice/broken"
	"github.com/pkcescope/pkcescope/inspect"
)

// discovery says how the doctor finds a fault before anybody signs in: by a
// line's id or a cause; or why nobody can.
type discovery struct {
	found  string // id of the line, or cause
	hidden string // why it cannot be found before a sign-in
}

// Why a fault cannot be found before a sign-in.
const (
	orderOfChecks = "it shows at the token endpoint alone, and the practice tenant looks at the code before the client; which of them Entra looks at first is documented nowhere"
	needsPerson   = "it depends on who signs in, and on what they and their admin granted"
	inTheTokens   = "it shows in the tokens, and there are none before a sign-in"
	laterConduct  = "it is what the client does with the code, and there is none"
	lenient       = "the server lets through what it should not: only an attack shows it (compare, attack)"
	noFault       = "nothing is wrong: the server says more than Entra does"
)

var labDiscoveries = map[string]discovery{
	"trailing-slash":          {found: "redirect-uri-not-registered"},
	"letter-case":             {found: "redirect-uri-not-registered"},
	"https-or-http":           {found: "redirect-uri-not-registered"},
	"port-of-an-address":      {found: "redirect-uri-loopback-address"},
	"wrong-tenant":            {found: "app-not-found-in-tenant"},
	"common":                  {found: "single-tenant-app-on-common"},
	"no-such-client":          {found: "app-not-found-in-tenant"},
	"desktop-under-web":       {hidden: orderOfChecks},
	"page-under-web":          {hidden: orderOfChecks},
	"desktop-under-spa":       {hidden: orderOfChecks},
	"secret-in-an-app":        {found: "public-platform-but-secret-sent"},
	"secret-id":               {found: "client-secret-id-instead-of-value"},
	"secret-expired":          {hidden: orderOfChecks},
	"public-client-switch":    {found: "redirect-uri-differs-at-token"}, // that it is left out is the symptom
	"verifier-of-another-tab": {found: "pkce-verifier-mismatch"},
	"verifier-forgotten":      {found: "pkce-verifier-missing-at-token"},
	"padded-challenge":        {found: "pkce-challenge-malformed"},
	"hex-digest":              {found: "pkce-challenge-hex-digest"},
	"method-left-out":         {found: "pkce-method-omitted"},
	"code-twice":              {hidden: laterConduct},
	"redirect-differs":        {found: "redirect-uri-differs-at-token"},
	"bare-scope":              {found: "scope-not-on-resource"},
	"two-resources":           {found: "scope-multiple-resources"},
	"resource-beside-scope":   {found: "resource-parameter-on-v2"},
	"admin-consent":           {hidden: needsPerson},
	"user-consent-off":        {hidden: needsPerson},
	"assignment":              {hidden: needsPerson},
	"conditional-access":      {hidden: needsPerson},
	"silent-without-session":  {found: "login-required-silent"},
	"id-token-in-front":       {found: "response-type-not-enabled"},
	"hour-later":              {found: "refresh-token-missing"},
	"foreign-token":           {hidden: inTheTokens},
	"token-version":           {hidden: inTheTokens},
	"clock":                   {found: "clock-skew"},
}

var faultDiscoveries = map[practice.Fault]discovery{
	practice.FaultMetadataIssuer:        {found: "issuer"},
	practice.FaultSlow:                  {found: "discovery"},
	practice.FaultRequirePKCE:           {found: "probe-request"},
	practice.FaultRefusePlain:           {found: "probe-request"},
	practice.FaultRefuseS256:            {found: "probe-request"},
	practice.FaultExactPort:             {found: "probe-redirect-uri"},
	practice.FaultNoState:               {found: "probe-response"},
	practice.FaultWrongState:            {found: "probe-response"},
	practice.FaultSendWrongIssuer:       {found: "probe-response"},
	practice.FaultHTML:                  {found: "probe-token"},
	practice.FaultHuge:                  {found: "probe-token"},
	practice.FaultOKError:               {found: "probe-token"},
	practice.FaultUnavailable:           {found: "probe-token"},
	practice.FaultLate:                  {found: "probe-token"},
	practice.FaultAdvertisePKCE:         {hidden: noFault},
	practice.FaultSendIssuer:            {hidden: noFault},
	practice.FaultNoConsent:             {hidden: lenient},
	practice.FaultIgnorePKCE:            {hidden: lenient},
	practice.FaultIgnoreUnaskedVerifier: {hidden: lenient},
	practice.FaultSkipLengthCheck:       {hidden: lenient},
	practice.FaultPKCEOptionalSPA:       {hidden: lenient},
	practice.FaultAnyRedirect:           {hidden: lenient},
	practice.FaultAnyReply:              {hidden: lenient},
	practice.FaultAnyOrigin:             {hidden: lenient},
	practice.FaultAnySecret:             {hidden: lenient},
	practice.FaultAnyClient:             {hidden: lenient},
	practice.FaultReusableCode:          {hidden: lenient},
	practice.FaultLooseRedirect:         {hidden: lenient},
	practice.FaultAnyTenant:             {hidden: lenient},
	practice.FaultAnyAuthority:          {hidden: lenient},
	practice.FaultHTMLState:             {hidden: lenient},
	practice.FaultTokensInQuery:         {hidden: lenient},
	practice.FaultIgnorePrompt:          {hidden: lenient},
	practice.FaultIgnoreMaxAge:          {hidden: needsPerson},
	practice.FaultAnyScope:              {hidden: lenient},
	practice.FaultEternalRefresh:        {hidden: inTheTokens},
	practice.FaultAlwaysRefresh:         {hidden: inTheTokens},
	practice.FaultEndpointVersion:       {hidden: inTheTokens},
	practice.FaultRevokeOnReplay:        {hidden: laterConduct},
	practice.FaultEternalCodes:          {hidden: lenient},
	practice.FaultResourceIgnored:       {hidden: lenient},
	practice.FaultRepeatedParameters:    {hidden: lenient},
	practice.FaultShortCodes:            {hidden: laterConduct},
	practice.FaultStrictRotation:        {hidden: inTheTokens},
	practice.FaultNoRotation:            {hidden: inTheTokens},
	practice.FaultShortRefresh:          {hidden: inTheTokens},
	practice.FaultNoRefresh:             {hidden: inTheTokens},
	practice.FaultTokenIssuer:           {hidden: inTheTokens},
	practice.FaultWrongAudience:         {hidden: inTheTokens},
	practice.FaultWrongNonce:            {hidden: inTheTokens},
	practice.FaultNoNonce:               {hidden: inTheTokens},
	practice.FaultExpired:               {hidden: inTheTokens},
	practice.FaultFuture:                {hidden: inTheTokens},
	practice.FaultStaleKey:              {hidden: inTheTokens},
	practice.FaultUnsigned:              {hidden: inTheTokens},
	practice.FaultTruncated:             {hidden: inTheTokens},
	practice.FaultGraphVerifies:         {hidden: inTheTokens},
	practice.FaultStringExpiry:          {hidden: inTheTokens},
	practice.FaultCutJSON:               {hidden: inTheTokens},
	practice.FaultDrop:                  {hidden: inTheTokens},
	practice.FaultNoCORS:                {hidden: "only a browser asks for CORS headers, in a request of its own before the token request; the doctor sends one token request and no Origin"},
}

// Every lab, and every fault that the practice tenant can be given, is either
// found before anybody signs in, by the line that is named here, or is said
// here to be hidden, and why.
func TestEveryFaultThatCanBeSeenBeforeSignInIsFound(t *testing.T) {
	found, hidden := 0, 0
	judge := func(t *testing.T, want discovery, c inspect.Checkup) {
		t.Helper()
		switch {
		case want.found != "" && c.Found(want.found):
			found++
		case want.found != "":
			t.Errorf("nothing points to %s: %+v", want.found, c.Lines)
		case want.hidden == "":
			t.Errorf("nobody has said whether it can be found")
		case c.Verdict == inspect.VerdictFail:
			t.Errorf("a failure is claimed of what cannot be seen (%s): %+v", want.hidden, c.Lines)
		default:
			hidden++
		}
	}
	for _, l := range broken.Labs() {
		t.Run(l.ID, func(t *testing.T) {
			s, err := broken.Start(l)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = s.Close() }()
			c, err := s.Config()
			if err != nil {
				t.Fatal(err)
			}
			skew, _ := time.ParseDuration(l.Client.Clock) // most labs set none
			judge(t, labDiscoveries[l.ID], examine(t, c, lab.ExamineOptions{
				Probe: true, Now: func() time.Time { return time.Now().Add(skew) },
			}))
		})
	}
	s := startTenant(t)
	for _, fault := range practice.Faults() {
		t.Run(string(fault), func(t *testing.T) {
			s.SetFaults(fault)
			c, o := s.Config(), lab.ExamineOptions{Probe: true}
			switch fault {
			case practice.FaultRefusePlain:
				c.Method = flow.MethodPlain
			case practice.FaultRequirePKCE:
				c.Method = flow.MethodNone
			case practice.FaultSlow:
				o.Probe = false // which would be slow too
			case practice.FaultLate:
				impatient := http.DefaultTransport.(*http.Transport).Clone() //nolint:forcetypeassert // documented type
				impatient.ResponseHeaderTimeout = 500 * time.Millisecond
				o.Transport = impatient
			default:
			}
			judge(t, faultDiscoveries[fault], examine(t, c, o))
		})
	}
	t.Logf("%d of %d found before sign-in, %d declared hidden", found, found+hidden, hidden)
	if all := len(broken.Labs()) + len(practice.Faults()); found+hidden != all || found < 37 {
		t.Errorf("%d found and %d hidden of %d, want all, and at least 37 found", found, hidden, all)
	}
}
