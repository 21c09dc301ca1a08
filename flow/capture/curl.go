package capture

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"strings"

	"github.com/pkcescope/pkcescope/flow"
)

// curl command lines, as browsers copy them ("Copy as cURL", for bash and for
// cmd.exe) and as people write them. Nothing is carried out.

// curlValues are the options that take a value and say nothing about the
// request.
var curlValues = map[string]bool{
	"-o": true, "--output": true, "-m": true, "--max-time": true, "--connect-timeout": true, "-x": true, "--proxy": true,
	"--cacert": true, "--capath": true, "-E": true, "--cert": true, "--key": true, "--resolve": true, "-w": true, "--write-out": true,
	"--retry": true, "--retry-delay": true, "-c": true, "--cookie-jar": true, "-T": true, "--upload-file": true, "-D": true, "--dump-header": true,
	"--ciphers": true, "--tls-max": true, "--interface": true, "-K": true, "--config": true, "-C": true, "--limit-rate": true,
	"--max-redirs": true, "-Y": true, "-y": true, "-z": true, "--trace": true, "--trace-ascii": true, "--stderr": true, "-r": true, "--range": true,
	"-F": true, "--form": true, "--form-string": true, "-P": true, "-Q": true, "-t": true, "--noproxy": true, "--unix-socket": true, "--pass": true,
	"--cert-type": true, "--key-type": true, "--connect-to": true, "--dns-servers": true, "--proxy-user": true, "-U": true, "--aws-sigv4": true,
}

// curlLong are the long names of the options that matter.
var curlLong = map[string]string{
	"--request": "-X", "--header": "-H", "--data": "-d", "--data-raw": "--data-raw", "--data-binary": "-d", "--data-ascii": "-d",
	"--user": "-u", "--cookie": "-b", "--user-agent": "-A", "--referer": "-e", "--get": "-G", "--head": "-I", "--oauth2-bearer": "--oauth2-bearer",
}

// parseCurl reads the words of a curl command. Of data that stands in a file
// (@NAME) it is the name that is kept: the file is not read.
func parseCurl(words []string) (r flow.Request, ok bool) {
	r.Header = http.Header{}
	var data []string
	get := false
	for i := 0; i < len(words); i++ {
		name, value := words[i], ""
		has := false
		take := func() string {
			if has {
				return value
			}
			if i+1 < len(words) {
				i++
				return words[i]
			}
			return ""
		}
		if !strings.HasPrefix(name, "-") || name == "-" {
			if r.URL == "" {
				r.URL = name
			}
			continue
		}
		if strings.HasPrefix(name, "--") {
			name, value, has = strings.Cut(name, "=")
			if short, known := curlLong[name]; known {
				name = short
			}
		} else if len(name) > 2 {
			// -XPOST, -sSL, -d@file
			if strings.IndexByte("XHdubAeoFxmEwcTDKCYyzrPQtU", name[1]) >= 0 {
				name, value, has = name[:2], name[2:], true
			} else {
				words[i] = "-" + name[2:]
				i--
				if name[1] == 'G' {
					get = true
				}
				continue
			}
		}
		switch name {
		case "--url":
			r.URL = take()
		case "-X":
			r.Method = strings.ToUpper(take())
		case "-H":
			h := take()
			if header, text, ok := strings.Cut(h, ":"); ok && !strings.HasPrefix(h, ":") {
				r.Header.Add(strings.TrimSpace(header), strings.TrimSpace(text))
			}
		case "-d", "--data-raw":
			data = append(data, take())
		case "--data-urlencode":
			data = append(data, urlencoded(take()))
		case "--json":
			data = append(data, take())
			r.Header.Set("Content-Type", "application/json")
		case "-u":
			r.Header.Set("Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(take())))
		case "--oauth2-bearer":
			r.Header.Set("Authorization", "Bearer "+take())
		case "-b":
			if cookie := take(); strings.Contains(cookie, "=") {
				r.Header.Add("Cookie", cookie)
			}
		case "-A":
			r.Header.Set("User-Agent", take())
		case "-e":
			r.Header.Set("Referer", take())
		case "-G":
			get = true
		case "-I":
			r.Method = http.MethodHead
		default:
			if curlValues[name] {
				take()
			}
		}
	}
	if r.URL == "" {
		return r, false
	}
	if !strings.Contains(r.URL, "://") {
		r.URL = "http://" + r.URL // as curl does
	}
	body := strings.Join(data, "&")
	switch {
	case get && body != "":
		sep := "?"
		if strings.Contains(r.URL, "?") {
			sep = "&"
		}
		r.URL += sep + body
	case body != "":
		r.Body = flow.Body(body)
		if r.Header.Get("Content-Type") == "" {
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		}
		if r.Method == "" {
			r.Method = http.MethodPost
		}
	}
	if r.Method == "" {
		r.Method = http.MethodGet
	}
	return r, true
}

// urlencoded is what --data-urlencode makes of its value: name=content,
// =content or content, of which the content is encoded.
func urlencoded(s string) string {
	name, content, ok := strings.Cut(s, "=")
	switch {
	case !ok:
		return url.QueryEscape(s)
	case name == "":
		return url.QueryEscape(content)
	}
	return name + "=" + url.QueryEscape(content)
}

// readCurl reads the commands at the start of a text, up to the end of their
// line. They may be parted by operators, as "Copy all as cURL" does.
func readCurl(text string) (requests []flow.Request, rest string) {
	var words []word
	if isWindows(text) {
		words, rest = windowsWords(text)
	} else {
		words, rest = shellWords(text)
	}
	var command []string
	end := func() {
		if len(command) > 1 && isCurl(command[0]) {
			if r, ok := parseCurl(command[1:]); ok {
				requests = append(requests, r)
			}
		}
		command = nil
	}
	for _, w := range words {
		if w.operator {
			end()
			continue
		}
		// Variables may be set before the command.
		if len(command) == 0 && !isCurl(w.text) {
			continue
		}
		command = append(command, w.text)
	}
	end()
	return requests, rest
}

func isCurl(s string) bool {
	s = strings.ToLower(s)
	return s == "curl" || s == "curl.exe" || strings.HasSuffix(s, "/curl")
}
