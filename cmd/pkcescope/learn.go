package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/pkcescope/pkcescope/flow"
	"github.com/pkcescope/pkcescope/flow/lesson"
	"github.com/pkcescope/pkcescope/inspect"
)

// learnFlags are what learn takes.
type learnFlags struct {
	json    bool
	reveal  bool
	answers []string
}

func newLearn() *cobra.Command {
	var f learnFlags
	cmd := &cobra.Command{
		Use:   "learn [ID…]",
		Short: "Lessons: predict what happens, and see it happen",
		Long: `Lessons about the flow and about mistakes that are published as samples. Each
runs at a practice tenant inside this process. It stops before a request is
sent, asks what will happen, sends it, and reads the answer off what came back.

Without an ID it lists the lessons. Without a terminal the predictions are
given by --answers, one for each ID; an empty one makes none. What was done is
kept in the configuration directory.`,
		Example: `  pkcescope learn
  pkcescope learn verifier
  pkcescope learn challenge --answers mismatch --json`,
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			var ids []string
			for _, l := range inspect.Lessons() {
				ids = append(ids, l.ID+"\t"+l.Title)
			}
			return ids, cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(cmd *cobra.Command, args []string) error { return learn(cmd, f, args) },
	}
	s := cmd.Flags()
	s.SortFlags = false
	s.StringSliceVar(&f.answers, "answers", nil, "the predictions: a `CHOICE` for each ID, with commas")
	s.BoolVar(&f.json, "json", false, "print one JSON document")
	s.BoolVar(&f.reveal, "reveal", false, "do not mask in the JSON "+practiceSecrets)
	return cmd
}

func learn(cmd *cobra.Command, f learnFlags, ids []string) error {
	progress, err := openLearned()
	if err != nil {
		return err
	}
	if len(ids) == 0 {
		return listLessons(cmd.OutOrStdout(), progress, f.json)
	}
	var chosen []inspect.Lesson
	for i, id := range ids {
		l, ok := inspect.FindLesson(id)
		if !ok {
			return wrongUsage("Use one of "+strings.Join(lesson.IDs(), ", ")+".", "There is no lesson %q.", id)
		}
		if i < len(f.answers) && f.answers[i] != "" {
			if _, ok := l.Choice(f.answers[i]); !ok {
				return wrongUsage("Use one of "+strings.Join(choiceIDs(l), ", ")+".", "The lesson %s has no answer %q.", id, f.answers[i])
			}
		}
		chosen = append(chosen, l)
	}
	if len(f.answers) > len(ids) {
		return wrongUsage("Give one answer for each lesson.", "There are %d answers for %d lessons.", len(f.answers), len(ids))
	}
	in := newInput(cmd.InOrStdin(), cmd.ErrOrStderr())
	var results []lessonResult
	for i, l := range chosen {
		p := pupil{cmd: cmd, out: cmd.OutOrStdout(), quiet: f.json}
		switch {
		case i < len(f.answers):
			p.answer = f.answers[i]
		case !f.json && in.terminal != nil:
			p.in = in
		}
		if i > 0 && !f.json {
			fmt.Fprintln(p.out)
		}
		r, err := p.take(l, f.reveal)
		if err != nil {
			return err
		}
		if err := progress.lessonDone(l.ID); err != nil {
			complain(cmd.ErrOrStderr(), "The progress was not kept.", err.Error(), "")
		}
		results = append(results, r)
	}
	if f.json {
		return inspect.WriteJSON(cmd.OutOrStdout(), results)
	}
	return nil
}

func choiceIDs(l inspect.Lesson) []string {
	var ids []string
	for _, c := range l.Choices {
		ids = append(ids, c.ID)
	}
	return ids
}

