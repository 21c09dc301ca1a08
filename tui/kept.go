package tui

import (
	"context"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/pkcescope/pkcescope/flow"
)

// What the system's keyring keeps for a profile. It may be locked and wait for
// its owner, so it is asked in the background, and the next key ends that.

// keptAsk is a question to the keyring.
type keptAsk struct {
	cancel context.CancelFunc
	name   string
	// then goes on with the client, with its secret if there is one. err is why
	// the keyring gave none.
	then func(m *Model, c flow.Config, err error) tea.Cmd
}

type (
	// keptMsg brings the client with the secret that the keyring keeps.
	keptMsg struct {
		ask    *keptAsk
		config flow.Config
		err    error
	}
	// askingMsg says that the keyring has not answered yet.
	askingMsg struct{ ask *keptAsk }
)

// withKept goes on with a client once it has the secret that is kept for it,
// if it takes one and none was given.
func (m *Model) withKept(c flow.Config, then func(*Model, flow.Config, error) tea.Cmd) tea.Cmd {
	m.stopAsking()
	c = m.withSecret(c)
	if m.options.Kept == nil || c.Name == "" || c.ClientSecret != "" || !c.TakesSecret() {
		return then(m, c, nil)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ask := &keptAsk{cancel: cancel, name: c.Name, then: then}
	m.asking = ask
	kept := m.options.Kept
	return tea.Batch(
		func() tea.Msg {
			defer cancel()
			secret, err := kept(ctx, ask.name)
			c.ClientSecret = secret
			return keptMsg{ask, c, err}
		},
		tea.Tick(quietly, func(time.Time) tea.Msg { return askingMsg{ask} }),
	)
}

// stopAsking ends a question to the keyring, and says whether there was one.
func (m *Model) stopAsking() bool {
	if m.asking == nil {
		return false
	}
	m.asking.cancel()
	m.asking = nil
	return true
}

func (msg askingMsg) apply(m *Model) tea.Cmd { //nolint:unparam // The signature is labMsg's.
	if msg.ask == m.asking {
		m.say(toneHere, "Asking the system's keyring for the secret of "+msg.ask.name+". It may want to be unlocked.  esc stops")
	}
	return nil
}

func (msg keptMsg) apply(m *Model) tea.Cmd {
	if msg.ask != m.asking {
		return nil // it was stopped
	}
	m.asking = nil
	m.notice = notice{}
	return msg.ask.then(m, msg.config, msg.err)
}

// startProfile walks a saved client. If its secret is missing, it is asked for.
func (m *Model) startProfile(c flow.Config, kept error) tea.Cmd {
	if lacksSecret(c) {
		m.open(newTenantForm(m, c, c.Name))
		if kept != nil {
			m.open(newMessage("No secret from the keyring", kept))
		}
		return nil
	}
	return m.startWithout(c, kept)
}

// lacksSecret says whether a client cannot be walked without a secret, and has
// none.
func lacksSecret(c flow.Config) bool {
	method := choose(c.AuthMethod == "", c.DefaultAuth(), c.AuthMethod)
	return c.ClientSecret == "" && method.NeedsSecret()
}

// startWithout walks a client, and says of a secret that the keyring did not
// give.
func (m *Model) startWithout(c flow.Config, kept error) tea.Cmd {
	if kept == nil {
		return m.startWalk(c)
	}
	return saying(m.startWalk(c), notice{"No client secret is sent. " + explainError(kept), toneWarn})
}
