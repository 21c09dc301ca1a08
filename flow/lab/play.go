package lab

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/pkcescope/pkcescope/flow"
)

// Role is somebody on the stage.
type Role string

// The roles. The user is the app's: what their browser does is drawn with it.
const (
	RoleUser     Role = "user"
	RoleApp      Role = "app"
	RoleThief    Role = "thief"
	RoleProvider Role = "provider"
)

// Play is an attack that took place: a timeline of beats, and how it ended.
type Play struct {
	// Scenario is the scenario's id; of a cell of the matrix it is
	// [StolenCode].
	Scenario string `json:"scenario"`
	Defended bool   `json:"defended"`
	Beats    []Beat `json:"beats"`
	// ThiefWon is read off the decisive answer.
	ThiefWon bool `json:"thief_won"`
	// Decisive is the index of the beat that decided, and Answer what was said
	// there: the error, or "" when the thief got what he wanted.
	Decisive int    `json:"decisive"`
	Answer   string `json:"answer,omitempty"`
	// Search is what a thief who guesses had to do.
	Search *Search `json:"search,omitempty"`
	// Transcript is the app's run with the thief's requests in it.
	Transcript flow.Transcript `json:"transcript"`
}

// Beat is one thing that happens.
type Beat struct {
	// ID names what happens; the narration is found by it.
	ID   string      `json:"id"`
	From Role        `json:"from"`
	To   Role        `json:"to"`
	Step flow.StepID `json:"step"`
	// Exchanges are what crossed the wire in it.
	Exchanges []flow.Exchange `json:"exchanges"`
	// Learned is what somebody did not know before.
	Learned []Knowledge `json:"learned"`
}

// Knowledge is a value in somebody's hands.
type Knowledge struct {
	Who    Role   `json:"who"`
	Name   string `json:"name"`
	Value  string `json:"value"`
	Secret bool   `json:"secret"`
}

// Search is how a guessed verifier was looked for.
type Search struct {
	// Over says what was tried: "dictionary" or "clock".
	Over  string `json:"over"`
	Tried uint64 `json:"tried"`
	// Rate is in tries per second, on all cores together.
	Rate  float64 `json:"rate"`
	Found bool    `json:"found"`
	// Window is the thief's assumption about the clock, to either side.
	Window time.Duration `json:"window_ns,omitzero"`
}

// Progress is a search under way.
type Progress struct {
	Scenario     string
	Defended     bool
	Tried, Total uint64
	Rate         float64 // tries per second
}

// secretNames are the values that are masked unless somebody asks.
var secretNames = []string{"code", "code_verifier", "client_secret", "access_token", "refresh_token", "id_token"}

// know makes a piece of knowledge.
func know(who Role, name, value string) Knowledge {
	return Knowledge{Who: who, Name: name, Value: value, Secret: slices.Contains(secretNames, name)}
}

// verdict reads whether a token response gave tokens, and if it did not, what
// the server said: "invalid_grant: AADSTS501481: The Code_Verifier …".
func verdict(x flow.Exchange) (redeemed bool, said string) {
	if x.Response == nil {
		return false, "no answer came"
	}
	var body struct {
		AccessToken string `json:"access_token"`
		Error       string `json:"error"`
		Description string `json:"error_description"`
	}
	if err := json.Unmarshal(x.Response.Body, &body); err != nil {
		return false, fmt.Sprintf("status %d, and a body that is not JSON", x.Response.Status)
	}
	if x.Response.Status == http.StatusOK && body.AccessToken != "" {
		return true, ""
	}
	return false, serverSaid(body.Error, body.Description)
}

// serverSaid joins an OAuth error with its description, without the trailer of ids
// and the time that differ with each answer.
func serverSaid(code, description string) string {
	if description = trailerless(description); description == "" {
		return code
	}
	return code + ": " + description
}
