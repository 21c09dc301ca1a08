package tui

import (
	"strings"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"
)

// command is a key and what it does. The foot of the screen, the help and the
// reason why a key is dead are all made from these tables.
type command struct {
	key.Binding
	group string
	// long is the sentence in the help.
	long string
	// label is the word in the foot where it depends on the moment; "" keeps it
	// out of the foot.
	label func(*Model) string
	// foot is the place in the foot, from 1; 0: only in the help.
	foot int
	// labFoot is its place in a broken tenant, if it is another one there.
	labFoot int
	// why says why the key does nothing now, or "" if it does.
	why func(*Model) string
	do  func(*Model) tea.Cmd
}

func bind(keys, shown, label string) key.Binding {
	return key.NewBinding(key.WithKeys(strings.Fields(keys)...), key.WithHelp(shown, label))
}

// dead returns why the command does nothing now, or "".
func (c command) dead(m *Model) string {
	if c.why == nil {
		return ""
	}
	return c.why(m)
}

// word is the command's word for the foot.
func (c command) word(m *Model) string {
	if c.label != nil {
		return c.label(m)
	}
	return c.Help().Desc
}

// press carries out the command of table that msg is bound to.
func (m *Model) press(table []command, msg tea.KeyPressMsg) (tea.Cmd, bool) {
	for _, c := range table {
		if !key.Matches(msg, c.Binding) {
			continue
		}
		if why := c.dead(m); why != "" {
			m.say(toneWarn, why)
			return nil, true
		}
		return c.do(m), true
	}
	return nil, false
}

// table is the keys of what is on the screen.
func (m *Model) table() []command { return m.shown().keys(m) }

// These tables refer to functions that in turn show the tables, which Go does
// not allow in an initial value.
var homeCommands, waitCommands, walkCommands, benchCommands, compareCommands, boardCommands, stageCommands, microscopeCommands, diagnoseCommands, doctorCommands, labsCommands, lessonsCommands, flowsCommands, presentCommands, diffCommands, platformsCommands []command

