package tui

import (
	"fmt"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"
	"github.com/charmbracelet/x/exp/golden"

	"github.com/pkcescope/pkcescope/flow"
	"github.com/pkcescope/pkcescope/inspect"
)

// benchPictures are keys from the home screen. All begin with the example of
// the RFC, because a fresh verifier is another one each time.
var benchPictures = map[string][]string{
	"example":           {"P", "r"},
	"standard base64":   {"P", "r", "c", "backspace", "backspace", "backspace", "+", "c", "M", "=", "enter"},
	"typing a verifier": {"P", "r", "e", "+", "~"},
	"plain":             {"P", "r", "m"},
	"no challenge":      {"P", "r", "c", "ctrl+u", "enter"},
}

func TestBenchScreens(t *testing.T) {
	for _, size := range [][2]int{{80, 24}, {120, 40}, {200, 60}} {
		for name, keys := range benchPictures {
			t.Run(fmt.Sprintf("%s %dx%d", name, size[0], size[1]), func(t *testing.T) {
				m := sized(New(Options{Theme: "dark"}), size[0], size[1], keys...)
				checkScreen(t, m)
				golden.RequireEqual(t, ansi.Strip(m.View().Content))
			})
		}
	}
}

func TestTheBenchFillsEveryWindow(t *testing.T) {
	long := strings.Repeat("aB3-", 40) + "é日\x1b"
	for name, in := range map[string]inspect.PKCEInput{
		"nothing":       {},
		"a long pair":   {Verifier: long, HasVerifier: true, Challenge: long, HasChallenge: true},
		"one mistake":   {Verifier: inspect.ExampleVerifier, HasVerifier: true, Challenge: inspect.ExampleChallenge + "=", HasChallenge: true},
		"a hostile one": {Verifier: "\x1b]0;x\x07\u202e\u200b\xff", HasVerifier: true, Challenge: "\x9b31m", HasChallenge: true, Method: "\x1b[0m"},
	} {
		for _, w := range []int{38, 57, 80, 121, 200} {
			for _, h := range []int{10, 24, 39, 62} {
				for _, keys := range [][]string{nil, {"tab"}, {"tab", "tab"}, {"tab", "tab", "tab"}, {"e"}, {"c"}, {"c", "left", "left"}, {"?"}} {
					m := New(Options{})
					m.openBench(in, false)
					m = sized(m, w, h, keys...)
					checkScreen(t, m)
					if t.Failed() {
						t.Fatalf("%s after %v", name, keys)
					}
				}
			}
		}
	}
}

func TestEveryCharacterTypedIsDerivedAtOnce(t *testing.T) {
	d := NewDriver(t, New(Options{}), 120, 40)
	d.Press("P", "r")
	d.Shows(inspect.ExampleVerifier[:32], inspect.ExampleChallenge, "this is the challenge that RFC 7636 appendix B prints")
	d.Press("e", "backspace")
	d.Shows("1 too few", "They do not match", "verifier-too-short  certain")
	d.Type("k")
	d.Shows("They match")
	d.Type("+")
	d.Shows("truncated  certain", "Not allowed: '+' as character 44")
	d.Press("enter")
	d.Hides("ctrl+u")
}

func TestThePastedEndOfALineIsNotPartOfTheVerifier(t *testing.T) {
	d := NewDriver(t, New(Options{}), 120, 40)
	d.Press("P", "tab", "tab", "tab")
	d.Send(tea.PasteMsg{Content: inspect.ExampleChallenge + "\r\n"})
	d.Press("enter", "tab")
	d.Send(tea.PasteMsg{Content: inspect.ExampleVerifier + "\n"})
	d.Press("enter")
	d.Shows("this is the challenge that RFC 7636 appendix B prints")
}

