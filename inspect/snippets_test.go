//go:build snippets

package inspect_test

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/BurntSushi/toml"

	"github.com/pkcescope/pkcescope/assets"
	"github.com/pkcescope/pkcescope/flow"
	"github.com/pkcescope/pkcescope/inspect"
)

// A snippet is a line of code of assets/pkce.toml, with what it is run with.
type snippet struct {
	language string
	// table is what the line makes: "challenge", "verifier", "authorize",
	// "token" or "session".
	table string
	// mistake is what the line does wrong; empty for a right one.
	mistake string
	line    string
}

// key names the snippet in a program: letters, digits and underscores.
func (s snippet) key() string {
	return strings.ReplaceAll(s.table+"_"+choose(s.mistake == "", "right", s.mistake), "-", "_")
}

// snippets are all lines of all languages.
func snippets(t *testing.T) []snippet {
	t.Helper()
	var doc struct {
		Right   map[string]map[string]string `toml:"right"`
		Mistake map[string]map[string]string `toml:"mistake"`
	}
	if err := toml.Unmarshal(assets.PKCE, &doc); err != nil {
		t.Fatal(err)
	}
	var all []snippet
	for _, language := range []string{"shell", "csharp", "javascript", "python", "go"} {
		for table, lines := range doc.Right {
			all = append(all, snippet{language, table, "", lines[language]})
		}
		for id, lines := range doc.Mistake {
			all = append(all, snippet{language, lines["right"], id, lines[language]})
		}
	}
	slices.SortFunc(all, func(a, b snippet) int { return strings.Compare(a.language+a.key(), b.language+b.key()) })
	return all
}

// tokenEndpoint records the last form that came for each path.
type tokenEndpoint struct {
	mutex sync.Mutex
	forms map[string]string
}

func (e *tokenEndpoint) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	e.mutex.Lock()
	e.forms[strings.TrimPrefix(r.URL.Path, "/")] = string(body)
	e.mutex.Unlock()
	w.Header().Set("Content-Type", "application/json")
	_, _ = io.WriteString(w, `{"access_token":"a","token_type":"Bearer"}`)
}

// trial is what every snippet is given.
type trial struct {
	dir, endpoint string
	// verifier has 64 characters, one of them "~", and its digest has both of
	// the characters that base64url changes. other is of another run.
	verifier, other string
}

