package clients

import (
	"bufio"
	"bytes"
	"encoding/json"
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
	"testing"
)

// runtimes are what carries out an export: the file's ending, what builds it
// (if anything) and what runs it. FILE stands for the file, and OUT for what was
// built.
var runtimes = map[string]struct {
	ext   string
	here  bool // it needs this folder's modules
	build []string
	run   []string
}{
	"curl":        {ext: "sh", run: []string{"sh", "FILE"}},
	"python":      {ext: "py", run: []string{"/usr/bin/python3", "FILE"}},
	"node":        {ext: "mjs", run: []string{"node", "FILE"}},
	"go":          {ext: "go", build: []string{"go", "build", "-o", "OUT", "FILE"}, run: []string{"OUT"}},
	"csharp":      {ext: "cs", build: []string{"mcs", "-langversion:latest", "-r:System.Net.Http.dll", "-out:OUT", "FILE"}, run: []string{"mono", "OUT"}},
	"msal-go":     {ext: "go", build: []string{"go", "build", "-o", "OUT", "FILE"}, run: []string{"OUT"}},
	"msal-node":   {ext: "mjs", here: true, run: []string{"node", "FILE"}},
	"msal-python": {ext: "py", run: []string{"/usr/bin/python3", "FILE"}},
}

// trusted is the environment in which every runtime trusts the tenant, and
// knows the web app's secret.
func (s *tenant) trusted() []string {
	env := append(os.Environ(),
		"SSL_CERT_FILE="+s.Certificate, "CURL_CA_BUNDLE="+s.Certificate, "NODE_EXTRA_CA_CERTS="+s.Certificate, "REQUESTS_CA_BUNDLE="+s.Certificate,
		"CLIENT_SECRET="+*s.Registrations[web].Secret, "CLIENT_KEY="+s.keyFile(), "CLIENT_CERTIFICATE="+s.certificateFile(), "PKCESCOPE_CONFIG_DIR="+s.dir)
	return env
}

// address is an authorize URL, with its query.
var address = regexp.MustCompile(`https?://\S+/(?:oauth2/v2\.0/authorize|auth)\?\S+`)

// signsIn runs a program that prints an authorize URL on standard error and
// takes the redirect URL on standard input. It plays the person in between, and
// returns what the program printed and how it ended.
func (s *tenant) signsIn(t *testing.T, change func(redirect string) string, argv ...string) (stdout, stderr string, err error) {
	t.Helper()
	env := s.trusted()
	if slices.Contains(argv, "web") {
		env = append(env, "PKCESCOPE_CLIENT_SECRET="+*s.Registrations[web].Secret)
	}
	return conversation(t, env, func(at string) string { return change(s.signIn(t, at, "")) }, argv...)
}

// conversation runs a program in that environment and hands it what answer
// makes of the authorize URL that it prints.
func conversation(t *testing.T, env []string, answer func(authorizeURL string) string, argv ...string) (stdout, stderr string, err error) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), argv[0], argv[1:]...)
	cmd.Env = env
	var out bytes.Buffer
	cmd.Stdout = &out
	in, err := cmd.StdinPipe()
	must(t, err)
	errs, err := cmd.StderrPipe()
	must(t, err)
	must(t, cmd.Start())
	var said strings.Builder
	lines := bufio.NewScanner(io.TeeReader(errs, &said))
	asked := false
	for lines.Scan() {
		if at := address.FindString(lines.Text()); at != "" && !asked {
			asked = true
			_, err := io.WriteString(in, answer(at)+"\n")
			must(t, err)
		}
	}
	_ = in.Close()
	err = cmd.Wait() // only now has all that it printed come
	if !asked {
		t.Errorf("no authorize URL was shown:\n%s", said.String())
	}
	return out.String(), said.String(), err
}

func same(redirect string) string { return redirect }

