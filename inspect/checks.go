package inspect

import (
	"crypto"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	// The hashes that at_hash and c_hash can be made with.
	_ "crypto/sha256"
	_ "crypto/sha512"
)

// tolerance is what clocks may differ by. RFC 7519 section 4.1.4 allows "some
// small leeway, usually no more than a few minutes"; Microsoft's own libraries
// allow five.
const tolerance = 5 * time.Minute

// checksOf makes every check of a JWT. All are made; none stops the others.
func checksOf(name string, j *jwt, g given) []Check {
	switch name {
	case "id_token", "token":
		checks := []Check{
			checkAlg(j, g), checkKid(j, g), checkSignature(name, j, g), checkIssuer(j, g), checkAudience(j, g), checkAzp(j, g),
			checkExp(j, g), checkNbf(j, g), checkIat(j, g), checkNonce(j, g),
		}
		if c, ok := checkHash("at_hash", "access token", j, g.accessToken); ok {
			checks = append(checks, c)
		}
		if c, ok := checkHash("c_hash", "code", j, g.code); ok {
			checks = append(checks, c)
		}
		if c, ok := checkTenant(j, g); ok {
			checks = append(checks, c)
		}
		if c, ok := checkAuthTime(j, g); ok {
			checks = append(checks, c)
		}
		if c, ok := checkAcr(j, g); ok {
			checks = append(checks, c)
		}
		if name == "token" {
			unsure(checks)
		}
		return checks
	case "access_token":
		return []Check{
			checkAlg(j, g), checkKid(j, g), checkSignature(name, j, g), accessIssuer(j, g), accessAudience(j),
			checkExp(j, g), checkNbf(j, g), checkIat(j, g),
		}
	case "response":
		return []Check{
			checkAlg(j, given{}), checkKid(j, g), checkSignature(name, j, g), checkIssuer(j, g), checkAudience(j, g), checkExp(j, g),
		}
	case "request":
		return []Check{checkExp(j, g), checkIat(j, g)}
	case "dpop": // it has no end of its own: the server decides by iat
		return []Check{checkIat(j, g)}
	case "client_assertion":
		return []Check{
			assertionAlg(j), assertionSignature(j, g), assertionIssuer(j, g), assertionAudience(j),
			checkExp(j, g), checkNbf(j, g), checkIat(j, g),
		}
	}
	return nil
}

// unsure softens what an ID token must have and another token need not: of
// this one it is not known which it is.
func unsure(checks []Check) {
	for i := range checks {
		if c := &checks[i]; c.Result == Fail && c.Actual == "missing" && c.ID != "alg" && c.ID != "signature" {
			c.Result = Unknown
			c.Why = "It is missing. An ID token must have it; whether this is one is not known."
		}
	}
}

func checkAlg(j *jwt, g given) Check {
	c := Check{ID: "alg", Actual: claimText(j.header["alg"]), Expected: "an algorithm with a public key, such as RS256"}
	alg, _ := j.header["alg"].(string)
	if len(g.algs) > 0 {
		c.Expected = strings.Join(g.algs, " or ") + " (from the metadata)"
	}
	switch {
	case alg == "":
		c.Result, c.Actual, c.Why = Fail, "missing", "Without alg nobody can say how the token is signed (RFC 7515 section 4.1.1)."
	case strings.EqualFold(alg, "none"):
		c.Result, c.Why = Fail, "An unsigned token can be written by anyone."
	case len(g.algs) > 0 && !slices.Contains(g.algs, alg) && strings.HasPrefix(alg, "HS"):
		c.Result, c.Why = Fail, "The provider does not promise HMAC. A token that is signed with the public key as if it were a shared secret looks like this: it must be refused."
	case len(g.algs) > 0 && !slices.Contains(g.algs, alg):
		c.Result, c.Why = Fail, "The provider's metadata does not promise this algorithm."
	case strings.HasPrefix(alg, "HS"):
		c.Result, c.Why = Unknown, "HMAC is signed with the client secret: fine only for a confidential client that asked for it, and forged if the public key was used as the secret."
	case len(signatureAlgorithm(alg)) == 0:
		c.Result, c.Why = Unknown, "This algorithm is not known here."
	default:
		c.Result, c.Why = Pass, "The client decides which algorithms it takes; the token only says which one it used."
	}
	if c.Result != Fail {
		if why := unfitKey(j, g, alg); why != "" {
			c.Result, c.Why = Fail, upper(why)+": the two do not go together, and the token must be refused."
		}
	}
	return c
}

