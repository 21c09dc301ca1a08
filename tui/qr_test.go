package tui

import (
	"strings"
	"testing"

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

func TestAddressAsQRCode(t *testing.T) {
	d := waitingFor(t, "https://login.example/authorize?client_id=a&request_uri=urn:x", 120, 40, nil)
	d.Shows("Waiting for the browser")
	d.Press("Q")
	d.Shows("QR code", "█▀▀▀▀▀█")
	d.Press("x")
	d.Shows("Waiting for the browser")
	d.Hides("█▀▀▀▀▀█")
}

// A code of which a part is missing cannot be read, so none is drawn.
func TestQRCodeThatDoesNotFitIsRefused(t *testing.T) {
	d := waitingFor(t, "https://login.example/authorize?"+strings.Repeat("x", 400), 80, 24, nil)
	d.Press("Q")
	d.Shows("The QR code does not fit", "this window has 80 and 24", "PAR")
	d.Hides("█▀▀▀▀▀█")
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
	finder := 0
	for _, r := range rows {
		if len([]rune(r)) != len([]rune(rows[0])) {
			t.Errorf("the row %q has another width", r)
		}
		if !strings.HasPrefix(r, "    ") || !strings.HasSuffix(r, "    ") {
			t.Errorf("the row %q has no margin", r)
		}
		finder += strings.Count(r, "█▀▀▀▀▀█")
	}
	if finder != 3 {
		t.Errorf("it has %d finder patterns", finder)
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