func challengeOf(verifier string) string {
	sum := sha256.Sum256([]byte(verifier))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

func newTrial(t *testing.T, endpoint string) trial {
	t.Helper()
	for range 10_000 {
		v := flow.RandomVerifier(63) + "~"
		if c := challengeOf(v); strings.Contains(c, "-") && strings.Contains(c, "_") {
			return trial{t.TempDir(), endpoint, v, flow.RandomVerifier(64)}
		}
	}
	t.Fatal("no verifier fits")
	return trial{}
}

// A wrong line makes the mistake that it stands for, as the classifier names it
// from what came out, and a right line makes none. Each is run in its language.
func TestTheLinesOfCode(t *testing.T) {
	endpoint := &tokenEndpoint{forms: map[string]string{}}
	server := httptest.NewServer(endpoint)
	defer server.Close()
	languages := map[string]func(*testing.T, trial, []snippet) string{
		"shell": runShell, "csharp": runCSharp, "javascript": runJavaScript, "python": runPython, "go": runGo,
	}
	for language, run := range languages {
		t.Run(language, func(t *testing.T) {
			try := newTrial(t, server.URL+"/"+language+".")
			all := slices.DeleteFunc(snippets(t), func(s snippet) bool { return s.language != language })
			results := map[string]string{}
			for row := range strings.Lines(run(t, try, all)) {
				key, value, _ := strings.Cut(strings.TrimSpace(row), " ")
				octets, err := hex.DecodeString(value)
				if err != nil {
					t.Fatalf("%q: %v", row, err)
				}
				results[key] = string(octets)
			}
			for _, s := range all {
				result, ran := results[s.key()]
				endpoint.mutex.Lock()
				form, posted := endpoint.forms[language+"."+s.key()]
				endpoint.mutex.Unlock()
				if posted {
					result, ran = form, true
				}
				if !ran {
					t.Errorf("%s gave nothing: %s", s.key(), s.line)
					continue
				}
				judge(t, try, s, result)
			}
		})
	}
}

// judge holds what came out of a snippet against what it stands for.
func judge(t *testing.T, try trial, s snippet, result string) {
	t.Helper()
	in := inspect.PKCEInput{Verifier: try.verifier, HasVerifier: true, Challenge: challengeOf(try.verifier), HasChallenge: true, Method: "S256"}
	certain := true
	switch s.table {
	case "challenge":
		in.Challenge = result
		if u, err := url.Parse(result); err == nil && u.Query().Has("code_challenge") {
			in.Challenge = u.Query().Get("code_challenge")
		}
	case "verifier":
		in = inspect.PKCEInput{Verifier: result, HasVerifier: true}
		certain = s.mistake != "weak-generator"
	case "authorize", "token":
		in = inspect.PKCEOfTranscript(sent(t, try, s, result))
	case "session": // the first of two sign-ins comes back
		in.Verifier, in.OtherVerifiers = result, []string{try.verifier}
	}
	report := inspect.ReadPKCE(in)
	if s.language == "csharp" && s.mistake == "weak-generator" {
		report = inspect.TraceSeed(report)
	}
	var ids []string
	for _, m := range report.Mistakes {
		ids = append(ids, string(m.ID))
		if string(m.ID) == s.mistake && certain && m.Confidence != inspect.Certain {
			t.Errorf("%s is only %s, from %q", s.key(), m.Confidence, result)
		}
	}
	switch {
	case s.mistake == "":
		if len(ids) > 0 || report.Match != nil && !*report.Match || !report.Verifier.Legal {
			t.Errorf("the right line makes %v: %s\ngave %q", ids, s.line, result)
		}
	case s.mistake == "weak-generator" && s.language != "csharp" && s.language != "python":
		// Nothing in such a verifier gives it away. It was made twice with clock
		// and generator held still.
		first, second, _ := strings.Cut(result, "|")
		if first != second || len(first) < inspect.VerifierMin {
			t.Errorf("%s is not determined by what was held still: %q and %q", s.key(), first, second)
		}
	case !slices.Contains(ids, s.mistake):
		t.Errorf("the line for %s makes %v: %s\ngave %q", s.mistake, ids, s.line, result)
	case s.table != "verifier" && ids[0] != s.mistake:
		t.Errorf("the line for %s makes %v first", s.mistake, ids)
	}
}

// sent is a run whose authorize or token request is what a snippet made.
func sent(t *testing.T, try trial, s snippet, result string) flow.Transcript {
	t.Helper()
	authorize := "response_type=code&client_id=client&code_challenge=" + challengeOf(try.verifier) + "&code_challenge_method=S256"
	token := "grant_type=authorization_code&code=c&code_verifier=" + url.QueryEscape(try.verifier)
	if s.table == "authorize" {
		authorize = result
		if _, query, isURL := strings.Cut(result, "?"); isURL {
			authorize = query
		}
	} else {
		token = result
	}
	return flow.Transcript{Steps: []flow.Step{
		{ID: flow.StepVerifier, Values: []flow.Value{{Name: "code_verifier", Value: try.verifier}}},
		{ID: flow.StepAuthorize, Exchanges: []flow.Exchange{{Request: flow.Request{URL: "https://op.example/authorize?" + authorize}}}},
		{ID: flow.StepToken, Exchanges: []flow.Exchange{{Request: flow.Request{URL: "https://op.example/token", Body: flow.Body(token)}}}},
	}}
}

// output runs a program and returns what it printed.
func output(t *testing.T, dir, name string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), name, args...)
	cmd.Dir = dir
	var failed strings.Builder
	cmd.Stderr = &failed
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s %v: %v\n%s", name, args, err, failed.String())
	}
	return string(out)
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// A token request without a verifier, as the lines expect it to be there.
const bareForm = "grant_type=authorization_code&code=c"

