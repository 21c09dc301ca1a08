package tui

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"
	"github.com/charmbracelet/x/exp/golden"

	"github.com/pkcescope/pkcescope/flow"
)

// jwtOf is a token that nobody signed.
func jwtOf(header, payload string) string {
	enc := base64.RawURLEncoding
	return enc.EncodeToString([]byte(header)) + "." + enc.EncodeToString([]byte(payload)) + "." + enc.EncodeToString([]byte(strings.Repeat("signed..", 32)))
}

const (
	microTenant = "72f988bf-86f1-41af-91ab-2d7cd011db47"
	microClient = "6731de76-14a6-49ae-97bc-6eba6914391e"
)

// microIDToken is an ID token that is good at noon.
func microIDToken() string {
	return jwtOf(`{"typ":"JWT","alg":"RS256","kid":"4VZvqbJqUBlhoYq5ZR191St5URs"}`,
		fmt.Sprintf(`{"aud":%q,"iss":"https://login.microsoftonline.com/%s/v2.0","iat":%d,"nbf":%[3]d,"exp":%d,"name":"Alex Wilber","nonce":"n-0S6_WzA2Mj","oid":"690222be-ff1a-4d56-abd1-7e4f7d38e474","sub":"HKZpfaHyWadeOouYlitjrI-KffTm222X5rrV3xDqfKQ","tid":%[2]q,"ver":"2.0"}`,
			microClient, microTenant, noon.Unix()-60, noon.Unix()+4200))
}

func microAccessToken() string {
	return jwtOf(`{"typ":"at+jwt","alg":"RS256","kid":"4VZvqbJqUBlhoYq5ZR191St5URs"}`,
		fmt.Sprintf(`{"aud":"api://notes","iss":"https://login.microsoftonline.com/%s/v2.0","iat":%d,"exp":%d,"scp":"Notes.Read","sub":"somebody"}`, microTenant, noon.Unix()-60, noon.Unix()+4200))
}

// manyGroups is a token of a person in 5,000 groups.
func manyGroups() string {
	groups := make([]string, 5000)
	for i := range groups {
		groups[i] = fmt.Sprintf("00000000-0000-0000-0000-%012d", i)
	}
	list, _ := json.Marshal(groups)
	return jwtOf(`{"alg":"RS256"}`, `{"aud":"client","sub":"s","nonce":"n","groups":`+string(list)+`,"ver":"2.0"}`)
}

func noonModel() Model {
	m := New(Options{Theme: "dark"})
	m.now = func() time.Time { return noon }
	return m
}

// pasted is a model with a token under the microscope, after some keys.
func pasted(text string, w, h int, keys ...string) Model {
	m := sized(noonModel(), w, h, "M")
	next, _ := m.Update(tea.PasteMsg{Content: text})
	return sized(next.(Model), w, h, keys...)
}

// microWalk is a run whose token endpoint gave both tokens.
func microWalk() Model {
	m, _ := fixture("dark", flow.StepKeys, false)
	t := &m.visit.reading.transcript
	t.Config.Issuer = "https://login.microsoftonline.com/" + microTenant + "/v2.0"
	t.Steps = []flow.Step{
		{ID: flow.StepAuthorize, Status: flow.StatusOK, Values: []flow.Value{
			{Name: "url", Value: "https://login.example/authorize?client_id=" + microClient + "&scope=openid+Notes.Read+Notes.Write&nonce=n-0S6_WzA2Mj", In: flow.InLocal},
		}},
		{ID: flow.StepToken, Status: flow.StatusOK, Exchanges: []flow.Exchange{{
			Timing: flow.Timing{Start: noon},
			Response: &flow.Response{
				Status: 200, Header: http.Header{"Content-Type": {"application/json"}},
				Body: flow.Body(fmt.Sprintf(`{"token_type":"Bearer","scope":"openid Notes.Read","access_token":%q,"id_token":%q}`, microAccessToken(), microIDToken())),
			},
		}}},
	}
	return m
}

