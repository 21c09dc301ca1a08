package tui

import (
	"fmt"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"
)

// A group among 5,000 that are folded is found, and folded again when the
// search is given up.
func TestFindLooksIntoFoldedValues(t *testing.T) {
	d := NewDriver(t, pasted(manyGroups(), 120, 40), 120, 40)
	d.Press("/")
	d.Type("000000004711")
	d.Shows("00000000-0000-0000-0000-000000004711", "1 of 1")
	d.Press("esc")
	d.Shows("enter unfolds them")
	d.Hides("4711")
	d.Press("/")
	d.Type("0000471")
	d.Press("enter", "n", "n")
	d.Shows("3 of 11", "000000004711")
	d.Press("N")
	d.Shows("2 of 11")
	d.Press("esc") // ends the search, not the microscope
	d.Shows("Token microscope", "000000004710")
	d.Press("n")
	d.Shows("Nothing is being sought")
	d.Press("/")
	d.Type("nowhere")
	d.Shows("not found")
	d.Press("enter")
	d.Shows("is not in this pane")
}

// A part is searched as text: rows of octets would cut what is sought.
func TestFindInAPartIsMadeInItsText(t *testing.T) {
	d := NewDriver(t, pasted(microIDToken(), 120, 40), 120, 40)
	d.Press("shift+tab", "shift+tab")
	d.Shows("22 61 75 64 22")
	d.Press("/")
	d.Type("alex wilber")
	d.Shows("1 of 1", `"Alex Wilber"`)
	d.Hides("22 61 75 64 22")
}

// A token that is pasted beside a run is held against what that run expects,
// and the person can say otherwise.
func TestATokenPastedBesideARunIsHeldAgainstIt(t *testing.T) {
	d := NewDriver(t, microWalk(), 200, 60)
	d.Press("M")
	d.Send(tea.PasteMsg{Content: strings.Replace(microIDToken(), ".", "%2E", 2)})
	d.Shows("pasted, beside the run", "Points were %2E; read as .", "the issuer of the run that is open", "the client id of the run that is open")
	d.Press("tab", "pgdown")
	d.Shows("the nonce of the run that is open")
	d.Press("a", "ctrl+u", "ctrl+s")
	if o := d.Model.(Model).micro.against; o.Issuer != "" || o.ClientID != microClient {
		d.Press("enter", "enter", "enter", "enter", "enter", "enter", "enter")
	}
	if o := d.Model.(Model).micro.against; o.Issuer != "" || o.ClientID != microClient {
		t.Errorf("after the issuer was taken away: %q, %q", o.Issuer, o.ClientID)
	}
	d.Press("g")
	d.Shows("the client id of the run that is open")
	d.Hides("the issuer of the run that is open")

	// From the home screen no run says anything.
	d = NewDriver(t, pasted(microIDToken(), 200, 60), 200, 60)
	d.Hides("of the run that is open")
	if o := d.Model.(Model).micro.against; o.Issuer != "" {
		t.Errorf("a token pasted without a run is held against %q", o.Issuer)
	}
}

// acr and auth_time are checked once the person says what was asked for.
func TestAcrAndMaxAgeCanBeSaidForAPastedToken(t *testing.T) {
	token := jwtOf(`{"alg":"RS256"}`, fmt.Sprintf(`{"aud":"client","nonce":"n","sub":"s","acr":"c1","auth_time":%d,"iat":%d,"_claim_names":{"groups":"src1"}}`, noon.Unix()-7200, noon.Unix()-60))
	m := pasted(token, 120, 80)
	m.micro.against.ACRValues, m.micro.against.MaxAge = "c1 c2", "3600"
	m.micro.reread(noon)
	d := NewDriver(t, m, 120, 80)
	d.Press("tab", "G")
	d.Shows("acr  passed", "auth_time  failed", "the max_age that was given")
	d = NewDriver(t, pasted(token, 120, 80), 120, 80)
	d.Press("a")
	d.Shows("acr_values", "max_age", "Scopes")
}