func runShell(t *testing.T, try trial, all []snippet) string {
	var b strings.Builder
	fmt.Fprintf(&b, "set -eu\nAUTHORIZE=https://op.example/authorize QUERY='response_type=code&client_id=client' RUNS='%s'\n", try.dir)
	b.WriteString("hex() { od -An -v -tx1 | tr -d ' \\n'; }\n")
	write(t, filepath.Join(try.dir, "request.conf"), "data = \"grant_type=authorization_code\"\ndata = \"code=c\"\n")
	for _, s := range all {
		fmt.Fprintf(&b, "( V='%s' C='%s' TOKEN='%s%s' STATE=s1 RETURNED_STATE=s1\n", try.verifier, challengeOf(try.verifier), try.endpoint, s.key())
		result := map[string]string{"challenge": `"$C"`, "verifier": `"$V"`, "authorize": `"$URL"`, "session": `"$V"`}[s.table]
		switch {
		case s.table == "token":
			fmt.Fprintf(&b, "%s >/dev/null )\n", s.line)
			continue
		case s.table == "session":
			fmt.Fprintf(&b, "%s\nSTATE=s2 V='%s'\n%s\n", s.line, try.other, s.line)
		case s.mistake == "verifier-too-short": // it is so in three runs of four
			fmt.Fprintf(&b, "for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do\n%s\n[ ${#V} -ge 43 ] || break\ndone\n", s.line)
		case s.mistake == "weak-generator":
			fmt.Fprintf(&b, "date() { echo 1700000000123456789; }\n%s\nFIRST=$V\n%s\n", s.line, s.line)
			result = `"$FIRST|$V"`
		default:
			b.WriteString(s.line + "\n")
		}
		fmt.Fprintf(&b, "echo %s \"$(printf %%s %s | hex)\" )\n", s.key(), result)
	}
	write(t, filepath.Join(try.dir, "run.sh"), b.String())
	return output(t, try.dir, "sh", "run.sh")
}

func runPython(t *testing.T, try trial, all []snippet) string {
	var b strings.Builder
	b.WriteString("import base64, hashlib, os, random, re, secrets, string, urllib.parse\n")
	b.WriteString("def say(key, value): print(key, (value if isinstance(value, str) else urllib.parse.urlencode(value)).encode().hex())\n")
	for _, s := range all {
		fmt.Fprintf(&b, "def f():\n  verifier = %q; challenge = %q; code = 'c'; redirect_uri = 'http://localhost/'\n", try.verifier, challengeOf(try.verifier))
		b.WriteString("  query = dict(response_type='code', client_id='client'); form = dict(grant_type='authorization_code', code='c'); server_session = {}; state = 's1'\n")
		fmt.Fprintf(&b, "  %s\n", s.line)
		result := map[string]string{"challenge": "challenge", "verifier": "verifier", "authorize": "query", "token": "form"}[s.table]
		if s.table == "session" {
			fmt.Fprintf(&b, "  state = 's2'; verifier = %q\n  %s\n", try.other, s.line)
			result = "server_session.get('verifier.s1', server_session.get('verifier'))"
		}
		fmt.Fprintf(&b, "  say(%q, %s)\nf()\n", s.key(), result)
	}
	write(t, filepath.Join(try.dir, "run.py"), b.String())
	return output(t, try.dir, "python3", "run.py")
}

// declares reports whether a line makes a variable of that name.
func declares(line, name string) bool {
	return regexp.MustCompile(`\b(?:const|let|var)\s+` + name + `\b|\b` + name + `(?:, \w+)?\s*:=`).MatchString(line)
}

func runJavaScript(t *testing.T, try trial, all []snippet) string {
	var b strings.Builder
	b.WriteString(`import { createHash, randomBytes } from "node:crypto"; import { execSync } from "node:child_process";` + "\n")
	b.WriteString(`const say = (key, value) => console.log(key, Buffer.from(String(value)).toString("hex")); const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";` + "\n")
	for _, s := range all {
		b.WriteString("{ const code = \"c\", redirect_uri = \"http://localhost/\"; let state = \"s1\"; const req = { session: {} }; const query = new URLSearchParams(\"response_type=code&client_id=client\");\n")
		for _, v := range []struct{ name, value string }{
			{"verifier", fmt.Sprintf("%q", try.verifier)}, {"challenge", fmt.Sprintf("%q", challengeOf(try.verifier))}, {"form", fmt.Sprintf("new URLSearchParams(%q)", bareForm)},
		} {
			if !declares(s.line, v.name) {
				fmt.Fprintf(&b, "let %s = %s;\n", v.name, v.value)
			}
		}
		result := map[string]string{"challenge": "challenge", "verifier": "verifier", "authorize": "query", "token": "form"}[s.table]
		switch {
		case s.mistake == "weak-generator":
			b.WriteString("let n = 0; const random = Math.random; Math.random = () => (n++ * 0.37) % 1;\n")
			fmt.Fprintf(&b, "const made = () => { n = 0; %s return verifier; }; say(%q, made() + \"|\" + made()); Math.random = random; }\n", s.line, s.key())
			continue
		case s.table == "session":
			fmt.Fprintf(&b, "%s\nstate = \"s2\"; verifier = %q;\n", s.line, try.other)
			result = "req.session.verifiers ? req.session.verifiers.s1 : req.session.verifier"
		}
		fmt.Fprintf(&b, "%s\nsay(%q, %s); }\n", s.line, s.key(), result)
	}
	write(t, filepath.Join(try.dir, "run.mjs"), b.String())
	return output(t, try.dir, "node", "run.mjs")
}

