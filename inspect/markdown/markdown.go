// Package markdown quotes text for Markdown (CommonMark 0.31). What it is given
// may quote a server, so that nothing in it may be read as markup.
package markdown

import "strings"

var escapes = strings.NewReplacer(
	`\`, `\\`, "`", "\\`", "*", `\*`, "[", `\[`, "<", `\<`, "|", `\|`, "&", `\&`, "\n", " ",
)

// Text keeps s from being read as markup, on one line. A mark at the beginning
// of a line (#, -, 1.) keeps its meaning: put a word before it.
func Text(s string) string { return escapes.Replace(s) }

// Code quotes a value that may hold backticks (section 6.1). Of a blank value a
// blank is left.
func Code(s string) string {
	s = strings.ReplaceAll(s, "\n", " ")
	switch {
	case s == "":
		return "` `"
	case !strings.Contains(s, "`"):
		return "`" + s + "`"
	}
	ticks := backticks(s, 1)
	return ticks + " " + s + " " + ticks
}

// Fence quotes lines that may hold backticks, as a block of that kind (section
// 4.5).
func Fence(kind, text string) string {
	ticks := backticks(text, 3)
	return ticks + kind + "\n" + text + "\n" + ticks + "\n"
}

// backticks is a run of them that is longer than any in s, and at least n.
func backticks(s string, n int) string {
	longest := 0
	for run := range strings.FieldsFuncSeq(s, func(r rune) bool { return r != '`' }) {
		longest = max(longest, len(run))
	}
	return strings.Repeat("`", max(n, longest+1))
}
