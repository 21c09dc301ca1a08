package tui

import (
	tea "charm.land/bubbletea/v2"
)

// newCompareCommands are the keys of the comparison.
func newCompareCommands() []command {
	scroll := func(by int) func(*Model) tea.Cmd {
		return func(m *Model) tea.Cmd {
			l := &m.compare.panes[0]
			l.scroll(by)
			return nil
		}
	}
	tab := func(by int) func(*Model) tea.Cmd {
		return func(m *Model) tea.Cmd {
			m.compare.tab = min(max(m.compare.tab+by, 0), m.resultTab())
			return nil
		}
	}
	busy := func(m *Model) string {
		return choose(m.compare.cancel == nil, "", "The runs are under way; esc cancels them.")
	}
	// What is about the runs does nothing while the flows are in their place.
	runs := func(m *Model) string {
		return choose(m.compare.onFlows, "These are other flows; f goes back to the runs.", "")
	}
	left := func(m *Model) string {
		if why := runs(m); why != "" {
			return why
		}
		return choose(busy(m) != "", busy(m), choose(m.compare.more, "", "All runs are over; r starts over."))
	}
	return []command{
		{
			Binding: bind("enter space", "enter", "next"), group: "Compare", foot: 1, long: "Carry out the next step in every run; at the end, look at the next one.",
			why: func(m *Model) string {
				if why := runs(m); why != "" {
					return why
				}
				if m.compare.more {
					return busy(m)
				}
				return choose(m.compare.tab < m.resultTab(), "", "This is the result. r starts over.")
			},
			do: (*Model).compareEnter,
		},
		{Binding: bind("a", "a", "run all"), group: "Compare", foot: 2, long: "Carry out all steps of every run.", why: left, do: (*Model).compareAll},
		{Binding: bind("left h", "←→", "step"), group: "Compare", foot: 3, long: "Look at the step before or after; the result is the last.", why: runs, do: tab(-1)},
		{Binding: bind("right l", "→", "step"), why: runs, do: tab(1)},
		{
			Binding: bind("tab", "tab", "methods/traps/probes"), group: "Compare", foot: 4, long: "Show the methods, the traps that clients fall into, or the probes.",
			why: func(m *Model) string {
				if why := runs(m); why != "" {
					return why
				}
				return choose(m.compare.tab < m.resultTab(), "", "The result is of all of them; ← goes to a step.")
			},
			do: (*Model).compareGroup,
		},
		{
			Binding: bind("]", "[ ]", "columns"), group: "Compare", foot: 6, long: "The next or the previous columns, where not all fit.",
			why: func(m *Model) string {
				if why := runs(m); why != "" {
					return why
				}
				return choose(len(m.comparePages()) > 1, "", "All columns are in sight.")
			},
			do: func(m *Model) tea.Cmd { return m.comparePage(1) },
		},
		{Binding: bind("[", "[", "columns"), why: runs, do: func(m *Model) tea.Cmd { return m.comparePage(-1) }},
		{Binding: bind("r", "r", "again"), group: "Compare", foot: 5, long: "Start over with fresh verifiers.", why: busy, do: (*Model).compareAgain},
		{
			Binding: bind("f", "f", "other flows"), group: "Compare", foot: 6,
			label: func(m *Model) string { return choose(m.compare.onFlows, "the runs", "other flows") },
			long:  "The authorization code flow beside the interactive and the device code flow: what each needs, gives, and lets a phisher do.",
			why:   busy, do: (*Model).compareFlows,
		},
		{
			Binding: bind("x", "x", "reveal"), group: "Look", foot: 7, long: "Show secrets in clear, and mask them again.",
			label: func(m *Model) string { return choose(m.compare.reveal, "mask", "reveal") },
			why: func(m *Model) string {
				if why := runs(m); why != "" {
					return why
				}
				return choose(m.compare.twins != nil, "", "Nothing has been run yet.")
			},
			do: (*Model).compareReveal,
		},
		{
			Binding: bind("y", "y", "copy address"), group: "Look", long: "Copy the address that waits for a browser.",
			why: func(m *Model) string { return choose(m.compareWaiting(), "", "No run waits for a browser.") },
			do:  func(m *Model) tea.Cmd { return tea.SetClipboard(m.compare.awaits.url) },
		},
		{Binding: bind("down j", "↑↓", "scroll"), group: "Look", long: "Scroll.", do: scroll(1)},
		{Binding: bind("up k", "↑", "scroll"), do: scroll(-1)},
		{Binding: bind("pgdown", "pgup/pgdn", "page"), group: "Look", long: "A page up or down.", do: scroll(10)},
		{Binding: bind("pgup", "pgup", "page"), do: scroll(-10)},
		{
			Binding: bind("esc ctrl+x", "esc", "back"), group: "Program", foot: 88, long: "Cancel the runs; else go back.",
			label: func(m *Model) string { return choose(m.compare.cancel != nil, "cancel", "back") },
			do:    (*Model).leaveCompare,
		},
	}
}
