package tui

import (
	"fmt"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"
	"github.com/charmbracelet/x/exp/golden"

	"github.com/pkcescope/pkcescope/flow"
	"github.com/pkcescope/pkcescope/inspect"
)

// aTalk is the program's own talk on the screen. There is neither a practice
// tenant nor a laboratory, so it tells of the recorded run.
func aTalk(t *testing.T, w, h int) *Driver {
	t.Helper()
	talk := inspect.DefaultTalk()
	m := New(Options{Theme: "dark", Talk: &talk})
	m.now = func() time.Time { return noon }
	d := NewDriver(t, m, w, h)
	d.Until("recorded")
	d.until("every theft and the twins", func() bool {
		m := d.Model.(Model)
		return m.present.live.twins != nil && len(m.present.live.plays) == 3
	})
	return d
}

func slideOf(d *Driver) inspect.Slide {
	m := d.Model.(Model)
	s, _ := m.present.slide()
	return s
}

func TestATalkWhoseLiveRunFailsGoesOnWithTheRecordedOneAndOnlyTheNotesSaySo(t *testing.T) {
	d := aTalk(t, 80, 24)
	for range 5 {
		d.Press("space")
	}
	d.Shows("code_challenge", "S256", "recorded")
	d.Hides("could not start")
	d.Press("n")
	d.Shows("The live run could not start.", "no practice tenant")
}

func TestATalkIsWalkedFromItsFirstSceneToItsLastAndBack(t *testing.T) {
	d := aTalk(t, 80, 24)
	d.Shows("Who redeems the code?", "1 of 18")
	seen := ""
	for range 60 {
		seen += d.Screen()
		d.Press("pgdown")
	}
	for _, text := range []string{
		"A secret for this sign-in alone", "Its fingerprint may be seen", "The code comes back", "Now the secret itself",
		"Who signed in", "signature", "Stolen, without PKCE", "The thief won.", "Stolen, with PKCE", "The app won.", "Why not plain?",
	} {
		if !strings.Contains(seen, text) {
			t.Errorf("the talk never said %q", text)
		}
	}
	d.Shows("Questions?", "This is the last scene")
	d.Press("left", "right")
	d.Shows("Questions?", "18 of 18")
	d.Press("home")
	d.Shows("Who redeems the code?")
}

// secretsOf are the beginnings of a run's secrets, of a signed token that of
// its signature: the rest of it is shown on purpose.
func secretsOf(t *testing.T, runs ...flow.Transcript) []string {
	t.Helper()
	var all []string
	for _, run := range runs {
		for _, s := range run.Steps {
			for _, v := range s.Values {
				if parts := strings.Split(v.Value, "."); v.Secret && len(parts) == 3 {
					all = append(all, parts[2][:16])
				} else if v.Secret && len(v.Value) >= 16 {
					all = append(all, v.Value[:16])
				}
			}
		}
	}
	if len(all) < 5*len(runs) {
		t.Fatalf("%d secrets in %d runs", len(all), len(runs))
	}
	return all
}

func TestNoSecretIsOnTheScreenOfATalkUntilItWasSaidTwice(t *testing.T) {
	d := aTalk(t, 200, 60)
	runs := []flow.Transcript{inspect.RecordedRun()}
	for _, s := range inspect.DefaultTalk().Scenes {
		if play, ok := inspect.RecordedPlay(s.Play(), inspect.Options{}); ok {
			runs = append(runs, play.Transcript)
		}
	}
	secrets := secretsOf(t, runs...)
	for range 60 {
		for _, s := range secrets {
			d.Hides(s)
		}
		d.Press("space")
	}
	verifier, _ := runs[0].Step(flow.StepVerifier).Value("code_verifier")
	d.Press("home", "1", "x")
	d.Shows("Show secrets to the room?")
	d.Press("y")
	d.Shows("Really?")
	d.Press("esc")
	d.Hides(verifier)
	d.Press("x", "y", "s")
	d.Shows(verifier, "secrets shown")
	d.Press("x")
	d.Hides(verifier)
}

func TestTheSpotlightMovesAndSaysWhatItIsOn(t *testing.T) {
	d := aTalk(t, 80, 24)
	d.Press("3") // the authorize request
	d.Shows("▸ code_challenge ")
	d.Press("down")
	d.Shows("▸ code_challenge_method")
	d.Press("down")
	d.Hides("▸")
	d.Press("down")
	d.Shows("▸ client_id")
}

func TestWhatPKCEAddsIsTakenAwayAndPutBack(t *testing.T) {
	d := aTalk(t, 80, 24)
	d.Press("3", "p")
	d.Hides("code_challenge")
	d.Shows("state", "without PKCE")
	d.Press("1")
	d.Shows("Without PKCE there is nothing here")
	d.Press("3", "p")
	d.Shows("code_challenge")
}

