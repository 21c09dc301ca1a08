package report

import (
	_ "embed"
	"html/template"
	"io"
	"regexp"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/pkcescope/pkcescope/flow"
	"github.com/pkcescope/pkcescope/inspect"
)

//go:embed report.html
var page string

// pageTemplate is parsed when it is first needed: few runs of the program make
// a report, and all of them start.
var pageTemplate = sync.OnceValue(func() *template.Template {
	return template.Must(template.New("report").Funcs(template.FuncMap{
		"pieces": pieces, "sequence": sequence, "text": claimText, "sign": sign,
		"long": func(s string) bool { return utf8.RuneCountInString(s) > longValue },
		"head": func(s string) string { return string([]rune(s)[:longHead]) },
		"size": utf8.RuneCountInString,
	}).Parse(page))
})

// A value that is longer than longValue, a token for example, is folded behind
// its first longHead characters.
const (
	longValue = 320
	longHead  = 20
)

// HTML writes the hand-out of t as one page: no scripts, no requests, light and
// dark as the reader's system is, and made to be printed as well.
func HTML(w io.Writer, t flow.Transcript) error {
	var b strings.Builder
	if err := pageTemplate().Execute(&b, read(t)); err != nil {
		return err
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// piece is a stretch of a value, after which a line may break.
type piece struct {
	Text string
	Mask bool
}

var mask = regexp.MustCompile(`●{8} \d+ chars(?: #[0-9a-f]{8})?`)

// pieces cuts a value where a reader would break it, and sets masks apart.
func pieces(s string) []piece {
	var out []piece
	plain := func(s string) {
		for s != "" {
			n := strings.IndexAny(s, "&?/;,") + 1
			if n == 0 {
				n = len(s)
			}
			out = append(out, piece{Text: s[:n]})
			s = s[n:]
		}
	}
	from := 0
	for _, at := range mask.FindAllStringIndex(s, -1) {
		plain(s[from:at[0]])
		out = append(out, piece{s[at[0]:at[1]], true})
		from = at[1]
	}
	plain(s[from:])
	return out
}

// claimText is a claim's value for people.
func claimText(c inspect.Claim) string { return c.Text }

// sign is a mark for a result or a severity, beside its word.
func sign(s any) string {
	switch s {
	case inspect.Pass:
		return "✓"
	case inspect.Fail, inspect.SeverityError:
		return "✗"
	case inspect.SeverityWarning:
		return "▲"
	case inspect.Unknown:
		return "?"
	}
	return "●"
}
