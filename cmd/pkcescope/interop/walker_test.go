//go:build interop

package interop

import (
	"slices"
	"testing"

	"github.com/chromedp/chromedp"
)

// walker walks against a provider with a browser that signs in there.
type walker struct {
	signIn func(t *testing.T, b *browser, url string)
	args   []string
}

// with is w with further arguments.
func (w walker) with(args ...string) walker {
	w.args = append(slices.Clone(w.args), args...)
	return w
}

// unasked is w at a provider that comes to no sign-in page.
func (w walker) unasked() walker {
	w.signIn = func(t *testing.T, b *browser, url string) {
		t.Helper()
		b.do(t, chromedp.Navigate(url))
	}
	return w
}

// ok walks to the end, and asserts that it is a good one.
func (w walker) ok(t *testing.T, flags ...string) document {
	t.Helper()
	return w.ends(t, 0, "ok", flags...)
}

// fails walks to a refusal.
func (w walker) fails(t *testing.T, flags ...string) document {
	t.Helper()
	return w.ends(t, 1, "failed", flags...)
}

func (w walker) ends(t *testing.T, status int, outcome string, flags ...string) document {
	t.Helper()
	b := newBrowser(t)
	r := start(t, b, w.with(flags...).args...)
	w.signIn(t, b, b.wanted(t))
	if status == 0 {
		b.ends(t, "close this window")
	}
	return r.finish(t, status, outcome)
}

// stopsAt asserts that the browser never leaves the provider's page, which says
// text, and that the wait ends when the person ends it.
func (w walker) stopsAt(t *testing.T, text string, flags ...string) {
	t.Helper()
	b := newBrowser(t)
	r := start(t, b, w.with(flags...).args...)
	b.do(t, chromedp.Navigate(b.wanted(t)))
	b.ends(t, text)
	r.cancel(t)
	if d := r.finish(t, 130, "cancelled"); d.step("callback").Status != "cancelled" {
		t.Errorf("callback = %s, want cancelled", d.step("callback").Status)
	}
}