func init() {
	quit := command{
		Binding: bind("q ctrl+c", "q", "quit"), group: "Program", foot: 90,
		long: "Leave the program. What is running is cancelled.",
		do:   func(*Model) tea.Cmd { return tea.Quit },
	}
	help := command{
		Binding: bind("? f1", "?", "help"), group: "Program", foot: 89,
		long: "Show every key.",
		do:   func(m *Model) tea.Cmd { m.open(newHelp(m.table())); return nil },
	}
	homeCommands = append([]command{
		{
			Binding: bind("enter space", "enter", "start"), group: "Home", foot: 1,
			long: "Start what is selected.",
			do:   (*Model).chooseHome,
		},
		{
			Binding: bind("down j tab", "↑↓", "choose"), group: "Home", foot: 2, long: "Choose another.",
			do: func(m *Model) tea.Cmd { m.home.move(m, 1); return nil },
		},
		{
			Binding: bind("up k shift+tab", "↑", "choose"),
			do:      func(m *Model) tea.Cmd { m.home.move(m, -1); return nil },
		},
		{
			Binding: bind("e", "e", "edit profile"), group: "Home", foot: 3,
			long: "Change the selected profile before it is walked.",
			why:  (*Model).whyNoProfile, do: (*Model).editProfile,
		},
		{
			Binding: bind("C", "C", "check"), group: "Home", foot: 4,
			long: "Look at the selected client before anybody signs in, for what will go wrong.",
			why:  (*Model).whyNoCheck, do: (*Model).checkChosen,
		},
		{
			Binding: bind("P", "P", "PKCE bench"), group: "Home",
			long: "Derive a challenge from any verifier, live, and see why a pair does not match.",
			do:   (*Model).benchFresh,
		},
		{
			Binding: bind("D", "D", "diagnose"), group: "Home", foot: 7,
			long: "Paste an error from anywhere and see its causes, the fix, and who can make it.",
			do:   (*Model).openDiagnose,
		},
		{
			Binding: bind("c", "c", "compare"), group: "Home", foot: 5,
			long: "Run the practice tenant's client with none, plain and S256, side by side.",
			why:  (*Model).whyNoLab, do: (*Model).comparePractice,
		},
		{
			Binding: bind("i", "i", "interception"), group: "Home", foot: 6,
			long: "The interception theatre: watch a stolen code be redeemed, or refused.",
			why:  (*Model).whyNoLab, do: (*Model).openTheatre,
		},
		{
			Binding: bind("M", "M", "microscope"), group: "Home",
			long: "Paste a token and see what it says, whose it is, and which checks it passes.",
			do:   (*Model).microscopeEmpty,
		},
		{
			Binding: bind("l", "l", "lessons"), group: "Home",
			long: "Lessons: predict what a request will get, send it, and see.",
			why:  (*Model).whyNoLessons, do: (*Model).openLessons,
		},
		{
			Binding: bind("b", "b", "broken tenants"), group: "Home",
			long: "Tenants in which one thing is wrong, to find and repair it.",
			why:  (*Model).whyNoLabs, do: (*Model).openLabs,
		},
		{
			Binding: bind("f5", "F5", "present"), group: "Home",
			long: "Give the talk: the flow, live, one thought a screen.",
			do:   (*Model).openPresent,
		},
		{
			Binding: bind("esc", "esc", "back to the walk"), group: "Home", foot: 4,
			long: "Go back to the walk that is open. Stop reading a file.",
			why: func(m *Model) string {
				return choose(m.hasVisit() || m.opening != nil, "", "This is the first screen. Press q to quit.")
			},
			do: func(m *Model) tea.Cmd {
				if !m.stopOpening() {
					m.screen = screenWalk
				}
				return nil
			},
		},
	}, help, quit)
	// What is behind can still be looked at where all of the sheet is in sight.
	scroll := func(by int, look func(*Model)) func(*Model) tea.Cmd {
		return func(m *Model) tea.Cmd {
			if !m.scrollWait(by) {
				look(m)
			}
			return nil
		}
	}
	waitCommands = []command{
		{
			Binding: bind("o", "o", "browser"), group: "Waiting", foot: 1,
			long: "Open the address in your browser (again).",
			why:  (*Model).whyNoBrowser, do: (*Model).openBrowser,
		},
		{
			Binding: bind("y", "y", "copy address"), group: "Waiting", foot: 2,
			long: "Copy the address, for a browser on another machine.",
			why:  func(m *Model) string { return choose(m.authorizeURL() != "", "", "There is no address yet.") },
			do:   (*Model).copyURL,
		},
		{
			Binding: bind("Q", "Q", "QR code"), group: "Waiting", foot: 6,
			long: "Show the address as a QR code, for the camera of a phone.",
			why:  (*Model).whyNoQR, do: (*Model).showQR,
		},
		{
			Binding: bind("p", "p", "paste answer"), group: "Waiting", foot: 3,
			long: "Hand over the address that the browser ended on, or the code, by hand.",
			why: func(m *Model) string {
				return choose(m.awaitsDevice(), "Nothing comes back to paste: the browser is on another device.", "")
			},
			do: func(m *Model) tea.Cmd { return m.askPaste(m.landing()) },
		},
		{
			Binding: bind("c", "c", "copy code"), group: "Waiting", foot: 5,
			long: "Copy the code that is typed on the other device, in the device flow.",
			why:  (*Model).whyNoUserCode, do: (*Model).copyUserCode,
		},
		{
			Binding: bind("down j", "↑↓", "scroll"), group: "Waiting",
			long: "Move in what is said here, in a window that is too small for it.",
			do:   scroll(1, func(m *Model) { m.move(1) }),
		},
		{Binding: bind("up k", "↑", "scroll"), do: scroll(-1, func(m *Model) { m.move(-1) })},
		{
			Binding: bind("esc ctrl+x", "esc", "cancel"), group: "Waiting", foot: 4,
			long: "Stop waiting. Nothing is left listening.",
			do:   (*Model).cancelStep,
		},
		help, quit,
	}
	benchCommands = append(newBenchCommands(), help, quit)
	microscopeCommands = append(newMicroscopeCommands(), help, quit)
	compareCommands = append(newCompareCommands(), help, quit)
	diagnoseCommands = append(newDiagnoseCommands(), help, quit)
	diffCommands = append(newDiffCommands(), help, quit)
	platformsCommands = append(newPlatformsCommands(), help, quit)
	doctorCommands = append(newDoctorCommands(), help, quit)
	board, stage := newTheatreCommands()
	boardCommands, stageCommands = append(board, help, quit), append(stage, help, quit)
	labsCommands = append(newLabsCommands(), help, quit)
	lessonsCommands = append(newLessonsCommands(), help, quit)
	flowsCommands = append(newFlowsCommands(), help, quit)
	presentCommands = newPresentCommands()
	walkCommands = append(flowCommands(), append(lookCommands(), help, quit)...)
}

