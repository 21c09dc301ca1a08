package export

import (
	"encoding/json"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/pkcescope/pkcescope/flow"
	"github.com/pkcescope/pkcescope/inspect/internal/walked"
)

// awkwardTexts are what values may hold. Each language has its own traps.
var awkwardTexts = []string{
	"", "plain", "it's", `"quoted"`, `back\slash`, `\`, `'`, `''`, `'"'"'`, "$HOME ${x} $(id) `id`", "%PATH% %s %d %41", "a\nb\r\nc\td",
	"{{client_secret}} {{{x}}} {", "@file", "-n", "--", "#{x} #>", "<!-- </script><script>alert(1)</script>", "\u2018typographic\u2019 \u201a\u201b \u201cdouble\u201d",
	"日本語 😀 \u202e \u2028\u2029", "a=b&c=d+e f", "*/ // -->", "EOF\nEND\n", "!history !!", "~", "\x00\x01\x1b[2J\x7f",
}

// unquoteUnicode reads what quotePython and quoteCSharp write.
func unquoteUnicode(s string) (string, bool) {
	s, ok := strings.CutPrefix(s, `"`)
	body, ok2 := strings.CutSuffix(s, `"`)
	var b strings.Builder
	for body != "" {
		if body[0] != '\\' {
			if body[0] == '"' || body[0] < ' ' || body[0] >= 0x7f {
				return "", false
			}
			b.WriteByte(body[0])
			body = body[1:]
			continue
		}
		if len(body) < 2 {
			return "", false
		}
		n := map[byte]int{'u': 4, 'U': 8}[body[1]]
		switch {
		case n > 0 && len(body) >= 2+n:
			r, err := strconv.ParseUint(body[2:2+n], 16, 32)
			if err != nil {
				return "", false
			}
			b.WriteRune(rune(r))
			body = body[2+n:]
		case body[1] == 'n':
			b.WriteByte('\n')
			body = body[2:]
		case body[1] == '"' || body[1] == '\\':
			b.WriteByte(body[1])
			body = body[2:]
		default:
			return "", false
		}
	}
	return b.String(), ok && ok2
}

// unquotePowerShell reads a verbatim string by the rules of PowerShell: any of
// five quotes ends it unless another follows.
func unquotePowerShell(s string) (string, bool) {
	r := []rune(s)
	quote := func(c rune) bool { return strings.ContainsRune("'\u2018\u2019\u201a\u201b", c) }
	if len(r) < 2 || r[0] != '\'' {
		return "", false
	}
	var out []rune
	for i := 1; i < len(r); i++ {
		switch {
		case !quote(r[i]):
			out = append(out, r[i])
		case i+1 < len(r) && quote(r[i+1]):
			out = append(out, r[i+1])
			i++
		default:
			return string(out), i == len(r)-1
		}
	}
	return "", false
}

func checkQuotes(t *testing.T, text string) {
	t.Helper()
	if !utf8.ValidString(text) {
		text = strings.ToValidUTF8(text, "\ufffd") // as render does
	}
	for name, read := range map[string]func() (string, bool){
		"go":     func() (string, bool) { s, err := strconv.Unquote(quoteGo(text)); return s, err == nil },
		"python": func() (string, bool) { return unquoteUnicode(quotePython(text)) },
		"csharp": func() (string, bool) { return unquoteUnicode(quoteCSharp(text)) },
		"js": func() (string, bool) {
			var s string
			q := quoteJS(text)
			err := json.Unmarshal([]byte(q), &s)
			return s, err == nil && !strings.Contains(q, "<")
		},
		"powershell": func() (string, bool) { return unquotePowerShell(quotePowerShell(text)) },
		"template": func() (string, bool) {
			s := escapeTemplate(text)
			return strings.ReplaceAll(s, "{{brace}}", "{"), !strings.Contains(strings.ReplaceAll(s, "{{brace}}", ""), "{")
		},
	} {
		want := text
		if name == "template" {
			want = strings.NewReplacer("\r", " ", "\n", " ").Replace(text)
			if strings.Contains(text, "{{brace}}") {
				continue // its reading here is not one to one
			}
		}
		if got, ok := read(); !ok || got != want {
			t.Errorf("%s: %q became %q (%t)", name, want, got, ok)
		}
	}
}

func TestEveryTextSurvivesItsQuotes(t *testing.T) {
	for _, text := range awkwardTexts {
		checkQuotes(t, text)
	}
}

func FuzzQuotes(f *testing.F) {
	for _, text := range awkwardTexts {
		f.Add(text)
	}
	f.Fuzz(checkQuotes)
}

