package flow

import "io"

// Load reads a transcript from the JSON that [Transcript] marshals to, or from
// any document that holds it (the output of run --json). Unknown members are
// ignored. A newer version, another format and a file that is cut off are
// refused with an [*Error] that says what to do.
func Load(r io.Reader) (Transcript, error) { panic("not built yet") }