// The fingerprints on a golden screen must be the same each time: those of
// what is pasted are made with the key of the process.
func init() {
	flow.FingerprintKeyFrom(func() ([]byte, error) { return []byte("a key for golden screens"), nil })
}

func TestMicroscopeScreens(t *testing.T) {
	for _, size := range [][2]int{{80, 24}, {120, 40}, {200, 60}} {
		for name, picture := range map[string]func(w, h int) Model{
			"empty":      func(w, h int) Model { return sized(noonModel(), w, h, "M") },
			"pasted":     func(w, h int) Model { return pasted(microIDToken(), w, h) },
			"checks":     func(w, h int) Model { return pasted(microIDToken(), w, h, "tab") },
			"payload":    func(w, h int) Model { return pasted(microIDToken(), w, h, "shift+tab", "shift+tab", "v") },
			"tampered":   func(w, h int) Model { return sized(microWalk(), w, h, "M", "t", "t", "t", "t", "tab") },
			"access":     func(w, h int) Model { return sized(microWalk(), w, h, "M", "]", "end") },
			"comparison": func(w, h int) Model { return sized(microWalk(), w, h, "M", "d", "down") },
			"groups":     func(w, h int) Model { return pasted(manyGroups(), w, h, "down", "down", "down") },
			"unfolded":   func(w, h int) Model { return pasted(manyGroups(), w, h, "down", "down", "down", "enter") },
			"opaque": func(w, h int) Model {
				return pasted(`{"access_token":"0.AXEA-opaque","token_type":"Bearer","scope":"openid Notes.Read"}`, w, h)
			},
			"cut in a URL": func(w, h int) Model { return pasted(strings.ReplaceAll(microIDToken(), ".", "%2E")[:300], w, h) },
			"encrypted": func(w, h int) Model {
				return pasted("eyJhbGciOiJSU0EtT0FFUCIsImVuYyI6IkEyNTZHQ00ifQ.AAAA.BBBB.CCCCCCCC.DDDD", w, h, "x")
			},
		} {
			t.Run(fmt.Sprintf("%s %dx%d", name, size[0], size[1]), func(t *testing.T) {
				m := picture(size[0], size[1])
				checkScreen(t, m)
				golden.RequireEqual(t, ansi.Strip(m.View().Content))
			})
		}
	}
}

func TestAPastedTokenIsTakenApart(t *testing.T) {
	d := NewDriver(t, noonModel(), 120, 80)
	d.Press("M")
	d.Shows("Paste a token here")
	d.Send(tea.PasteMsg{Content: "Good morning."})
	d.Shows("no token in what was pasted", "Paste a token here")
	d.Send(tea.PasteMsg{Content: "Authorization: Bearer " + microIDToken() + "\r\n"})
	d.Shows("eyJ0eXAi", "7b 22 74 79 70 22", `{"typ"`, "Alex Wilber", "in 70 min", "2026-03-01 13:10:00 UTC", "signature  cannot tell")
	d.Press("esc", "M")
	d.Shows("Paste a token here")
	d.Hides("Alex Wilber")
}

func TestTheSignatureStaysMaskedUntilItIsRevealed(t *testing.T) {
	token := microIDToken()
	secret := token[strings.LastIndexByte(token, '.')+1:][:8]
	for _, open := range []func() Model{func() Model { return pasted(token, 120, 40) }, func() Model { return sized(microWalk(), 120, 40, "M") }} {
		d := NewDriver(t, open(), 120, 40)
		for range 8 {
			d.Hides(secret)
			d.Hides("73 69 67 6e 65 64")
			d.Press("t", "v", "tab")
		}
		d.Press("o", "v", "v", "x")
		d.Shows(secret, "73 69 67 6e 65 64", "secrets shown")
		d.Press("x")
		d.Hides(secret)
	}
}

