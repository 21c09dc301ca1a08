package flow

// TryListen takes the port of a redirect URI and gives it back at once, so that
// it is known beforehand whether the callback can be awaited here. It is false
// for a redirect URI that nothing on this machine can listen to (a custom
// scheme, another host). The error is an [*Error] of kind refused.
func TryListen(redirectURI string) (bool, error) {
	u := loopbackURL(withFreePort(defaultTo(redirectURI, defaultRedirectURI)))
	if u == nil {
		return false, nil
	}
	listeners, err := listenLoopback(u)
	for _, l := range listeners {
		_ = l.Close()
	}
	return err == nil, err
}

// Listens says whether the callback is awaited on this machine: the redirect
// URI leads to it, and nobody chose to paste the response.
func (c Config) Listens() bool {
	return !c.Paste && loopbackURL(defaultTo(c.RedirectURI, defaultRedirectURI)) != nil
}
