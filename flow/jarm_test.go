package flow

import (
	"encoding/base64"
	"net/http"
	"strings"
	"testing"
)

// A response that was not taken is recorded all the same, and its code may
// still be good.
func TestCodeInsideASignedResponseIsMaskedThoughItWasNotTaken(t *testing.T) {
	encode := base64.RawURLEncoding.EncodeToString
	payload := encode([]byte(`{"iss":"https://issuer.example","state":"another","code":"a-code-of-some-length"}`))
	text := encode([]byte(`{"alg":"ES256"}`)) + "." + payload + "." + encode([]byte("a signature of some length"))
	tr := Transcript{Salt: "s", Steps: []Step{{ID: StepCallback, Exchanges: []Exchange{{
		Verdict: VerdictWrongState,
		Request: Request{Method: http.MethodGet, URL: "http://127.0.0.1/?response=" + text, Header: http.Header{}},
	}}}}}
	url := tr.Redacted().Steps[0].Exchanges[0].Request.URL
	if strings.Contains(url, payload) || !strings.Contains(url, maskStart) {
		t.Errorf("%s still holds the code", url)
	}
}

func TestResponseThatIsNoSignedJWTIsRefusedAndWaitedOn(t *testing.T) {
	for name, text := range map[string]string{
		"words":       "hello",
		"encrypted":   "a.b.c.d.e",
		"not base64":  "a.!!.c",
		"not JSON":    "a." + base64.RawURLEncoding.EncodeToString([]byte("hello")) + ".c",
		"not claims":  "a." + base64.RawURLEncoding.EncodeToString([]byte(`{"aud":1}`)) + ".c",
		"empty parts": "..",
	} {
		t.Run(name, func(t *testing.T) {
			p := newProvider(t)
			c := p.config()
			c.ResponseMode, c.Paste = ModeJWT, true
			w := newWalk(t, c, Options{})
			runTo(t, w, StepCallback)
			err := w.Paste("http://127.0.0.1/?response=" + text)
			if err == nil || !strings.Contains(err.Error(), "cannot be read") {
				t.Errorf("%v", err)
			}
			if p, _ := w.Pending(); p.Step != StepCallback {
				t.Errorf("the walk went on to %s", p.Step)
			}
		})
	}
}