// unfitKey says why the published key that the token names cannot have signed
// with alg.
func unfitKey(j *jwt, g given, alg string) string {
	kid, named := j.header["kid"].(string)
	if !named || g.jwks == nil {
		return ""
	}
	keys, _ := publicKeys(g.jwks)
	for _, k := range keys {
		if k.kid == kid && k.problem == "" {
			return k.unfit(alg)
		}
	}
	return ""
}

func checkIssuer(j *jwt, g given) Check {
	v, has := j.claim("iss")
	c := Check{ID: "iss", Actual: claimText(v), Expected: orUnknown(g.issuer)}
	iss, _ := v.(string)
	if g.issFrom != "" {
		c.Expected += " (from " + g.issFrom + ")"
	}
	switch {
	case !has:
		c.Result, c.Actual, c.Why = Fail, "missing", "An ID token must name its issuer (OpenID Connect Core section 2)."
	case g.issuer == "":
		c.Result, c.Why = Unknown, "It is not known which issuer was asked."
	case iss == g.issuer:
		c.Result, c.Why = Pass, "Compared character by character."
	case strings.Contains(g.issuer, "{tenantid}") && g.prov.microsoft:
		tid := j.str("tid")
		if tid != "" && iss == strings.ReplaceAll(g.issuer, "{tenantid}", tid) {
			c.Result, c.Why = Pass, "The metadata's issuer is a template for many tenants: {tenantid} stands for the tid claim, and with it the two agree. Compare tid with the tenants that you let in."
		} else {
			c.Result, c.Why = Fail, "The metadata's issuer is a template, but with the tid claim of this token in the place of {tenantid} it differs from iss."
		}
	case g.isV1Issuer(iss) && j.str("tid") != "" && strings.Contains(iss, j.str("tid")) &&
		(strings.Contains(g.issuer, j.str("tid")) || strings.Contains(g.issuer, "{tenantid}")):
		c.Result, c.Why = Fail, "It is the same tenant, but this is a version 1.0 token (sts.windows.net), and the metadata is that of version 2.0."
	default:
		c.Result, c.Why = Fail, "The token is from somebody else, or for another tenant: it must be refused."
		if strings.TrimSuffix(iss, "/") == strings.TrimSuffix(g.issuer, "/") {
			c.Why = "They differ by the slash at the end. The comparison is exact (OpenID Connect Core section 3.1.3.7)."
		}
	}
	return c
}

// isV1Issuer recognises the issuer of Entra's version 1.0 tokens. The practice
// tenant puts them on its own host, without the v2.0 of its other issuer.
func (g given) isV1Issuer(iss string) bool {
	if !g.prov.microsoft {
		return false
	}
	u, err := url.Parse(iss)
	if err != nil {
		return false
	}
	switch u.Host {
	case "sts.windows.net", "sts.chinacloudapi.cn", "sts.microsoftonline.us":
		return true
	}
	return g.prov.practice && iss+"v2.0" == g.issuer
}

func orUnknown(s string) string {
	if s == "" {
		return "not known"
	}
	return s
}

func checkAudience(j *jwt, g given) Check {
	auds := audiences(j)
	c := Check{ID: "aud", Expected: orUnknown(g.clientID), Actual: list(auds), Why: "The audience of an ID token is the client that asked for it."}
	if g.clientID != "" {
		c.Expected += " (the client id)"
	}
	switch {
	case len(auds) == 0:
		c.Result, c.Actual = Fail, "missing"
	case g.clientID == "":
		c.Result, c.Why = Unknown, "It is not known for which client the token should be."
	case slices.Contains(auds, g.clientID):
		c.Result = Pass
	default:
		c.Result, c.Why = Fail, "The token is for another client: it must be refused, or one app could sign in at another with it."
	}
	return c
}

