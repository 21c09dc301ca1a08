package flow

import (
	"fmt"

	"github.com/go-jose/go-jose/v4"
)

// Rewind makes step the pending one again and drops what it and the later
// steps recorded. Edits are kept. A fresh verifier, state and nonce are drawn
// for the steps that make them.
func (w *Walk) Rewind(step StepID) error {
	i := stepIndex(step)
	w.mu.Lock()
	switch {
	case i < 0:
		w.mu.Unlock()
		return unknownStep(string(step))
	case i > w.at:
		w.mu.Unlock()
		return &Error{Kind: KindRefused, What: fmt.Sprintf("The step %s has not been reached yet.", step)}
	case w.cancel != nil:
		w.mu.Unlock()
		return &Error{
			Kind: KindRefused, What: "A step is still under way.",
			Try: "Cancel it first, then go back.",
		}
	}
	for j := i; j < len(w.t.Steps); j++ {
		w.t.Steps[j] = newStep(w.t.Steps[j].ID)
	}
	if i <= stepIndex(StepDiscovery) {
		w.t.Config.Provider = w.given.Provider
		w.keys = jose.JSONWebKeySet{} // another issuer has its own
	}
	if step == StepDevice {
		w.take(step)
	}
	w.t.Steps[stepIndex(StepDevice)].Optional = w.t.Config.Device && !w.given.Device
	w.at = i
	var stop *wait
	if i <= stepIndex(StepAuthorize) {
		stop, w.wait = w.wait, nil
	} else if i <= stepIndex(StepCallback) && w.wait != nil {
		w.wait.again()
	}
	w.redraft(step)
	w.settle()
	w.mu.Unlock()
	stop.close()
	w.changed()
	return nil
}

// Reconfigure changes the client's settings and makes step the pending one, as
// [Walk.Rewind] does. What was discovered stays unless the issuer changes, which
// begins at discovery; keys and what protects the requests (Credential,
// Protection) are those of the walk. The error is an [*Error] of kind refused,
// and then nothing has changed.
func (w *Walk) Reconfigure(c Config, step StepID) error {
	given := c
	c, err := c.complete(w.now())
	if err != nil {
		return err
	}
	w.mu.Lock()
	was, wasGiven := w.t.Config, w.given
	if c.Issuer == was.Issuer {
		c.Provider, given.Provider = was.Provider, wasGiven.Provider
	} else {
		step = StepDiscovery
	}
	c.Protection, c.Credential = was.Protection, was.Credential
	given.Protection = wasGiven.Protection
	if c.Device == was.Device {
		given.Device = wasGiven.Device
	}
	w.t.Config, w.given = c, given
	w.mu.Unlock()
	if err := w.Rewind(step); err != nil {
		w.mu.Lock()
		w.t.Config, w.given = was, wasGiven
		w.mu.Unlock()
		return err
	}
	return nil
}
