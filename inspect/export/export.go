// Package export writes a run as something that runs elsewhere: a script, a
// program, a collection of requests. The whole flow does what the walk does
// (make a verifier, show the authorize URL, take the redirect URL, check state
// and nonce, redeem the code), a single step sends that step's request.
//
// No secret is ever written: a program reads them from its environment, by
// their names in the RFCs in upper case (CLIENT_SECRET, CODE_VERIFIER), and
// what is fresh in each flow it makes itself. What came from the network is
// quoted in each language's own way, so that it stays a value.
package export

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"github.com/pkcescope/pkcescope/flow"
	"github.com/pkcescope/pkcescope/flow/capture"
)

// Form is what a run is written as.
type Form string

// The forms.
const (
	Curl       Form = "curl"
	PowerShell Form = "powershell"
	HTTP       Form = "http"
	HAR        Form = "har"
	Postman    Form = "postman"
	Go         Form = "go"
	CSharp     Form = "csharp"
	Python     Form = "python"
	Node       Form = "node"
	MSALGo     Form = "msal-go"
	MSALNode   Form = "msal-node"
	MSALPython Form = "msal-python"
	MSALJS     Form = "msal-js"
)

// offered are the forms in the order in which they are offered, the ending of a
// file of each, and what it is.
var offered = []struct {
	Form
	ending, what string
}{
	{Curl, ".sh", "a script for the POSIX shell, with curl and openssl"},
	{PowerShell, ".ps1", "Invoke-RestMethod, for 5.1 and 7"},
	{HTTP, ".http", "a file for the HTTP clients of VS Code and JetBrains"},
	{HAR, ".har", "an HTTP Archive of what was sent and answered, secrets masked"},
	{Postman, ".postman_collection.json", "a collection, version 2.1"},
	{Go, ".go", "golang.org/x/oauth2"},
	{CSharp, ".cs", "HttpClient, without packages"},
	{Python, ".py", "the standard library alone"},
	{Node, ".mjs", "fetch, without packages"},
	{MSALGo, ".go", "Microsoft's library; the whole flow only"},
	{MSALNode, ".mjs", "Microsoft's library; the whole flow only"},
	{MSALPython, ".py", "Microsoft's library; the whole flow only"},
	{MSALJS, ".html", "Microsoft's library in a page; the whole flow only"},
}

// Forms returns the forms. The slice is the caller's.
func Forms() []Form {
	var out []Form
	for _, f := range offered {
		out = append(out, f.Form)
	}
	return out
}

// Ending is how the name of a file in this form ends, with its dot.
func (f Form) Ending() string {
	for _, x := range offered {
		if x.Form == f {
			return x.ending
		}
	}
	return ""
}

// What says in a few words what the form is.
func (f Form) What() string {
	for _, x := range offered {
		if x.Form == f {
			return x.what
		}
	}
	return ""
}

// MSAL reports whether the form is one of Microsoft's libraries, which send
// the requests by themselves: there is no form for a single step.
func (f Form) MSAL() bool { return strings.HasPrefix(string(f), "msal-") }

// Export is a run, or one of its steps, in some form.
type Export struct {
	Text []byte
	// Environment are the variables that it reads, each with what belongs there.
	Environment []Variable
	// Notes are what a reader should know before running it, a sentence each.
	Notes []string
}

// Variable is a variable of the environment.
type Variable struct {
	Name string // "CLIENT_SECRET"
	What string // "the client secret"
}

// Archive writes the exchanges of a run as an HTTP Archive, or with id those of
// one step. It is the one form that holds what came back; secrets are masked
// unless reveal is set.
func Archive(t flow.Transcript, id flow.StepID, reveal bool, version string) (Export, error) {
	if !reveal {
		t = t.Redacted()
	}
	if id != "" {
		t.Steps = slices.DeleteFunc(slices.Clone(t.Steps), func(s flow.Step) bool { return s.ID != id })
	}
	var b bytes.Buffer
	if err := capture.WriteHAR(&b, t, version); err != nil {
		return Export{}, fmt.Errorf("export: %w", err)
	}
	return Export{Text: b.Bytes()}, nil
}

