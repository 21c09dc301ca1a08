package practice

import (
	"html"
	"net/url"
	"strings"
)

// form is the one form of a page, as a browser without scripts sees it.
type form struct {
	method string // upper case
	action string
	fields []field
	button field // the first submit button, pressed by default
}

// field is a control of a form. kind is an input's type, "button" for a
// button.
type field struct{ kind, name, value string }

// values is the form data set when the first button is pressed.
func (f form) values() url.Values {
	v := url.Values{}
	for _, x := range f.fields {
		v.Set(x.name, x.value)
	}
	if f.button.name != "" {
		v.Set(f.button.name, f.button.value)
	}
	return v
}

// findForm reads the first form of a page. It is made for our own pages and
// the program's own handover page, whose HTML is well formed; of anything else
// it makes what it can, without failing.
func findForm(page string) (form, bool) {
	var f form
	inside := false
	for {
		tag, rest, ok := nextTag(page)
		if !ok {
			return f, inside
		}
		page = rest
		attr := tag.attributes
		switch tag.name {
		case "form":
			if !inside {
				inside = true
				f.method, f.action = strings.ToUpper(attr["method"]), attr["action"]
				if f.method == "" {
					f.method = "GET"
				}
			}
		case "/form":
			if inside {
				return f, true
			}
		case "input":
			if inside {
				f.input(strings.ToLower(attr["type"]), attr)
			}
		case "button":
			if kind := strings.ToLower(attr["type"]); inside && (kind == "" || kind == "submit") {
				f.press(attr)
			}
		}
	}
}

func (f *form) input(kind string, attr map[string]string) {
	switch kind {
	case "submit":
		f.press(attr)
	case "checkbox", "radio":
		if _, on := attr["checked"]; !on {
			return
		}
		fallthrough
	default:
		if attr["name"] != "" && kind != "button" && kind != "reset" {
			f.fields = append(f.fields, field{kind, attr["name"], attr["value"]})
		}
	}
}

func (f *form) press(attr map[string]string) {
	if f.button.kind == "" {
		f.button = field{"button", attr["name"], attr["value"]}
	}
}

type tag struct {
	name       string // lower case; "/form" for an end tag
	attributes map[string]string
}

// nextTag finds the next tag, and skips comments and what is inside script and
// style.
func nextTag(s string) (tag, string, bool) {
	for {
		i := strings.IndexByte(s, '<')
		if i < 0 {
			return tag{}, "", false
		}
		s = s[i+1:]
		if after, ok := strings.CutPrefix(s, "!--"); ok {
			_, s, _ = strings.Cut(after, "-->")
			continue
		}
		t, rest := readTag(s)
		s = rest
		if t.name == "" {
			continue
		}
		if t.name == "script" || t.name == "style" {
			end := strings.Index(strings.ToLower(s), "</"+t.name)
			if end < 0 {
				return tag{}, "", false
			}
			s = s[end:]
		}
		return t, s, true
	}
}

const htmlSpace = " \t\r\n\f"

// readTag reads a tag whose "<" is behind us.
func readTag(s string) (tag, string) {
	i := strings.IndexAny(s, htmlSpace+">")
	if i < 0 {
		return tag{}, ""
	}
	t := tag{name: strings.ToLower(strings.TrimSuffix(s[:i], "/")), attributes: map[string]string{}}
	s = s[i:]
	for {
		s = strings.TrimLeft(s, htmlSpace+"/")
		if s == "" {
			return t, ""
		}
		if s[0] == '>' {
			return t, s[1:]
		}
		end := strings.IndexAny(s[1:], htmlSpace+"=>/")
		if end < 0 {
			return t, ""
		}
		name := strings.ToLower(s[:end+1])
		s = strings.TrimLeft(s[end+1:], htmlSpace)
		value := ""
		if strings.HasPrefix(s, "=") {
			value, s = attributeValue(strings.TrimLeft(s[1:], htmlSpace))
		}
		// The first of two attributes of one name counts.
		if _, twice := t.attributes[name]; !twice {
			t.attributes[name] = html.UnescapeString(value)
		}
	}
}

func attributeValue(s string) (value, rest string) {
	if s == "" {
		return "", ""
	}
	if q := s[0]; q == '"' || q == '\'' {
		value, rest, _ = strings.Cut(s[1:], string(q))
		return value, rest
	}
	i := strings.IndexAny(s, htmlSpace+">")
	if i < 0 {
		return s, ""
	}
	return s[:i], s[i:]
}

// textOf returns the text inside the element with that id, as far as it has no
// elements of its own.
func textOf(page, id string) (string, bool) {
	for {
		t, rest, ok := nextTag(page)
		if !ok {
			return "", false
		}
		page = rest
		if t.attributes["id"] == id {
			text, _, _ := strings.Cut(page, "<")
			return strings.TrimSpace(html.UnescapeString(text)), true
		}
	}
}
