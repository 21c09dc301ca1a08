package main

import (
	"bytes"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/BurntSushi/toml"
)

// put writes a profile into the file. Lines that say the same as before stay
// as they are, with their comments; so do the other tables and their order.
func (p profileFile) put(old []byte, doc profileDocument, name string, saved savedProfile) ([]byte, error) {
	before, there := doc.Profile[name]
	table, err := encodeTOML(saved.document(name))
	if err != nil {
		return nil, err
	}
	want := profileDocument{maps.Clone(doc.Profile)}
	if want.Profile == nil {
		want.Profile = map[string]savedProfile{}
	}
	want.Profile[name] = saved
	if len(old) == 0 {
		old = []byte(profileFileHead)
	}
	if there {
		was, err := encodeTOML(before.document(name))
		if err != nil {
			return nil, err
		}
		if text := patchTable(old, was, table); p.holds(text, want) {
			return text, nil
		}
	}
	if text := replaceTable(old, name, table); p.holds(text, want) {
		return text, nil
	}
	// A table was hidden where a line by line reading does not find it.
	text, err := encodeTOML(want)
	if err != nil {
		return nil, err
	}
	_, err = p.parse(text)
	return text, err
}

// holds says whether a text is that document, and nothing else.
func (p profileFile) holds(text []byte, want profileDocument) bool {
	got, err := p.parse(text)
	return err == nil && reflect.DeepEqual(got, want)
}

// setting is a line of a table: KEY = VALUE.
type setting struct{ key, line string }

// settings lists those of a text that the encoder wrote, by their tables'
// headers.
func settings(text []byte) (headers []string, of map[string][]setting) {
	of = map[string][]setting{}
	at := ""
	for line := range bytes.Lines(text) {
		line := strings.TrimSpace(string(line))
		if h, ok := header([]byte(line)); ok {
			at = h.String()
			headers = append(headers, at)
			of[at] = append(of[at], setting{"", line})
			continue
		}
		if key, _, ok := strings.Cut(line, " = "); ok {
			of[at] = append(of[at], setting{key, line})
		}
	}
	return headers, of
}

// patchTable changes in text, line by line, what differs between two versions
// of a profile as the encoder writes them. Whether it came out right is for the
// caller to see.
func patchTable(text, was, becomes []byte) []byte {
	_, before := settings(was)
	headers, after := settings(becomes)
	lines := strings.SplitAfter(string(text), "\n")
	for table := range before {
		for _, s := range before[table] {
			if s.key == "" {
				continue
			}
			i := slices.IndexFunc(after[table], func(a setting) bool { return a.key == s.key })
			if i < 0 {
				lines = editSetting(lines, table, s.key, "")
			} else if a := after[table][i]; a.line != s.line {
				lines = editSetting(lines, table, s.key, a.line)
			}
		}
	}
	end := "" // the last table of the profile that is there
	for _, table := range headers {
		had, there := before[table]
		if !there {
			var all strings.Builder
			for _, a := range after[table] {
				all.WriteString(a.line + "\n")
			}
			lines = strings.SplitAfter(strings.Join(insertAfter(lines, end, all.String()), ""), "\n")
			end = table
			continue
		}
		end = table
		for _, a := range after[table] {
			if !slices.ContainsFunc(had, func(b setting) bool { return b.key == a.key }) {
				lines = insertAfter(lines, table, a.line+"\n")
			}
		}
	}
	return []byte(strings.Join(lines, ""))
}

// editSetting puts another line in the place of a table's setting, keeping the
// remark behind it, or takes it out if line is empty.
func editSetting(lines []string, table, key, line string) []string {
	inside := false
	for i, l := range lines {
		if h, ok := header([]byte(l)); ok {
			inside = h.String() == table
		}
		k, _, assigns := strings.Cut(l, "=")
		if !inside || !assigns || strings.Trim(k, " \t\"'") != strings.Trim(key, "\"'") {
			continue
		}
		if line == "" {
			return slices.Delete(slices.Clone(lines), i, i+1)
		}
		out := slices.Clone(lines)
		out[i] = line + remark(l) + "\n"
		return out
	}
	return lines
}

// remark is what stands behind the value on a line, with the blanks before it.
func remark(line string) string {
	line = strings.TrimRight(line, "\r\n")
	for i := range len(line) {
		if line[i] != '#' {
			continue
		}
		var tree map[string]any
		if _, err := toml.Decode(line[:i], &tree); err == nil {
			start := len(strings.TrimRight(line[:i], " \t"))
			return line[start:]
		}
	}
	return ""
}

// insertAfter puts a line behind the last one of a table that says something;
// behind everything if there is no such table.
func insertAfter(lines []string, table, line string) []string {
	at, inside := -1, false
	for i, l := range lines {
		if h, ok := header([]byte(l)); ok {
			inside = h.String() == table
		}
		if trimmed := strings.TrimSpace(l); inside && trimmed != "" && !strings.HasPrefix(trimmed, "#") {
			at = i
		}
	}
	if at < 0 {
		at = len(lines) - 1
	}
	// Remarks that follow belong to the table, unless they announce the next.
	for i := at + 1; i < len(lines) && strings.HasPrefix(strings.TrimSpace(lines[i]), "#"); i++ {
		if i+1 == len(lines) || strings.TrimSpace(lines[i+1]) == "" {
			at = i
		}
	}
	out := slices.Clone(lines)
	if !strings.HasSuffix(out[at], "\n") && out[at] != "" {
		out[at] += "\n"
	}
	return slices.Insert(out, at+1, line)
}

// cutTable takes the tables of a profile out of a text.
func cutTable(text []byte, name string) []byte {
	var out bytes.Buffer
	inside := false
	for line := range bytes.Lines(text) {
		if key, ok := header(line); ok {
			inside = len(key) >= 2 && key[0] == "profile" && key[1] == name
		}
		if !inside {
			out.Write(line)
		}
	}
	return append(bytes.TrimRight(out.Bytes(), "\n"), '\n')
}

// tableText is a profile's own part of a text, its remarks included.
func tableText(text []byte, name string) []byte {
	var out bytes.Buffer
	inside := false
	for line := range bytes.Lines(text) {
		if key, ok := header(line); ok {
			inside = len(key) >= 2 && key[0] == "profile" && key[1] == name
		}
		if inside {
			out.Write(line)
		}
	}
	return bytes.TrimRight(out.Bytes(), "\n")
}