func TestAChangeShowsWhichChecksNoticeItAndCanBeUndone(t *testing.T) {
	d := NewDriver(t, microWalk(), 120, 140)
	d.Press("M", "t", "t", "t", "t")
	d.Shows("Changed: aud changed to another client", "Noticed by: aud", "aud  failed  before: passed", "changed")
	d.Press("t")
	d.Shows("alg set to none", "alg  failed  before: passed")
	d.Press("T", "o")
	d.Hides("Changed:")
	d.Shows("aud  passed")
	d.Press("e", "ctrl+u")
	d.Type("somebody else")
	d.Press("enter")
	d.Shows("Changed: aud changed", "Noticed by: aud")
	d.Press("d")
	d.Shows("id_token, changed", "≠ aud", "somebody else")
	d.Press("esc", "o", "esc")
	d.Hides("Token microscope")
}

func TestEveryCheckSaysWhereItsExpectedValueIsFrom(t *testing.T) {
	d := NewDriver(t, microWalk(), 120, 140)
	d.Press("M")
	d.Shows("from      the authorize request", "from      the client_id that was sent", "from      the client's settings", "from      nowhere yet")
}

func TestRequestedScopesStandAgainstGrantedOnes(t *testing.T) {
	d := NewDriver(t, microWalk(), 120, 140)
	d.Press("M", "]")
	d.Shows("access_token (2 of 2)", "✓ Notes.Read  requested, granted", "✗ Notes.Write  requested, not granted", "Not in it")
}

func TestALongListIsFoldedAndNotCut(t *testing.T) {
	d := NewDriver(t, pasted(manyGroups(), 120, 40), 120, 40)
	d.Shows("5000 values", "-000000000000", "-000000000003")
	d.Hides("-000000000004")
	d.Press("down", "down", "down", "enter")
	d.Shows("-000000000008")
	d.Press("end")
	d.Shows("5000 00000000-0000-0000-0000-000000004999")
	d.Press("enter")
	d.Hides("-000000000004")
	d.Press("enter", "d")
	d.Send(tea.PasteMsg{Content: microIDToken()})
	d.Shows("≠ groups", "…")
	d.Hides("-000000000009")
}

func TestALongTextIsFoldedAndNotCut(t *testing.T) {
	long := strings.Repeat("日本語 ", 2000)
	d := NewDriver(t, pasted(jwtOf(`{"alg":"RS256"}`, `{"note":"`+long+`end of it"}`), 80, 24), 80, 24)
	d.Shows("20 kB", "enter unfolds it")
	d.Press("enter", "end")
	d.Shows("end of it")
}

func TestAPastedTokenIsCheckedAgainstWhatThePersonSays(t *testing.T) {
	m := New(Options{ReadKeys: func(_ context.Context, from string) ([]byte, error) {
		if from == "keys.json" {
			return []byte(`{"keys":[{"kty":"RSA","kid":"another","n":"sXch","e":"AQAB"}]}`), nil
		}
		return nil, errors.New("no such file")
	}})
	m.now = func() time.Time { return noon }
	d := NewDriver(t, m, 120, 140)
	d.Press("M")
	d.Send(tea.PasteMsg{Content: microIDToken()})
	d.Press("a", "tab")
	d.Type(microClient)
	d.Press("tab")
	d.Type("another nonce")
	d.Press("tab")
	d.Type("keys.json")
	d.Press("enter")
	d.Until("The keys were read")
	d.Shows("aud  passed", "nonce  failed", "kid  failed")
	d.Press("a", "tab", "tab", "tab", "ctrl+u")
	d.Type("elsewhere")
	d.Press("enter")
	d.Until("no such file")
}

func TestTwoPastedTokensStandSideBySide(t *testing.T) {
	d := NewDriver(t, pasted(microIDToken(), 80, 24), 80, 24)
	d.Press("d")
	d.Shows("Paste the other token now")
	d.Send(tea.PasteMsg{Content: microAccessToken()})
	d.Shows("≠ aud", "api://notes", "id_token", "access_token", "differ")
	d.Press("d")
	d.Hides("api://notes")
}