func listLessons(w io.Writer, progress learned, asJSON bool) error {
	done, err := progress.read()
	if err != nil {
		return err
	}
	type entry struct {
		inspect.Lesson
		Done bool `json:"done"`
	}
	var entries []entry
	n, next := 0, ""
	for _, l := range inspect.Lessons() {
		_, ok := done.Lessons[l.ID]
		switch {
		case ok:
			n++
		case next == "":
			next = " Next: pkcescope learn " + l.ID
		}
		entries = append(entries, entry{l, ok})
	}
	if asJSON {
		return inspect.WriteJSON(w, entries)
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for i, e := range entries {
		fmt.Fprintf(t, "%s %2d\t%s\t%s\n", mark(e.Done), i+1, e.ID, e.Title)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	fmt.Fprintf(w, "\n%d of %d done.%s\n", n, len(entries), next)
	return nil
}

// lessonResult is a lesson that was taken.
type lessonResult struct {
	inspect.Lesson
	// Predicted is the choice of the person, nil if they made none; Right says
	// whether it came true.
	Predicted *string              `json:"predicted"`
	Right     *bool                `json:"right"`
	Answer    inspect.LessonAnswer `json:"answer"`
	Runs      int                  `json:"runs"`
	// Run is the last run, with what the lesson sent.
	Run rawReport `json:"run"`
}

// pupil takes a lesson on the command line.
type pupil struct {
	cmd    *cobra.Command
	out    io.Writer
	quiet  bool
	in     *input // nil: nobody is asked
	answer string
}

func (p pupil) take(l inspect.Lesson, reveal bool) (lessonResult, error) {
	ctx := p.cmd.Context()
	s, err := lesson.Start(l.ID)
	if err != nil {
		return lessonResult{}, err
	}
	defer func() { _ = s.Close() }()
	if err := s.Prepare(ctx); err != nil {
		return lessonResult{}, err
	}
	if !p.quiet {
		p.ask(l, s.Transcripts())
	}
	choice := p.answer
	if p.in != nil {
		if choice, err = p.predict(ctx, l); err != nil {
			return lessonResult{}, err
		}
	}
	if err := s.Send(ctx); err != nil {
		return lessonResult{}, err
	}
	runs := s.Transcripts()
	r := lessonResult{
		Lesson: l, Answer: inspect.ReadLesson(l, runs), Runs: len(runs),
		Run: rawReport{inspect.Read(runs[len(runs)-1], inspect.Options{Reveal: reveal})},
	}
	if choice != "" {
		right := choice == r.Answer.Choice
		r.Predicted, r.Right = &choice, &right
	}
	if !p.quiet {
		p.tell(l, r)
	}
	return r, nil
}

// ask prints what has happened so far, and the question.
func (p pupil) ask(l inspect.Lesson, runs []flow.Transcript) {
	w := explainPrinter{p.out}
	w.prose("", "", l.Title+" ("+l.ID+")")
	w.prose("", "", "Aim: "+l.Aim)
	for _, text := range l.Body {
		fmt.Fprintln(p.out)
		w.prose("", "", text)
	}
	fmt.Fprintln(p.out)
	for _, t := range runs {
		for _, s := range inspect.Read(t, inspect.Options{}).Steps {
			if s.Status == flow.StatusOK {
				fmt.Fprintf(p.out, "  %-7s %s\n", s.Status, s.Title)
			}
		}
		fmt.Fprintln(p.out)
	}
	w.prose("", "", l.Question)
	for i, c := range l.Choices {
		w.prose(fmt.Sprintf("  %d  ", i+1), "     ", c.Text+" ("+c.ID+")")
	}
	fmt.Fprintln(p.out)
}

// predict asks until one of the choices is named, by number or id.
func (p pupil) predict(ctx context.Context, l inspect.Lesson) (string, error) {
	for {
		fmt.Fprintf(p.out, "Your prediction, 1 to %d: ", len(l.Choices))
		line, err := p.in.line(ctx)
		if errors.Is(err, io.EOF) {
			fmt.Fprintln(p.out)
			return "", nil
		}
		if err != nil {
			return "", err
		}
		line = strings.TrimSpace(line)
		if n, err := strconv.Atoi(line); err == nil && n >= 1 && n <= len(l.Choices) {
			return l.Choices[n-1].ID, nil
		}
		if _, ok := l.Choice(line); ok {
			return line, nil
		}
	}
}

// tell prints what the run has shown.
func (p pupil) tell(l inspect.Lesson, r lessonResult) {
	w := explainPrinter{p.out}
	for _, line := range r.Answer.Shown {
		w.prose("  → ", "    ", line)
	}
	if c, ok := l.Choice(r.Answer.Choice); ok {
		fmt.Fprintln(p.out)
		w.prose("", "", c.Text+".")
	}
	if r.Right != nil {
		w.prose("", "", map[bool]string{true: "That is what you predicted.", false: "You predicted something else."}[*r.Right])
	}
	for _, text := range r.Answer.Why {
		fmt.Fprintln(p.out)
		w.prose("", "", text)
	}
	w.section("To read on")
	for _, ref := range l.Refs {
		fmt.Fprintf(p.out, "  %s\n    %s\n", ref.Text, ref.URL)
	}
}