func checkAzp(j *jwt, g given) Check {
	v, has := j.claim("azp")
	azp, _ := v.(string)
	c := Check{ID: "azp", Expected: "absent, or " + orUnknown(g.clientID), Actual: claimText(v)}
	switch {
	case !has && len(audiences(j)) > 1:
		c.Result, c.Actual, c.Why = Unknown, "absent", "With several audiences azp should say for which client the token was made (OpenID Connect Core section 3.1.3.7)."
	case !has:
		c.Result, c.Actual, c.Why = Pass, "absent", "It is needed only where the audience is not the client alone."
	case g.clientID == "":
		c.Result, c.Why = Unknown, "It is not known for which client the token should be."
	case azp == g.clientID:
		c.Result, c.Why = Pass, "The token was made for this client."
	default:
		c.Result, c.Why = Fail, "The token was made for another client."
	}
	return c
}

// numericDate reads a claim that is a time. Some providers write strings.
func numericDate(j *jwt, name string) (at time.Time, has, ok bool, note string) {
	v, has := j.claim(name)
	switch v := v.(type) {
	case json.Number:
		at, ok = unixTime(v.String())
	case string:
		at, ok = unixTime(v)
		if ok {
			note = " It is written as a string; RFC 7519 wants a number."
		}
	}
	return at, has, ok, note
}

func (g given) tolerated() string { return "clocks may differ by " + span(tolerance) }

func checkExp(j *jwt, g given) Check {
	at, has, ok, note := numericDate(j, "exp")
	c := Check{ID: "exp", Expected: "after " + g.now.UTC().Format(timeLayout), Actual: shownTime(at, g.now)}
	switch {
	case !has:
		c.Result, c.Actual, c.Why = Fail, "missing", "A token without an end would be good for ever."
	case !ok:
		v, _ := j.claim("exp")
		c.Result, c.Actual, c.Why = Fail, claimText(v), "It is not a time in seconds since 1970."
	case g.now.Before(at):
		c.Result, c.Why = Pass, "The token has not expired."+note
	case g.now.Before(at.Add(tolerance)):
		c.Result, c.Why = Pass, "It has just expired, which is let through because "+g.tolerated()+"."+note
	default:
		c.Result, c.Why = Fail, "The token has expired."+note
	}
	return c
}

func checkNbf(j *jwt, g given) Check {
	at, has, ok, note := numericDate(j, "nbf")
	c := Check{ID: "nbf", Expected: "not after " + g.now.UTC().Format(timeLayout), Actual: shownTime(at, g.now)}
	switch {
	case !has:
		c.Result, c.Expected, c.Actual, c.Why = Pass, "absent, or not after "+g.now.UTC().Format(timeLayout), "absent", "The claim is optional."
	case !ok:
		v, _ := j.claim("nbf")
		c.Result, c.Actual, c.Why = Fail, claimText(v), "It is not a time in seconds since 1970."
	case !at.After(g.now.Add(tolerance)):
		c.Result, c.Why = Pass, "The token may be used already ("+g.tolerated()+")."+note
	default:
		c.Result, c.Why = Fail, "The token may not be used yet. If this machine's clock is slow, that is the reason."+note
	}
	return c
}

func checkIat(j *jwt, g given) Check {
	at, has, ok, note := numericDate(j, "iat")
	c := Check{ID: "iat", Expected: "not after " + g.now.UTC().Format(timeLayout), Actual: shownTime(at, g.now)}
	switch {
	case !has:
		c.Result, c.Actual, c.Why = Fail, "missing", "The time of issue is missing (OpenID Connect Core section 2 requires it in an ID token)."
	case !ok:
		v, _ := j.claim("iat")
		c.Result, c.Actual, c.Why = Fail, claimText(v), "It is not a time in seconds since 1970."
	case !at.After(g.now.Add(tolerance)):
		c.Result, c.Why = Pass, "It was issued in the past ("+g.tolerated()+")."+note
	default:
		c.Result, c.Why = Fail, "It was issued in the future by this machine's clock, which is probably slow."+note
	}
	if g.skewKnown {
		switch {
		case g.skew.Abs() <= 2*time.Second:
			c.Why += " The Date header shows that the two clocks agree."
		case g.skew > 0:
			c.Why += " By the Date header the provider's clock is " + span(g.skew) + " ahead of this machine's."
		default:
			c.Why += " By the Date header the provider's clock is " + span(g.skew) + " behind this machine's."
		}
	}
	return c
}

