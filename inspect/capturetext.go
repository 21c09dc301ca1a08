package inspect

import (
	"fmt"
	"slices"
	"strings"

	"github.com/pkcescope/pkcescope/flow"
	"github.com/pkcescope/pkcescope/flow/capture"
)

// runWord is what a transcript is called in a sentence.
func runWord(t flow.Transcript) string {
	if t.Capture != nil {
		return "captured flow"
	}
	return "run"
}

// captureSummary says where a captured flow ends whose tokens are not seen.
func (r *reader) captureSummary(steps []Step) string {
	status := func(id flow.StepID) flow.Status { return r.t.Step(id).Status }
	switch {
	case r.t.Capture.Kind == flow.KindRenewal && status(flow.StepRefresh) == flow.StatusOK:
		return "Refresh tokens were redeemed; the sign-in before that is not in the capture."
	case status(flow.StepCallback) == flow.StatusOK && !r.run.callback.has("code"):
		return "The browser came back without a code: there is nothing to redeem."
	case status(flow.StepCallback) == flow.StatusOK:
		return "The browser came back with a code; the token request is not in the capture."
	case status(flow.StepAuthorize) == flow.StatusOK:
		return "The browser was sent to sign in; its return is not in the capture."
	}
	var seen []string
	for _, s := range steps {
		if s.Status == flow.StatusOK {
			seen = append(seen, s.Title)
		}
	}
	if len(seen) == 0 {
		return "The capture shows requests without their answers."
	}
	return "The capture shows only: " + strings.Join(seen, ", ") + "."
}

// lossFindings say what of a recording could not be read. Losses without a
// step stand with the first one.
func lossFindings(t flow.Transcript) map[flow.StepID][]Finding {
	out := map[flow.StepID][]Finding{}
	if t.Capture == nil {
		return out
	}
	first := flow.StepAuthorize
	for _, s := range t.Steps {
		if s.Status != flow.StatusUnseen && s.Status != flow.StatusSkipped && s.ID != flow.StepVerifier && s.ID != flow.StepChallenge {
			first = s.ID
			break
		}
	}
	for _, l := range t.Capture.Lost {
		at := l.Step
		if at == "" {
			at = first
		}
		out[at] = append(out[at], lossFinding(l))
	}
	return out
}

func lossFinding(l flow.Loss) Finding {
	f := Finding{Code: "capture-" + string(l.What), Severity: SeverityWarning}
	times := ""
	if l.Count > 1 {
		times = fmt.Sprintf(" (%d times)", l.Count)
	}
	detail := short(l.Detail, 60)
	switch l.What {
	case flow.LostRest:
		f.What = "The file is cut off: it ends after " + detail + " requests, in the middle of one."
		f.Why = "What came before was read. What came after is lost, and steps that seem to be missing may have been there."
		f.Try = "Take a whole copy of the file, or record again."
	case flow.LostEnd:
		f.What = "The text is longer than what is read of one, and was read for " + detail + " MiB."
		f.Why = "Steps that seem to be missing may have been behind that."
		f.Try = "Cut the part around the sign-in out of it, or record a HAR, of which all is read."
	case flow.LostSyntax:
		f.What = "The file is damaged at octet " + detail + ", and was read only up to there."
		f.Why = "It is not JSON from there on. Steps that seem to be missing may have been behind it."
		f.Try = "Take the original file; editors and mail programs sometimes change one."
	case flow.LostBody:
		f.What = "The answer's body is not in the recording" + times + "."
		f.Why = "Browsers let go of bodies when the page is left, and some programs save none."
		f.Try = "Record again with Preserve log switched on, save at once, and choose the HAR with content."
	case flow.LostLength:
		f.What = "A body was longer than what is kept of one, and is shown up to there" + times + "."
		f.Why = "No message of the flow is that long."
		f.Try = "Nothing, if the rest is not needed."
	case flow.LostEncoding:
		f.What = "A body is packed in a way that is not read here: " + detail + "."
		f.Why = "Its contents stay unknown."
		f.Try = "Have the recording program decode bodies before it saves (in Fiddler: Decode)."
	case flow.LostBase64:
		f.What = "A body is base64 in the file, and damaged" + times + "."
		f.Why = "It was read up to the damage."
		f.Try = "Take the original file."
	case flow.LostUTF8:
		f.Severity = SeverityInfo
		f.What = "Text in the recording is not UTF-8, and was taken for Latin-1."
		f.Why = "Letters beyond ASCII may be wrong. Codes, tokens and URLs have none."
		f.Try = "Nothing."
	case flow.LostHeaders:
		f.Severity = SeverityInfo
		f.What = "There is no cookie in the recording: they were probably taken out when it was saved, and Authorization headers with them."
		f.Why = "Chrome does so unless told otherwise, and no sign-in goes without cookies. How the client authenticated, and UserInfo requests, cannot be told from it."
		f.Try = "In the developer tools' settings, under Network, allow HAR with sensitive data, and save again."
	case flow.LostInput:
		f.Severity = SeverityInfo
		f.What = "What was typed into the provider's pages was left out on purpose."
		f.Why = "It is the person's password and the like, and nothing of it is needed here."
		f.Try = "Nothing. The recording itself still holds it: take care whom you give it to."
	case flow.LostEntries:
		f.What = "Messages could not be read" + times + "."
		f.Why = "They are not whole, or not HTTP."
		f.Try = "Take the original file."
	case flow.LostTimes:
		f.Severity = SeverityInfo
		f.What = "What was handed over has no times."
		f.Why = "Lifetimes are judged as of now."
		f.Try = "Nothing."
	default:
		f.Code = "capture-lost"
		f.What = "Something of the recording was lost: " + short(string(l.What), 60) + "."
	}
	return f
}

