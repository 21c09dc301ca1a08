// Package assets holds the embedded texts and data that inspect and the
// command read: explanations of the steps, the glossaries of parameters and
// claims, the catalogue of errors. It imports nothing of ours; inspect turns
// the bytes into types.
//
// # Steps
//
// steps/ID.md explains a step: a title, then the headings Lead, Body, Next and
// Refs with paragraphs set apart by empty lines. Of Lead the first paragraph
// that holds is shown, of the others all that hold. A paragraph may begin with
// conditions in braces, one of which must hold; + joins words that must all
// hold, and ! turns a word round:
//
//	{S256}  {plain, omitted}  {microsoft+spa}  {!none}
//
// The words are the methods, platforms and response modes; pkce, public,
// secret, basic, key, assertion, mtls, par, jar, dpop, hybrid, jarm, practice, microsoft, entra, openid, offline, paste and failed;
// and prompt-login and its like. $provider is the provider's name in the run.
//
// # Glossaries
//
// glossary/NAME.txt holds stanzas of "key: value" lines, set apart by empty
// lines; a line that begins with a space goes on with the one before it, and #
// begins a remark. The keys:
//
//	name     one name, or several with commas that mean the same
//	at       where the entry holds: authorize, callback, token, response, …
//	what     what it is, in a sentence or two
//	who      who makes it
//	without  what breaks without it
//	when     when it is required, or there
//	source   "RFC 7636 section 4.3", or a text and its <link>
//	is       flags: secret, pkce, time
//	entra, google, …  what it means at that provider, where that differs
package assets

import "embed"

//go:embed steps/*.md glossary/*.txt
var files embed.FS

// Step returns the explanation of a step by its id, or "" if there is none.
// The format is described in steps/README.md.
func Step(id string) string { return read("steps/" + id + ".md") }

// Glossary returns a glossary: "parameters", "claims", "headers", "metadata"
// or "keys". The format is described in glossary/README.md.
func Glossary(name string) string { return read("glossary/" + name + ".txt") }

func read(name string) string {
	b, err := files.ReadFile(name)
	if err != nil {
		return ""
	}
	return string(b)
}
