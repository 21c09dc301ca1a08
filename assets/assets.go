// Package assets holds the embedded texts and data that inspect and the
// command read: explanations of the steps, the glossaries of parameters and
// claims, the catalogue of errors. It imports nothing of ours; inspect turns
// the bytes into types.
package assets
