package tui

import (
	tea "charm.land/bubbletea/v2"
)

// screen is one of the screens; dialogs lie over them.
type screen int

const (
	screenHome screen = iota
	screenWalk
	screenBench
	screenMicroscope
	screenCompare
	screenTheatre
	screenDiagnose
	screenDoctor
	screenLabs
	screenLessons
	screenFlows
	screenPresent
	screenDiff
	screenPlatforms
	numScreens = iota
)

// screenOps is all that the program has to know of a screen. A member that is
// nil means that the screen has no such thing.
type screenOps struct {
	// sync brings what is derived up to date, and rows draws it.
	sync func(*Model)
	rows func(*Model, *painter) []string
	// keys is the table that is in force.
	keys func(*Model) []command
	// click is told where, wheel how far as well, and paste what.
	click func(m *Model, x, y int) tea.Cmd
	wheel func(m *Model, x, y, by int)
	paste func(m *Model, text string) tea.Cmd
	// counts says whether something changes with time alone, and tick is
	// called every second while it does.
	counts func(*Model) bool
	tick   func(*Model) tea.Cmd
}

// screens is the table of the screens. Adding one begins here.
var screens [numScreens]screenOps

func init() {
	// Which table of keys is in force may depend on the moment; the tables
	// themselves are made by another init.
	table := func(commands *[]command) func(*Model) []command {
		return func(*Model) []command { return *commands }
	}
	// panes scrolls the one of them that is under the pointer.
	panes := func(of func(*Model) []*labPane) func(*Model, int, int, int) {
		return func(m *Model, x, y, by int) { labWheel(of(m), x, y, by) }
	}
	// page is a screen of one pane that is read.
	page := func(of func(*Model) *labPane) func(*Model, int, int, int) {
		return panes(func(m *Model) []*labPane { return []*labPane{of(m)} })
	}
	screens = [numScreens]screenOps{
		screenHome: {
			rows: (*Model).homeRows, keys: table(&homeCommands),
			click: func(m *Model, x, y int) tea.Cmd { return m.home.click(m, x, y) },
			paste: (*Model).homePaste,
		},
		screenWalk: {
			sync: (*Model).syncWalk, rows: (*Model).walkRows,
			keys:  func(m *Model) []command { return choose(m.waiting(), waitCommands, walkCommands) },
			click: (*Model).walkClick, wheel: (*Model).walkWheel, paste: (*Model).walkPaste, counts: (*Model).walkCounts,
		},
		screenBench: {
			sync: (*Model).syncBench, rows: (*Model).benchRows, keys: table(&benchCommands),
			click: (*Model).benchClick, wheel: panes(func(m *Model) []*labPane { return m.bench.all() }), paste: (*Model).onBenchPaste,
		},
		screenMicroscope: {
			sync: (*Model).syncMicroscope, rows: (*Model).microscopeRows, keys: table(&microscopeCommands),
			click: (*Model).microscopeClick, wheel: panes(func(m *Model) []*labPane { return m.micro.all() }), paste: (*Model).microscopePaste,
			counts: func(m *Model) bool { return m.micro.clock != "" },
		},
		screenCompare: {
			sync: (*Model).syncCompare, rows: (*Model).compareRows, keys: table(&compareCommands),
			wheel: page(func(m *Model) *labPane { return &m.compare.panes[0] }), paste: (*Model).onComparePaste,
		},
		screenTheatre: {
			sync: (*Model).syncTheatre, rows: (*Model).theatreRows,
			keys:  func(m *Model) []command { return choose(m.theatre.onStage, stageCommands, boardCommands) },
			click: (*Model).theatreClick, wheel: panes((*Model).theatrePanes),
		},
		screenDiagnose: {
			sync: (*Model).syncDiagnose, rows: (*Model).diagnoseRows, keys: table(&diagnoseCommands),
			wheel: panes(func(m *Model) []*labPane { return m.diagnosis.both() }), paste: (*Model).diagnosePaste,
		},
		screenDoctor: {
			sync: (*Model).syncDoctor, rows: (*Model).doctorRows, keys: table(&doctorCommands),
			wheel: panes(func(m *Model) []*labPane { return m.checkup.both() }),
		},
		screenLabs: {
			sync: (*Model).syncLabs, rows: (*Model).labsRows, keys: table(&labsCommands),
			click: (*Model).labsClick, wheel: panes(func(m *Model) []*labPane { return m.labs.both() }),
		},
		screenLessons: {
			sync: (*Model).syncLessons, rows: (*Model).lessonsRows, keys: table(&lessonsCommands),
			click: (*Model).lessonsClick, wheel: panes(func(m *Model) []*labPane { return m.lessons.both() }),
		},
		screenFlows: {
			sync: (*Model).syncFlows, rows: (*Model).flowsRows, keys: table(&flowsCommands),
			click: (*Model).flowsClick, wheel: panes(func(m *Model) []*labPane { return m.flows.both() }),
		},
		screenPresent: {
			sync: (*Model).syncPresent, rows: (*Model).presentRows, keys: table(&presentCommands),
			click:  func(m *Model, _, _ int) tea.Cmd { return m.presentGo(1) },
			counts: func(m *Model) bool { return m.present.auto }, tick: (*Model).presentTick,
		},
		screenDiff: {
			sync: (*Model).syncDiff, rows: (*Model).diffRows, keys: table(&diffCommands),
			wheel: page(func(m *Model) *labPane { return &m.runDiff.pane }),
		},
		screenPlatforms: {
			sync: (*Model).syncPlatforms, rows: (*Model).platformsRows, keys: table(&platformsCommands),
			wheel: page(func(m *Model) *labPane { return &m.platforms.pane }),
		},
	}
}

// shown is what the screen that is shown does.
func (m *Model) shown() *screenOps { return &screens[m.screen] }

// readCommands are the keys of a page that is read; row and page are their
// places in the foot, 0 for none.
func readCommands(row, page int, of func(*Model) *labPane) []command {
	scroll := func(by int) func(*Model) tea.Cmd {
		return func(m *Model) tea.Cmd { of(m).scroll(by); return nil }
	}
	why := func(m *Model) string { return of(m).whyNoScroll() }
	return []command{
		{Binding: bind("down j", "↑↓", "scroll"), group: "Look", foot: row, long: "Scroll.", why: why, do: scroll(1)},
		{Binding: bind("up k", "↑", "scroll"), why: why, do: scroll(-1)},
		{Binding: bind("pgdown space", "pgup/pgdn", "page"), group: "Look", foot: page, long: "A page up or down.", why: why, do: scroll(10)},
		{Binding: bind("pgup", "pgup", "page"), why: why, do: scroll(-10)},
	}
}
