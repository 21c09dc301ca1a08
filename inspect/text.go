package inspect

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/pkcescope/pkcescope/flow"
)

// Text returns the report for people as plain text, wrapped to width columns;
// 0 means 80. It says where the run stands, what each step came to, what the
// tokens' checks found, and every finding.
func (rep Report) Text(width int) string {
	p := newPrinter(width)
	for _, s := range rep.Steps {
		if (s.Status == flow.StatusPending || s.Status == flow.StatusUnseen) && s.Optional {
			continue
		}
		p.line(fmt.Sprintf("%s %s%s", sign(s.Status), s.Title, stepNote(s)))
		if s.Error != nil {
			p.para("    ", sentence(s.Error.What)+" "+sentence(s.Error.Why))
			if s.Error.Try != "" {
				p.para("    ", "Try: "+s.Error.Try)
			}
		}
		for _, tok := range s.Tokens {
			p.indented("    ", func() { p.token(tok, false) })
		}
		for _, f := range s.Findings {
			p.finding("    ", f)
		}
	}
	p.line("")
	p.para("", rep.Summary)
	return p.String()
}

func sign(s flow.Status) string {
	switch s {
	case flow.StatusOK:
		return "ok       "
	case flow.StatusFailed:
		return "FAILED   "
	case flow.StatusSkipped:
		return "skipped  "
	case flow.StatusCancelled:
		return "cancelled"
	case flow.StatusUnseen:
		return "not seen "
	default:
		return "-        "
	}
}

// stepNote says the outcome of a step in a few words: the last answer's status.
func stepNote(s Step) string {
	for i := len(s.Exchanges) - 1; i >= 0; i-- {
		if res := s.Exchanges[i].Response; res != nil && s.ID != flow.StepCallback {
			return " (" + res.Line + ")"
		}
	}
	return ""
}

// printer writes wrapped paragraphs.
type printer struct {
	strings.Builder

	width  int
	prefix string
}

func newPrinter(width int) *printer {
	if width <= 0 {
		width = 80
	}
	return &printer{width: max(width, 30)}
}

func (p *printer) line(s string) {
	p.WriteString(strings.TrimRight(p.prefix+s, " ") + "\n")
}

func (p *printer) indented(by string, f func()) {
	before := p.prefix
	p.prefix += by
	f()
	p.prefix = before
}

// para writes s wrapped, every line after indent.
func (p *printer) para(indent, s string) { p.hang(indent, indent, s) }

// hang writes s wrapped, with another indent on the first line.
func (p *printer) hang(first, rest, s string) {
	room := p.width - utf8.RuneCountInString(p.prefix+rest)
	for i, l := range wrapWords(s, max(room, 10)) {
		if i == 0 {
			p.line(first + l)
		} else {
			p.line(rest + l)
		}
	}
}

func wrapWords(s string, width int) []string {
	var lines []string
	line, n := "", 0
	for _, w := range strings.Fields(s) {
		size := utf8.RuneCountInString(w)
		if n > 0 && n+1+size > width {
			lines = append(lines, line)
			line, n = "", 0
		}
		if n > 0 {
			line, n = line+" ", n+1
		}
		line, n = line+w, n+size
	}
	if n > 0 {
		lines = append(lines, line)
	}
	return lines
}

