package practice

import (
	"context"
	"fmt"
	"net"
	"slices"
	"strings"
	"time"

	"github.com/pkcescope/pkcescope/flow"
)

// CheckListen refuses every address that other machines could reach, and what
// is no address at all, as [Start] does of [Options.Listen]. The practice tenant
// hands out tokens to whoever knows a password that is printed on its sign-in
// page.
func CheckListen(addr string) error {
	refused := func(why string) error {
		return &flow.Error{
			Kind: flow.KindRefused,
			What: fmt.Sprintf("The practice tenant does not listen on %q.", addr),
			Why:  why,
			Try:  "Use a loopback address, for example 127.0.0.1:8400 or [::1]:8400.",
		}
	}
	if addr == "" {
		return nil
	}
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return refused(err.Error())
	}
	if host == "localhost" {
		return nil
	}
	if ip := net.ParseIP(host); ip == nil || !ip.IsLoopback() {
		return refused("It would be reachable from other machines, and it gives tokens to anyone who asks.")
	}
	return nil
}

func listenTCP(addr string) (net.Listener, error) {
	return new(net.ListenConfig).Listen(context.Background(), "tcp", addr)
}

// listen takes the port that the options ask for.
func (o Options) listen() (net.Listener, error) {
	if o.TLS {
		return listenSecurely(o.Listen, listenTCP, localhost())
	}
	return listen(o.Listen, listenTCP)
}

// localhost are the addresses that this machine has for the name, in the order
// in which a client tries them; none where it cannot say.
func localhost() []string {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	addresses, err := net.DefaultResolver.LookupHost(ctx, "localhost")
	if err != nil {
		return nil
	}
	return addresses
}

// listenSecurely takes the port of an address that localhost stands for here:
// over TLS the tenant is https://localhost, the one name that its certificate
// and the libraries agree on.
func listenSecurely(addr string, tcp func(addr string) (net.Listener, error), named []string) (net.Listener, error) {
	host, port := "localhost", "0"
	if addr != "" {
		host, port, _ = net.SplitHostPort(addr) // it was checked
	}
	if host == "localhost" && len(named) == 1 {
		// The hosts file names one of the two; nobody would come to the other.
		l, err := listen(net.JoinHostPort(named[0], port), tcp)
		if err == nil || !flow.LacksAddress(err) {
			return l, err
		}
	}
	l, err := listen(addr, tcp)
	if err != nil || len(named) == 0 {
		return l, err
	}
	at, _, err := net.SplitHostPort(l.Addr().String())
	if err == nil && !slices.Contains(named, at) {
		_ = l.Close()
		return nil, &flow.Error{
			Kind: flow.KindRefused,
			What: "Nobody would find the practice tenant at https://localhost.",
			Why:  fmt.Sprintf("It would listen on %s, and this machine's hosts file says that localhost is %s.", at, strings.Join(named, " and ")),
			Try:  fmt.Sprintf("Add a line \"%s localhost\" to the hosts file (/etc/hosts; on Windows System32\\drivers\\etc\\hosts), or leave out --tls and use http.", at),
		}
	}
	return l, err
}

// listen takes the port of a loopback address, by tcp. A machine may have only
// one of 127.0.0.1 and ::1, and where neither was asked for, either will do.
func listen(addr string, tcp func(addr string) (net.Listener, error)) (net.Listener, error) {
	host, port := "localhost", "0"
	if addr != "" {
		host, port, _ = net.SplitHostPort(addr) // it was checked
	}
	hosts := []string{host}
	if host == "localhost" {
		hosts = []string{"127.0.0.1", "::1"}
	}
	var why []string
	var failure error
	for _, host := range hosts {
		l, err := tcp(net.JoinHostPort(host, port))
		if err == nil {
			return l, nil
		}
		why = append(why, err.Error())
		failure = err
		if !flow.LacksAddress(err) {
			break // a port that another program has is another matter
		}
	}
	e := flow.Error{
		Kind: flow.KindTransport,
		What: "The practice tenant cannot listen on " + net.JoinHostPort(host, port) + ".",
		Why:  strings.Join(why, "; "),
		Try:  "Choose another port, or port 0, for which a free one is taken.",
	}
	if flow.LacksAddress(failure) {
		e.Try = "Listen on an address that this machine has (127.0.0.1 or [::1]), or bring its loopback interface up."
	}
	return nil, e.Wrap(failure)
}
