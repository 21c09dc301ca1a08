package tui

import (
	"slices"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"github.com/pkcescope/pkcescope/flow"
)

// waitingFor is a model that waits for the response to that address.
func waitingFor(t *testing.T, address string, w, h int, o func(*Options)) *Driver {
	t.Helper()
	m, walk := fixture("dark", flow.StepCallback, false)
	if o != nil {
		o(&m.options)
	}
	walk.pending.Waiting, walk.pending.Listening = true, []string{"127.0.0.1:8400", "[::1]:8400"}
	walk.waits = true
	m.visit.reading.pending = walk.pending
	m.visit.reading.transcript.Steps = []flow.Step{{ID: flow.StepAuthorize, Values: []flow.Value{
		{Name: "url", Value: address}, {Name: flow.CertificateValue, Value: strings.TrimSuffix(strings.Repeat("AB:", 32), ":")},
	}}}
	m.visit.cancel = func() {}
	m.visit.since = noon
	return NewDriver(t, m, w, h)
}

// finder is the top of a finder pattern on a dark terminal, where the light
// modules are drawn.
var finder = negative.Replace("█▀▀▀▀▀█")

func TestAddressAsQRCode(t *testing.T) {
	d := waitingFor(t, "https://login.example/authorize?client_id=a&request_uri=urn:x", 120, 40, nil)
	d.Shows("Waiting for the browser")
	d.Press("Q")
	d.Shows("QR code", finder, "Any key closes it")
	d.Press("x")
	d.Shows("Waiting for the browser")
	d.Hides(finder)
}

// It may take the whole window: what is told beside it goes first.
func TestQRCodeFillsTheWindowToTheLastRow(t *testing.T) {
	address := "https://login.example/authorize?" + strings.Repeat("x", 300)
	rows, err := QR(address)
	if err != nil {
		t.Fatal(err)
	}
	for h, fits := range map[int]bool{len(rows): true, len(rows) - 1: false} {
		d := waitingFor(t, address, len([]rune(rows[0])), h, nil)
		d.Press("Q")
		if !fits {
			d.Shows("The QR code does not fit")
			continue
		}
		if got := strings.Split(negative.Replace(d.Screen()), "\n"); !slices.Equal(got, rows) {
			t.Errorf("the screen is not the code alone:\n%s", d.Screen())
		}
		m := d.Model.(Model)
		m.theme = newTheme(false)
		if got := strings.Split(ansi.Strip(m.View().Content), "\n"); !slices.Equal(got, rows) {
			t.Errorf("the light screen is not the code alone:\n%s", ansi.Strip(m.View().Content))
		}
		d.Send(tea.WindowSizeMsg{Width: 80, Height: 24})
		d.Shows("The window is too small for it now")
	}
}

// What is drawn is read back, by the rules of ISO/IEC 18004 for the symbols
// that have one block (section 7): version and mask from the symbol, then the
// octets in their zigzag, without the mask and the function patterns.
func TestQRCodeSaysWhatItWasMadeFrom(t *testing.T) {
	for _, text := range []string{"https://a.example", "https://login.example/authorize?client_id=app&request_uri=urn:x:" + strings.Repeat("y", 30)} {
		rows, err := QR(text)
		if err != nil {
			t.Fatal(err)
		}
		if got := readQR(t, rows); got != text {
			t.Errorf("it reads %q, want %q", got, text)
		}
	}
}