func shownTime(at, now time.Time) string {
	if at.IsZero() {
		return ""
	}
	return at.UTC().Format(timeLayout) + " (" + age(at, now) + ")"
}

func checkNonce(j *jwt, g given) Check {
	v, has := j.claim("nonce")
	c := Check{ID: "nonce", Actual: claimText(v), Expected: g.nonce}
	if !has {
		c.Actual = "absent"
	}
	switch {
	case g.refreshed && !has:
		// OpenID Connect Core section 12.2.
		c.Result, c.Expected, c.Why = Pass, "absent, or "+orUnknown(g.nonce), "An ID token that came for a refresh token need not repeat the nonce."
	case !g.nonceKnown:
		c.Result, c.Expected, c.Why = Unknown, "not known", "It is not known which nonce was sent, if any."
	case g.nonce == "" && !has:
		c.Result, c.Expected, c.Why = Unknown, "none was sent", "None was sent, so nothing ties this token to this request: an ID token from elsewhere could be put in its place."
	case g.nonce == "":
		c.Result, c.Expected, c.Why = Fail, "none was sent", "The token answers a request that had a nonce, and ours had none: it was made for another request."
	case !has:
		c.Result, c.Why = Fail, "A nonce was sent, and the token must repeat it (OpenID Connect Core section 3.1.3.7)."
	case same(claimText(v), g.nonce):
		c.Result, c.Why = Pass, "The token repeats the nonce that was sent: it was made for this request."
	default:
		c.Result, c.Why = Fail, "The token was made for another request: refuse it."
	}
	return c
}

func same(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }

// checkHash checks at_hash or c_hash: the left half of the hash of what came
// along (OpenID Connect Core section 3.1.3.6). In the code flow both claims are
// optional, and absence is no news.
func checkHash(id, of string, j *jwt, value string) (Check, bool) {
	v, has := j.claim(id)
	c := Check{ID: id, Actual: claimText(v)}
	if !has {
		if id != "at_hash" {
			return c, false
		}
		c.Result, c.Expected, c.Actual, c.Why = Pass, "absent, or the hash of the access token", "absent", "In the code flow the claim is optional: both tokens came over the same protected connection."
		return c, true
	}
	alg, _ := j.header["alg"].(string)
	h, known := hashFor(alg)
	switch {
	case value == "":
		c.Result, c.Expected, c.Why = Unknown, "the hash of the "+of, "The "+of+" that it goes with is not known here."
	case masked(value):
		c.Result, c.Expected, c.Why = Unknown, "the hash of the "+of, "The "+of+" is masked in this file, so its hash cannot be made."
	case !known:
		c.Result, c.Expected, c.Why = Unknown, "the hash of the "+of, "It is not known which hash goes with this alg."
	default:
		d := h.New()
		d.Write([]byte(value))
		sum := d.Sum(nil)
		c.Expected = base64.RawURLEncoding.EncodeToString(sum[:len(sum)/2])
		if same(c.Expected, claimText(v)) {
			c.Result, c.Why = Pass, "The left half of the "+of+"'s hash, in base64url: the two belong together."
		} else {
			c.Result, c.Why = Fail, "The token does not belong to this "+of+": one of the two was exchanged."
		}
	}
	return c, true
}

func hashFor(alg string) (crypto.Hash, bool) {
	switch {
	case strings.HasSuffix(alg, "256"):
		return crypto.SHA256, true
	case strings.HasSuffix(alg, "384"):
		return crypto.SHA384, true
	case strings.HasSuffix(alg, "512"), alg == "EdDSA":
		return crypto.SHA512, true
	}
	return 0, false
}

// consumers is the tenant of personal Microsoft accounts.
const consumers = "9188040d-6c67-4c5b-b112-36a304b66dad"

