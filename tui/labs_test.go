package tui

import (
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"
	"github.com/charmbracelet/x/exp/golden"

	"github.com/pkcescope/pkcescope/flow"
	"github.com/pkcescope/pkcescope/flow/practice/broken"
)

// shelf is the labs themselves, as the command hands them over.
type shelf struct{ solved map[string]bool }

func (s shelf) List() ([]LabEntry, error) {
	var out []LabEntry
	for _, l := range broken.Labs() {
		out = append(out, LabEntry{ID: l.ID, Title: l.Title, Story: l.Story, Solved: s.solved[l.ID]})
	}
	return out, nil
}

func (s shelf) Start(id string) (LabSession, error) {
	lab, err := broken.Find(id)
	if err != nil {
		return nil, err
	}
	b, err := broken.Start(lab)
	return shelved{b, s}, err
}

type shelved struct {
	*broken.Session
	shelf shelf
}

func (s shelved) Browser() flow.Browser { return s.Server().Browser() }

func (s shelved) Walk(b flow.Browser, changed func()) (Walker, flow.Config, error) {
	c, err := s.Config()
	if err != nil {
		return nil, c, err
	}
	o := s.Options()
	o.Browser, o.Changed = b, changed
	w, err := flow.New(c, o)
	return w, c, err
}

func (s shelved) Settings() []LabSetting {
	var out []LabSetting
	for _, x := range s.Session.Settings() {
		out = append(out, LabSetting(x))
	}
	return out
}

func (s shelved) Judge(t flow.Transcript) (solved bool, why string, err error) {
	v := s.Session.Judge(t)
	if v.Solved {
		s.shelf.solved[s.Lab.ID] = true
	}
	return v.Solved, v.Why, nil
}

// A learner chooses a lab, sees it fail, takes a hint, changes the client, is
// told that it is solved and why, and finds it marked.
func TestALabIsSolvedOnTheScreen(t *testing.T) {
	for _, size := range [][2]int{{80, 24}, {120, 40}} {
		solved := map[string]bool{}
		d := NewDriver(t, New(Options{Theme: "dark", Labs: shelf{solved}}), size[0], size[1])
		d.Press("b")
		d.Shows("Broken tenants", "0 of 34", "One character", "The desktop app opens")
		d.Press("enter")
		d.Until("Discovery")
		d.Press("a")
		d.Until("Not solved.")
		d.Shows("AADSTS50011")
		d.Press("left")
		d.Shows(", settings", "H hint") // the keys that solve it, in the narrow window too

		d.Press("H")
		d.Shows("Hints", "1  Read the number")
		d.Hides("Lay the redirect URI")
		d.Press("esc")

		// The redirect URI is the third setting of the client.
		d.Press(",")
		d.Shows("The client and its registration", "Redirect URI")
		d.Press("down", "down")
		d.Type("/")
		d.Press("enter")
		d.Until("Solved")
		d.Shows("Below the first slash")
		d.Press("esc", "esc")
		d.Until("1 of 34")
		d.Shows("✓ One character", "Solved.")
		if !solved["trailing-slash"] {
			t.Error("it was not kept")
		}
		d.Press("esc")
		d.Shows("Practice tenant")
		d.Model.(Model).close()
	}
}

// What a lab locks is refused in the dialog, with the reason, and nothing runs.
func TestALockedSettingSaysWhy(t *testing.T) {
	d := NewDriver(t, New(Options{Theme: "dark", Labs: shelf{map[string]bool{}}}), 120, 40)
	d.Press("b", "down", "down", "enter") // https-or-http
	d.Until("Discovery")
	d.Press(",", "down", "down")
	d.Type("x")
	d.Press("enter")
	d.Shows("cannot be changed in this lab", "no certificate")
	d.Press("esc", "esc")
	d.Shows("This lab is open")
	d.Press("enter")
	d.Shows("Discovery")
	d.Model.(Model).close()
}

func TestWithoutLabsTheKeySaysSo(t *testing.T) {
	d := NewDriver(t, New(Options{Theme: "dark"}), 80, 24)
	d.Press("b")
	d.Shows("no broken tenants")
}

func TestGoldenLabs(t *testing.T) {
	for _, w := range []struct {
		name string
		w, h int
	}{{"80x24", 80, 24}, {"120x40", 120, 40}} {
		t.Run(w.name, func(t *testing.T) {
			m := sized(New(Options{Theme: "dark", Labs: shelf{map[string]bool{"letter-case": true}}}), w.w, w.h, "b", "down")
			golden.RequireEqual(t, ansi.Strip(m.View().Content))
		})
	}
}

// down goes to the first field whose hint holds the text.
func down(d *Driver, hint string) {
	d.t.Helper()
	for range 60 {
		if strings.Contains(d.Screen(), hint) {
			return
		}
		d.Press("down")
	}
	d.t.Fatalf("no field is called %s", hint)
}

// A list has a field for each entry and one more, a policy a switch, and a
// secret is made by the portal: each of these labs is solved so.
func TestListsAreChangedEntryByEntry(t *testing.T) {
	for _, row := range []struct {
		lab    string
		change func(d *Driver)
	}{
		{"trailing-slash", func(d *Driver) {
			down(d, "registration.native=")
			d.Press("down") // the field behind the only entry
			d.Type("http://localhost/auth")
		}},
		{"letter-case", func(d *Driver) { // the entry is written over
			down(d, "registration.native=")
			d.Press("ctrl+u")
			d.Type("http://localhost/signin")
		}},
		{"conditional-access", func(d *Driver) {
			down(d, "tenant.conditional_access=")
			d.Press("right")
		}},
		{"secret-expired", func(d *Driver) {
			down(d, "client.secret=")
			d.Press("ctrl+u")
			d.Type("{new secret}")
			down(d, "registration.secrets=")
			d.Press("right")
		}},
	} {
		t.Run(row.lab, func(t *testing.T) {
			labs := broken.Labs()
			d := NewDriver(t, New(Options{Theme: "dark", Labs: shelf{map[string]bool{}}}), 120, 40)
			d.Press("b")
			for i := 0; labs[i].ID != row.lab; i++ {
				d.Press("down")
			}
			d.Press("enter")
			d.Until("Discovery")
			d.Press(",")
			row.change(d)
			d.Press("enter")
			d.Until("Solved")
			d.Model.(Model).close()
		})
	}
}
