package inspect

import (
	"net/url"
	"slices"
	"strings"
)

// Checks of who a token is from and for whom it is.

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
