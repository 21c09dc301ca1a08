package practice

import (
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/pkcescope/pkcescope/flow"
)

// A machine may lack one of the two loopback addresses.
func TestListensOnTheLoopbackAddressThatIsThere(t *testing.T) {
	lacks := &net.OpError{Op: "listen", Net: "tcp", Err: syscall.EADDRNOTAVAIL}
	taken := &net.OpError{Op: "listen", Net: "tcp", Err: syscall.EADDRINUSE}
	for name, row := range map[string]struct {
		addr  string
		fails map[string]error // by host
		tries []string
		on    string
		says  string
	}{
		"both are there":                    {"", nil, []string{"127.0.0.1:0"}, "127.0.0.1:0", ""},
		"IPv6 only":                         {"", map[string]error{"127.0.0.1": lacks}, []string{"127.0.0.1:0", "[::1]:0"}, "[::1]:0", ""},
		"IPv6 only, at localhost":           {"localhost:8400", map[string]error{"127.0.0.1": lacks}, []string{"127.0.0.1:8400", "[::1]:8400"}, "[::1]:8400", ""},
		"IPv6 only, and IPv4 was asked for": {"127.0.0.1:8400", map[string]error{"127.0.0.1": lacks}, []string{"127.0.0.1:8400"}, "", "an address that this machine has"},
		"neither":                           {"", map[string]error{"127.0.0.1": lacks, "::1": lacks}, []string{"127.0.0.1:0", "[::1]:0"}, "", "bring its loopback interface up"},
		"the port is taken":                 {"localhost:8400", map[string]error{"127.0.0.1": taken}, []string{"127.0.0.1:8400"}, "", "Choose another port"},
	} {
		t.Run(name, func(t *testing.T) {
			var tries []string
			on := ""
			_, err := listen(row.addr, func(addr string) (net.Listener, error) {
				tries = append(tries, addr)
				host, _, _ := net.SplitHostPort(addr)
				if err := row.fails[host]; err != nil {
					return nil, fmt.Errorf("tcp: %w", err)
				}
				on = addr
				return nil, nil
			})
			if !slices.Equal(tries, row.tries) || on != row.on {
				t.Errorf("it tried %q and listens on %q", tries, on)
			}
			if row.says == "" {
				if err != nil {
					t.Errorf("it fails: %v", err)
				}
				return
			}
			failed, ok := errors.AsType[*flow.Error](err)
			if !ok || !strings.Contains(failed.Try, row.says) {
				t.Errorf("it says %+v", failed)
			}
		})
	}
}

// at is a listener on an address.
type at string

func (a at) Accept() (net.Conn, error) { return nil, net.ErrClosed }
func (a at) Close() error              { return nil }
func (a at) Addr() net.Addr            { return a }
func (a at) Network() string           { return "tcp" }
func (a at) String() string            { return string(a) }

// Over TLS the tenant has one name, localhost: it listens where that leads, and
// says so where it leads nowhere.
func TestOverTLSItListensWhereLocalhostLeads(t *testing.T) {
	lacks := &net.OpError{Op: "listen", Net: "tcp", Err: syscall.EADDRNOTAVAIL}
	for name, row := range map[string]struct {
		addr  string
		named []string
		lacks string
		on    string
		says  string
	}{
		"both":                                      {"", []string{"::1", "127.0.0.1"}, "", "127.0.0.1:0", ""},
		"IPv6 alone, and localhost is it":           {"", []string{"::1"}, "127.0.0.1", "[::1]:0", ""},
		"both, and localhost is IPv6":               {"localhost:8400", []string{"::1"}, "", "[::1]:8400", ""},
		"IPv6 alone, and localhost is IPv4":         {"", []string{"127.0.0.1"}, "127.0.0.1", "", "::1 localhost"},
		"IPv4 was asked for, and localhost is IPv6": {"127.0.0.1:8400", []string{"::1"}, "", "", "127.0.0.1 localhost"},
		"nobody knows what localhost is":            {"", nil, "", "127.0.0.1:0", ""},
	} {
		t.Run(name, func(t *testing.T) {
			l, err := listenSecurely(row.addr, func(addr string) (net.Listener, error) {
				if host, _, _ := net.SplitHostPort(addr); host == row.lacks {
					return nil, fmt.Errorf("tcp: %w", lacks)
				}
				return at(addr), nil
			}, row.named)
			if row.says == "" {
				if err != nil || l.Addr().String() != row.on {
					t.Errorf("it listens on %v: %v", l, err)
				}
				return
			}
			failed, ok := errors.AsType[*flow.Error](err)
			if !ok || !strings.Contains(failed.Try, row.says) || !strings.Contains(failed.Why, row.named[0]) {
				t.Errorf("it says %+v", failed)
			}
		})
	}
}

// The hosts file of a machine may name one address for localhost, and the
// callback may be at the other.
func TestPlayedBrowserFindsLocalhostAtEitherAddress(t *testing.T) {
	found := 0
	for _, host := range []string{"127.0.0.1", "::1"} {
		l, err := listenTCP(net.JoinHostPort(host, "0"))
		if err != nil {
			continue // this machine has one of the two
		}
		defer func() { _ = l.Close() }()
		_, port, _ := net.SplitHostPort(l.Addr().String())
		c, err := dialLocalhost(t.Context(), "tcp", "localhost:"+port)
		if err != nil {
			t.Errorf("at %s: %v", host, err)
			continue
		}
		_ = c.Close()
		found++
	}
	if found == 0 {
		t.Error("localhost was found nowhere")
	}
}