func TestHostileTokensStayInTheirPlace(t *testing.T) {
	text, _ := json.Marshal(nasty)
	s := string(text)
	for name, token := range map[string]string{
		"in every place": jwtOf(`{"alg":`+s+`,"kid":`+s+`,`+s+`:1}`, `{`+s+`:`+s+`,"aud":[`+s+`,`+s+`],"scp":`+s+`,"groups":[`+strings.Repeat(s+",", 20)+`1],"exp":99999999999999999999,"iat":1,"x":{`+s+`:`+s+`}}`),
		"cut off":        microIDToken()[:90],
		"two parts":      "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhZ",
		"opaque":         nasty[:20] + "opaque",
		"not base64":     "eyJhbGciOiJSUzI1NiJ9.é日{}.\x1b[2J",
		"encrypted":      "eyJhbGciOiJkaXIiLCJlbmMiOiJBMTI4R0NNIn0..AAAA.!!.x",
	} {
		for w := 38; w <= 210; w += 43 {
			for h := 10; h <= 62; h += 13 {
				for _, keys := range [][]string{nil, {"x", "v"}, {"tab"}, {"shift+tab"}, {"down", "enter", "end"}, {"t", "tab"}, {"d"}, {"d", "d"}, {"?"}, {"e"}, {"a"}, {"p"}} {
					m := pasted(token, w, h, keys...)
					checkScreen(t, m)
					if t.Failed() {
						t.Fatalf("%s after %v", name, keys)
					}
				}
				m := pasted(microIDToken(), w, h, "d")
				next, _ := m.Update(tea.PasteMsg{Content: token})
				checkScreen(t, next.(Model))
			}
		}
	}
}

// hugeToken has about a megabyte in one claim.
func hugeToken() string {
	return jwtOf(`{"alg":"RS256"}`, `{"sub":"s","nonce":"n","photo":"`+strings.Repeat("abcdefgh", 96_000)+`"}`)
}

// A key costs the same in a token of a megabyte, or with 5,000 groups unfolded,
// as in a small one.
func TestAHugeTokenScrollsLikeASmallOne(t *testing.T) {
	allocs := func(token string, keys ...string) float64 {
		m := pasted(token, 120, 40, keys...)
		return testing.AllocsPerRun(20, func() {
			next, _ := m.Update(keyPress("j"))
			m = next.(Model)
			_ = m.View()
		})
	}
	small := allocs(microIDToken())
	for name, n := range map[string]float64{
		"a megabyte":               allocs(hugeToken()),
		"its payload":              allocs(hugeToken(), "shift+tab", "shift+tab"),
		"a megabyte unfolded":      allocs(hugeToken(), "down", "down", "enter"),
		"5,000 groups":             allocs(manyGroups()),
		"5,000 groups, unfolded":   allocs(manyGroups(), "down", "down", "down", "enter"),
		"5,000 groups, as octets":  allocs(manyGroups(), "shift+tab", "shift+tab"),
		"5,000 groups, in a text ": allocs(manyGroups(), "v", "shift+tab", "shift+tab"),
	} {
		if n > 3*small {
			t.Errorf("%s: a key costs %v allocations, %v in a small token", name, n, small)
		}
	}
}

func BenchmarkMicroscopeKey(b *testing.B) {
	for name, m := range map[string]Model{
		"small":        pasted(microIDToken(), 120, 40),
		"1 MB":         pasted(hugeToken(), 120, 40, "down", "down", "enter"),
		"1 MB payload": pasted(hugeToken(), 120, 40, "shift+tab", "shift+tab"),
		"5000 groups":  pasted(manyGroups(), 120, 40, "down", "down", "down", "enter"),
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				next, _ := m.Update(keyPress("j"))
				m = next.(Model)
				_ = m.View()
			}
		})
	}
}

func BenchmarkMicroscopePaste(b *testing.B) {
	for name, token := range map[string]string{"small": microIDToken(), "1 MB": hugeToken(), "5000 groups": manyGroups()} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				_ = pasted(token, 120, 40)
			}
		})
	}
}
