package assets

import _ "embed"

// PKCE is pkce.toml: for each mistake with a verifier or a challenge its
// explanation, and the line of code that makes it beside the one that does
// not, by programming language.
//
//go:embed pkce.toml
var PKCE []byte