func readQR(t *testing.T, rows []string) string {
	t.Helper()
	size := len([]rune(rows[0])) - 2*quiet
	version := (size - 17) / 4
	if version > 5 {
		t.Fatalf("version %d has several blocks", version)
	}
	dark := func(x, y int) bool {
		cell := []rune(rows[(y+quiet)/2])[x+quiet]
		return cell == '█' || cell == choose((y+quiet)%2 == 0, '▀', '▄')
	}
	// The mask is the third to fifth bit of the format, which is masked itself
	// (section 7.9.1).
	mask := 0
	for i, bit := range []int{1, 0, 1} {
		mask = mask<<1 | choose(dark(2+i, 8), 1, 0) ^ bit
	}
	flips := []func(x, y int) bool{
		func(x, y int) bool { return (x+y)%2 == 0 },
		func(_, y int) bool { return y%2 == 0 },
		func(x, _ int) bool { return x%3 == 0 },
		func(x, y int) bool { return (x+y)%3 == 0 },
		func(x, y int) bool { return (x/3+y/2)%2 == 0 },
		func(x, y int) bool { return x*y%2+x*y%3 == 0 },
		func(x, y int) bool { return (x*y%2+x*y%3)%2 == 0 },
		func(x, y int) bool { return ((x+y)%2+x*y%3)%2 == 0 },
	}[mask]
	function := func(x, y int) bool {
		corner := size - 7 // the middle of the alignment pattern
		return x == 6 || y == 6 || x < 9 && (y < 9 || y > size-9) || x > size-9 && y < 9 ||
			version > 1 && x >= corner-2 && x <= corner+2 && y >= corner-2 && y <= corner+2
	}
	var bits []bool
	up := true
	for right := size - 1; right > 0; right -= 2 {
		if right == 6 {
			right--
		}
		for i := range size {
			y := choose(up, size-1-i, i)
			for _, x := range []int{right, right - 1} {
				if !function(x, y) {
					bits = append(bits, dark(x, y) != flips(x, y))
				}
			}
		}
		up = !up
	}
	take := func(n int) (v int) {
		for range n {
			v = v<<1 | choose(bits[0], 1, 0)
			bits = bits[1:]
		}
		return v
	}
	if mode := take(4); mode != 4 { // octets
		t.Fatalf("the mode is %d", mode)
	}
	out := make([]byte, take(8))
	for i := range out {
		out[i] = byte(take(8))
	}
	return string(out)
}

// A code of which a part is missing cannot be read, so none is drawn.
func TestQRCodeThatDoesNotFitIsRefused(t *testing.T) {
	d := waitingFor(t, "https://login.example/authorize?"+strings.Repeat("x", 400), 80, 24, nil)
	d.Press("Q")
	d.Shows("The QR code does not fit", "this window has 80 and 24", "PAR")
	d.Hides(finder)
	d = waitingFor(t, "https://login.example/authorize?"+strings.Repeat("x", 4000), 200, 60, nil)
	d.Press("Q")
	d.Shows("too long for a QR code")
}

// The code has what a reader looks for: three finder patterns inside a margin
// of four modules.
func TestQRCodeHasItsMarginAndPatterns(t *testing.T) {
	rows, err := QR("https://a.example")
	if err != nil {
		t.Fatal(err)
	}
	if strings.TrimSpace(rows[0]+rows[1]) != "" || strings.TrimSpace(rows[len(rows)-1]) != "" {
		t.Error("the margin above or below is not white")
	}
	finders := 0
	for _, r := range rows {
		if len([]rune(r)) != len([]rune(rows[0])) {
			t.Errorf("the row %q has another width", r)
		}
		if !strings.HasPrefix(r, "    ") || !strings.HasSuffix(r, "    ") {
			t.Errorf("the row %q has no margin", r)
		}
		finders += strings.Count(r, "█▀▀▀▀▀█")
	}
	if finders != 3 {
		t.Errorf("it has %d finder patterns", finders)
	}
}

func TestOverSSHBothWaysBackAreTold(t *testing.T) {
	d := waitingFor(t, "https://login.example/authorize", 120, 40, func(o *Options) { o.SSH = "192.0.2.9" })
	d.Shows("over SSH", "paste with p", "ssh -L 8400:localhost:8400 192.0.2.9")
	d = waitingFor(t, "https://login.example/authorize", 120, 40, nil)
	d.Hides("over SSH")
}

// The fingerprint stands in two lines of the same length, to be compared.
func TestFingerprintIsShownWhileWaiting(t *testing.T) {
	d := waitingFor(t, "https://login.example/authorize", 80, 24, nil)
	d.Shows("SHA-256    "+strings.TrimSuffix(strings.Repeat("AB:", 16), ":"), "The browser will warn")
}
