package flow

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// Edit changes one value of a request before it is sent, exactly as a person
// does in the editor of the TUI or with --set and --unset.
type Edit struct {
	Step StepID `json:"step"`
	// Name is a parameter's name, or "header." followed by a header's name,
	// or "url" for the request's whole URL. The verifier step has one name,
	// code_verifier.
	Name string `json:"name"`
	// Value is the new value. With Unset the value is left out altogether.
	Value string `json:"value,omitempty"`
	Unset bool   `json:"unset,omitempty"`
}

// ParseEdit reads STEP.NAME=VALUE, or STEP.NAME when unset is true. The error
// names the steps and forms that are possible.
func ParseEdit(text string, unset bool) (Edit, error) {
	target, value, assigned := strings.Cut(text, "=")
	step, name, dotted := strings.Cut(target, ".")
	form, example := "STEP.NAME=VALUE", "authorize.prompt=login"
	if unset {
		form, example = "STEP.NAME", "authorize.prompt"
	}
	if !dotted || name == "" || assigned == unset {
		return Edit{}, &Error{
			Kind: KindRefused, What: fmt.Sprintf("%q is not of the form %s.", text, form),
			Try: "For example " + example + "; NAME may also be header.NAME, or url.",
		}
	}
	e := Edit{Step: StepID(step), Name: name, Value: value, Unset: unset}
	if err := e.check(); err != nil {
		return Edit{}, err
	}
	return e, nil
}

// check refuses edits that could have no effect.
func (e Edit) check() error {
	refuse := func(what, try string) error {
		return &Error{Kind: KindRefused, What: what, Try: try}
	}
	_, isHeader := strings.CutPrefix(e.Name, "header.")
	switch {
	case stepIndex(e.Step) < 0:
		return unknownStep(string(e.Step))
	case e.Name == "" || e.Name == "header.":
		return refuse("The edit does not say what to change.", "Write STEP.NAME=VALUE, for example token.redirect_uri=http://localhost.")
	case e.Name == "url" && e.Unset:
		return refuse("A request cannot go without its URL.", "Set it to another one.")
	case e.Step == StepVerifier && (e.Name != "code_verifier" || e.Unset):
		return refuse("The verifier step sends nothing; only code_verifier can be set there.",
			"To leave the verifier out of the token request, unset token.code_verifier.")
	case e.Step == StepChallenge:
		return refuse("The challenge step sends nothing that could be changed.",
			"Change authorize.code_challenge or authorize.code_challenge_method, which is where they are sent.")
	case e.Step == StepCallback:
		return refuse("The callback step sends nothing: it waits for the browser.",
			"To hand over another response, paste it as a redirect URL.")
	case (e.Step == StepAuthorize || e.Step == StepLogout) && isHeader:
		return refuse("The "+string(e.Step)+" request is sent by the browser, which makes its own headers.",
			"Headers can be changed in the steps where the app sends: discovery, token, keys, userinfo, refresh.")
	}
	return nil
}

// same reports whether two edits are of the same value.
func (e Edit) same(o Edit) bool {
	return e.Step == o.Step && (e.Name == o.Name ||
		strings.HasPrefix(e.Name, "header.") && http.CanonicalHeaderKey(e.Name) == http.CanonicalHeaderKey(o.Name))
}

// Edit changes the pending request, or one further on. A second edit of the
// same value replaces the first.
func (w *Walk) Edit(e Edit) error {
	if err := e.check(); err != nil {
		return err
	}
	w.mu.Lock()
	defer w.changed()
	defer w.mu.Unlock()
	if stepIndex(e.Step) < w.at {
		return &Error{
			Kind: KindRefused, What: fmt.Sprintf("The step %s is already done.", e.Step),
			Try: "Go back to it first, then change it.",
		}
	}
	edits := slices.DeleteFunc(slices.Clone(w.t.Config.Edits), e.same)
	w.t.Config.Edits = append(edits, e)
	return nil
}

// Revert forgets the edits of a step.
func (w *Walk) Revert(step StepID) {
	w.mu.Lock()
	w.t.Config.Edits = slices.DeleteFunc(slices.Clone(w.t.Config.Edits), func(e Edit) bool { return e.Step == step })
	w.mu.Unlock()
	w.changed()
}
