package inspect

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/pkcescope/pkcescope/flow"
)

// lessonReaders read off each lesson's runs which choice came true, and where
// that is to be seen. They return "" for what no choice foresaw.
var lessonReaders = map[string]func([]flow.Transcript) (choice string, shown []string){
	"verifier":        readCarried,
	"challenge":       byTokenAnswer(map[string]string{"501481": "mismatch", "54005": "code", "70008": "code"}),
	"method":          readWhereItEnds,
	"pipeline":        readHowMany,
	"random":          readThief,
	"state":           readSignedIn,
	"code-once":       readSecondAnswer,
	"secret-and-pkce": byTokenAnswer(map[string]string{"7000218": "secret", "501481": "mismatch"}),
	"public-secret":   byTokenAnswer(map[string]string{"700025": "public"}),
	"origin":          byTokenAnswer(map[string]string{"9002327": "origin", "7000218": "secret"}),
	"offline-access":  readRefreshToken,
	"manager":         readManager,
	"day":             readLastRefresh,
}

// tokenAnswer is what a token endpoint said.
type tokenAnswer struct {
	Status       int     `json:"-"`
	AccessToken  string  `json:"access_token"`
	RefreshToken *string `json:"refresh_token"`
	IDToken      string  `json:"id_token"`
	Scope        string  `json:"scope"`
	Error        string  `json:"error"`
	Description  string  `json:"error_description"`
	Codes        []int   `json:"error_codes"`
}

func readTokenAnswer(x flow.Exchange) tokenAnswer {
	var a tokenAnswer
	if x.Response == nil || json.Unmarshal(x.Response.Body, &a) != nil {
		return tokenAnswer{}
	}
	a.Status = x.Response.Status
	return a
}

// says is the answer in a line. Tokens are not quoted.
func (a tokenAnswer) says() string {
	switch {
	case a.AccessToken != "":
		return fmt.Sprintf("%d, tokens for %s", a.Status, a.Scope)
	case a.Error != "":
		// The trailer of ids and the time says nothing here.
		text, _, _ := strings.Cut(strings.ReplaceAll(a.Description, "\r\n", " "), " Trace ID:")
		return fmt.Sprintf("%d, %s: %s", a.Status, a.Error, text)
	}
	return "no answer that could be read"
}

// answersOf are the answers of the token endpoint to an actor in a step, in
// their order.
func answersOf(t flow.Transcript, step flow.StepID, who flow.Actor) []tokenAnswer {
	var out []tokenAnswer
	for _, x := range t.Step(step).Exchanges {
		if x.Actor == who && x.Request.Method == http.MethodPost {
			out = append(out, readTokenAnswer(x))
		}
	}
	return out
}

func last(runs []flow.Transcript) flow.Transcript { return runs[len(runs)-1] }

// byTokenAnswer reads the answer to the app's token request: "tokens", or the
// choice for its AADSTS number.
func byTokenAnswer(choices map[string]string) func([]flow.Transcript) (string, []string) {
	return func(runs []flow.Transcript) (string, []string) {
		answers := answersOf(last(runs), flow.StepToken, flow.ActorApp)
		if len(answers) == 0 {
			return "", nil
		}
		a := answers[len(answers)-1]
		shown := []string{"The token endpoint: " + a.says()}
		if a.AccessToken != "" {
			return "tokens", shown
		}
		for _, code := range a.Codes {
			if c := choices[fmt.Sprint(code)]; c != "" {
				return c, shown
			}
		}
		return "", shown
	}
}

// readCarried looks for verifier and challenge in the address that the browser
// was sent to.
func readCarried(runs []flow.Transcript) (string, []string) {
	t := last(runs)
	verifier, _ := t.Step(flow.StepVerifier).Value("code_verifier")
	challenge, _ := t.Step(flow.StepChallenge).Value("code_challenge")
	x := t.Step(flow.StepAuthorize).Exchanges
	if len(x) == 0 || verifier == "" || challenge == "" {
		return "", nil
	}
	u, err := url.Parse(x[0].Request.URL)
	if err != nil {
		return "", nil
	}
	var names []string
	hasVerifier, hasChallenge := false, false
	for name, values := range u.Query() {
		switch values[0] {
		case verifier:
			hasVerifier = true
			names = append(names, name+" is the verifier")
		case challenge:
			hasChallenge = true
			names = append(names, name+"="+challenge+" is the challenge")
		}
	}
	choice := map[[2]bool]string{{true, true}: "both", {true, false}: "verifier", {false, true}: "challenge"}[[2]bool{hasVerifier, hasChallenge}]
	if choice == "" {
		return "neither", []string{"The authorization request holds neither of the two."}
	}
	return choice, []string{"In the authorization request " + strings.Join(names, ", and ") + "."}
}

// readWhereItEnds looks where a run failed.
func readWhereItEnds(runs []flow.Transcript) (string, []string) {
	t := last(runs)
	for _, step := range t.Steps {
		if step.Status != flow.StatusFailed || step.Error == nil {
			continue
		}
		shown := []string{fmt.Sprintf("The step %s failed. %s", step.ID, step.Error.What)}
		if step.ID == flow.StepAuthorize || step.ID == flow.StepCallback {
			return "authorize", shown
		}
		if answers := answersOf(t, flow.StepToken, flow.ActorApp); step.ID == flow.StepToken && len(answers) > 0 {
			return "token", []string{"The sign-in worked. The token endpoint: " + answers[0].says()}
		}
		return "", shown
	}
	choice, shown := byTokenAnswer(nil)(runs)
	return choice, shown
}

