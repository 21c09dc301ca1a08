package assets

import _ "embed"

// Compare is compare.toml: what each run of a comparison is, what it says about
// a server to take it or to refuse it, and how that is put in a sentence.
//
//go:embed compare.toml
var Compare []byte

// Attacks is attacks.toml: the scenarios of the interception theatre, their
// beats and how they end.
//
//go:embed attacks.toml
var Attacks []byte

// Flows is flows.toml: what each of the compared flows needs and gives.
//
//go:embed flows.toml
var Flows []byte