// checkTenant checks Entra's tid against the tenant that was asked.
func checkTenant(j *jwt, g given) (Check, bool) {
	if !g.prov.microsoft {
		return Check{}, false
	}
	v, has := j.claim("tid")
	tid, _ := v.(string)
	asked := tenantOf(g.issuer)
	c := Check{ID: "tid", Expected: asked, Actual: claimText(v)}
	switch {
	case !has && g.prov.glossary == "entra-b2c":
		return c, false // B2C has no such claim unless it is configured
	case !has:
		c.Result, c.Actual, c.Expected, c.Why = Unknown, "absent", orUnknown(asked), "The token does not name its tenant; Entra puts tid into tokens when the scope profile is asked for."
	case asked == "":
		c.Result, c.Expected, c.Why = Unknown, "not known", "It is not known which tenant was asked."
	case asked == "{tenantid}":
		c.Result, c.Expected, c.Why = Unknown, "any tenant", "The authority takes people of any tenant: compare tid with the tenants that you let in."
		if tid == consumers {
			c.Why = "This is the tenant of personal Microsoft accounts. Compare tid with the tenants that you let in."
		}
	case strings.EqualFold(asked, tid):
		c.Result, c.Why = Pass, "The account signed in to the tenant that was asked."
	case !isGUID(asked):
		c.Result, c.Why = Unknown, "The tenant was asked by a name, and the token holds its id."
	default:
		c.Result, c.Why = Fail, "The token is from another tenant than was asked."
	}
	return c, true
}

// tenantOf returns the tenant in an Entra issuer: the first part of the path.
func tenantOf(issuer string) string {
	_, rest, ok := strings.Cut(issuer, "://")
	if !ok {
		return ""
	}
	_, path, _ := strings.Cut(rest, "/")
	tenant, _, _ := strings.Cut(path, "/")
	return tenant
}

// isGUID recognises the form 8-4-4-4-12 in hexadecimal.
func isGUID(s string) bool {
	if len(s) != 36 {
		return false
	}
	for i := range len(s) {
		c := s[i]
		switch {
		case i == 8 || i == 13 || i == 18 || i == 23:
			if c != '-' {
				return false
			}
		case (c < '0' || c > '9') && (c|0x20 < 'a' || c|0x20 > 'f'):
			return false
		}
	}
	return true
}

// checkAuthTime is made when max_age was asked for (OpenID Connect Core section
// 3.1.2.1): the sign-in must not be older.
func checkAuthTime(j *jwt, g given) (Check, bool) {
	maxAge, asked := g.authorize.lookup("max_age")
	if !asked {
		return Check{}, false
	}
	c := Check{ID: "auth_time", Expected: "at most " + maxAge + " s before the token was issued"}
	at, has, ok, _ := numericDate(j, "auth_time")
	issued, _, iatOK, _ := numericDate(j, "iat")
	limit, err := time.ParseDuration(strings.TrimSpace(maxAge) + "s")
	switch {
	case !has || !ok:
		c.Result, c.Actual, c.Why = Fail, "missing", "With max_age the ID token must say when the person signed in."
	case err != nil || !iatOK:
		c.Result, c.Actual, c.Why = Unknown, shownTime(at, g.now), "max_age or iat cannot be read."
	case issued.Sub(at) <= limit+tolerance:
		c.Result, c.Actual, c.Why = Pass, shownTime(at, g.now), "The sign-in is recent enough ("+g.tolerated()+")."
	default:
		c.Result, c.Actual, c.Why = Fail, shownTime(at, g.now), "The sign-in is older than was asked for: ask the person to sign in again."
	}
	return c, true
}

// checkAcr is made when acr_values was asked for. It is a wish, which the
// provider may leave unfulfilled.
func checkAcr(j *jwt, g given) (Check, bool) {
	asked := strings.Fields(g.authorize.get("acr_values"))
	if len(asked) == 0 {
		return Check{}, false
	}
	v, has := j.claim("acr")
	c := Check{ID: "acr", Expected: strings.Join(asked, " or "), Actual: claimText(v)}
	switch {
	case !has:
		c.Result, c.Actual, c.Why = Unknown, "absent", "acr_values is a wish: the provider need not say what it did."
	case slices.Contains(asked, claimText(v)):
		c.Result, c.Why = Pass, "The person signed in as was asked."
	default:
		c.Result, c.Why = Fail, "The person signed in in another way than was asked."
	}
	return c, true
}

