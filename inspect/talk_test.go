package inspect

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/pkcescope/pkcescope/assets"
	"github.com/pkcescope/pkcescope/flow"
)

func TestATalkWithAFaultIsRefusedWithItsLine(t *testing.T) {
	for name, c := range map[string]struct{ talk, where, why string }{
		"no TOML":            {"title = \"x\n", "line 1", ""},
		"an unknown field":   {"title = \"x\"\n[[scene]]\nshow = \"thought\"\ncolour = \"red\"\n", "line 4", `"colour"`},
		"an unknown show":    {"[[scene]]\nshow = \"title\"\n\n[[scene]]\ntitle = \"x\"\nshow = \"film\"\n", "line 6", `"film"`},
		"no show":            {"[[scene]]\nshow = \"title\"\n\n[[scene]]\ntitle = \"x\"\n", "line 4", `""`},
		"an unknown step":    {"[[scene]]\nshow = \"request\"\nstep = \"login\"\n", "line 3", `"login"`},
		"no step":            {"[[scene]]\nshow = \"request\"\n", "line 1", "shows a step"},
		"an unknown theft":   {"[[scene]]\nshow = \"theft\"\ntheft = \"redirect S512\"\n", "line 3", "S512"},
		"a text for seconds": {"seconds = \"ten\"\n[[scene]]\nshow = \"title\"\n", "", "seconds"},
		"no scenes":          {"title = \"x\"\n", "", "no scenes"},
		"nothing":            {"", "", "no scenes"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := ParseTalk([]byte(c.talk))
			var fe *flow.Error
			if !errors.As(err, &fe) || fe.Kind != flow.KindRefused {
				t.Fatalf("the error is %v", err)
			}
			if !strings.Contains(fe.What, c.where) || !strings.Contains(fe.Why, c.why) || fe.Try == "" {
				t.Errorf("what %q, why %q, try %q", fe.What, fe.Why, fe.Try)
			}
		})
	}
}

func FuzzParseTalk(f *testing.F) {
	f.Add(assets.Talk)
	f.Add([]byte("[[scene]]\nshow = \"theft\"\ntheft = \"state-missing defended\"\n"))
	f.Add([]byte("[[scene]]\nshow = 1\n[[scene]\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		talk, err := ParseTalk(data)
		if err == nil && len(talk.Scenes) == 0 {
			t.Error("a talk without scenes was taken")
		}
	})
}

// slidesOf reads a talk off the recorded run.
func slidesOf(t *testing.T, text string, run flow.Transcript, o Options) []Slide {
	t.Helper()
	talk, err := ParseTalk([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	twins := RecordedTwins(o)
	return talk.Slides(TalkSources{
		Report: Read(run, o), Twins: &twins,
		Play: func(r PlayRef) (Theatre, bool) { return RecordedPlay(r, o) },
	})
}

func TestTheScenesOfATalkStandInItsOwnOrder(t *testing.T) {
	slides := slidesOf(t, `
[[scene]]
show = "response"
step = "token"
[[scene]]
show = "title"
title = "Afterwards"
notes = ["Say hello."]
seconds = 7
`, RecordedRun(), Options{})
	if len(slides) != 2 || slides[0].Step != flow.StepToken || slides[1].Title != "Afterwards" {
		t.Fatalf("the slides are %+v", slides)
	}
	if slides[1].Seconds != 7 || slides[0].Seconds != 20 || !slices.Equal(slides[1].Notes, []string{"Say hello."}) {
		t.Errorf("seconds %d and %d, notes %q", slides[0].Seconds, slides[1].Seconds, slides[1].Notes)
	}
	if slides[0].Title == "" || len(slides[0].Text) == 0 || !strings.Contains(slides[0].Line, "200") {
		t.Errorf("what the author left out is not filled in: %+v", slides[0])
	}
}

func TestASlideShowsTheRowsItsAuthorNamed(t *testing.T) {
	slides := slidesOf(t, `
[[scene]]
show = "request"
step = "authorize"
only = ["state", "code_challenge", "not_there"]
spotlight = "code_challenge"
`, RecordedRun(), Options{})
	s := slides[0]
	if len(s.Rows) != 2 || s.Rows[0].Name != "state" || s.Spotlight != 1 || s.Left == 0 {
		t.Errorf("rows %+v, spotlight %d, left %d", s.Rows, s.Spotlight, s.Left)
	}
	if s.Rows[1].What == "" || !s.Rows[1].PKCE {
		t.Errorf("the challenge is not explained: %+v", s.Rows[1])
	}
}

func TestATheftHasASlideForEachOfItsScenes(t *testing.T) {
	slides := slidesOf(t, "[[scene]]\nshow = \"theft\"\ntheft = \"redirect S256\"\n", RecordedRun(), Options{})
	if len(slides) < 3 {
		t.Fatalf("%d slides", len(slides))
	}
	for i, s := range slides {
		if s.Beat != i || s.Beats != len(slides) || s.Play == nil {
			t.Errorf("slide %d is beat %d of %d", i, s.Beat, s.Beats)
		}
	}
	if slides[0].Play.ThiefWon {
		t.Error("the thief won against S256")
	}
}

func TestTheTwinsShowThatPlainSendsTheVerifier(t *testing.T) {
	rows := slidesOf(t, "[[scene]]\nshow = \"twins\"\n", RecordedRun(), Options{})[0].Twins
	find := func(name string) TwinRow {
		i := slices.IndexFunc(rows, func(r TwinRow) bool { return r.Name == name })
		if i < 0 {
			t.Fatalf("there is no %s in %+v", name, rows)
		}
		return rows[i]
	}
	v, c := find("code_verifier"), find("code_challenge")
	if v.Plain != c.Plain {
		t.Errorf("with plain the two are %q and %q", v.Plain, c.Plain)
	}
	if v.S256 == c.S256 {
		t.Errorf("with S256 both are %q", c.S256)
	}
}

func TestAFailedStepGetsASlideThatSaysWhy(t *testing.T) {
	run := RecordedRun()
	for i := range run.Steps {
		s := &run.Steps[i]
		if s.ID == flow.StepToken {
			s.Status = flow.StatusFailed
			s.Error = &flow.Error{Kind: flow.KindServer, What: "The server refused the code.", Try: "Start over."}
		}
	}
	slides := slidesOf(t, "[[scene]]\nshow = \"request\"\nstep = \"token\"\n[[scene]]\nshow = \"response\"\nstep = \"token\"\n", run, Options{})
	if len(slides) != 3 || !slides[2].Failed || slides[2].Title != "Why it failed" || len(slides[2].Text) == 0 {
		t.Errorf("the slides are %+v", slides)
	}
}

func TestASlideOfAStepThatIsNotInTheRunIsLeftOut(t *testing.T) {
	slides := slidesOf(t, "[[scene]]\nshow = \"request\"\nstep = \"refresh\"\n[[scene]]\nshow = \"title\"\ntitle = \"x\"\n", RecordedRun(), Options{})
	if len(slides) != 1 || slides[0].Kind != SlideTitle {
		t.Errorf("the slides are %+v", slides)
	}
}