// Of writes a run, or with id one of its steps, in whatever form, with its
// secrets masked or left out. The version is the program's, for a HAR.
func Of(t flow.Transcript, id flow.StepID, form Form, version string) (Export, error) {
	switch {
	case form == HAR:
		return Archive(t, id, false, version)
	case id != "":
		return Step(t, id, form)
	}
	return Flow(t, form)
}

// Flow writes the whole flow of a run. The error is a [*flow.Error] that says
// why that flow cannot be written in that form.
func Flow(t flow.Transcript, form Form) (Export, error) {
	if form == HAR {
		return Archive(t, "", false, "")
	}
	p, err := planOf(t, form)
	if err != nil {
		return Export{}, err
	}
	switch {
	case form == Postman:
		return postmanFlow(p)
	case form.MSAL():
		if err := p.forMSAL(form); err != nil {
			return Export{}, err
		}
	}
	return p.write(form, "flow")
}

// Step writes the request of one step. The error is a [*flow.Error].
func Step(t flow.Transcript, id flow.StepID, form Form) (Export, error) {
	if form.MSAL() {
		return Export{}, refuse(fmt.Sprintf("%s cannot send a single step.", form),
			"The library makes the requests of the flow by itself.", "Leave the step out, or choose another form.")
	}
	r, err := requestOf(t, id)
	if err != nil {
		return Export{}, err
	}
	if form == HAR {
		return Archive(t, id, false, "")
	}
	if form == Postman {
		return postmanStep(r)
	}
	e, err := r.write(form, "step")
	if m := t.Config.AuthMethod; m == flow.AuthTLS || m == flow.AuthSelfSignedTLS {
		e.Notes = append(e.Notes, "The client authenticates with a certificate, which is not in it: add it and its key, in curl with --cert and --key.")
	}
	return e, err
}

func refuse(what, why, try string) error {
	return &flow.Error{Kind: flow.KindRefused, What: what, Why: why, Try: try}
}

// value is a value of a request: a text, or one that is known only when the
// export runs.
type value struct {
	Text string
	// Var is the name of a value that the flow makes or receives (state, nonce,
	// code, code_verifier, code_challenge), Env that of a variable of the
	// environment. Both are empty for a text.
	Var, Env string
}

// pair is a named value.
type pair struct {
	Name string
	value
}

// Var is the variable's name in a form where it has to be named again.
func (v Variable) Var() string { return strings.ToLower(v.Name) }

// meanings say what belongs in a variable of the environment.
var meanings = map[string]string{
	"CLIENT_SECRET": "the client secret", "CODE": "the authorization code", "CODE_VERIFIER": "the code verifier",
	"CODE_CHALLENGE": "the code challenge", "REFRESH_TOKEN": "a refresh token", "ACCESS_TOKEN": "an access token",
	"ID_TOKEN_HINT": "an ID token", "CLIENT_ASSERTION": "a signed client assertion", "TOKEN": "the token",
}

// variables lists what a set of values reads from the environment.
func variables(lists ...[]pair) []Variable {
	var out []Variable
	for _, p := range slices.Concat(lists...) {
		if p.Env == "" || slices.ContainsFunc(out, func(v Variable) bool { return v.Name == p.Env }) {
			continue
		}
		what := meanings[p.Env]
		if what == "" {
			what = "the secret of that name"
		}
		out = append(out, Variable{p.Env, what})
	}
	return out
}

// environmentName is the variable for a parameter.
func environmentName(parameter string) string {
	name := strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z':
			return r - 'a' + 'A'
		case r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == '_':
			return r
		}
		return '_'
	}, parameter)
	if name == "" || name[0] >= '0' && name[0] <= '9' {
		name = "SECRET_" + name
	}
	return name
}
