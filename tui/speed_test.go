package tui

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/pkcescope/pkcescope/flow"
	"github.com/pkcescope/pkcescope/inspect"
)

// huge is a model that shows a response body of n octets in pretty lines.
func huge(n int) Model {
	m, _ := fixture("dark", flow.StepKeys, false)
	lines := make([]string, 0, n/60)
	for size := 0; size < n; size += 60 {
		lines = append(lines, fmt.Sprintf(`  "member_%07d": "%s",`, len(lines), strings.Repeat("x", 34)))
	}
	for i := range m.visit.reading.report.Steps {
		s := &m.visit.reading.report.Steps[i]
		if s.ID == flow.StepToken {
			s.Exchanges = []inspect.Exchange{s.Exchanges[0]}
			res := *s.Exchanges[0].Response
			res.Raw = lines
			s.Exchanges[0].Response = &res
		}
	}
	return sized(m, 120, 40, "left", "3", "v", "v")
}

// A key in a pane, and the picture after it: the same for a body of any size.
func BenchmarkScroll(b *testing.B) {
	for _, size := range []int{10_000, 10_000_000} {
		b.Run(fmt.Sprintf("%d octets", size), func(b *testing.B) {
			m := huge(size)
			key := keyPress("j")
			for b.Loop() {
				next, _ := m.Update(key)
				m = next.(Model)
				_ = m.View()
			}
		})
	}
}

// Laying out ten megabytes for a new width happens once for each resize.
func BenchmarkResizeWithAHugeBody(b *testing.B) {
	m := huge(10_000_000)
	w := 120
	for b.Loop() {
		w ^= 1
		m = sized(m, w, 40)
	}
}

func BenchmarkFindInAHugeBody(b *testing.B) {
	m := huge(10_000_000)
	for b.Loop() {
		_ = m.panes[paneResponse].doc.find("member_0123456")
	}
}

// A body of ten megabytes scrolls as a small one does: the work for a key does
// not grow with it.
func TestAHugeBodyScrollsLikeASmallOne(t *testing.T) {
	m := huge(10_000_000)
	allocs := testing.AllocsPerRun(20, func() {
		next, _ := m.Update(keyPress("j"))
		m = next.(Model)
		_ = m.View()
	})
	small := huge(10_000)
	smallAllocs := testing.AllocsPerRun(20, func() {
		next, _ := small.Update(keyPress("j"))
		small = next.(Model)
		_ = small.View()
	})
	if allocs > 2*smallAllocs {
		t.Errorf("a key costs %v allocations with ten megabytes, %v with ten kilobytes", allocs, smallAllocs)
	}
}

// What was typed is found whatever its case, also where a line has letters that
// take another number of octets in the other one.
func TestFindTakesNoAccountOfCase(t *testing.T) {
	far := strings.Repeat("-", 3000) + "B" + strings.Repeat("-", 3000) + "b"
	d := &doc{raw: []string{"Location: /CallBack?code=1", "İstanbul callback", "kallback", "CALLBAC", "ÄÖ äö", far}}
	for text, want := range map[string][]string{
		"callBACK": {"CallBack", "callback"},
		"äÖ":       {"ÄÖ", "äö"},
		"?":        {"?"},
		"-b":       {"-B", "-b"},
		"none":     nil,
	} {
		var got []string
		for _, h := range d.find(text) {
			got = append(got, d.text(h.line)[h.from:h.to])
		}
		if !slices.Equal(got, want) {
			t.Errorf("%q: found %q, want %q", text, got, want)
		}
	}
}