// recorded walks the flow with the built program and returns the saved file.
func (s *tenant) recorded(t *testing.T, flags ...string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "run.json")
	args := append([]string{os.Getenv("PKCESCOPE_BINARY"), "run", "--issuer", s.Issuer, "--browser", "none", "--save", file}, s.withKey(flags)...)
	if _, said, err := s.signsIn(t, same, args...); err != nil {
		t.Fatalf("the run to export failed: %v\n%s", err, said)
	}
	return file
}

// withKey puts the web app's own key and certificate into flags that say KEY and
// CERTIFICATE.
func (s *tenant) withKey(flags []string) []string {
	out := slices.Clone(flags)
	for i, f := range out {
		switch f {
		case "KEY":
			out[i] = s.keyFile()
		case "CERTIFICATE":
			out[i] = s.certificateFile()
		}
	}
	return out
}

// exported writes an export of a run to a file of its own.
func (s *tenant) exported(t *testing.T, run, form string, step ...string) string {
	t.Helper()
	return written(t, form, append([]string{run}, step...)...)
}

// written has the program write an export to a file of its own.
func written(t *testing.T, form string, args ...string) string {
	t.Helper()
	dir := t.TempDir()
	if runtimes[form].here {
		var err error
		dir, err = os.MkdirTemp(".", "export-")
		must(t, err)
		t.Cleanup(func() { _ = os.RemoveAll(dir) })
	}
	file := filepath.Join(dir, "export."+runtimes[form].ext)
	args = append(append([]string{"export"}, args...), "--as", form, "-o", file)
	out, err := exec.CommandContext(t.Context(), os.Getenv("PKCESCOPE_BINARY"), args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return file
}

// ready builds an export if it has to be built, and returns the command line
// that runs it.
func ready(t *testing.T, form, file string) []string {
	t.Helper()
	r, built := runtimes[form], filepath.Join(t.TempDir(), "built.exe")
	fill := func(words []string) []string {
		var out []string
		for _, w := range words {
			out = append(out, strings.NewReplacer("FILE", file, "OUT", built).Replace(w))
		}
		return out
	}
	if r.build != nil {
		argv := fill(r.build)
		if out, err := exec.CommandContext(t.Context(), argv[0], argv[1:]...).CombinedOutput(); err != nil {
			text, _ := os.ReadFile(file)
			t.Fatalf("it does not compile: %v\n%s\n%s", err, out, text)
		}
	}
	return fill(r.run)
}

// Every exported flow gets tokens, and refuses a redirect that carries another
// state.
func TestExportedFlowsRun(t *testing.T) {
	s, plain := serve(t), serveWith(t)
	for name, client := range map[string][]string{
		"native": {"--client-id", s.Registrations[native].ClientID, "--redirect-uri", "https://localhost/never-listened-to"},
		"web":    {"--client-id", s.Registrations[web].ClientID, "--redirect-uri", "https://localhost/never-listened-to", "--platform", "web"},
		"key":    {"--client-id", s.Registrations[web].ClientID, "--redirect-uri", "https://localhost/never-listened-to", "--platform", "web", "--auth", "private_key_jwt", "--client-key", "KEY", "--client-cert", "CERTIFICATE"},
		"basic":  {"--client-id", s.Registrations[web].ClientID, "--redirect-uri", "https://localhost/never-listened-to", "--platform", "web", "--auth", "client_secret_basic"},
		"plain":  {"--client-id", s.Registrations[native].ClientID, "--redirect-uri", "https://localhost/never-listened-to", "--method", "plain"},
		"none":   {"--client-id", s.Registrations[native].ClientID, "--redirect-uri", "https://localhost/never-listened-to", "--method", "none"},
	} {
		runs := map[*tenant]string{s: s.recorded(t, client...), plain: plain.recorded(t, client...)}
		for form := range runtimes {
			switch {
			case strings.HasPrefix(form, "msal-") && name != "native" && name != "web" && name != "key":
				continue // MSAL chooses these by itself
			case form == "csharp" && name == "key":
				continue // it is refused, with a reason
			}
			t.Run(form+" "+name, func(t *testing.T) {
				on := s
				if form == "csharp" {
					on = plain // Mono has certificates of its own
				}
				file := on.exported(t, runs[on], form)
				argv := ready(t, form, file)
				out, said, err := on.signsIn(t, same, argv...)
				var tokens map[string]any
				if err != nil || json.Unmarshal([]byte(out), &tokens) != nil || tokens["access_token"] == nil && tokens["accessToken"] == nil {
					text, _ := os.ReadFile(file)
					t.Fatalf("%v\n%s\n%s\n%s", err, said, out, text)
				}
				if form == "curl" {
					s.opens(t, out)
				}
				if out, said, err := on.signsIn(t, with(t, "state", "of-somebody-else"), argv...); err == nil || out != "" || !strings.Contains(strings.ToLower(said), "state") {
					t.Errorf("another state is taken: %v\n%s\n%s", err, said, out)
				}
				if strings.HasPrefix(form, "msal-") {
					return
				}
				if out, said, err := on.signsIn(t, with(t, "iss", "https://somebody.example/"), argv...); err == nil || out != "" || !strings.Contains(said, "RFC 9207") {
					t.Errorf("another issuer is taken: %v\n%s\n%s", err, said, out)
				}
				if _, said, err := on.signsIn(t, with(t, "iss", on.Issuer), argv...); err != nil {
					t.Errorf("our own issuer is refused: %v\n%s", err, said)
				}
			})
		}
	}
}

// with sets a parameter of the redirect URL.
func with(t *testing.T, name, value string) func(redirect string) string {
	return func(redirect string) string {
		u, err := url.Parse(redirect)
		must(t, err)
		q := u.Query()
		q.Set(name, value)
		u.RawQuery = q.Encode()
		return u.String()
	}
}

// opens gives what an exported script printed back to the program, which reads
// it as the answer of a token endpoint.
func (s *tenant) opens(t *testing.T, answer string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Getenv("PKCESCOPE_BINARY"), "open", "-", "--json")
	cmd.Env, cmd.Stdin = s.trusted(), strings.NewReader(answer)
	out, err := cmd.Output()
	var run struct {
		Steps []struct {
			ID     string
			Status string
			Tokens []struct{ Name, Kind string }
		}
	}
	if err == nil {
		err = json.Unmarshal(out, &run)
	}
	for _, step := range run.Steps {
		if step.ID == "token" && step.Status == "ok" && slices.ContainsFunc(step.Tokens, func(x struct{ Name, Kind string }) bool { return x.Name == "id_token" && x.Kind == "jwt" }) {
			return
		}
	}
	t.Errorf("what the script printed is not read as a token response: %v\n%s", err, out)
}

