package flow

import "context"

// Browser is whatever shows the authorize URL to the user.
type Browser interface {
	// Open shows url. A real browser returns once it was told to open it. A
	// played one (the practice tenant's) is told the user code of the device
	// flow in the fragment, which is never sent; it returns when it has nothing
	// more to do, having passed every hop to record, and fails with an [*Error]
	// of kind server when it ended on a page that says no.
	Open(ctx context.Context, url string, record func(Exchange)) error
	// Played says whether the browser acts by itself, so that after Open has
	// returned no further callback can be expected.
	Played() bool
}
