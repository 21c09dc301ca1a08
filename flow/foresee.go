package flow

import "context"

// Foresee returns what a run of c would send on the way to its tokens: a
// transcript with the requests of the steps par, authorize and token, none of
// which was sent and none of which has a response. Those steps are pending. The
// redirect URI is the registered one, without a port of this run, and the code
// is empty.
//
// Of the provider only its metadata is asked for, and not even that where the
// configuration names the endpoints. The error is that of [New] or of the
// discovery, or says why a request cannot be made.
func Foresee(ctx context.Context, c Config, o Options) (Transcript, error) {
	w, err := New(c, o)
	if err != nil {
		return Transcript{}, err
	}
	defer func() { _ = w.Close() }()
	w.draft.redirectURI = w.t.Config.RedirectURI
	if w.knowsEndpoints() {
		w.t.Steps[w.at].Status = StatusSkipped
		w.at++
		w.settle()
	}
	for {
		p, ok := w.Pending()
		if !ok || p.Step != StepDiscovery && p.Step != StepVerifier && p.Step != StepChallenge {
			break
		}
		if err := w.Next(ctx); err != nil {
			return w.Transcript(), err
		}
	}
	var ahead []Step
	for _, id := range []StepID{StepPAR, StepAuthorize, StepToken} {
		c := w.config()
		if !c.Has(id) || !c.Asks(id) || c.Device {
			continue
		}
		r, err := w.ready(id)
		if err != nil {
			return w.Transcript(), err
		}
		s := newStep(id)
		s.Values = r.values
		s.Exchanges = []Exchange{{Actor: ActorApp, Channel: ChannelBack, Request: r.Request}}
		if id == StepAuthorize {
			s.Exchanges[0].Actor, s.Exchanges[0].Channel = ActorBrowser, ChannelFront
		}
		ahead = append(ahead, s)
		w.note(id, r.values)
	}
	t := w.Transcript()
	for _, s := range ahead {
		for i := range t.Steps {
			if t.Steps[i].ID == s.ID {
				t.Steps[i] = s
			}
		}
	}
	return t, nil
}

// knowsEndpoints reports whether the walk stands before its discovery and could
// do without.
func (w *Walk) knowsEndpoints() bool {
	c := w.t.Config
	return w.at < len(w.t.Steps) && w.t.Steps[w.at].ID == StepDiscovery &&
		c.Provider.AuthorizationEndpoint != "" && c.Provider.TokenEndpoint != "" && (!c.Protection.PAR || c.Provider.PAREndpoint != "")
}
