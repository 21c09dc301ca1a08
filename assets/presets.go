package assets

import _ "embed"

// Presets is what is known of providers beforehand: how their issuers look,
// where their consoles keep each setting, and in what they differ. The format
// is described at its head.
//
//go:embed presets.toml
var Presets string