func TestATalkPlaysByItselfAndStops(t *testing.T) {
	d := aTalk(t, 80, 24)
	now := noon
	m := d.Model.(Model)
	m.now = func() time.Time { return now }
	d.Model = m
	d.Press("a")
	d.Shows("plays, 10s")
	now = now.Add(9 * time.Second)
	d.Send(tickMsg(now))
	d.Shows("Who redeems the code?", "plays, 1s")
	now = now.Add(time.Second)
	d.Send(tickMsg(now))
	d.Shows("The code travels through the browser", "plays, 20s")
	d.Press("a")
	now = now.Add(time.Hour)
	d.Send(tickMsg(now))
	d.Shows("The code travels through the browser")
	d.Hides("plays")
	d.Press("+", "a")
	d.Shows("plays, 16s")
}

func TestAStepIsGoneToByItsNumberAndASceneFromTheList(t *testing.T) {
	d := aTalk(t, 80, 24)
	d.Press("5")
	if s := slideOf(d); s.Step != flow.StepToken {
		t.Errorf("5 goes to %q", s.Step)
	}
	d.Press("9")
	d.Shows("no step 9")
	d.Press("g", "home", "down", "enter")
	d.Shows("The code travels through the browser")
}

func TestTheTranscriptOfATalkIsOpenedAndLeftAgain(t *testing.T) {
	d := aTalk(t, 120, 40)
	d.Press("3", "t")
	d.Until("Steps")
	d.Press("esc")
	d.Until("The fingerprint goes first")
}

func TestATalkAboutASavedRunShowsThatRun(t *testing.T) {
	run := inspect.RecordedRun()
	for i := range run.Steps {
		if s := &run.Steps[i]; s.ID == flow.StepToken {
			s.Status = flow.StatusFailed
			s.Error = &flow.Error{Kind: flow.KindServer, What: "The server refused the code.", Try: "Start over."}
		}
	}
	talk := inspect.DefaultTalk()
	d := NewDriver(t, New(Options{Theme: "dark", Talk: &talk, Transcript: &run, File: "run.json"}), 80, 24)
	d.Until("saved run")
	d.Press("5", "space", "space", "space")
	d.Shows("Why it failed", "saved run")
}

func TestATalkKeepsItsPlaceWhateverTheWindow(t *testing.T) {
	d := aTalk(t, 80, 24)
	for range 40 {
		title := slideOf(d).Title
		for _, size := range [][2]int{{40, 12}, {60, 15}, {200, 60}, {80, 24}} {
			d.Send(tea.WindowSizeMsg{Width: size[0], Height: size[1]})
			if got := slideOf(d).Title; got != title {
				t.Fatalf("%v shows %q, not %q", size, got, title)
			}
		}
		d.Shows(strings.Split(title, " ")[0])
		d.Press("right")
	}
}

func TestSlides(t *testing.T) {
	for _, size := range [][2]int{{80, 24}, {120, 40}} {
		for name, keys := range map[string][]string{
			"first": nil, "diagram": {"right", "right"}, "request": {"3"}, "notes": {"3", "n"}, "checks": {"6"},
			"theft": {"end", "left", "left", "left", "left"}, "scenes": {"g"},
		} {
			t.Run(fmt.Sprintf("%s %dx%d", name, size[0], size[1]), func(t *testing.T) {
				d := aTalk(t, size[0], size[1])
				d.Press(keys...)
				golden.RequireEqual(t, ansi.Strip(d.Model.View().Content))
			})
		}
	}
}

// An address that there is no room for keeps its host and its end; what is no
// address stays whole.
func TestALongAddressLosesItsMiddle(t *testing.T) {
	m := sized(New(Options{Theme: "dark"}), 80, 24)
	for _, test := range []struct {
		text string
		room int
		want string
	}{
		{"http://127.0.0.1:40931/72a5f9c1-0d3e/oauth2/v2.0/token", 80, "http://127.0.0.1:40931/72a5f9c1-0d3e/oauth2/v2.0/token"},
		{"http://127.0.0.1:40931/72a5f9c1-0d3e/oauth2/v2.0/token", 50, "http://127.0.0.1:40931/…/oauth2/v2.0/token"},
		{"http://127.0.0.1:40931/72a5f9c1-0d3e/oauth2/v2.0/token", 10, "http://127.0.0.1:40931/…/token"},
		{"●●●●●●●● 99 chars #2ce90fcd", 10, "●●●●●●●● 99 chars #2ce90fcd"},
		{"openid profile", 4, "openid profile"},
	} {
		if got := m.withoutMiddle(test.text, test.room); got != test.want {
			t.Errorf("%q in %d cells is %q, want %q", test.text, test.room, got, test.want)
		}
	}
}