// What .NET has had since versions 5 to 9, and Mono has not, by its
// documentation.
const dotnet = `
using System; using System.Collections.Generic; using System.Linq; using System.Net; using System.Text; using System.Text.RegularExpressions;
using Algorithms = System.Security.Cryptography;
static class SHA1 { public static byte[] HashData(byte[] b) { return Algorithms.SHA1.Create().ComputeHash(b); } }
static class SHA256 { public static byte[] HashData(byte[] b) { return Algorithms.SHA256.Create().ComputeHash(b); } }
static class SHA384 { public static byte[] HashData(byte[] b) { return Algorithms.SHA384.Create().ComputeHash(b); } }
static class SHA512 { public static byte[] HashData(byte[] b) { return Algorithms.SHA512.Create().ComputeHash(b); } }
static class RandomNumberGenerator { public static byte[] GetBytes(int n) { var b = new byte[n]; Algorithms.RandomNumberGenerator.Create().GetBytes(b); return b; } }
static class Base64Url { public static string EncodeToString(byte[] b) { return System.Convert.ToBase64String(b).TrimEnd('=').Replace('+', '-').Replace('/', '_'); } }
static class Convert {
  public static string ToHexString(byte[] b) { return BitConverter.ToString(b).Replace("-", ""); }
  public static string ToBase64String(byte[] b) { return System.Convert.ToBase64String(b); }
  public static string ToBase64String(byte[] b, Base64FormattingOptions o) { return System.Convert.ToBase64String(b, o); }
}
class Session { public Dictionary<string, string> Kept = new Dictionary<string, string>(); public void SetString(string k, string v) { Kept[k] = v; } }
static class Program {
  const string alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
  static string Form(Dictionary<string, string> d) { return string.Join("&", d.Select(p => Uri.EscapeDataString(p.Key) + "=" + Uri.EscapeDataString(p.Value))); }
  static void Say(string key, string value) { Console.WriteLine(key + " " + Convert.ToHexString(Encoding.UTF8.GetBytes(value))); }
`

func runCSharp(t *testing.T, try trial, all []snippet) string {
	var b, calls strings.Builder
	b.WriteString(dotnet)
	for _, s := range all {
		fmt.Fprintf(&b, "  static void %s() {\n    var code = \"c\"; var state = \"s1\"; var session = new Session(); var octets = RandomNumberGenerator.GetBytes(96);\n", s.key())
		fmt.Fprintf(&calls, "    %s();\n", s.key())
		b.WriteString("    var query = new Dictionary<string, string> { [\"response_type\"] = \"code\", [\"client_id\"] = \"client\" };\n")
		for _, v := range []struct{ name, value string }{
			{"verifier", fmt.Sprintf("%q", try.verifier)},
			{"challenge", fmt.Sprintf("%q", challengeOf(try.verifier))},
			{"form", `new Dictionary<string, string> { ["grant_type"] = "authorization_code", ["code"] = code }`},
		} {
			if !declares(s.line, v.name) {
				fmt.Fprintf(&b, "    var %s = %s;\n", v.name, v.value)
			}
		}
		fmt.Fprintf(&b, "    %s\n", s.line)
		result := map[string]string{"challenge": "challenge", "verifier": "verifier", "authorize": "Form(query)", "token": "Form(form)"}[s.table]
		if s.table == "session" {
			fmt.Fprintf(&b, "    state = \"s2\"; verifier = %q;\n    %s\n", try.other, s.line)
			result = `session.Kept.ContainsKey("verifier.s1") ? session.Kept["verifier.s1"] : session.Kept["verifier"]`
		}
		fmt.Fprintf(&b, "    Say(%q, %s);\n  }\n", s.key(), result)
	}
	fmt.Fprintf(&b, "  static void Main() {\n%s  }\n}\n", calls.String())
	write(t, filepath.Join(try.dir, "Run.cs"), b.String())
	output(t, try.dir, "mcs", "-nologo", "-warn:0", "-out:Run.exe", "Run.cs")
	return output(t, try.dir, "mono", "Run.exe")
}

