package export

import (
	"bytes"
	"embed"
	"fmt"
	"go/format"
	"net/http"
	"slices"
	"strings"
	"text/template"
	"unicode/utf8"
)

//go:embed forms
var forms embed.FS

// language is how values are written in one.
type language struct {
	file  string // of its templates: "sh" for flow.sh and step.sh
	quote func(string) string
	env   func(string) string
	vars  map[string]string // how what the flow makes is called
}

func named(format string) func(string) string {
	return func(name string) string { return fmt.Sprintf(format, name) }
}

var languages = map[Form]language{
	Curl:       {"sh", quoteSh, named(`"$%s"`), map[string]string{"state": "$state", "nonce": "$nonce", "code_challenge": "$code_challenge", "code_verifier": "$code_verifier", "code": "$code", "request": "$(object)", "client_assertion": "$(assertion)", "dpop_jkt": "$dpop_jkt"}},
	PowerShell: {"ps1", quotePowerShell, named("$env:%s"), map[string]string{"state": "$state", "nonce": "$nonce", "code_challenge": "$challenge", "code_verifier": "$verifier", "code": "$answer['code']"}},
	HTTP:       {"http", escapeTemplate, func(name string) string { return "{{" + strings.ToLower(name) + "}}" }, map[string]string{"state": "{{state}}", "nonce": "{{nonce}}", "code_challenge": "{{code_challenge}}", "code_verifier": "{{code_verifier}}", "code": "{{code}}"}},
	Go:         {"go", quoteGo, named(`os.Getenv("%s")`), map[string]string{"state": "state", "nonce": "nonce", "code_challenge": "challenge", "code_verifier": "verifier", "code": "code", "request": "object()", "client_assertion": "assertion()", "dpop_jkt": "thumbprint"}},
	CSharp:     {"cs", quoteCSharp, named(`Secret("%s")`), map[string]string{"state": "state", "nonce": "nonce", "code_challenge": "challenge", "code_verifier": "verifier", "code": `answer["code"]`}},
	Python:     {"py", quotePython, named(`os.environ["%s"]`), map[string]string{"state": "state", "nonce": "nonce", "code_challenge": "challenge", "code_verifier": "verifier", "code": `answer["code"]`, "request": "request_object()", "client_assertion": "assertion()", "dpop_jkt": "thumbprint"}},
	Node:       {"mjs", quoteJS, named("process.env.%s"), map[string]string{"state": "state", "nonce": "nonce", "code_challenge": "challenge", "code_verifier": "verifier", "code": "answer.get('code')", "request": "object()", "client_assertion": "assertion()", "dpop_jkt": "thumbprint"}},
	MSALGo:     {"msal.go", quoteGo, named(`os.Getenv("%s")`), nil},
	MSALNode:   {"msal.mjs", quoteJS, named("process.env.%s"), nil},
	MSALPython: {"msal.py", quotePython, named(`os.environ["%s"]`), nil},
	MSALJS:     {"msal.html", quoteJS, nil, nil},
}

