package flow

import (
	"crypto/rand"
	"strings"
	"time"
)

// draft holds the random values of a run, drawn before they are needed so that
// a request can be seen before it is sent.
type draft struct {
	verifier, state, nonce string
	redirectURI            string // with a free port put in, if one was asked for
	made                   map[string]made
}

// madeFresh is how long what was made for a request, and has not been sent yet,
// is kept.
const madeFresh = time.Minute

// made is a JWT of ours that was made for a request and has not been sent yet:
// what is seen before is what is sent.
type made struct {
	text string
	at   time.Time
}

// redraft draws anew what the steps from first on will need.
func (w *Walk) redraft(first StepID) {
	i := stepIndex(first)
	if i <= stepIndex(StepVerifier) {
		w.draft.verifier = w.newVerifier()
	}
	w.draft.made = nil
	if _, ok := w.pushed(); ok && i > stepIndex(StepPAR) {
		return // the provider has state, nonce and redirect URI already
	}
	if i <= stepIndex(StepAuthorize) {
		w.draft.state = rand.Text()
		w.draft.nonce = rand.Text()
		w.draft.redirectURI = withFreePort(w.t.Config.RedirectURI)
	}
}

// once keeps what is made for one request and seen before it is sent. The walk
// must be locked.
func (w *Walk) once(id StepID, what string, build func() (string, error)) (string, error) {
	key := string(id) + " " + what
	if m, ok := w.draft.made[key]; ok && w.now().Sub(m.at) < madeFresh {
		return m.text, nil
	}
	text, err := build()
	if err != nil {
		return "", err
	}
	if w.draft.made == nil {
		w.draft.made = map[string]made{}
	}
	w.draft.made[key] = made{text, w.now()}
	return text, nil
}

// sent forgets what was made for one request of a step: the next one, and one
// that is sent again, has its own.
func (w *Walk) sent(id StepID) {
	w.mu.Lock()
	for what := range w.draft.made {
		if strings.HasPrefix(what, string(id)+" ") {
			delete(w.draft.made, what)
		}
	}
	w.mu.Unlock()
}