// readHowMany counts the runs that got tokens.
func readHowMany(runs []flow.Transcript) (string, []string) {
	got, early := 0, 0
	for _, t := range runs {
		answers := answersOf(t, flow.StepToken, flow.ActorApp)
		switch {
		case len(answers) == 0:
			early++
		case answers[len(answers)-1].AccessToken != "":
			got++
		}
	}
	shown := []string{
		fmt.Sprintf("%d of %d sign-ins got tokens.", got, len(runs)),
		fmt.Sprintf("%d were refused at the authorization endpoint, %d at the token endpoint.", early, len(runs)-got-early),
	}
	switch got {
	case 0:
		return "none", shown
	case len(runs):
		return "all", shown
	}
	return "some", shown
}

// readThief looks at what the thief's token request got.
func readThief(runs []flow.Transcript) (string, []string) {
	answers := answersOf(last(runs), flow.StepToken, flow.ActorAttacker)
	if len(answers) == 0 {
		return "refused", []string{"The thief found no verifier and sent no token request."}
	}
	a := answers[len(answers)-1]
	shown := []string{"The token endpoint to the thief: " + a.says()}
	if a.AccessToken != "" {
		return "tokens", shown
	}
	return "refused", shown
}

// readSignedIn reads off the app's last page in the user's browser who is
// signed in, and compares that with who signed in at the provider.
func readSignedIn(runs []flow.Transcript) (string, []string) {
	t := last(runs)
	page := ""
	for _, x := range t.Step(flow.StepCallback).Exchanges {
		if x.Actor == flow.ActorBrowser && x.Response != nil && x.Response.Status == http.StatusOK {
			page = strings.TrimSpace(string(x.Response.Body))
		}
	}
	who, ok := strings.CutPrefix(page, "Signed in as ")
	shown := []string{fmt.Sprintf("The app's page in the user's browser: %q", page)}
	if !ok {
		return "nobody", shown
	}
	who = strings.TrimSuffix(who, ".")
	for _, x := range t.Step(flow.StepAuthorize).Exchanges {
		form, err := url.ParseQuery(string(x.Request.Body))
		if err != nil || x.Actor != flow.ActorAttacker {
			continue
		}
		for _, values := range form {
			if values[0] == who {
				return "thief", append(shown, "It was the thief who signed in at the provider as "+who+".")
			}
		}
	}
	return "user", shown
}

// readSecondAnswer compares the answers to the same token request.
func readSecondAnswer(runs []flow.Transcript) (string, []string) {
	a := answersOf(last(runs), flow.StepToken, flow.ActorApp)
	if len(a) < 2 {
		return "", nil
	}
	shown := []string{"The first time: " + a[0].says(), "The second time: " + a[1].says()}
	switch a[1].AccessToken {
	case "":
		return "refused", shown
	case a[0].AccessToken:
		return "same", shown
	}
	return "fresh", shown
}

func readRefreshToken(runs []flow.Transcript) (string, []string) {
	answers := answersOf(last(runs), flow.StepToken, flow.ActorApp)
	if len(answers) == 0 || answers[0].AccessToken == "" {
		return "", nil
	}
	a := answers[0]
	shown := []string{"The token endpoint: " + a.says()}
	switch {
	case a.RefreshToken == nil:
		return "none", append(shown, "The answer has no member refresh_token.")
	case *a.RefreshToken == "":
		return "empty", append(shown, "The member refresh_token is empty.")
	}
	return "refresh", append(shown, "The answer has a refresh_token.")
}

// readManager counts what the app sent after its sign-in.
func readManager(runs []flow.Transcript) (string, []string) {
	t := last(runs)
	refreshes := answersOf(t, flow.StepRefresh, flow.ActorApp)
	calls, undefined, status := 0, 0, 0
	for _, x := range t.Step(flow.StepUserInfo).Exchanges {
		calls++
		if x.Request.Header.Get("Authorization") == "Bearer undefined" {
			undefined++
		}
		if x.Response != nil {
			status = x.Response.Status
		}
	}
	if len(refreshes) == 0 {
		return "", nil
	}
	shown := []string{
		"The refresh: " + refreshes[0].says(),
		fmt.Sprintf("%d refreshes, %d calls, %d of them with \"Bearer undefined\". The last call got status %d.", len(refreshes), calls, undefined, status),
	}
	switch {
	case len(refreshes) > 1:
		return "again", shown
	case undefined > 0:
		return "undefined", shown
	case calls == 0:
		return "signin", shown
	}
	return "", shown
}

// readLastRefresh reads the second refresh.
func readLastRefresh(runs []flow.Transcript) (string, []string) {
	a := answersOf(last(runs), flow.StepRefresh, flow.ActorApp)
	if len(a) < 2 {
		return "", nil
	}
	shown := []string{"After 23 hours: " + a[0].says(), "After 25 hours: " + a[1].says()}
	switch {
	case a[1].AccessToken != "":
		return "tokens", shown
	case len(a[1].Codes) > 0 && a[1].Codes[0] == 9002327:
		return "origin", shown
	case a[1].Error == "invalid_grant":
		return "refused", shown
	}
	return "", shown
}