// A single-page app's export, served at its redirect URI, signs in in a real
// browser.
func TestExportedPageRuns(t *testing.T) {
	s := serve(t)
	run := s.recorded(t, "--client-id", s.Registrations[spa].ClientID, "--redirect-uri", pageURL, "--platform", "spa", "--browser", "none")
	page := filepath.Join(t.TempDir(), "page.html")
	out, err := exec.CommandContext(t.Context(), os.Getenv("PKCESCOPE_BINARY"), "export", run, "--as", "msal-js", "-o", page).CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	text, err := os.ReadFile(page)
	must(t, err)
	at := s.servePage(t, page)
	must(t, os.WriteFile(page, bytes.ReplaceAll(text, []byte(pageURL), []byte(at)), 0o600)) // its port is free; Entra ignores it
	s.signsInThere(t, at)
}

// The token step alone, with a fresh code and verifier in the environment.
func TestExportedTokenStepRuns(t *testing.T) {
	s, plain := serve(t), serveWith(t)
	const verifier, challenge = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM" // RFC 7636 appendix B
	for form, r := range runtimes {
		if strings.HasPrefix(form, "msal-") {
			continue
		}
		on := s
		if form == "csharp" {
			on = plain
		}
		for name, auth := range map[string]string{"post": "client_secret_post", "basic": "client_secret_basic"} {
			t.Run(form+" "+name, func(t *testing.T) {
				app := on.Registrations[web]
				run := on.recorded(t, "--client-id", app.ClientID, "--redirect-uri", app.RedirectURIs[0], "--platform", "web", "--auth", auth)
				argv := ready(t, form, on.exported(t, run, form, "token"))
				code := on.code(t, on.Authorize+"?"+url.Values{
					"client_id": {app.ClientID}, "response_type": {"code"}, "redirect_uri": {app.RedirectURIs[0]}, "scope": {"openid User.Read"},
					"state": {"s"}, "code_challenge": {challenge}, "code_challenge_method": {"S256"},
				}.Encode())
				cmd := exec.CommandContext(t.Context(), argv[0], argv[1:]...)
				cmd.Env = append(on.trusted(), "CODE="+code, "CODE_VERIFIER="+verifier)
				var errs bytes.Buffer
				cmd.Stderr = &errs
				out, err := cmd.Output()
				if err != nil || !strings.Contains(string(out), `"access_token"`) {
					t.Errorf("%s: %v\n%s\n%s", r.ext, err, out, errs.String())
				}
			})
		}
	}
}

