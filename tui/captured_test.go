package tui

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"
	"github.com/charmbracelet/x/exp/golden"

	"github.com/pkcescope/pkcescope/flow/capture"
)

// Two sign-ins as somebody noted them down: the first was refused, the second
// came back with a code that a server redeemed.
const notedDown = `https://login.microsoftonline.com/contoso.com/oauth2/v2.0/authorize?client_id=6731de76-14a6-49ae-97bc-6eba6914391e&response_type=code&redirect_uri=https%3A%2F%2Fapp.example%2Fcb&scope=openid&state=first&nonce=1&code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=S256
https://app.example/cb?error=access_denied&error_description=AADSTS65004%3A+User+declined+to+consent&state=first
https://login.microsoftonline.com/contoso.com/oauth2/v2.0/authorize?client_id=6731de76-14a6-49ae-97bc-6eba6914391e&response_type=code&redirect_uri=https%3A%2F%2Fapp.example%2Fcb&scope=openid&state=second&nonce=2&code_challenge=47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU&code_challenge_method=S256
https://app.example/cb?code=SplxlOBeZQQYbYS6WxSbIA&state=second
`

func TestWhatIsPastedOnTheHomeScreenOpensAsAFlow(t *testing.T) {
	d := NewDriver(t, New(Options{Theme: "dark"}), 120, 40)
	first, _, _ := strings.Cut(notedDown, "\nhttps://login.microsoftonline.com/contoso.com/oauth2/v2.0/authorize?client_id=6731de76-14a6-49ae-97bc-6eba6914391e&response_type=code&redirect_uri=https%3A%2F%2Fapp.example%2Fcb&scope=openid&state=second")
	d.Send(tea.PasteMsg{Content: first})
	d.Until("AADSTS65004")
	d.Shows("capture · URL", "unseen", "Callback")
}

// What a terminal types when a file is dropped on it.
func TestAFileThatIsDroppedOnTheHomeScreenOpens(t *testing.T) {
	file := filepath.Join(t.TempDir(), "noted down.txt")
	if err := os.WriteFile(file, []byte(notedDown), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, typed := range map[string]string{
		"plainly": file, "in quotes": "'" + file + "' ", "with its blanks escaped": strings.ReplaceAll(file, " ", `\ `),
	} {
		t.Run(name, func(t *testing.T) {
			d := NewDriver(t, New(Options{Theme: "dark"}), 120, 40)
			d.Send(tea.PasteMsg{Content: typed})
			d.Until("2 found")
		})
	}
}

func TestAFileThatIsNotThereIsSaidToBeMissing(t *testing.T) {
	d := NewDriver(t, New(Options{Theme: "dark"}), 120, 40)
	d.Press("j", "j", "enter")
	d.Type("nowhere.json")
	d.Press("enter")
	d.Until("There is no file nowhere.json.")
	d.Shows("Try:", "It begins in the directory")
	d.Hides("no such file or directory")
}

func TestAnErrorByItselfIsStillForTheDiagnosis(t *testing.T) {
	d := NewDriver(t, New(Options{Theme: "dark"}), 120, 40)
	d.Send(tea.PasteMsg{Content: `{"error":"invalid_grant","error_description":"AADSTS70008: The provided authorization code has expired."}`})
	d.Shows("diagnose · what an error means")
}

func TestOneOfSeveralFlowsIsChosenFromAList(t *testing.T) {
	file := filepath.Join(t.TempDir(), "noted.txt")
	if err := os.WriteFile(file, []byte(notedDown), 0o600); err != nil {
		t.Fatal(err)
	}
	d := NewDriver(t, New(Options{Theme: "dark"}), 80, 24)
	d.Press("j", "j", "enter")
	d.Type(file)
	d.Press("enter")
	d.Until("2 found")
	d.Shows("sign-in again", "✗", "Flow 1", "not seen")
	d.Press("j")
	d.Shows("Flow 2", "came back with a code")
	d.Press("enter")
	d.Until("flow 2")
	d.Press("esc")
	d.Shows("2 found")
	d.Press("esc")
	d.Shows("Practice tenant")
}

func TestAFileWithoutAFlowSaysWhatWasInItAndWhatToTry(t *testing.T) {
	file := filepath.Join(t.TempDir(), "x.har")
	if err := os.WriteFile(file, []byte(`{"log":{"version":"1.2","entries":[{"request":{"method":"GET","url":"https://a/"},"response":{"status":200}}]}}`), 0o600); err != nil {
		t.Fatal(err)
	}
	d := NewDriver(t, New(Options{Theme: "dark"}), 80, 24)
	d.Press("j", "j", "enter")
	d.Type(file)
	d.Press("enter")
	d.Until("No authorization code flow was found")
	d.Shows("Preserve log")
}

func TestAFileThatTakesLongSaysHowFarItIsAndCanBeStopped(t *testing.T) {
	m := New(Options{Theme: "dark"})
	stopped := false
	o := &fileRead{cancel: func() { stopped = true }}
	o.read.Store(120 << 20)
	o.of.Store(300 << 20)
	m.opening = o
	d := NewDriver(t, m, 80, 24)
	d.Send(readingMsg{o})
	d.Shows("reading… 120 of 300 MB (40 %)")
	d.Press("esc")
	if !stopped {
		t.Error("esc does not stop it")
	}
	d.Send(foundMsg{opening: o, err: os.ErrNotExist}) // comes too late
	d.Shows("Practice tenant")
}

func TestFlowListLooksAsItDid(t *testing.T) {
	found, err := capture.Read(t.Context(), []capture.Source{{Name: "noted.txt", Data: strings.NewReader(notedDown)}}, capture.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, size := range [][2]int{{80, 24}, {120, 40}, {200, 60}} {
		t.Run(fmt.Sprintf("%dx%d", size[0], size[1]), func(t *testing.T) {
			m := New(Options{Theme: "dark"})
			var next tea.Model = m
			next, _ = next.Update(tea.WindowSizeMsg{Width: size[0], Height: size[1]})
			next, _ = next.Update(labMsg(foundMsg{found: found, file: "noted.txt"}))
			golden.RequireEqual(t, []byte(ansi.Strip(next.View().Content)))
		})
	}
}
