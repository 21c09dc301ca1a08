package main

import (
	"fmt"
	"io"
	"net/url"
	"os"

	"github.com/charmbracelet/x/ansi"
	"golang.org/x/term"

	"github.com/pkcescope/pkcescope/tui"
)

// link makes an address one that can be clicked (OSC 8), on a terminal. It has
// been cleaned, and stands there whole for the others.
func link(w io.Writer, address string) string {
	f, ok := w.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return address
	}
	return ansi.SetHyperlink(address) + address + ansi.ResetHyperlink()
}

// printQR draws an address as a QR code, or says why it does not.
func printQR(w io.Writer, address string) {
	rows, err := tui.QR(address)
	if err != nil {
		fmt.Fprintf(w, "note: The URL has %d characters, which is too long for a QR code. Where the provider offers it, --par makes it short.\n\n", len(address))
		return
	}
	wide := len([]rune(rows[0]))
	colours, plain := "", ""
	if f, ok := w.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		if have, _, err := term.GetSize(int(f.Fd())); err == nil && have < wide {
			fmt.Fprintf(w, "note: The QR code needs %d columns, and there are %d. Where the provider offers it, --par makes the URL short.\n\n", wide, have)
			return
		}
		colours, plain = "\x1b[38;5;16;48;5;231m", "\x1b[0m" // dark on light, whatever the terminal's own are
	}
	for _, r := range rows {
		fmt.Fprintln(w, colours+r+plain)
	}
	fmt.Fprintln(w)
}

// remoteHint says how the response to an authorize URL gets here when the
// browser is on another machine.
func remoteHint(address, at string) string {
	port := ""
	if u, err := url.Parse(address); err == nil {
		if to, err := url.Parse(u.Query().Get("redirect_uri")); err == nil {
			port = to.Port()
		}
	}
	hint := "This is an SSH session, so the browser's localhost is another machine. Sign in\n" +
		"there, and paste here the address that the browser ends on, even if it shows an\nerror.\n"
	if port != "" {
		hint += fmt.Sprintf("Or forward the port first, there: ssh -L %s:localhost:%s %s\n", port, port, at)
	}
	return hint + "\n"
}
