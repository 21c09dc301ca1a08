package flow

// Asks reports whether a run of all steps has the step: the configuration asks
// for it, or there is no flow without it.
func (c Config) Asks(id StepID) bool {
	switch id {
	case StepPAR:
		return c.Protection.PAR || c.Provider.PARRequired
	case StepDevice:
		return c.Device
	case StepUserInfo:
		return c.UserInfo
	case StepRefresh:
		return c.Refresh
	case StepCall:
		return c.Afterwards.Call != ""
	case StepIntrospect:
		return c.Afterwards.Introspect
	case StepRevoke:
		return c.Afterwards.Revoke
	case StepLogout:
		return c.Afterwards.Logout
	default:
		return true
	}
}

// offers reports whether the provider names an endpoint for a step that c does
// not ask for.
func (c Config) offers(id StepID) bool {
	if c.Asks(id) {
		return false
	}
	switch p := c.Provider; id {
	case StepPAR:
		return p.PAREndpoint != "" && !c.Device
	case StepDevice:
		on := c
		on.Device = true
		return p.DeviceEndpoint != "" && on.checkDevice() == nil
	case StepIntrospect:
		return p.IntrospectionEndpoint != ""
	case StepRevoke:
		return p.RevocationEndpoint != ""
	case StepLogout:
		return p.EndSessionEndpoint != ""
	default:
		return false
	}
}

// offered reports whether a step is there only because the provider offers it.
func (w *Walk) offered(id StepID) bool { return w.o.Offered && w.t.Config.offers(id) }

// take makes an offered step that shapes the sign-in a setting of this walk, so
// that the steps around it, a run of all steps and whoever reads the transcript
// know of it. The steps after the tokens shape nothing: they are taken one by
// one.
func (w *Walk) take(id StepID) {
	if !w.offered(id) {
		return
	}
	switch id {
	case StepPAR:
		w.t.Config.Protection.PAR = true
	case StepDevice:
		w.t.Config.Device = true
	default:
	}
}

// leave undoes [Walk.take].
func (w *Walk) leave(id StepID) {
	switch id {
	case StepPAR:
		w.t.Config.Protection.PAR = w.given.Protection.PAR
	case StepDevice:
		w.t.Config.Device = w.given.Device
	default:
	}
}
