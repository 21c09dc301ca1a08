package inspect

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pkcescope/pkcescope/flow"
	"github.com/pkcescope/pkcescope/flow/lesson"
)

// expected is what Entra documents, and so what each lesson is written for.
// The lessons themselves do not know it.
var expected = map[string]string{
	"verifier": "challenge", "challenge": "mismatch", "method": "token", "pipeline": "some",
	"random": "tokens", "state": "thief", "code-once": "refused", "secret-and-pkce": "secret",
	"public-secret": "public", "origin": "origin", "offline-access": "none", "manager": "undefined",
	"day": "refused",
}

// Every lesson is run; before the request there is no answer, and afterwards
// the transcript shows the choice that its text explains.
func TestEveryLessonShowsWhatItExplains(t *testing.T) {
	t.Parallel()
	lessons := Lessons()
	if len(lessons) < 10 || len(lessons) != len(expected) {
		t.Errorf("%d lessons, want 10 at least, and %d", len(lessons), len(expected))
	}
	for _, l := range lessons {
		t.Run(l.ID, func(t *testing.T) {
			t.Parallel()
			s, err := lesson.Start(l.ID)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = s.Close() }()
			ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
			defer cancel()
			if err := s.Prepare(ctx); err != nil {
				t.Fatal(err)
			}
			before := s.Transcripts()
			if err := s.Send(ctx); err != nil {
				t.Fatal(err)
			}
			after := s.Transcripts()
			if sentIn(after) <= sentIn(before) {
				t.Errorf("nothing was sent after the question")
			}
			got := ReadLesson(l, after)
			if got.Choice != expected[l.ID] {
				t.Errorf("the run shows %q, want %q: %q", got.Choice, expected[l.ID], got.Shown)
			}
			if len(got.Shown) == 0 || !slices.Equal(got.Why, l.why[got.Choice]) {
				t.Errorf("shown %q, why %q", got.Shown, got.Why)
			}
			for _, line := range got.Shown {
				if strings.Contains(line, "eyJ") {
					t.Errorf("a token is quoted: %s", line)
				}
			}
		})
	}
}

func sentIn(runs []flow.Transcript) int {
	n := 0
	for _, t := range runs {
		for _, s := range t.Steps {
			n += len(s.Exchanges)
		}
	}
	return n
}

// Texts are complete: each lesson has an aim, a question with two choices at
// least, and an explanation for a choice that there is.
func TestEveryLessonIsTold(t *testing.T) {
	for _, l := range Lessons() {
		if l.Title == "" || l.Aim == "" || len(l.Body) == 0 || !strings.HasSuffix(l.Question, "?") || len(l.Choices) < 2 || len(l.Refs) == 0 {
			t.Errorf("%s: a text is missing", l.ID)
		}
		for id := range l.why {
			if _, ok := l.Choice(id); !ok {
				t.Errorf("%s explains %q, which is no choice", l.ID, id)
			}
		}
		for _, r := range l.Refs {
			if r.URL == "" {
				t.Errorf("%s: %q leads nowhere", l.ID, r.Text)
			}
		}
	}
}

// The answer is read, not known: of a token request that got tokens, the
// lesson about a wrong verifier says that it got tokens.
func TestAnotherAnswerIsAnotherChoice(t *testing.T) {
	l, _ := FindLesson("challenge")
	run := flow.Transcript{Steps: []flow.Step{{ID: flow.StepToken, Exchanges: []flow.Exchange{{
		Actor: flow.ActorApp, Request: flow.Request{Method: "POST"},
		Response: &flow.Response{Status: 200, Body: flow.Body(`{"access_token":"x","scope":"openid"}`)},
	}}}}}
	got := ReadLesson(l, []flow.Transcript{run})
	if got.Choice != "tokens" || strings.Contains(strings.Join(got.Why, " "), "AADSTS501481") {
		t.Errorf("answer = %+v", got)
	}
	if got := ReadLesson(l, nil); got.Choice != "" {
		t.Errorf("without a run: %+v", got)
	}
}
