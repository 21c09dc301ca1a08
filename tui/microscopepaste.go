package tui

import (
	"context"
	"fmt"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/pkcescope/pkcescope/inspect"
)

// What is pasted under the microscope, and what it is held against.

// keysMsg brings the keys that a pasted token is checked with.
type keysMsg struct {
	number int
	keys   []byte
	err    error
}

// microscopePaste takes a token from what was pasted: the first one, or the
// second of a comparison.
func (m *Model) microscopePaste(text string) tea.Cmd {
	s := &m.micro
	o := s.against
	o.Now = m.now()
	if !s.pasted && s.back == screenWalk {
		// The run that is open says what is expected of a token beside it.
		o = inspect.ExpectedOf(m.visit.reading.transcript)
		o.Now = m.now()
		if !s.comparing {
			s.against, s.keys = o, choose(o.JWKS != nil, keysOfRun, "")
		}
	}
	found, all := inspect.FindSpecimens(text, o)
	said := ""
	switch {
	case len(all) == 0:
		m.say(toneWarn, "There is no token in what was pasted. A token is a long word in three parts with points between them, or a member such as id_token of a token response.")
		return nil
	case s.comparing && len(s.specimens) > 0:
		s.beside = &all[0]
		s.redraw()
	default:
		// A run that was looked at is left; esc still leads back to it.
		back, keys, against := s.back, s.keys, s.against
		m.openMicroscope(back)
		s.pasted, s.live, s.text = true, true, text
		s.keys, s.against = keys, against
		s.specimens, s.focus = all, microClaims
		s.take(all[0])
		if against.Run != nil {
			said = " It is held against what the run expects; a changes that."
		}
	}
	m.say(toneGood, fmt.Sprintf("Read from %s.%s", found, said))
	return nil
}

// microscopeType asks for the token in a form, for terminals that cannot
// paste by themselves.
func (m *Model) microscopeType() tea.Cmd {
	f := &form{
		title: "A token", action: "read",
		intro:  "A bare token, \"Bearer …\", a JSON token response, a URL, or any text with tokens in it. Nothing is sent anywhere.",
		fields: []*field{secretField("token", "Token", "It is masked while it is typed.")},
		submit: func(m *Model, f *form) tea.Cmd {
			m.shut()
			return m.microscopePaste(f.get("token"))
		},
	}
	m.open(f.start())
	return nil
}

// keysOfRun stands where a person could name a file, for the keys of the run.
const keysOfRun = "those of the run"

func (m *Model) whyNoAgainst() string {
	return choose(m.micro.pasted, "", "The run itself says what is expected of its tokens.")
}

// microscopeAgainst asks what a pasted token is to be checked against.
func (m *Model) microscopeAgainst() tea.Cmd {
	s := &m.micro
	f := &form{
		title: "What is expected", action: "check",
		intro: "What is left empty is not known, and the checks that need it say so.",
		fields: []*field{
			textField("issuer", "Issuer", s.against.Issuer, "As in the provider's metadata."),
			textField("client", "Client ID", s.against.ClientID, "The audience of an ID token."),
			textField("nonce", "Nonce", s.against.Nonce, "What the request had."),
			textField("keys", "Keys", s.keys, "A file, an address, or a key set itself."),
			textField("scope", "Scopes", s.against.Scope, "Those asked for, to set beside those granted."),
			textField("acr", "acr_values", s.against.ACRValues, "What the request asked for: acr must be one of them."),
			textField("age", "max_age", s.against.MaxAge, "Seconds: auth_time is held against it."),
		},
		submit: func(m *Model, f *form) tea.Cmd {
			m.shut()
			s := &m.micro
			s.against.Issuer, s.against.ClientID, s.against.Nonce = f.get("issuer"), f.get("client"), f.get("nonce")
			s.against.Scope, s.against.ACRValues, s.against.MaxAge = f.get("scope"), f.get("acr"), f.get("age")
			keys := f.get("keys")
			if keys != s.keys {
				s.keys, s.against.JWKS = keys, nil
			}
			if strings.HasPrefix(keys, "{") || strings.HasPrefix(keys, "-----BEGIN ") {
				s.against.JWKS = []byte(keys)
			}
			s.reread(m.now())
			read, number := m.options.ReadKeys, s.number
			if keys == "" || s.against.JWKS != nil || read == nil {
				return nil
			}
			m.say(toneHere, "Reading the keys…")
			return func() tea.Msg {
				b, err := read(context.Background(), keys)
				return keysMsg{number, b, err}
			}
		},
	}
	m.open(f.start())
	return nil
}

func (m *Model) onKeys(msg keysMsg) {
	s := &m.micro
	switch {
	case msg.number != s.number || m.screen != screenMicroscope:
	case msg.err != nil:
		m.say(toneBad, explainError(msg.err))
	default:
		s.against.JWKS = msg.keys
		s.reread(m.now())
		m.say(toneGood, "The keys were read.")
	}
}

// reread checks what was pasted against other expectations.
func (s *microscope) reread(now time.Time) {
	if s.text == "" {
		return
	}
	o := s.against
	o.Now = now
	_, s.specimens = inspect.FindSpecimens(s.text, o)
	unfolded := s.unfolded
	s.take(s.specimens[s.at])
	s.unfolded = unfolded
}