func TestTheVerifierOfARunStaysMaskedOnTheBenchUntilItIsRevealed(t *testing.T) {
	verifier := flow.RandomVerifier(64)
	for _, method := range []string{"S256", "plain"} {
		challenge := choose(method == "plain", verifier, inspect.ReadPKCE(inspect.PKCEInput{Verifier: verifier, HasVerifier: true}).Challenge.S256)
		m, _ := fixture("dark", flow.StepToken, false)
		m.visit.reading.transcript.Steps = []flow.Step{
			{ID: flow.StepVerifier, Values: []flow.Value{{Name: "code_verifier", Value: verifier, Secret: true}}},
			{ID: flow.StepChallenge, Values: []flow.Value{{Name: "code_challenge", Value: challenge}, {Name: "code_challenge_method", Value: method}}},
		}
		d := NewDriver(t, m, 120, 40)
		d.Press("P")
		d.Shows("They match")
		octets := fmt.Sprintf("% x", verifier[:4])
		for range 4 {
			for _, secret := range []string{verifier[:10], octets, verifier[40:]} {
				d.Hides(secret)
			}
			d.Press("m", "tab")
		}
		d.Press("e")
		d.Shows("masked")
		d.Hides(verifier[:10])
		d.Press("x")
		d.Shows(verifier[:20], octets, "secrets shown")
		d.Press("x", "n")
		d.Hides("●●")
		d.Press("esc")
		d.Hides("PKCE bench  ")
		d.Shows("Token")
	}
}

// The seed is looked for beside the typing, and what was found for a verifier
// that has changed since is dropped.
func TestAGuessableVerifierIsTracedWhenTypingRests(t *testing.T) {
	const guessable = "Ce54l1XXvatNlQbSa~UpEchETqLyAKpay2Hpa1m-1Lb6LRyMg.-RC84o.0k9pmXkyScxIz6naY17Ao6C6~SDOYY3_hsnQrUO24I62BEuFX4rH-nX8iDqUTWa8" // seed 432626567
	d := NewDriver(t, New(Options{}), 120, 50)
	d.Press("P", "e", "ctrl+u")
	d.Send(tea.PasteMsg{Content: guessable})
	d.Until("the seed 432626567")
	d.Shows("31 bits at most", "weak-generator  certain")
	d.Press("backspace")
	d.Hides("the seed 432626567")
	d.Type(guessable[len(guessable)-1:])
	m := d.Model.(Model)
	late := tracedMsg{m.bench.number, inspect.TraceSeed(m.bench.report)}
	d.Press("backspace")
	d.Send(late)
	d.Hides("the seed 432626567")
}

func TestTheBenchOfARunWithoutAVerifierSaysSo(t *testing.T) {
	m, _ := fixture("dark", flow.StepDiscovery, false)
	d := NewDriver(t, m, 120, 40)
	d.Press("P")
	d.Shows("There is no verifier yet")
	d.Press("x")
	d.Hides("secrets shown")
	d.Press("n")
	d.Shows("the shortest allowed")
}

func TestTheBenchLeadsBackToWhereItWasOpened(t *testing.T) {
	d := NewDriver(t, New(Options{}), 80, 24)
	d.Press("P", "r", "n", "esc")
	d.Shows("Practice tenant")
	d.Press("up", "up", "enter")
	d.Shows("nothing is sent")
	d.Press("l")
	d.Shows("no mistake to show code for")
	d.Press("+")
	d.Shows("44 ")
}

func TestALanguageIsShownAtATime(t *testing.T) {
	d := NewDriver(t, New(Options{}), 120, 49)
	d.Press("P", "r", "c")
	d.Type("=")
	d.Press("enter")
	for _, name := range []string{"Shell", "C#", "JavaScript", "Python", "Go", "Shell"} {
		d.Shows("  "+name+"   l shows another language", "  - ", "  + ")
		d.Press("l")
	}
	d.Send(tea.WindowSizeMsg{Width: 120, Height: 60})
	d.Shows("  Shell", "  C#", "  JavaScript", "  Python", "  Go ")
	d.Press("l")
	d.Shows("All languages are shown")
}

func BenchmarkBenchKey(b *testing.B) {
	m := sized(New(Options{}), 120, 40, "P", "r", "e")
	keys := []tea.KeyPressMsg{keyPress("a"), keyPress("backspace")}
	i := 0
	for b.Loop() {
		next, _ := m.Update(keys[i%2])
		m = next.(Model)
		_ = m.View()
		i++
	}
}
