package tui

import (
	"image/color"
	"strings"

	"charm.land/lipgloss/v2"
	"github.com/charmbracelet/x/ansi"
)

// tone is what a stretch of text means; the theme decides how that looks. No
// other file knows a colour.
type tone uint8

const (
	toneText    tone = iota
	toneFaint        // of less weight: hints, names of things that are there anyway
	toneStrong       // what the eye should find first
	toneName         // name of a parameter, header or claim
	tonePKCE         // what PKCE adds
	toneHere         // where you are
	toneGood         // done, passed
	toneBad          // failed, refused
	toneWarn         // worth a look
	toneLink         // an address
	toneQR           // a QR code: dark on light in every theme
	toneBorder       // frame of a pane
	toneFocus        // frame of the pane that has the keys
	toneTitle        // title of a pane
	toneTitleOn      // title of the pane that has the keys
	toneBar          // head and foot of the screen
	toneKey          // a key in the foot and in the help
	toneHit          // found text
	toneHitHere      // found text, the current one
	toneField        // a field to type in
	numTones    = iota
)

// names says whether text of this tone is what a row is called by.
func (t tone) names() bool { return t == toneName || t == tonePKCE || t == toneStrong }

// theme holds the escape sequence that begins each tone, twice: as it is, and
// on the background of a selected row.
type theme struct {
	dark  bool
	begin [2][numTones]string
	// The colours that Bubbles' text input needs as such.
	text, faint, here color.Color
}

// newTheme returns the theme for a dark or a light background. Every pair of
// text and background has a contrast of at least 4.5 to 1 (WCAG 2.2, 1.4.3) on
// black, white and the usual backgrounds near them; frames may be fainter. The
// colours are of the 256 that every terminal has: naming one takes half the
// octets of a colour in full, and colours are most of what a key press sends.
func newTheme(dark bool) *theme {
	pick := lipgloss.LightDark(dark)
	c := func(light, dark string) color.Color { return pick(lipgloss.Color(light), lipgloss.Color(dark)) }
	var (
		faint  = c("240", "248")
		here   = c("25", "111")
		pkce   = c("91", "177")
		good   = c("22", "114")
		bad    = c("124", "210")
		warn   = c("58", "179")
		border = c("250", "240")
		row    = c("189", "236")
		onHit  = c("234", "234")
		hit    = c("222", "179")
		hitNow = c("215", "215")
	)
	// A QR code is dark on light with no colours at all too (NO_COLOR), as its
	// light parts are drawn on a dark terminal.
	ink, paper := 16, 231
	if dark {
		ink, paper = paper, ink
	}
	fg := func(c color.Color) ansi.Style { return ansi.NewStyle().ForegroundColor(c) }
	styles := [numTones]ansi.Style{
		toneText:    ansi.NewStyle(),
		toneFaint:   fg(faint),
		toneStrong:  ansi.NewStyle().Bold(),
		toneName:    fg(here),
		tonePKCE:    fg(pkce).Bold(),
		toneHere:    fg(here).Bold(),
		toneGood:    fg(good),
		toneBad:     fg(bad).Bold(),
		toneWarn:    fg(warn),
		toneLink:    fg(here).Underline(true),
		toneQR:      fg(ansi.IndexedColor(ink)).BackgroundColor(ansi.IndexedColor(paper)),
		toneBorder:  fg(border),
		toneFocus:   fg(here),
		toneTitle:   ansi.NewStyle().Bold(),
		toneTitleOn: fg(here).Bold().Reverse(true),
		toneBar:     fg(faint),
		toneKey:     ansi.NewStyle().Bold(),
		toneHit:     fg(onHit).BackgroundColor(hit),
		toneHitHere: fg(onHit).BackgroundColor(hitNow).Bold().Underline(true),
		toneField:   ansi.NewStyle().Underline(true),
	}
	t := &theme{dark: dark, text: c("234", "254"), faint: faint, here: here}
	for i, s := range styles {
		t.begin[0][i] = opening(s)
		if i != int(toneHit) && i != int(toneHitHere) && i != int(toneTitleOn) {
			s = s.BackgroundColor(row)
		}
		t.begin[1][i] = opening(s)
	}
	return t
}

// opening is the escape sequence of s, which first puts out what came before.
func opening(s ansi.Style) string {
	if len(s) == 0 {
		return ansi.ResetStyle
	}
	return strings.Replace(s.String(), "\x1b[", "\x1b[0;", 1)
}

// painter composes the rows of the screen out of stretches of text. Styling
// each fragment by itself and joining boxes afterwards took most of the time of
// a frame; this writes one escape sequence for each change of tone.
type painter struct {
	b     strings.Builder
	theme *theme
	ruler ansi.Method
	last  string
	// dim draws everything as if it were of less weight, behind a dialog.
	dim bool
}

// begin makes the tone the current one.
func (p *painter) begin(t tone, selected bool) {
	if p.dim {
		selected = false
		if t != toneBorder {
			t = toneFaint
		}
	}
	n := 0
	if selected {
		n = 1
	}
	if s := p.theme.begin[n][t]; s != p.last {
		p.b.WriteString(s)
		p.last = s
	}
}

// put writes text, cut to room cells, and returns how many it took.
func (p *painter) put(text string, t tone, selected bool, room int) int {
	if room <= 0 || text == "" {
		return 0
	}
	w := len(text)
	if !isASCII(text) {
		w = p.ruler.StringWidth(text)
	}
	if w > room {
		if isASCII(text) {
			text, w = text[:room], room
		} else {
			text = p.ruler.Truncate(text, room, "")
			if w = p.ruler.StringWidth(text); w > room {
				return 0 // one character, wider than the room
			}
		}
	}
	p.begin(t, selected)
	p.b.WriteString(text)
	return w
}

// mark writes the column in front of a row, which says whether it is the
// selected one.
func (p *painter) mark(k look) {
	if k.selected || k.named {
		p.put("▌", toneHere, k.selected, 1)
	} else {
		p.pad(1, false)
	}
}

// pad writes n blanks.
func (p *painter) pad(n int, selected bool) {
	if n <= 0 {
		return
	}
	p.begin(toneText, selected)
	for n > len(blanks) {
		p.b.WriteString(blanks)
		n -= len(blanks)
	}
	p.b.WriteString(blanks[:n])
}

var blanks = strings.Repeat(" ", 256)

// row returns what was written as one row and starts the next one.
func (p *painter) row() string {
	if p.last != "" && p.last != ansi.ResetStyle {
		p.b.WriteString(ansi.ResetStyle)
	}
	s := p.b.String()
	p.b.Reset()
	p.last = ""
	return s
}
