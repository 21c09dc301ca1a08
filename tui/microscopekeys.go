package tui

import (
	tea "charm.land/bubbletea/v2"
)

// newMicroscopeCommands are the keys of the microscope.
func newMicroscopeCommands() []command {
	with := func(f func(*Model, int) tea.Cmd, by int) func(*Model) tea.Cmd {
		return func(m *Model) tea.Cmd { return f(m, by) }
	}
	return []command{
		{
			Binding: bind("enter space", "enter", "unfold"), group: "Microscope", foot: 3,
			long: "Show all of the selected value: every item of a list, every character of a long text; and fold it again.",
			why:  (*Model).whyNoSpecimen, do: (*Model).microscopeUnfold,
		},
		{
			Binding: bind("p", "p", "paste"), group: "Microscope", foot: 2,
			long: "Take another token. Pasting works at any time; p opens a field for it.",
			do:   (*Model).microscopeType,
		},
		{
			Binding: bind("t", "t/T", "tamper"), group: "Microscope", foot: 4,
			long: "Change the token in the next way, and see which checks notice: a bit, a claim, the end, the audience, alg, the signature.",
			why:  (*Model).whyNoChange, do: with((*Model).microscopeTamper, 1),
		},
		{Binding: bind("T", "T", "tamper"), why: (*Model).whyNoChange, do: with((*Model).microscopeTamper, -1)},
		{
			Binding: bind("e", "e", "change"), group: "Microscope", foot: 6,
			long: "Change the selected claim, or alg while a part or the checks have the keys.",
			why:  (*Model).whyNoChange, do: (*Model).microscopeEdit,
		},
		{
			Binding: bind("o", "o", "original"), group: "Microscope", foot: 5,
			long: "Undo every change.",
			why:  func(m *Model) string { return choose(m.micro.change != "", "", "Nothing was changed.") },
			do:   (*Model).microscopeOriginal,
		},
		{
			Binding: bind("a", "a", "expected"), group: "Microscope", foot: 7,
			long: "Say what a pasted token is checked against: issuer, client, nonce, keys, scopes, acr_values, max_age. Beside a run these are the run's own.",
			why:  (*Model).whyNoAgainst, do: (*Model).microscopeAgainst,
		},
		{
			Binding: bind("d", "d", "side by side"), group: "Microscope", foot: 8,
			label: func(m *Model) string { return choose(m.micro.comparing, "one token", "side by side") },
			long:  "Lay the token beside another one, the differences marked: as it was before a change, another of the run, or one that is pasted next.",
			why:   (*Model).whyNoSpecimen, do: (*Model).microscopeCompare,
		},
		{
			Binding: bind("]", "[ ]", "token"), group: "Microscope", foot: 9,
			long: "The next or the previous token.",
			why:  (*Model).whyNoOtherToken, do: with((*Model).microscopeNext, 1),
		},
		{Binding: bind("[", "[", "token"), why: (*Model).whyNoOtherToken, do: with((*Model).microscopeNext, -1)},
		{
			Binding: bind("v", "v", "octets"), group: "Look", foot: 11,
			label: func(m *Model) string { return choose(m.micro.readable, "octets", "text") },
			long:  "Show the parts as octets beside the characters that they were written as, or as laid out text.",
			why:   (*Model).whyNoSpecimen, do: (*Model).microscopeView,
		},
		{
			Binding: bind("x", "x", "reveal"), group: "Look", foot: 10,
			label: func(m *Model) string { return choose(m.micro.revealed, "mask", "reveal") },
			long:  "Show the signature and other secrets in clear, and mask them again.",
			why:   (*Model).whyNoSpecimen, do: (*Model).microscopeReveal,
		},
		{
			Binding: bind("tab", "tab", "pane"), group: "Look", foot: 1, long: "Go to the next pane.",
			why: (*Model).whyNoSpecimen, do: with((*Model).microscopeCycle, 1),
		},
		{Binding: bind("shift+tab", "shift+tab", "pane before"), do: with((*Model).microscopeCycle, -1)},
		{Binding: bind("down j", "↑↓", "move"), group: "Look", long: "Choose a claim; scroll.", do: with((*Model).microscopeMove, 1)},
		{Binding: bind("up k", "↑", "move"), do: with((*Model).microscopeMove, -1)},
		{Binding: bind("pgdown ctrl+f", "pgup/pgdn", "page"), group: "Look", long: "A page up or down.", do: with((*Model).microscopePage, 1)},
		{Binding: bind("pgup ctrl+b", "pgup", "page"), do: with((*Model).microscopePage, -1)},
		{Binding: bind("home g", "g/G", "ends"), group: "Look", long: "To the beginning or the end of the pane.", do: with((*Model).microscopeEnd, -1)},
		{Binding: bind("end G", "G", "end"), do: with((*Model).microscopeEnd, 1)},
		{
			Binding: bind("/", "/", "find"), group: "Look", foot: 13,
			long: "Find text in the pane, in folded values too; n and N go to the next and the previous place.",
			why:  (*Model).whyNoSpecimen, do: func(m *Model) tea.Cmd { return m.startFind() },
		},
		{Binding: bind("n", "n/N", "next found"), group: "Look", long: "The next or the previous place found.", why: (*Model).whyNoHit, do: func(m *Model) tea.Cmd { m.nextHit(1); return nil }},
		{Binding: bind("N", "N", "found before"), why: (*Model).whyNoHit, do: func(m *Model) tea.Cmd { m.nextHit(-1); return nil }},
		{
			Binding: bind("y", "y", "copy"), group: "Take along", foot: 12,
			long: "Copy the selected claim, or the token, to the clipboard (OSC 52).",
			why:  (*Model).whyNoSpecimen, do: (*Model).microscopeCopy,
		},
		{
			Binding: bind("esc", "esc", "back"), group: "Program", foot: 88,
			label: func(m *Model) string { return choose(m.search.text != "" && m.sought() != nil, "end search", "back") },
			long:  "Leave the comparison, or the microscope. What was pasted is not kept.",
			do:    (*Model).microscopeLeave,
		},
	}
}
