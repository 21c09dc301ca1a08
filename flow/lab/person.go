package lab

import (
	"fmt"
	"net/http"
	"net/http/cookiejar"
	"net/url"

	"github.com/pkcescope/pkcescope/flow"
)

// person is somebody with a browser and an account at the provider: the user,
// or the thief in his own name.
type person struct {
	stage   *stage
	actor   flow.Actor
	account string
	jar     http.CookieJar // of the app; the provider's are the browser's own
	browser flow.Browser
}

// The accounts that play. Both are the practice tenant's own.
const (
	userAccount  = 0
	thiefAccount = 1
)

func (s *stage) person(actor flow.Actor, account int) *person {
	jar, _ := cookiejar.New(nil) // fails only for bad options
	name := s.lab.home.Accounts()[account].Username
	return &person{stage: s, actor: actor, account: name, jar: jar, browser: s.lab.home.BrowserOf(name)}
}

func (s *stage) user() *person  { return s.person(flow.ActorBrowser, userAccount) }
func (s *stage) thief() *person { return s.person(flow.ActorAttacker, thiefAccount) }

// arrival is where a visit ended: before an address that was not asked for,
// or on a page.
type arrival struct {
	// at is the last address: the one before which the browser was stopped, or
	// the one that gave the page.
	at   *url.URL
	page flow.Exchange
	// refused is what the provider's own page said, when it let nobody past.
	refused string
}

// maxHops is how many addresses a visit may lead through.
const maxHops = 12

// visit goes to an address, signs in wherever the provider asks, and follows
// redirects until a page comes or the next address is one before which it is
// told to stop. A nil stop stops nowhere.
func (p *person) visit(address string, stop func(*url.URL) bool) (arrival, error) {
	u, err := url.Parse(address)
	if err != nil {
		return arrival{}, err
	}
	for range maxHops {
		if stop != nil && stop(u) {
			return arrival{at: u}, nil
		}
		var x flow.Exchange
		if p.stage.tenants(u) {
			var said string
			if x, said, err = p.signIn(u); err != nil || said != "" {
				return arrival{at: u, page: x, refused: said}, err
			}
		} else if x, err = p.get(u); err != nil {
			return arrival{}, err
		}
		to := x.Response.Header.Get("Location")
		if to == "" {
			return arrival{at: u, page: x}, nil
		}
		if u, err = u.Parse(to); err != nil {
			return arrival{}, err
		}
	}
	return arrival{}, fmt.Errorf("lab: the visit to %s does not come to an end", address)
}

// signIn lets the provider's pages be filled in. It returns the last exchange
// there, and what the provider's page said if it ended on one that says no.
func (p *person) signIn(u *url.URL) (flow.Exchange, string, error) {
	var last flow.Exchange
	err := p.browser.Open(p.stage.ctx, u.String(), func(x flow.Exchange) {
		x.Actor = p.actor
		p.stage.record(x)
		last = x
	})
	if refused, ok := asServer(err); ok {
		return last, refused, nil
	}
	return last, "", err
}

// get asks for a page of the stage.
func (p *person) get(u *url.URL) (flow.Exchange, error) {
	req, err := http.NewRequestWithContext(p.stage.ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return flow.Exchange{}, err
	}
	return p.do(req)
}

// do sends a request of the person's browser with its cookies.
func (p *person) do(req *http.Request) (flow.Exchange, error) {
	for _, c := range p.jar.Cookies(req.URL) {
		req.AddCookie(c)
	}
	x, err := p.stage.send(p.actor, flow.ChannelFront, req)
	if err != nil {
		return x, err
	}
	p.jar.SetCookies(req.URL, (&http.Response{Header: x.Response.Header}).Cookies())
	return x, nil
}

// before stops a visit in front of a host: what stands in the address has then
// been seen, and nobody has acted on it.
func before(host string) func(*url.URL) bool {
	return func(u *url.URL) bool { return u.Host == host && u.Query().Has("code") }
}
