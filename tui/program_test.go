package tui

import (
	"context"
	"io"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"github.com/pkcescope/pkcescope/flow"
)

// reporting passes every screen that is drawn to a channel.
type reporting struct {
	Model
	screens chan<- string
}

func (r reporting) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	m, cmd := r.Model.Update(msg)
	r.Model = m.(Model)
	return r, cmd
}

func (r reporting) View() tea.View {
	v := r.Model.View()
	select {
	case r.screens <- ansi.Strip(v.Content):
	default:
	}
	return v
}

// The real program starts, takes keys, and leaves when it is told to.
func TestTheRealProgram(t *testing.T) {
	m, _ := fixture("dark", flow.StepAuthorize, false)
	screens := make(chan string, 1024)
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	p := tea.NewProgram(reporting{m, screens}, tea.WithContext(ctx), tea.WithInput(nil), tea.WithOutput(io.Discard),
		tea.WithWindowSize(80, 24), tea.WithoutSignalHandler())
	ended := make(chan error, 1)
	go func() { _, err := p.Run(); ended <- err }()
	until := func(text string) {
		t.Helper()
		for {
			select {
			case s := <-screens:
				if strings.Contains(s, text) {
					return
				}
			case <-ctx.Done():
				t.Fatalf("waited in vain for %q", text)
			}
		}
	}
	until("Authorize")
	p.Send(keyPress("d"))
	until("Sequence diagram")
	p.Send(keyPress("?"))
	until("Carry out the step")
	p.Send(keyPress("esc"))
	p.Send(keyPress("q"))
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
}
