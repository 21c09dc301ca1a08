package inspect

import (
	"slices"
	"strings"
	"sync"

	"github.com/pkcescope/pkcescope/assets"
	"github.com/pkcescope/pkcescope/flow"
)

// explain puts the words of a step's text into s: those that hold for this run.
func (r *reader) explain(s *Step) {
	text := stepText(s.ID)
	s.Title = text.title
	if s.Title == "" {
		s.Title = Clean(string(s.ID))
	}
	facts := r.facts()
	facts["offered"] = s.Offered
	facts["taken"] = s.ID == flow.StepDevice && r.t.Step(s.ID).Optional
	for _, p := range text.lead {
		if p.holds(facts) {
			s.Lead = r.fill(p.text)
			break
		}
	}
	for _, p := range text.body {
		if p.holds(facts) {
			s.Body = append(s.Body, r.fill(p.text))
		}
	}
	for _, p := range text.next {
		if p.holds(facts) {
			s.Next = append(s.Next, r.fill(p.text))
		}
	}
	for _, p := range text.played {
		if p.holds(facts) {
			s.Played = r.fill(p.text)
		}
	}
	for _, p := range text.refs {
		if p.holds(facts) {
			s.Refs = append(s.Refs, parseRef(p.text))
		}
	}
}

// facts are the words that a paragraph's condition may name.
func (r *reader) facts() map[string]bool {
	c := r.t.Config
	method := c.Method
	if method == "" {
		method = flow.MethodS256
	}
	auth := c.AuthMethod
	if auth == "" {
		auth = flow.AuthNone
	}
	f := map[string]bool{
		string(method):     !c.Device,
		string(c.Platform): true,
		"pkce":             method != flow.MethodNone && !c.Device,
		"device":           c.Device,
		"public":           r.run.public(),
		"secret":           auth.NeedsSecret(),
		"key":              auth.NeedsKey(),
		"assertion":        auth == flow.AuthSecretJWT || auth == flow.AuthKeyJWT,
		"mtls":             auth == flow.AuthTLS || auth == flow.AuthSelfSignedTLS,
		"par":              r.t.Step(flow.StepPAR).Status == flow.StatusOK,
		"par-offered":      c.Provider.PAREndpoint != "" && !c.Asks(flow.StepPAR) && !c.Device,
		"par-required":     c.Provider.PARRequired && !c.Protection.PAR && !c.Device,
		"device-offered":   c.Provider.DeviceEndpoint != "" && !c.Device,
		"jar":              c.Protection.JAR != flow.JARNone,
		"dpop":             c.Protection.DPoP,
		"hybrid":           c.Ask.ResponseType == flow.ResponseHybrid,
		"jarm":             r.run.callback.has("response"),
		"arrived":          r.run.callback != nil,
		"basic":            auth == flow.AuthBasic,
		"practice":         r.prov.practice,
		"microsoft":        r.prov.microsoft,
		"entra":            r.prov.microsoft && r.prov.glossary == "entra",
		"openid":           r.run.asksFor("openid") || r.run.asked() == nil && (len(c.Scopes) == 0 || slices.Contains(c.Scopes, "openid")),
		"offline":          r.run.asksFor("offline_access") || r.run.asked() == nil && slices.Contains(c.Scopes, "offline_access"),
		"paste":            !c.Listens(),
		"https":            c.Listens() && strings.HasPrefix(c.RedirectURI, "https:"),
		"fragment":         r.responseMode() == "fragment",
		"form_post":        r.responseMode() == "form_post",
		"query":            r.responseMode() == "query",
		"failed":           r.t.Outcome == flow.OutcomeFailed,
		r.prov.glossary:    r.prov.glossary != "",
	}
	if prompt := r.run.authorize.get("prompt"); prompt != "" {
		f["prompt-"+prompt] = true
	}
	return f
}

func (r *reader) responseMode() string {
	if m := r.run.authorize.get("response_mode"); m != "" {
		return m
	}
	if r.t.Config.ResponseMode != "" {
		return string(r.t.Config.ResponseMode)
	}
	return "query"
}

// fill puts the run's own words into a text.
func (r *reader) fill(s string) string {
	if !strings.Contains(s, "$") {
		return s
	}
	return strings.NewReplacer("$provider", r.prov.name, "$Provider", upper(r.prov.name)).Replace(s)
}

// paragraph is a text that holds when one of its conditions does; each is a
// list of words that must all hold, or with ! must not.
type paragraph struct {
	any  [][]string
	text string
}

func (p paragraph) holds(facts map[string]bool) bool {
	if p.any == nil {
		return true
	}
	return slices.ContainsFunc(p.any, func(all []string) bool {
		for _, word := range all {
			if not, ok := strings.CutPrefix(word, "!"); ok && facts[not] || !ok && !facts[word] {
				return false
			}
		}
		return true
	})
}

type stepExplanation struct {
	title                          string
	lead, body, next, played, refs []paragraph
}

var stepTexts sync.Map // flow.StepID → stepExplanation

func stepText(id flow.StepID) stepExplanation {
	if t, ok := stepTexts.Load(id); ok {
		return t.(stepExplanation)
	}
	known := slices.Contains(flow.AllStepIDs(), id)
	if !known {
		return stepExplanation{}
	}
	t := parseStep(assets.Step(string(id)))
	stepTexts.Store(id, t)
	return t
}

// parseStep reads a step's text: a title, then the headings Lead, Body,
// Next, Played and Refs with paragraphs set apart by empty lines. A paragraph may begin with
// conditions in braces: {S256}, {plain, omitted}, {entra+spa}, {!openid}.
func parseStep(text string) stepExplanation {
	var out stepExplanation
	into := &out.body
	for block := range strings.SplitSeq(strings.ReplaceAll(text, "\r\n", "\n"), "\n\n") {
		block = strings.TrimSpace(block)
		if title, ok := strings.CutPrefix(block, "# "); ok {
			out.title = title
			continue
		}
		if heading, ok := strings.CutPrefix(block, "## "); ok {
			heading, rest, _ := strings.Cut(heading, "\n")
			switch heading {
			case "Lead":
				into = &out.lead
			case "Body":
				into = &out.body
			case "Next":
				into = &out.next
			case "Played":
				into = &out.played
			case "Refs":
				into = &out.refs
			}
			block = strings.TrimSpace(rest)
		}
		if block == "" {
			continue
		}
		if into == &out.refs {
			for line := range strings.SplitSeq(block, "\n") {
				*into = append(*into, parseParagraph(strings.TrimPrefix(line, "- ")))
			}
			continue
		}
		*into = append(*into, parseParagraph(block))
	}
	return out
}

func parseParagraph(s string) paragraph {
	var p paragraph
	if rest, ok := strings.CutPrefix(s, "{"); ok {
		if conditions, text, ok := strings.Cut(rest, "}"); ok {
			for c := range strings.SplitSeq(conditions, ",") {
				p.any = append(p.any, strings.Split(strings.TrimSpace(c), "+"))
			}
			s = text
		}
	}
	p.text = strings.Join(strings.Fields(s), " ")
	return p
}
