package tui

import (
	"slices"
	"sort"
	"strings"

	"github.com/charmbracelet/x/ansi"
)

// span is a stretch of text in one tone. It holds no escape sequences and no
// line breaks.
type span struct {
	text string
	tone tone
}

// line is a logical line of a pane. It is as long as it needs to be; a doc
// breaks it into rows.
type line struct {
	spans []span
	// hang is how far rows after the first are indented, in cells.
	hang int
	// prose breaks at blanks. Protocol text breaks anywhere, because a broken
	// word is read more easily than a row that ends early.
	prose bool
	// most is the highest number of rows, 0 for no limit. The last row of a
	// line that was cut ends in "…".
	most int
	// item is the number of the item the line belongs to, from 1; 0 is none.
	item int
	// link is where a click on the line leads to, in terminals that follow
	// links (OSC 8); it makes one address of all its rows.
	link string
}

// text is the line without its tones.
func (l line) text() string {
	if len(l.spans) == 1 {
		return l.spans[0].text
	}
	var b strings.Builder
	for _, s := range l.spans {
		b.WriteString(s.text)
	}
	return b.String()
}

// plain makes a line of one span.
func plain(t tone, text string) line { return line{spans: []span{{text, t}}} }

// prose makes a line that breaks at blanks, indented by hang cells.
func prose(t tone, hang int, text string) line {
	spans := []span{{text, t}}
	if hang > 0 {
		spans = []span{{strings.Repeat(" ", hang), toneText}, {text, t}}
	}
	return line{spans: spans, hang: hang, prose: true}
}

// doc is what a pane shows: logical lines, broken into rows for one width. It
// is made when its inputs change and is read by View, which shows only the
// rows that are in sight; so a body of ten megabytes costs no more to show than
// a small one.
type doc struct {
	lines []line
	// raw are further lines in one tone, kept as they are.
	raw     []string
	rawTone tone
	// lazy makes further lines when they are drawn, many of them; each is one
	// row of the width that the doc is made for.
	lazy func(i int) line
	many int
	// items is how many items the lines hold.
	items int

	ruler ansi.Method
	width int
	// starts holds the first row of each line, and the number of rows at its
	// end.
	starts []int
	// breaks holds where the rows of a line begin, for lines whose breaks
	// cannot be reckoned.
	breaks map[int][]int
}

// len is the number of logical lines.
func (d *doc) len() int { return len(d.lines) + len(d.raw) + d.many }

// line returns the i-th logical line.
func (d *doc) line(i int) line {
	if i < len(d.lines) {
		return d.lines[i]
	}
	if n := i - len(d.lines) - len(d.raw); n >= 0 {
		return d.lazy(n)
	}
	return plain(d.rawTone, d.text(i))
}

// text is the i-th logical line without its tones.
func (d *doc) text(i int) string {
	switch n := i - len(d.lines); {
	case n < 0:
		return d.lines[i].text()
	case n >= len(d.raw):
		return d.lazy(n - len(d.raw)).text()
	default:
		return detab(d.raw[n])
	}
}

func detab(s string) string {
	if strings.IndexByte(s, '\t') < 0 {
		return s
	}
	return strings.ReplaceAll(s, "\t", "    ")
}

// rows is the number of rows.
func (d *doc) rows() int {
	if len(d.starts) == 0 {
		return 0
	}
	return d.starts[len(d.starts)-1]
}

// wrap breaks the lines into rows of width cells.
func (d *doc) wrap(ruler ansi.Method, width int) {
	width = max(width, 1)
	if d.width == width && d.ruler == ruler && d.starts != nil {
		return
	}
	d.ruler, d.width = ruler, width
	d.breaks = nil
	d.starts = slices.Grow(d.starts[:0], d.len()+1)
	row := 0
	for i := range d.len() {
		d.starts = append(d.starts, row)
		row += d.countRows(i)
	}
	d.starts = append(d.starts, row)
}

// measure is the longest row of prose that the eye finds its way back from.
const measure = 116