// flowCommands are the keys that act on the walk.
func flowCommands() []command {
	return []command{
		{
			Binding: bind("enter", "enter", "next"), group: "Walk", foot: 1, label: (*Model).enterLabel,
			long: "Carry out the step that comes next; on a step that is done, go on to the following one.",
			why:  (*Model).whyNoEnter, do: (*Model).enter,
		},
		{
			Binding: bind("a", "a", "run all"), group: "Walk", foot: 6,
			long: "Carry out the steps that are left. What is offered, UserInfo and refresh are passed over, unless they were asked for.",
			why:  (*Model).whyNoRunAll, do: (*Model).runAll,
		},
		{
			Binding: bind("e", "e", "edit"), group: "Walk", foot: 2,
			long: "Change, add or remove parameters and headers of the request before it is sent.",
			why:  (*Model).whyNoEdit, do: (*Model).startEdit,
		},
		{
			Binding: bind("b backspace", "b", "back"), group: "Walk", foot: 5, label: (*Model).backLabel,
			long: "Undo: make the shown step (or the last one done) the next one again. Edits are kept. On a step that was passed over, or is offered in place of others: take it.",
			why:  (*Model).whyNoBack, do: (*Model).back,
		},
		{
			Binding: bind("r", "r", "run again"), group: "Walk", foot: 6,
			long: "Start over with fresh values and run all steps. Edits are kept.",
			why:  (*Model).whyNotLive, do: (*Model).runAgain,
		},
		{
			Binding: bind("S", "S", "skip"), group: "Walk", foot: 2, label: func(m *Model) string { return choose(m.atPending(), "skip", "") },
			long: "Pass over an optional step.",
			why:  (*Model).whyNoSkip, do: (*Model).skip,
		},
		{
			Binding: bind(",", ",", "settings"), group: "Walk", foot: 11, labFoot: 2,
			long: "Change method, verifier, response mode, platform and scopes, and walk again.",
			why:  (*Model).whyNoSettings, do: (*Model).startSettings,
		},
		{
			Binding: bind("F", "F", "fix"), group: "Walk", foot: 3,
			long: "Change the client's own settings as the diagnosis of the failed step says, and walk again from the right step.",
			why:  (*Model).whyNoRepair, do: (*Model).askRepair,
		},
		{
			Binding: bind("A", "A", "call an API"), group: "Walk",
			long: "Show the access token to an API: ask for its address, and make the call the next step.",
			why:  (*Model).whyNoCall, do: (*Model).askCall,
		},
		{
			Binding: bind("H", "H", "hint"), group: "Walk", foot: 2,
			long: "In a broken tenant: one hint more.",
			why:  (*Model).whyNoHint, do: (*Model).labHint,
		},
		{
			Binding: bind("o", "o", "browser"), group: "Walk", foot: 12,
			long: "Sign in with your own browser instead of the played one, and back.",
			why:  (*Model).whyNoSwitch, do: (*Model).switchBrowser,
		},
		{
			Binding: bind("s", "s", "save"), group: "Walk", foot: 13,
			long: "Save everything that was recorded to a file; secrets are masked unless you ask.",
			why:  (*Model).whyNoSave, do: (*Model).askSave,
		},
	}
}

