package flow

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

func TestPaste(t *testing.T) {
	for name, row := range map[string]struct {
		text    string
		refused string // a word of the refusal; "" if it is taken
		code    string
		in      Place
	}{
		"redirect URL":             {"http://127.0.0.1/?code=abc&state=STATE", "", "abc", InQuery},
		"of another scheme":        {"msal1://auth?code=abc&state=STATE", "", "abc", InQuery},
		"of a private-use scheme":  {"com.example.app:/cb?code=abc&state=STATE", "", "abc", InQuery},
		"with a fragment":          {"https://localhost/#code=abc&state=STATE", "", "abc", InFragment},
		"broken over lines":        {"  http://127.0.0.1/?code=a\r\nbc&sta\nte=STATE\n", "", "abc", InQuery},
		"in quotes":                {`"http://127.0.0.1/?code=abc&state=STATE"`, "", "abc", InQuery},
		"query alone":              {"code=abc&state=STATE", "", "abc", InQuery},
		"query with question mark": {"?state=STATE&code=abc", "", "abc", InQuery},
		"fragment alone":           {"#state=STATE&code=abc", "", "abc", InFragment},
		"bare code":                {"0.AXoA-b.c_d~e", "", "0.AXoA-b.c_d~e", InQuery},
		"bare code, still escaped": {"4%2F0AbC", "", "4/0AbC", InQuery},
		"bare code with a plus":    {"a+b/c", "", "a+b/c", InQuery},
		"nothing":                  {" \n", "Nothing", "", ""},
		"a sentence":               {"where do I find the code", "neither", "", ""},
		"another state":            {"http://127.0.0.1/?code=abc&state=other", "another state", "", ""},
		"query without state":      {"code=abc", "without a state", "", ""},
		"URL without response":     {"http://127.0.0.1/", "neither a code nor an error", "", ""},
		"authorize URL by mistake": {"https://idp.example/authorize?client_id=1&state=STATE", "neither a code nor an error", "", ""},
		"unverified error":         {"http://127.0.0.1/?error=access_denied", "access_denied", "", ""},
		"something enormous":       {strings.Repeat("x", 1<<20), "too long", "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			p := newProvider(t)
			x := startWaiting(t, p, func(c *Config) { c.Paste = true })
			err := x.Paste(strings.ReplaceAll(row.text, "STATE", x.state))
			if row.refused != "" {
				var e *Error
				if !errors.As(err, &e) || e.Kind != KindRefused || !strings.Contains(e.What, row.refused) {
					t.Errorf("error %#v, want a refusal that says %q", err, row.refused)
				}
				// The wait goes on.
				if err := x.Paste("code=right&state=" + x.state); err != nil {
					t.Fatal(err)
				}
				row.code, row.in = "right", InQuery
			} else if err != nil {
				t.Fatal(err)
			}
			if err := x.end(); err != nil {
				t.Fatal(err)
			}
			s := x.Transcript().Step(StepCallback)
			for _, v := range s.Values {
				if v.Name == "code" {
					if v.Value != row.code || v.In != row.in || !v.Secret {
						t.Errorf("code %+v, want %q in %s", v, row.code, row.in)
					}
					if bare := strings.HasPrefix(name, "bare"); (v.Problem != "") != bare {
						t.Errorf("problem %q", v.Problem)
					}
				}
			}
			last := s.Exchanges[len(s.Exchanges)-1]
			if last.Verdict != VerdictAccepted || last.Actor != ActorBrowser || last.Response != nil {
				t.Errorf("exchange %+v", last)
			}
		})
	}
}

func TestPastedErrorOfTheProviderIsTheAnswer(t *testing.T) {
	x := startWaiting(t, newProvider(t), func(c *Config) { c.Paste = true })
	if err := x.Paste("https://localhost/?error=access_denied&error_description=no&state=" + x.state); err != nil {
		t.Fatal(err)
	}
	var e *Error
	if err := x.end(); !errors.As(err, &e) || e.Kind != KindServer || e.Why != "no" {
		t.Errorf("error %#v", err)
	}
}

func TestPasteWorksWhileListening(t *testing.T) {
	x := startWaiting(t, newProvider(t), nil)
	if err := x.Paste(x.at + "/?code=abc&state=" + x.state); err != nil {
		t.Fatal(err)
	}
	if err := x.end(); err != nil {
		t.Fatal(err)
	}
	if err := x.Paste("code=again&state=" + x.state); err == nil {
		t.Error("a second response was taken")
	}
}

// What the browser posted to nobody is not in its address; the form is pasted.
func TestFormThatWasPostedToNobodyIsPasted(t *testing.T) {
	x := startWaiting(t, newProvider(t), func(c *Config) { c.Paste, c.ResponseMode = true, ModeFormPost })
	var e *Error
	if err := x.Paste(x.at + "/"); !errors.As(err, &e) || !strings.Contains(e.Why, "form_post") || !strings.Contains(e.Try, "developer tools") {
		t.Errorf("the address alone: %#v", err)
	}
	if err := x.Paste("code=abc&state=" + x.state); err != nil {
		t.Fatal(err)
	}
	if err := x.end(); err != nil {
		t.Fatal(err)
	}
	s := x.Transcript().Step(StepCallback)
	last := s.Exchanges[len(s.Exchanges)-1].Request
	if last.Method != http.MethodPost || strings.Contains(last.URL, "code=") || !strings.Contains(string(last.Body), "code=abc") {
		t.Errorf("recorded as %s %s %q", last.Method, last.URL, last.Body)
	}
	for _, v := range s.Values {
		if v.Name == "code" && v.In != InForm {
			t.Errorf("the code came in %s", v.In)
		}
	}
}

func TestPasteBeforeThereIsAnythingToWaitFor(t *testing.T) {
	p := newProvider(t)
	w := newWalk(t, p.config(), Options{})
	if err := w.Paste("code=abc"); err == nil {
		t.Error("it was taken")
	}
}

func FuzzPaste(f *testing.F) {
	for _, s := range []string{
		"http://127.0.0.1/?code=abc&state=s", "#code=a", "abc", "?error=x&code", "a:/?code=%zz", "code=1;2", "4%2F0A",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		p, err := parsePaste(text)
		if (err == nil) != isResponse(p.params) {
			t.Errorf("%q: %v, %v", text, p.params, err)
		}
		if err == nil && p.bare != (p.url == "" && len(p.params) == 1 && p.params.Has("code") && p.bare) {
			t.Errorf("%q: %+v", text, p)
		}
		if _, e := url.ParseQuery(p.params.Encode()); e != nil {
			t.Errorf("%q: %v", text, e)
		}
	})
}