func (d *doc) countRows(i int) int {
	if i >= len(d.lines)+len(d.raw) {
		return 1
	}
	var text string
	l := line{}
	if i < len(d.lines) {
		l = d.lines[i]
		text = l.text()
	} else {
		text = detab(d.raw[i-len(d.lines)])
	}
	first, rest := d.width, d.rest(l)
	if l.prose {
		first, rest = min(first, l.hang+measure), min(rest, measure)
	}
	n := 1
	switch {
	case isASCII(text) && len(text) <= first:
	case isASCII(text) && !l.prose:
		n = 1 + ceilDiv(len(text)-first, rest)
	default:
		at := breakText(d.ruler, text, first, rest, choose(l.prose, l.hang, -1))
		if n = len(at); n > 1 {
			if d.breaks == nil {
				d.breaks = map[int][]int{}
			}
			d.breaks[i] = at
		}
	}
	if l.most > 0 {
		n = min(n, l.most)
	}
	return n
}

// rest is the width of the rows after a line's first.
func (d *doc) rest(l line) int {
	if l.hang >= d.width {
		return d.width
	}
	return d.width - l.hang
}

// at finds the line and the row inside it.
func (d *doc) at(row int) (i, sub int) {
	i = sort.SearchInts(d.starts, row+1) - 1
	return i, row - d.starts[i]
}

// extent is which octets of line i its sub-th row shows.
func (d *doc) extent(i, sub int, l line, text string) (from, to int) {
	if at, ok := d.breaks[i]; ok {
		from, to = at[sub], len(text)
		if sub+1 < len(at) {
			to = at[sub+1]
		}
		return from, to
	}
	if !isASCII(text) || len(text) <= d.width {
		return 0, len(text)
	}
	if sub == 0 {
		return 0, min(d.width, len(text))
	}
	from = d.width + (sub-1)*d.rest(l)
	return min(from, len(text)), min(from+d.rest(l), len(text))
}

// rowOf is the row that shows octet at of line i.
func (d *doc) rowOf(i, at int) int {
	l := d.line(i)
	text := l.text()
	n := d.starts[i+1] - d.starts[i]
	sub := sort.Search(n, func(s int) bool {
		_, to := d.extent(i, s, l, text)
		return to > at
	})
	return d.starts[i] + min(sub, n-1)
}

// itemRows is the first row of an item, and the row after its last.
func (d *doc) itemRows(item int) (from, to int) {
	from = -1
	for i, l := range d.lines {
		if l.item != item {
			continue
		}
		if from < 0 {
			from = d.starts[i]
		}
		to = d.starts[i+1]
	}
	return max(from, 0), to
}

// shows reports whether an item shows a text from end to end.
func (d *doc) shows(item int, text string) bool {
	for i, l := range d.lines {
		if l.item != item || !strings.HasSuffix(l.text(), text) {
			continue
		}
		most := l.most
		l.most = 0
		return most == 0 || (&doc{lines: []line{l}, ruler: d.ruler, width: d.width}).countRows(0) <= d.starts[i+1]-d.starts[i]
	}
	return false
}

// says reports whether a line of its own says a text.
func (d *doc) says(text string) bool {
	return text != "" && slices.ContainsFunc(d.lines, func(l line) bool { return strings.TrimSpace(l.text()) == text })
}

// hit is a place where the sought text stands.
type hit struct{ line, from, to int }

// mostHits bounds what find collects.
const mostHits = 9999

// find returns where text stands, whatever its case.
func (d *doc) find(text string) []hit {
	text = strings.ToLower(text)
	if text == "" {
		return nil
	}
	index := indexFold(text)
	var hits []hit
	for i := range d.len() {
		at := d.text(i)
		for from := 0; ; {
			n := index(at[from:])
			if n < 0 {
				break
			}
			hits = append(hits, hit{i, from + n, from + n + len(text)})
			if len(hits) == mostHits {
				return hits
			}
			from += n + len(text)
		}
	}
	return hits
}

// indexFold returns a function that finds low, a text in lower case, in a text
// whatever its case, or returns -1. It makes no copy of what it looks through
// for the texts that are sought in ten megabytes of protocol: those of ASCII.
func indexFold(low string) func(string) int {
	if !isASCII(low) {
		return func(s string) int {
			// Where lower case takes another number of octets, the places
			// would not be those of the text.
			if l := strings.ToLower(s); len(l) == len(s) {
				s = l
			}
			return strings.Index(s, low)
		}
	}
	return func(s string) int {
		for i := 0; i+len(low) <= len(s); i++ {
			n := indexEither(s[i:], low[0])
			if i += n; n < 0 || i+len(low) > len(s) {
				return -1
			}
			if equalFoldASCII(s[i:i+len(low)], low) {
				return i
			}
		}
		return -1
	}
}