// accessIssuer is only told: which issuer an API trusts is the API's affair.
func accessIssuer(j *jwt, g given) Check {
	c := checkIssuer(j, g)
	iss := j.str("iss")
	switch {
	case c.Result == Pass:
	case g.isV1Issuer(iss):
		c.Result = Unknown
		c.Why = "A version 1.0 token: Entra writes the version that the API's registration asks for (accessTokenAcceptedVersion, today requestedAccessTokenVersion), whatever endpoint was used. Whether it is right is for the API to check."
	case c.Result == Fail && c.Actual != "missing":
		c.Result = Unknown
		c.Why = "It differs from the issuer of the metadata. Whether that is right is for the API to check, not for this client."
	default:
		c.Result, c.Why = Unknown, "Which issuer is right is for the API to check, not for this client."
	}
	return c
}

func accessAudience(j *jwt) Check {
	auds := audiences(j)
	c := Check{
		ID: "aud", Result: Unknown, Expected: "the API that the token is sent to", Actual: list(auds),
		Why: "Which audience is right is for the API to check, not for this client.",
	}
	if len(auds) == 0 {
		c.Actual = "missing"
	}
	return c
}

// assertionIssuer checks a client assertion (RFC 7523 section 3): iss and sub
// are the client.
func assertionIssuer(j *jwt, g given) Check {
	iss, sub := j.str("iss"), j.str("sub")
	c := Check{
		ID: "iss", Expected: "iss and sub: " + orUnknown(g.clientID), Actual: fmt.Sprintf("iss %s, sub %s", iss, sub),
		Why: "A client assertion is issued by the client about itself (RFC 7523 section 3).",
	}
	switch {
	case iss == "" || sub == "" || iss != sub:
		c.Result = Fail
	case g.clientID == "":
		c.Result = Unknown
	case iss == g.clientID:
		c.Result = Pass
	default:
		c.Result = Fail
	}
	return c
}

// assertionAlg: a client may sign with its secret (client_secret_jwt) or with a
// key, but it must sign (RFC 7523 section 3).
func assertionAlg(j *jwt) Check {
	c := checkAlg(j, given{})
	c.Expected = "any but none"
	if alg, _ := j.header["alg"].(string); strings.HasPrefix(alg, "HS") {
		c.Result, c.Why = Pass, "An HMAC with the client secret: client_secret_jwt (OpenID Connect Core section 9)."
	} else if c.Result == Pass {
		c.Why = "Signed with the client's private key: private_key_jwt (OpenID Connect Core section 9)."
	}
	return c
}

// assertionSignature is made with the client's own key, which the provider's
// key set does not hold. Keys that were given may be that key all the same.
func assertionSignature(j *jwt, g given) Check {
	if g.jwks == nil {
		g.noKeys = "the client's public key is registered with the provider, and is not known here"
	}
	c := checkSignature("client_assertion", j, g)
	if c.Result == Pass {
		c.Why = "Header and payload are as they were signed with the key that was given."
	}
	if c.Result == Fail && (c.Actual == "no key" || c.Actual == "not valid" && j.header["kid"] == nil) {
		c.Result, c.Why = Unknown, "None of the keys that were given has signed it. It is the client's own key that has, and the provider's key set does not hold that."
	}
	c.Expected = "made with the client's key"
	return c
}

// assertionAudience: which name the provider goes by, its issuer or its token
// endpoint, is for the provider to check.
func assertionAudience(j *jwt) Check {
	c := Check{
		ID: "aud", Result: Unknown, Expected: "the issuer or the token endpoint", Actual: list(audiences(j)),
		Why: "It must name the provider (RFC 7523 section 3). Which of its names it takes is for the provider to check.",
	}
	if len(audiences(j)) == 0 {
		c.Result, c.Actual = Fail, "missing"
	}
	return c
}