// render carries out a template of a form.
func render(form Form, kind string, data any) ([]byte, error) {
	l, ok := languages[form]
	if !ok {
		return nil, fmt.Errorf("export: no form is called %q", form)
	}
	quote := func(s string) string { return l.quote(strings.ToValidUTF8(s, "\ufffd")) }
	expr := func(of any) string {
		v, ok := of.(value)
		if p, named := of.(pair); named {
			v, ok = p.value, true
		}
		if b, pointed := of.(*value); pointed {
			v, ok = *b, true
		}
		switch {
		case !ok:
			panic(fmt.Sprintf("export: %T is no value", of)) // a template is wrong
		case v.Var != "":
			return l.vars[v.Var]
		case v.Env != "":
			return l.env(v.Env)
		}
		return quote(v.Text)
	}
	funcs := template.FuncMap{
		"q": quote, "expr": expr, "env": l.env, "query": escapeQuery, "octets": escapeOctets, "awkward": awkward,
		"scopes": func(s []string) string {
			var out []string
			for _, x := range s {
				out = append(out, quote(x))
			}
			return strings.Join(out, ", ")
		},
		"secret": func(p pair) bool { return p.Env != "" },
		"secretIn": func(list []pair) bool {
			return slices.ContainsFunc(list, func(p pair) bool { return p.Env != "" })
		},
		"repeats": func(list []pair) bool {
			seen := map[string]bool{}
			for _, p := range list {
				if seen[strings.ToLower(p.Name)] {
					return true
				}
				seen[strings.ToLower(p.Name)] = true
			}
			return false
		},
		"method": func(s string) string {
			if s != "" && strings.Trim(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == "" {
				return s
			}
			return http.MethodGet
		},
		"line": oneLine,
		// A name in the format of printf, where a percent sign stands for one.
		"printf": func(name string) string { return strings.ReplaceAll(escapeQuery(name), "%", "%%") },
		"joint":  joint,
		"json":   encoded,
	}
	name := kind + "." + l.file + ".tmpl"
	t, err := template.New(name).Funcs(funcs).ParseFS(forms, "forms/"+name)
	if err != nil {
		return nil, fmt.Errorf("export: %w", err)
	}
	var b bytes.Buffer
	if err := t.Execute(&b, data); err != nil {
		return nil, fmt.Errorf("export: %w", err)
	}
	if l.file == "go" || l.file == "msal.go" {
		return format.Source(b.Bytes())
	}
	return b.Bytes(), nil
}

func (p plan) write(form Form, kind string) (Export, error) {
	text, err := render(form, kind, p)
	e := Export{Text: text, Notes: p.notes}
	if form.MSAL() {
		switch {
		case p.Certificate:
			e.Environment = certificateVariables()
		case p.Secret && form != MSALJS:
			e.Environment = []Variable{{"CLIENT_SECRET", meanings["CLIENT_SECRET"]}}
		}
		return e, err
	}
	e.Environment = p.Environment()
	if form == HTTP {
		e.Environment = append(e.Environment, p.asked()...)
		e.Notes = append(e.Notes, httpNote)
	}
	return e, err
}

// asked are the values that a form which cannot compute takes from outside.
func (p plan) asked() []Variable {
	var out []Variable
	if p.PKCE() {
		out = append(out, Variable{"CODE_VERIFIER", "a verifier, made for example with pkcescope pkce"}, Variable{"CODE_CHALLENGE", "its challenge"})
	}
	return append(out, Variable{"CODE", "the code, from the address that the browser ends on"})
}

func (r request) write(form Form, kind string) (Export, error) {
	for _, p := range slices.Concat(r.Query, r.Form) {
		if !utf8.ValidString(p.Text) && form != Curl {
			return Export{}, refuse(fmt.Sprintf("The value of %q cannot be written in this form.", p.Name), "It is not UTF-8.", "Choose curl, which sends octets.")
		}
	}
	text, err := render(form, kind, r)
	e := Export{Text: text, Environment: variables(r.Query, r.Form, r.Headers, credentials(r.Basic, r.Bearer))}
	if form == HTTP && len(e.Environment) > 0 {
		e.Notes = append(e.Notes, httpNote)
	}
	return e, err
}

const httpNote = "Values from the environment are put in as they are: a client secret must be percent-encoded there."

func credentials(b *basic, bearer *value) []pair {
	var out []pair
	if b != nil {
		out = append(out, pair{"client_secret", b.Secret})
	}
	if bearer != nil {
		out = append(out, pair{"access_token", *bearer})
	}
	return out
}

// Secrets are the parameters of the body or query that are read from the
// environment, Plain the others.
func (r request) Secrets() []pair {
	return slices.DeleteFunc(slices.Concat(r.Query, r.Form), func(p pair) bool { return p.Env == "" })
}

// Plain are the parameters that stand in the text.
func (r request) Plain() []pair {
	return slices.DeleteFunc(slices.Concat(r.Query, r.Form), func(p pair) bool { return p.Env != "" })
}

// Environment are the variables that it reads.
func (r request) Environment() []Variable {
	return variables(r.Query, r.Form, r.Headers, credentials(r.Basic, r.Bearer))
}

// Environment are the variables that it reads.
func (p plan) Environment() []Variable {
	out := variables(p.Token, p.Authorize, p.Headers, credentials(p.Basic, nil))
	switch {
	case p.MTLS:
		out = append(out, certificateVariables()...)
	case p.Keyed():
		out = append(out, Variable{"CLIENT_KEY", "the file of the client's private key, in PEM"})
	}
	hmac := func(s *signed) bool { return s != nil && s.HMAC() }
	if (hmac(p.Assertion) || hmac(p.Object)) && !slices.ContainsFunc(out, func(v Variable) bool { return v.Name == "CLIENT_SECRET" }) {
		out = append(out, Variable{"CLIENT_SECRET", meanings["CLIENT_SECRET"]})
	}
	if p.DPoP {
		out = append(out, Variable{"DPOP_KEY", "the file of the private key that the tokens are bound to, on P-256 and in PEM"})
	}
	return out
}

// certificateVariables are the files of a client's certificate.
func certificateVariables() []Variable {
	return []Variable{{"CLIENT_CERTIFICATE", "the file of the client's certificate, in PEM"}, {"CLIENT_KEY", "the file of its private key, in PEM"}}
}

// joint is what stands before the parameter at i of an address.
func joint(address string, i int) string {
	if i == 0 && !strings.Contains(address, "?") {
		return "?"
	}
	return "&"
}

// Asked are the values that a person puts in, for a form that cannot compute.
func (p plan) Asked() []Variable { return p.asked() }

// TokenText are the parameters of the token request that stand in the text,
// TokenSecrets those that do not.
func (p plan) TokenText() []pair {
	return slices.DeleteFunc(slices.Clone(p.Token), func(x pair) bool { return x.Env != "" || x.Var != "" })
}

// TokenSecrets are the others, without what the flow itself makes.
func (p plan) TokenSecrets() []pair {
	return slices.DeleteFunc(slices.Clone(p.Token), func(x pair) bool { return x.Env == "" })
}

// escapeTemplate writes a text for a form without quotes, where only what
// stands in double braces has a meaning: a brace is put in as a variable.
func escapeTemplate(s string) string {
	return strings.NewReplacer("{", "{{brace}}", "\r", " ", "\n", " ").Replace(s)
}

// oneLine is a text for a header of a form without quotes.
func oneLine(s string) string { return escapeTemplate(s) }
