package tui

import (
	"fmt"
	"strings"

	tea "charm.land/bubbletea/v2"
	"rsc.io/qr"

	"github.com/pkcescope/pkcescope/flow"
)

// quiet is the white margin that a reader of QR codes needs, in modules
// (ISO/IEC 18004 section 5.3.8).
const quiet = 4

// QR draws a text as a QR code in half blocks, two modules above each other in
// a cell: dark on light, whatever the terminal's colours are. Each row is as
// many cells wide as the first one returned is.
func QR(text string) ([]string, error) {
	code, err := qr.Encode(text, qr.L)
	if err != nil {
		return nil, err
	}
	var rows []string
	for y := -quiet; y < code.Size+quiet; y += 2 {
		var row strings.Builder
		for x := -quiet; x < code.Size+quiet; x++ {
			switch top, bottom := code.Black(x, y), code.Black(x, y+1); {
			case top && bottom:
				row.WriteRune('█')
			case top:
				row.WriteRune('▀')
			case bottom:
				row.WriteRune('▄')
			default:
				row.WriteRune(' ')
			}
		}
		rows = append(rows, row.String())
	}
	return rows, nil
}

// qrSheet shows the awaited address as a QR code.
type qrSheet struct{ rows []string }

func (m *Model) whyNoQR() string {
	if m.authorizeURL() == "" {
		return "There is no address yet."
	}
	return ""
}

// showQR draws the address for a phone's camera, if the window has the room.
func (m *Model) showQR() tea.Cmd {
	rows, err := QR(m.authorizeURL())
	if err != nil {
		m.open(newMessage("No QR code can be made", &flow.Error{
			Kind: flow.KindRefused, What: "The address is too long for a QR code.",
			Why: fmt.Sprintf("It has %d characters; a QR code holds 2953.", len(m.authorizeURL())), Try: m.shorter(),
		}))
		return nil
	}
	if w, h := qrRoom(rows); w > m.w || h > m.h {
		m.open(newMessage("The QR code does not fit", &flow.Error{
			Kind: flow.KindRefused, What: fmt.Sprintf("It needs %d columns and %d rows, and this window has %d and %d.", w, h, m.w, m.h),
			Why: fmt.Sprintf("The address has %d characters, and each needs its dots.", len(m.authorizeURL())), Try: m.shorter(),
		}))
		return nil
	}
	m.open(&qrSheet{rows})
	if len(rows) < m.h {
		m.say(toneFaint, "The address as a QR code, for the camera of a phone. Any key closes it.")
	}
	return nil
}

// shorter is what makes the address shorter.
func (m *Model) shorter() string {
	if m.visit.config.Protection.PAR {
		return "Enlarge the window or make its letters smaller, or copy the address with y."
	}
	return "Enlarge the window or make its letters smaller, or copy the address with y. Where the provider offers it, pushing the request (PAR, in the settings) makes the address short."
}

// qrRoom is the window that a QR code needs.
func qrRoom(rows []string) (w, h int) { return len([]rune(rows[0])), len(rows) }

func (d *qrSheet) update(m *Model, msg tea.Msg) tea.Cmd {
	if _, ok := msg.(tea.KeyPressMsg); ok {
		m.shut()
	}
	return nil
}

// sheet implements [dialog]. A code that a smaller window cuts off is no code.
func (d *qrSheet) sheet(m *Model) sheet {
	w, h := qrRoom(d.rows)
	if w > m.w || h > m.h {
		return sheet{title: "QR code", width: 64, lines: []line{prose(toneText, 0, "The window is too small for it now. Any key closes this.")}}
	}
	s := sheet{width: w, bare: true}
	for _, r := range d.rows {
		s.lines = append(s.lines, plain(toneQR, choose(m.theme.dark, negative.Replace(r), r)))
	}
	return s
}

// negative draws the light modules in place of the dark ones.
var negative = strings.NewReplacer("█", " ", "▀", "▄", "▄", "▀", " ", "█")