// awkward is what a value may hold: each language has its own traps in it.
const awkward = "it's \"quoted\" back\\slash $HOME ${x} $(id) `id` %PATH% %s %41 {{x}} a=b&c;d+e #{y} <!-- */ // @file -n \n\tEND ‘typo’ “graphic” 日本語 😀 !!"

// What a step sends reaches the server as it was in the run, whatever is in it,
// and so do the secrets that are read from the environment.
func TestExportedStepsSendAwkwardValuesAsTheyAre(t *testing.T) {
	type sent struct {
		form   url.Values
		header string
		id     string
		secret string
	}
	got := make(chan sent, 1)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_ = r.ParseForm()
		id, secret, _ := r.BasicAuth()
		id, _ = url.QueryUnescape(id)
		secret, _ = url.QueryUnescape(secret)
		got <- sent{r.PostForm, r.Header.Get("X-Awkward"), id, secret}
	}))
	defer server.Close()
	const header = `it's "quoted" back\slash $HOME $(id) {{x}} %s`
	body := url.Values{"scope": {awkward}, awkward: {"1"}, "code": {"c"}, "code_verifier": {"v"}, "empty": {""}}
	run := map[string]any{
		"format": "pkcescope-transcript", "version": 1, "outcome": "ok", "config": map[string]any{"client_id": awkward},
		"steps": []any{map[string]any{"id": "token", "status": "ok", "exchanges": []any{map[string]any{
			"actor": "app", "channel": "back", "request": map[string]any{
				"method": "POST", "url": server.URL + "/token?own=" + url.QueryEscape(awkward),
				"header": map[string]any{"Content-Type": []string{"application/x-www-form-urlencoded"}, "X-Awkward": []string{header}, "Authorization": []string{"Basic eDphLXNlY3JldC1vZi10aGF0LXJ1bg=="}},
				"body":   body.Encode(),
			},
		}}}},
	}
	text, err := json.Marshal(run)
	must(t, err)
	file := filepath.Join(t.TempDir(), "run.json")
	must(t, os.WriteFile(file, text, 0o600))
	for form := range runtimes {
		if strings.HasPrefix(form, "msal-") {
			continue
		}
		t.Run(form, func(t *testing.T) {
			argv := ready(t, form, (&tenant{}).exported(t, file, form, "token"))
			cmd := exec.CommandContext(t.Context(), argv[0], argv[1:]...)
			cmd.Env = append(os.Environ(), "CODE="+awkward, "CODE_VERIFIER=v~v", "CLIENT_SECRET="+awkward)
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			g := <-got
			for name, want := range map[string]string{"scope": awkward, awkward: "1", "code": awkward, "code_verifier": "v~v", "empty": ""} {
				if !g.form.Has(name) || g.form.Get(name) != want {
					t.Errorf("%q was %q, want %q", name, g.form.Get(name), want)
				}
			}
			if len(g.form) != 5 || g.header != header || g.id != awkward || g.secret != awkward {
				t.Errorf("%d parameters, header %q, id %q, secret %q", len(g.form), g.header, g.id, g.secret)
			}
		})
	}
}