// goPackages are the packages that lines of Go use, by the word before the
// point.
var goPackages = map[string]string{
	"base64": "encoding/base64", "binary": "encoding/binary", "fmt": "fmt", "oauth2": "golang.org/x/oauth2", "pem": "encoding/pem",
	"sha1": "crypto/sha1", "sha256": "crypto/sha256", "sha512": "crypto/sha512", "strings": "strings", "time": "time", "utf16": "unicode/utf16",
}

func runGo(t *testing.T, try trial, all []snippet) string {
	module, err := os.ReadFile("../go.mod")
	if err != nil {
		t.Fatal(err)
	}
	sums, err := os.ReadFile("../go.sum")
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(try.dir, "go.mod"), string(module))
	write(t, filepath.Join(try.dir, "go.sum"), string(sums))
	var calls strings.Builder
	for _, s := range all {
		var b strings.Builder
		b.WriteString("package main\n\nimport (\n\"context\"\n\"golang.org/x/oauth2\"\n")
		for name, path := range goPackages {
			if name != "oauth2" && regexp.MustCompile(`\b`+name+`\.`).MatchString(s.line) {
				fmt.Fprintf(&b, "%q\n", path)
			}
		}
		switch {
		case strings.Contains(s.line, "rand.Text"):
			b.WriteString("\"crypto/rand\"\n")
		case strings.Contains(s.line, "rand."):
			b.WriteString("\"math/rand\"\n")
		}
		fmt.Fprintf(&b, ")\n\nfunc %s() {\n", s.key())
		fmt.Fprintf(&calls, "%s()\n", s.key())
		b.WriteString("ctx, code, state := context.Background(), \"c\", \"s1\"\n_, _, _ = ctx, code, state\n")
		fmt.Fprintf(&b, "conf := oauth2.Config{ClientID: \"client\", Endpoint: oauth2.Endpoint{AuthURL: \"https://op.example/authorize\", TokenURL: %q, AuthStyle: oauth2.AuthStyleInParams}}\n_ = conf\n", try.endpoint+s.key())
		b.WriteString("var session struct { Verifier string; Verifiers map[string]string }\nsession.Verifiers = map[string]string{}\n_ = session\n")
		for _, v := range []struct{ name, value string }{
			{"verifier", fmt.Sprintf("%q", try.verifier)}, {"challenge", fmt.Sprintf("%q", challengeOf(try.verifier))}, {"octets", "make([]byte, 32)"},
		} {
			if !declares(s.line, v.name) {
				fmt.Fprintf(&b, "%s := %s\n_ = %s\n", v.name, v.value, v.name)
			}
		}
		result := map[string]string{"challenge": "challenge", "verifier": "verifier", "authorize": "location"}[s.table]
		switch {
		case s.table == "token":
			fmt.Fprintf(&b, "%s\n_, _ = token, err\n}\n", s.line)
			write(t, filepath.Join(try.dir, s.key()+".go"), b.String())
			continue
		case s.mistake == "hash-of-challenge": // the library makes it, inside the URL
			result = "location"
		case s.mistake == "weak-generator": // both in the same second, at the latest the third time
			fmt.Fprintf(&b, "var made [2]string\nfor range 3 {\nfor i := range made {\n%s\nmade[i] = verifier\n}\nif made[0] == made[1] {\nbreak\n}\n}\nsay(%q, made[0]+\"|\"+made[1])\n}\n", s.line, s.key())
			write(t, filepath.Join(try.dir, s.key()+".go"), b.String())
			continue
		case s.table == "session":
			fmt.Fprintf(&b, "%s\nstate, verifier = \"s2\", %q\n%s\n", s.line, try.other, s.line)
			result = `max(session.Verifier, session.Verifiers["s1"])`
		}
		if s.table != "session" {
			b.WriteString(s.line + "\n")
		}
		fmt.Fprintf(&b, "say(%q, %s)\n}\n", s.key(), result)
		write(t, filepath.Join(try.dir, s.key()+".go"), b.String())
	}
	write(t, filepath.Join(try.dir, "main.go"), "package main\n\nimport \"fmt\"\n\nfunc say(key, value string) { fmt.Printf(\"%s %x\\n\", key, value) }\n\nfunc main() {\n"+calls.String()+"}\n")
	return output(t, try.dir, "go", "run", ".")
}

func choose(yes bool, a, b string) string {
	if yes {
		return a
	}
	return b
}