// balanced reads PowerShell as far as to know strings, comments and brackets.
func balanced(t *testing.T, script string) {
	t.Helper()
	var open []rune
	r := []rune(script)
	quote := func(c rune) bool { return strings.ContainsRune("'\u2018\u2019\u201a\u201b", c) }
	for i := 0; i < len(r); i++ {
		switch c := r[i]; {
		case quote(c):
			for i++; ; i++ {
				if i >= len(r) {
					t.Fatalf("a string does not end:\n%s", script)
				}
				if quote(r[i]) {
					if i+1 < len(r) && quote(r[i+1]) {
						i++
						continue
					}
					break
				}
			}
		case c == '"':
			for i++; i < len(r) && r[i] != '"'; i++ {
				if r[i] == '`' {
					i++
				}
			}
		case c == '#':
			for i < len(r) && r[i] != '\n' {
				i++
			}
		case strings.ContainsRune("({[", c):
			open = append(open, map[rune]rune{'(': ')', '{': '}', '[': ']'}[c])
		case strings.ContainsRune(")}]", c):
			if len(open) == 0 || open[len(open)-1] != c {
				t.Fatalf("a %c too many at %d:\n%s", c, i, script)
			}
			open = open[:len(open)-1]
		}
	}
	if len(open) > 0 {
		t.Errorf("a %c is missing:\n%s", open[len(open)-1], script)
	}
}

func TestPowerShellReadsAsItIsMeant(t *testing.T) {
	for _, text := range awkwardTexts {
		balanced(t, written(t)(Step(tokenStep(text, text, "scope", text), flow.StepToken, PowerShell)))
	}
	for _, client := range []string{"", webClient(t), spaClient(t)} {
		tr := walked.Walk(t, client, nil)
		balanced(t, written(t)(Flow(tr, PowerShell)))
		balanced(t, written(t)(Step(tr, flow.StepRefresh, PowerShell)))
	}
}

// readHTTP reads a .http file: the variables, then one request with its form.
func readHTTP(t *testing.T, file string, env map[string]string) (variables map[string]string, head []string, form map[string]string) {
	t.Helper()
	variables, form = map[string]string{}, map[string]string{}
	before, request, ok := strings.Cut(file, "\n### ")
	if !ok {
		t.Fatalf("no request:\n%s", file)
	}
	for line := range strings.SplitSeq(before, "\n") {
		if name, v, ok := strings.Cut(strings.TrimPrefix(line, "@"), " = "); ok && strings.HasPrefix(line, "@") {
			if e, ok := strings.CutPrefix(v, "{{$processEnv "); ok {
				v = env[strings.TrimSuffix(e, "}}")]
			}
			variables[name] = v
		}
	}
	headText, body, _ := strings.Cut(request, "\n\n")
	head = strings.Split(headText, "\n")[1:]
	for line := range strings.SplitSeq(strings.TrimSuffix(body, "\n"), "\n") {
		name, v, _ := strings.Cut(strings.TrimPrefix(line, "&"), "=")
		for variable, value := range variables {
			v = strings.ReplaceAll(v, "{{"+variable+"}}", value)
		}
		form[unescape(name)] = unescape(v)
	}
	return variables, head, form
}

func TestAnHTTPFileSendsWhatWasSent(t *testing.T) {
	for _, text := range awkwardTexts {
		if strings.ContainsAny(text, "\x00") {
			continue
		}
		file := written(t)(Step(tokenStep("code", "the-code", "scope", text, "x"+text, "1"), flow.StepToken, HTTP))
		_, head, form := readHTTP(t, file, map[string]string{"CODE": "from-outside"})
		if head[0] != "POST https://login.example/token" {
			t.Errorf("the request line is %q", head[0])
		}
		if form["scope"] != text || form["x"+text] != "1" || form["code"] != "from-outside" {
			t.Errorf("%q: the form is %q", text, form)
		}
	}
}

func TestPostmanTakesNothingForAVariable(t *testing.T) {
	const hostile = "{{client_secret}}"
	text := written(t)(Step(tokenStep("scope", hostile, hostile, "1"), flow.StepToken, Postman))
	var c postmanCollection
	if err := json.Unmarshal([]byte(text), &c); err != nil {
		t.Fatal(err)
	}
	for _, p := range c.Items[0].Request.Body.URLEncoded {
		if strings.Contains(p.Key+p.Value, hostile) {
			t.Errorf("Postman would put the secret in: %+v", p)
		}
		if p.Key == "scope" && strings.ReplaceAll(p.Value, "{{brace}}", "{") != hostile {
			t.Errorf("the value is %q", p.Value)
		}
	}
}
