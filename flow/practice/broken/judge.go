package broken

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/pkcescope/pkcescope/flow"
)

// Verdict says whether a run solves a lab.
type Verdict struct {
	Solved bool
	// Why is the lab's explanation when it is solved, else what is still
	// missing, without giving the cause away.
	Why string
}

// tolerance is how far a client lets its clock differ from the issuer's.
const tolerance = 5 * time.Minute

// Judge looks at a run. It reads the transcript alone, with the client's clock:
// what a learner could have seen.
func (s *Session) Judge(t flow.Transcript) Verdict {
	if missing := s.missing(t); missing != "" {
		return Verdict{Why: missing}
	}
	return Verdict{Solved: true, Why: s.Lab.Why}
}

// missing says in which way a run is not what was wanted, or "".
func (s *Session) missing(t flow.Transcript) string {
	goal := s.Lab.Goal
	token := t.Step(flow.StepToken)
	if t.Outcome != flow.OutcomeOK || token.Status != flow.StatusOK {
		return "The run did not come to its end."
	}
	if goal.Method != "" && t.Config.Method != goal.Method {
		return fmt.Sprintf("It runs, but without the protection that was wanted: PKCE with %s.", goal.Method)
	}
	if id, ok := token.Value("id_token"); ok {
		if why := outOfTime(id, s.now()); why != "" {
			return why
		}
	}
	if goal.RefreshToken {
		if refresh, _ := token.Value("refresh_token"); refresh == "" {
			return "It runs, but there is no refresh token: in an hour the person must sign in again."
		}
	}
	granted, _ := token.Value("scope")
	for _, want := range goal.Scopes {
		if !slices.ContainsFunc(strings.Fields(granted), func(g string) bool { return g == want || strings.HasSuffix(g, "/"+want) }) {
			return fmt.Sprintf("It runs, but the app was not granted %s, which it needs.", want)
		}
	}
	access, _ := token.Value("access_token")
	claims := claimsOf(access)
	if aud := claims["aud"]; goal.Audience != "" && aud != goal.Audience {
		return fmt.Sprintf("It runs, but the API refuses the access token: its audience is %v, not %s.", aud, goal.Audience)
	}
	if ver := claims["ver"]; goal.Version != "" && ver != goal.Version {
		return fmt.Sprintf("It runs, but the API refuses the access token: its version is %v, not %s.", ver, goal.Version)
	}
	return ""
}

// outOfTime says why a client with that clock refuses an ID token (OpenID
// Connect Core section 3.1.3.7), or "".
func outOfTime(token string, now time.Time) string {
	claims := claimsOf(token)
	seconds := func(name string) time.Time {
		n, _ := claims[name].(float64)
		return time.Unix(int64(n), 0)
	}
	switch {
	case now.After(seconds("exp").Add(tolerance)):
		return "The tokens came, but the app refuses the ID token: by its clock it has expired."
	case now.Add(tolerance).Before(seconds("nbf")):
		return "The tokens came, but the app refuses the ID token: by its clock it is not valid yet."
	}
	return ""
}

// claimsOf decodes a JWT's claims; nil if there are none to be read.
func claimsOf(token string) map[string]any {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return nil
	}
	body, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		return nil
	}
	var claims map[string]any
	if json.Unmarshal(body, &claims) != nil {
		return nil
	}
	return claims
}
