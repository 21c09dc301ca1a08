package capture

import (
	"slices"
	"testing"
)

func texts(words []word) []string {
	var out []string
	for _, w := range words {
		out = append(out, w.text)
	}
	return out
}

func TestShellQuotingIsUndoneAsAShellDoes(t *testing.T) {
	for name, test := range map[string]struct {
		line string
		want []string
	}{
		"single quotes":                {`curl 'a b' 'c'\''d'`, []string{"curl", "a b", "c'd"}},
		"double quotes":                {`curl "a \"b\" \$c \n"`, []string{"curl", `a "b" $c \n`}},
		"ANSI quotes":                  {`curl $'it\'s\n\u00e4\x41\101\!'`, []string{"curl", "it's\näAA!"}},
		"an escaped quote outside":     {`curl a\'b\ c`, []string{"curl", "a'b c"}},
		"a line that goes on":          {"curl \\\n  -X POST", []string{"curl", "-X", "POST"}},
		"PowerShell's line goes on":    {"curl `\n  -X POST", []string{"curl", "-X", "POST"}},
		"parts of one word":            {`curl -d'a'"b"c`, []string{"curl", "-dabc"}},
		"operators":                    {`curl a ; curl b && c`, []string{"curl", "a", ";", "curl", "b", "&&", "c"}},
		"an ampersand in quotes":       {`curl 'http://a/?b=1&c=2'`, []string{"curl", "http://a/?b=1&c=2"}},
		"a quote that is never closed": {`curl 'abc`, []string{"curl", "abc"}},
		"an empty argument":            {`curl -d ''`, []string{"curl", "-d", ""}},
	} {
		t.Run(name, func(t *testing.T) {
			words, _ := shellWords(test.line)
			if got := texts(words); !slices.Equal(got, test.want) {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

func TestWindowsQuotingIsUndoneAsCmdDoes(t *testing.T) {
	for name, test := range map[string]struct {
		line string
		want []string
	}{
		"as Chrome copies it now":    {"curl ^\"https://a/?b=1^&c=%^2F^\" ^\n  --data-raw ^\"x=^\\^\"y^\\^\"^\"", []string{"curl", "https://a/?b=1&c=%2F", "--data-raw", `x="y"`}},
		"as it copied it before":     {"curl \"https://a/?b=1&c=2\" ^\r\n  -H \"accept: */*\" --compressed", []string{"curl", "https://a/?b=1&c=2", "-H", "accept: */*", "--compressed"}},
		"two quotes are one":         {"curl ^\n \"a \"\"b\"\" c\"", []string{"curl", `a "b" c`}},
		"backslashes before a quote": {"curl ^\n \"a\\\\\" b\\c", []string{"curl", `a\`, `b\c`}},
		"commands parted by &":       {"curl ^\"a^\" & curl ^\"b^\"", []string{"curl", "a", "&", "curl", "b"}},
	} {
		t.Run(name, func(t *testing.T) {
			words, _ := windowsWords(test.line)
			if got := texts(words); !slices.Equal(got, test.want) {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

func TestCurlOptionsBecomeTheRequestThatTheyMake(t *testing.T) {
	for name, test := range map[string]struct{ line, method, url, body, header, value string }{
		"data makes it a POST":        {`curl https://a/token -d a=1 -d b=2`, "POST", "https://a/token", "a=1&b=2", "Content-Type", "application/x-www-form-urlencoded"},
		"urlencoded data":             {`curl https://a/token --data-urlencode 'redirect_uri=http://localhost:1/'`, "POST", "https://a/token", "redirect_uri=http%3A%2F%2Flocalhost%3A1%2F", "", ""},
		"-G puts data into the query": {`curl -G https://a/authorize -d client_id=1 -d response_type=code`, "GET", "https://a/authorize?client_id=1&response_type=code", "", "", ""},
		"basic credentials":           {`curl -u id:secret https://a/token -d a=1`, "POST", "https://a/token", "a=1", "Authorization", "Basic aWQ6c2VjcmV0"},
		"joined options":              {`curl -sSXPOST -HAccept:x https://a/`, "POST", "https://a/", "", "Accept", "x"},
		"unimportant values":          {`curl -o out.json --max-time 5 https://a/ -w '%{http_code}'`, "GET", "https://a/", "", "", ""},
		"a URL without a scheme":      {`curl localhost:8400/callback?code=1`, "GET", "http://localhost:8400/callback?code=1", "", "", ""},
		"an environment before it":    {`CODE=abc curl https://a/ -b sid=1`, "GET", "https://a/", "", "Cookie", "sid=1"},
	} {
		t.Run(name, func(t *testing.T) {
			requests, _ := readCurl(test.line)
			if len(requests) != 1 {
				t.Fatalf("%d requests", len(requests))
			}
			r := requests[0]
			if r.Method != test.method || r.URL != test.url || string(r.Body) != test.body {
				t.Errorf("got %s %s %q", r.Method, r.URL, r.Body)
			}
			if test.header != "" && r.Header.Get(test.header) != test.value {
				t.Errorf("%s: %q, want %q", test.header, r.Header.Get(test.header), test.value)
			}
		})
	}
}