// token writes a token: whose it is, its checks, and with claims the rest.
func (p *printer) token(t Token, claims bool) {
	p.line(fmt.Sprintf("%s: %s", t.Name, kindName(t.Kind)))
	p.indented("  ", func() {
		if t.Problem != "" {
			p.hang("! ", "  ", t.Problem)
		}
		for _, r := range t.Remarks {
			p.hang("* ", "  ", r)
		}
		p.para("", t.Whose)
		if claims && t.Curiosity != "" {
			p.para("", t.Curiosity)
		}
		if claims && len(t.Header) > 0 {
			p.line("")
			p.line("Header")
			for _, k := range slices.Sorted(maps.Keys(t.Header)) {
				p.hang("  "+pad(k, 12), strings.Repeat(" ", 15), claimText(t.Header[k]))
			}
		}
		if claims {
			p.broken("Header as it stands", t.HeaderText)
			p.broken("Payload as it stands", t.PayloadText)
		}
		if claims && len(t.Claims) > 0 {
			p.line("")
			p.line("Claims")
			for _, c := range t.Claims {
				p.hang("  "+pad(c.Name, 18), strings.Repeat(" ", 21), c.Text)
				p.para(strings.Repeat(" ", 6), c.Meaning)
			}
		}
		if claims {
			p.scopes(t.Scopes)
			p.missing(t.Missing)
		}
		if len(t.Checks) == 0 {
			return
		}
		if claims {
			p.line("")
		}
		p.line("Checks: " + verdictOf(t.Checks))
		for _, c := range t.Checks {
			if !claims && c.Result == Pass {
				continue
			}
			p.hang("  "+mark(c.Result)+" "+pad(c.ID, 10), strings.Repeat(" ", 18), checkText(c, claims))
		}
	})
}

// mostBroken is how much of a broken part is printed; the JSON has all of it.
const mostBroken = 4 << 10

// broken prints a part that could not be read to its end.
func (p *printer) broken(title, text string) {
	if text == "" {
		return
	}
	p.line("")
	p.line(title)
	rest := ""
	if n := len(text); n > mostBroken {
		text, rest = strings.ToValidUTF8(text[:mostBroken], ""), fmt.Sprintf(" … (%d octets; --json has all)", n)
	}
	p.hang("  ", "  ", text+rest)
}

func (p *printer) scopes(all []Scope) {
	if len(all) == 0 {
		return
	}
	p.line("")
	p.line("Scopes: requested, granted")
	for _, s := range all {
		text := s.State()
		if s.Note != "" {
			text += ". " + s.Note
		}
		p.hang("  "+pad(s.Name, 18), strings.Repeat(" ", 21), text)
	}
}

// State says in a few words what was asked for and what was granted.
func (s Scope) State() string {
	switch {
	case s.Requested == nil:
		return "granted; it is not known what was requested"
	case *s.Requested && s.Granted:
		return "requested, granted"
	case *s.Requested:
		return "requested, not granted"
	}
	return "not requested, granted"
}

func (p *printer) missing(all []Missing) {
	if len(all) == 0 {
		return
	}
	p.line("")
	p.line("Not in it, and what that usually means")
	for _, x := range all {
		p.hang("  "+pad(x.Name, 18), strings.Repeat(" ", 21), x.Meaning)
	}
}

func kindName(kind string) string {
	switch kind {
	case "jwt":
		return "a signed token (JWT)"
	case "jwe":
		return "an encrypted token (JWE)"
	}
	return "opaque"
}

func pad(s string, n int) string {
	return s + strings.Repeat(" ", max(1, n-utf8.RuneCountInString(s)+1))
}

func mark(r Result) string {
	switch r {
	case Pass:
		return "pass"
	case Fail:
		return "FAIL"
	default:
		return "?   "
	}
}

// checkText says what came of a check and, if source is set, where the expected
// value is from.
func checkText(c Check, source bool) string {
	from := ""
	if source && c.Provenance != "" && !strings.HasPrefix(c.Provenance, "nowhere") && !strings.Contains(c.Expected, "(from ") {
		from = " (expected value: " + c.Provenance + ")"
	}
	if c.Result == Pass {
		return c.Actual + ". " + strings.TrimSuffix(c.Why, ".") + from + "."
	}
	return "expected " + c.Expected + "; got " + orEmpty(c.Actual) + ". " + strings.TrimSuffix(c.Why, ".") + from + "."
}

func orEmpty(s string) string {
	if s == "" {
		return "nothing"
	}
	return s
}

func (p *printer) finding(indent string, f Finding) {
	p.hang(indent+severitySign(f.Severity)+" ", indent+"  ", sentence(f.What)+" ["+f.Code+"]")
	p.para(indent+"  ", f.Why)
	if f.Try != "" {
		p.para(indent+"  ", "Try: "+f.Try)
	}
}

func severitySign(s Severity) string {
	switch s {
	case SeverityError:
		return "x"
	case SeverityWarning:
		return "!"
	default:
		return "i"
	}
}
