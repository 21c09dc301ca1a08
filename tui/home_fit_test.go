package tui

import (
	"strings"
	"testing"

	"github.com/pkcescope/pkcescope/flow"
)

// What the home screen offers is read whole, also in the smallest usual window.
func TestNothingOnTheHomeScreenIsCutAt80Columns(t *testing.T) {
	text := screenText(sized(New(Options{Theme: "dark", Version: "1.0.0"}), 80, 24))
	for line := range strings.Lines(text) {
		if strings.Contains(line, "…") {
			t.Errorf("cut: %s", line)
		}
	}
}

// Entries that a low window does not show are pointed at, in the direction in
// which they are.
func TestHomeEntriesOutOfSightArePointedAt(t *testing.T) {
	d := NewDriver(t, New(Options{Theme: "dark", Version: "1.0.0"}), 80, 14)
	ends := func(arrow string) bool {
		for line := range strings.Lines(d.Screen()) {
			if strings.HasSuffix(strings.TrimRight(line, " \n"), " "+arrow) {
				return true
			}
		}
		return false
	}
	if ends("↑") || !ends("↓") {
		t.Errorf("at the top:\n%s", d.Screen())
	}
	d.Press("up") // round to the last one
	if !ends("↑") || ends("↓") {
		t.Errorf("at the bottom:\n%s", d.Screen())
	}
}

// Where there is no room for the list and for what is said of the program, the
// words go: a person who comes here wants to go somewhere.
func TestHomeShowsAllOfItsListBeforeItsWords(t *testing.T) {
	for _, test := range []struct {
		name     string
		w, h     int
		profiles Profiles
		shows    []string
		hides    []string
	}{
		{"everything has room", 80, 24, nil, []string{"+ Verifier", "See the authorization", "Nothing is sent", "Token microscope"}, nil},
		{"with profiles the last words go", 80, 24, longNamed{}, []string{"+ Verifier", "Token microscope", "a saved run or a HAR; a URL or curl: paste it here"}, []string{"Nothing is sent"}},
		{"a small window keeps the list alone", 60, 18, nil, []string{"Practice tenant", "Token microscope"}, []string{"See the authorization"}},
		{"in a narrow one the notes go", 40, 16, nil, []string{"Practice tenant", "Token microscope"}, []string{"on this", "…"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			d := NewDriver(t, New(Options{Theme: "dark", Version: "1.0.0", Profiles: test.profiles}), test.w, test.h)
			d.Shows(test.shows...)
			for _, text := range test.hides {
				d.Hides(text)
			}
		})
	}
}

// longNamed are profiles of which one has a name wider than its column.
type longNamed struct{ memory }

func (longNamed) Names() ([]string, error) {
	return []string{"contoso", "keycloak-staging-in-the-basement", "shop"}, nil
}

func (longNamed) Load(string) (flow.Config, error) {
	return flow.Config{Issuer: "https://keycloak.staging.internal.example.com:8443/realms/basement"}, nil
}