// lookCommands are the keys that change what is shown.
func lookCommands() []command {
	move := func(n int) func(*Model) tea.Cmd {
		return func(m *Model) tea.Cmd { m.move(n); return nil }
	}
	focusOn := func(keys string, p pane) command {
		return command{
			Binding: bind(keys, keys, "focus"), group: "", long: "",
			why: func(m *Model) string { return m.whyNoFocus(p) },
			do:  func(m *Model) tea.Cmd { m.focusOn(p); return nil },
		}
	}
	return []command{
		{
			Binding: bind("tab", "tab", "pane"), group: "Look", foot: 3,
			long: "Go to the next pane; 1 to 6 go to one directly.",
			do:   func(m *Model) tea.Cmd { m.cycle(1); return nil },
		},
		{
			Binding: bind("shift+tab", "shift+tab", "pane before"), group: "Look",
			long: "Go to the pane before.",
			do:   func(m *Model) tea.Cmd { m.cycle(-1); return nil },
		},
		{
			Binding: bind("left h", "←→", "step"), group: "Look", foot: 4, long: "Look at the step before or after, without undoing anything.",
			do: func(m *Model) tea.Cmd { m.showStep(-1); return nil },
		},
		{Binding: bind("right l", "→", "step"), do: func(m *Model) tea.Cmd { m.showStep(1); return nil }},
		{Binding: bind("down j", "↑↓", "move"), group: "Look", long: "Move in the pane.", do: move(1)},
		{Binding: bind("up k", "↑", "move"), do: move(-1)},
		{Binding: bind("pgdown space ctrl+f", "pgup/pgdn", "page"), group: "Look", long: "A page up or down.", do: func(m *Model) tea.Cmd { m.page(1); return nil }},
		{Binding: bind("pgup ctrl+b", "pgup", "page"), do: func(m *Model) tea.Cmd { m.page(-1); return nil }},
		{Binding: bind("home g", "g/G", "ends"), group: "Look", long: "To the beginning or the end of the pane.", do: func(m *Model) tea.Cmd { m.toEnd(false); return nil }},
		{Binding: bind("end G", "G", "end"), do: func(m *Model) tea.Cmd { m.toEnd(true); return nil }},
		{
			Binding: bind("v", "v", "view"), group: "Look", foot: 7,
			long: "Another view of the message: parameters, headers, body, raw.",
			why:  (*Model).whyNoView, do: func(m *Model) tea.Cmd { m.nextView(); return nil },
		},
		{
			Binding: bind("]", "[ ]", "exchange"), group: "Look",
			long: "The next or the previous request of the step, where it has several.",
			why:  (*Model).whyNoExchange, do: func(m *Model) tea.Cmd { m.nextExchange(1); return nil },
		},
		{
			Binding: bind("[", "[", "exchange"),
			why:     (*Model).whyNoExchange, do: func(m *Model) tea.Cmd { m.nextExchange(-1); return nil },
		},
		{
			Binding: bind("t", "t", "tokens"), group: "Look", foot: 8,
			long: "The decoded tokens: every claim and every check.",
			why:  (*Model).whyNoTokens, do: func(m *Model) tea.Cmd { m.toggleTokens(); return nil },
		},
		{
			Binding: bind("d", "d", "diagram"), group: "Look", foot: 9,
			long: "The whole flow as a sequence diagram; enter goes on as usual.",
			do:   func(m *Model) tea.Cmd { m.toggleDiagram(); return nil },
		},
		{
			Binding: bind("p", "p", "hide PKCE"), group: "Look", foot: 14, label: func(m *Model) string { return choose(m.hide, "show PKCE", "hide PKCE") },
			long: "Hide what PKCE adds, so that the plain code flow is left, and show it again.",
			do:   (*Model).toggleHide,
		},
		{
			Binding: bind("x", "x", "reveal"), group: "Look", foot: 10, label: func(m *Model) string { return choose(m.visit.reveal, "mask", "reveal") },
			long: "Show secrets in clear, and mask them again.",
			do:   (*Model).toggleReveal,
		},
		{
			Binding: bind("P", "P", "PKCE bench"), group: "Look", foot: 17,
			long: "The verifier and the challenge of this run on the bench: the derivation, octet by octet, live.",
			do:   (*Model).benchOfWalk,
		},
		{
			Binding: bind("c", "c", "compare"), group: "Look", foot: 17,
			long: "Run this client with none, plain and S256, side by side, and see what that says about the server.",
			why:  (*Model).whyNoLab, do: (*Model).compareWalk,
		},
		{
			Binding: bind("i", "i", "interception"), group: "Look", foot: 18,
			long: "The interception theatre: watch a stolen code be redeemed, or refused.",
			why:  (*Model).whyNoLab, do: (*Model).openTheatre,
		},
		{
			Binding: bind("M", "M", "microscope"), group: "Look",
			long: "The tokens of this run under the microscope: octets, claims, checks, and what a change does to them.",
			why:  (*Model).whyNoTokens, do: (*Model).microscopeOfWalk,
		},
		{
			Binding: bind("f5", "F5", "present"), group: "Look",
			long: "Give the talk about this run, as far as it has come.",
			do:   (*Model).presentWalk,
		},
		{
			Binding: bind("w", "w", "evidence"), group: "Look", foot: 8,
			long: "Go to the parameter or header that the selected finding rests on.",
			why:  (*Model).whyNoEvidence, do: (*Model).toEvidence,
		},
		{
			Binding: bind("C", "C", "check"), group: "Look",
			long: "Look at this walk's client as the doctor does: what will go wrong, before anybody signs in.",
			why:  (*Model).whyNoWalkCheck, do: (*Model).checkWalk,
		},
		{
			Binding: bind("=", "=", "diff"), group: "Look",
			long: "Lay this run beside another from a file: what matters first, what is only fresh last.",
			why:  (*Model).whyNoDiff, do: (*Model).askDiff,
		},
		{
			Binding: bind("W", "W", "platforms"), group: "Look",
			long: "The token request of this client as a web app, a single-page app and a native app would send it, side by side.",
			why:  (*Model).whyNoPlatforms, do: (*Model).platformsOfWalk,
		},
		{
			Binding: bind("D", "D", "diagnose"), group: "Look",
			long: "Paste an error from anywhere and see its causes, the fix, and who can make it.",
			do:   (*Model).openDiagnose,
		},
		{
			Binding: bind("/ ctrl+s", "/", "find"), group: "Look", foot: 16,
			long: "Find text in the pane; n and N go to the next and the previous place.",
			do:   func(m *Model) tea.Cmd { return m.startFind() },
		},
		{Binding: bind("n", "n/N", "next found"), group: "Look", foot: 2, long: "The next or the previous place found.", why: (*Model).whyNoHit, do: func(m *Model) tea.Cmd { m.nextHit(1); return nil }},
		{Binding: bind("N", "N", "found before"), why: (*Model).whyNoHit, do: func(m *Model) tea.Cmd { m.nextHit(-1); return nil }},
		{
			Binding: bind("y", "y", "copy"), group: "Take along", foot: 15,
			long: "Copy the selected value, or else the whole pane, to the clipboard (OSC 52).",
			why:  (*Model).whyNoCopy, do: (*Model).copyShown,
		},
		{
			Binding: bind("Y", "Y", "to a file"), group: "Take along",
			long: "Write the same to a file, for terminals without a clipboard.",
			why:  (*Model).whyNoCopy, do: (*Model).askCopyFile,
		},
		{
			Binding: bind("T", "T", "ticket"), group: "Take along", foot: 8,
			long: "Copy a failed step as a ticket in Markdown: the cause, what to do, trace id, correlation id, time, and the request with its secrets masked.",
			why:  (*Model).whyNoTicket, do: (*Model).copyTicket,
		},
		{
			Binding: bind("R", "R", "report"), group: "Take along",
			long: "Save a report for people who do not have this program: a page with the whole flow, or Markdown. Secrets are masked.",
			why:  (*Model).whyNoSave, do: (*Model).askReport,
		},
		{
			Binding: bind("E", "E", "export"), group: "Take along",
			long: "Write this run, or the shown step's request, as a program that does the same: a curl script, a Postman collection, Go, Python, MSAL and more. No secret is in it.",
			why:  (*Model).whyNoSave, do: (*Model).askExport,
		},
		{
			Binding: bind("esc", "esc", "home"), group: "Program", foot: 88, label: (*Model).escLabel,
			long: "Stop what is running; close what is open; else the home screen. The walk is kept.",
			do:   (*Model).escape,
		},
		focusOn("1", paneSteps), focusOn("2", paneRequest), focusOn("3", paneResponse),
		focusOn("4", paneExplain), focusOn("5", paneAbout), focusOn("6", paneFindings),
	}
}