// NothingFound says that no flow was found, what was there instead, and what to
// try.
func NothingFound(found capture.Found) *flow.Error {
	n := found.Requests()
	e := &flow.Error{
		Kind: flow.KindRefused, What: "No authorization code flow was found.",
		Why: "None of " + count(n, "request") + " is an authorize request, a callback or a token request.",
		Try: "Record the whole sign-in: open the developer tools first, switch on Preserve log, sign in, wait until the app has loaded, then save all as HAR.",
	}
	if n == 0 {
		e.Why = "There is no request in it at all."
	}
	if n == 1 {
		e.Why = "The one request in it is neither an authorize request nor a callback nor a token request."
	}
	if len(found.Others) > 0 {
		var parts []string
		for _, grant := range sortedKeys(found.Others) {
			parts = append(parts, fmt.Sprintf("%s (%d)", Clean(short(grant, 60)), found.Others[grant]))
		}
		e.Why = "There are token requests of other grants only: " + strings.Join(parts, ", ") + "."
		e.Try = "These do not pass through a browser and have no code. Their errors can be given to pkcescope explain."
	}
	for _, o := range found.Origins {
		for _, l := range o.Lost {
			if l.What == flow.LostRest || l.What == flow.LostSyntax {
				e.Why += " " + lossFinding(l).What
			}
		}
	}
	return e
}

// ReadingText says how far the reading of a file has come.
func ReadingText(read, of int64) string {
	const mega = 1 << 20
	if of <= 0 {
		return fmt.Sprintf("reading… %d MB", read/mega)
	}
	return fmt.Sprintf("reading… %d of %d MB (%d %%)", read/mega, of/mega, min(100*read/of, 100))
}

// FlowsText is the list of flows for people, wrapped to width columns; 0 means
// 80.
func FlowsText(flows []CapturedFlow, width int) string {
	p := newPrinter(width)
	for i, c := range flows {
		if i > 0 {
			p.line("")
		}
		head := fmt.Sprintf("%d  %s", c.Number, c.Kind)
		if !c.Began.IsZero() {
			head += "  " + c.Began.UTC().Format(timeLayout)
		}
		p.line(head)
		if c.Client != "" || c.Provider != "" {
			p.para("   ", "client "+orEmpty(c.Client)+" at "+orEmpty(c.Provider))
		}
		p.para("   ", c.Summary)
		if len(c.Unseen) > 0 {
			p.para("   ", "not in it: "+joinSteps(c.Unseen))
		}
	}
	return p.String()
}

func joinSteps(ids []flow.StepID) string {
	names := make([]string, len(ids))
	for i, id := range ids {
		names[i] = string(id)
	}
	return strings.Join(slices.Compact(names), ", ")
}