// indexEither finds a letter in either case. It looks at a stretch at a time,
// so that the rare case of a letter is not sought far beyond the frequent one.
func indexEither(s string, low byte) int {
	up := low
	if 'a' <= low && low <= 'z' {
		up -= 'a' - 'A'
	}
	const stretch = 1024
	for at := 0; at < len(s); at += stretch {
		part := s[at:min(at+stretch, len(s))]
		n := strings.IndexByte(part, low)
		if n >= 0 {
			part = part[:n]
		}
		if m := strings.IndexByte(part, up); m >= 0 && up != low {
			n = m
		}
		if n >= 0 {
			return at + n
		}
	}
	return -1
}

// equalFoldASCII reports whether s is low but for the case of ASCII letters.
func equalFoldASCII(s, low string) bool {
	for i := range len(low) {
		c := s[i]
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		if c != low[i] {
			return false
		}
	}
	return true
}

// look is how a row is drawn, besides its own tones.
type look struct {
	selected bool
	// named marks the selection on the names alone. Whole rows in another
	// colour cost several times what moving a mark does, for each key.
	named   bool
	hits    []hit // of the whole doc, in order
	current int   // which of them is the current one, -1 for none
}

// draw writes a row, exactly d.width cells wide.
func (d *doc) draw(p *painter, row int, k look) {
	if row < 0 || row >= d.rows() {
		p.pad(d.width, k.selected)
		return
	}
	i, sub := d.at(row)
	l := d.line(i)
	text := l.text()
	from, to := d.extent(i, sub, l, text)
	cut := l.most > 0 && sub == l.most-1 && to < len(text)
	room := d.width
	if sub > 0 && l.hang < d.width {
		p.pad(l.hang, k.selected)
		room -= l.hang
	}
	if l.prose && to < len(text) {
		to = from + len(strings.TrimRight(text[from:to], " "))
	}
	if cut {
		room--
	}
	if l.link != "" {
		p.b.WriteString(ansi.SetHyperlink(l.link, "id=pkcescope"))
	}
	first := sort.Search(len(k.hits), func(h int) bool { return k.hits[h].line >= i })
	at := 0
	for _, s := range l.spans {
		lo, hi := max(from, at), min(to, at+len(s.text))
		for lo < hi && room > 0 {
			t, end := s.tone, hi
			for h := first; h < len(k.hits) && k.hits[h].line == i; h++ {
				switch f := k.hits[h]; {
				case lo >= f.from && lo < f.to:
					t, end = toneHit, min(end, f.to)
					if h == k.current {
						t = toneHitHere
					}
				case f.from > lo:
					end = min(end, f.from)
				}
			}
			room -= p.put(s.text[lo-at:end-at], t, k.selected || k.named && t.names(), room)
			lo = end
		}
		at += len(s.text)
	}
	if l.link != "" {
		p.b.WriteString(ansi.ResetHyperlink())
	}
	if cut {
		room++
		room -= p.put("…", toneFaint, k.selected, room)
	}
	p.pad(room, k.selected)
}

// breakText returns where the rows of text begin: the first row has first
// cells, the others rest cells. Rows break at the last blank that stands
// after the first lead cells, or anywhere if lead is negative.
func breakText(ruler ansi.Method, text string, first, rest, lead int) []int {
	at := []int{0}
	room, blank := first, -1 // blank is where the text after the last blank begins
	for i := 0; i < len(text); {
		n, w := nextCell(ruler, text[i:])
		if text[i] == ' ' && lead >= 0 {
			// A blank may hang over the edge: it is not drawn there.
			i, room = i+1, room-1
			if len(at) > 1 || first-room > lead {
				blank = i
			}
			continue
		}
		if w > room && i > at[len(at)-1] {
			start := i
			if blank > at[len(at)-1] {
				start = blank
			}
			at = append(at, start)
			room = rest - ruler.StringWidth(text[start:i])
			blank = -1
			continue
		}
		room -= w
		i += n
	}
	return at
}

// nextCell is the length and the width of the first character as people count
// them.
func nextCell(ruler ansi.Method, s string) (n, width int) {
	if s[0] < 0x80 && (len(s) == 1 || s[1] < 0x80) {
		return 1, 1
	}
	c, w := ansi.FirstGraphemeCluster(s, ruler)
	return max(len(c), 1), w
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}

func ceilDiv(a, b int) int { return (a + b - 1) / b }
