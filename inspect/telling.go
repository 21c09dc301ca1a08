package inspect

import (
	"slices"
	"strings"

	"github.com/pkcescope/pkcescope/flow"
)

// Telling is the index of the exchange to open the step on. Of a step that
// failed it is the last one sent, where the refusal stands; otherwise the one
// that the step is named after, which is the first of its kind in the last try.
// A step that was not carried out has only the request that will be sent.
func (s Step) Telling() int {
	at := 0
	for i, x := range s.Exchanges {
		switch {
		case x.Verdict == flow.VerdictAccepted:
			return i
		case x.Pending && i > 0:
		case s.ID == flow.StepDiscovery && i > 0 && s.Exchanges[at].Succeeded() && !x.Succeeded():
			// Of the addresses that were tried this one is not there.
		case s.Status != flow.StatusOK || x.address() == s.Exchanges[0].address():
			at = i
		}
	}
	return at
}

// Succeeded says whether the answer has a status of success, 2xx.
func (x Exchange) Succeeded() bool {
	return x.Response != nil && strings.HasPrefix(x.Response.Line, "2")
}

// Refused says whether the answer has a status of refusal, 4xx or 5xx.
func (x Exchange) Refused() bool {
	return x.Response != nil && (strings.HasPrefix(x.Response.Line, "4") || strings.HasPrefix(x.Response.Line, "5"))
}

// address is the request's URL without its parameters.
func (x Exchange) address() string {
	if i := strings.IndexAny(x.Request.URL, "?#"); i >= 0 {
		return x.Request.URL[:i]
	}
	return x.Request.URL
}

// What of a message decides whether a stolen code is worth anything: the code
// and what binds it to the app, and the answer to whoever redeems it.
var (
	gistSent = []string{"code", "code_verifier", "code_challenge", "code_challenge_method"}
	gistCame = []string{"error", "error_description", "access_token", "id_token", "refresh_token", "token_type", "scope"}
)

// Gist are the parameters that an exchange is about where a code is stolen,
// the weightiest first: those that were sent, and those that came back.
func (x Exchange) Gist() (sent, came []Row) {
	if x.Response != nil {
		came = rowsOf(x.Response.Rows, gistCame)
	}
	return rowsOf(x.Request.Rows, gistSent), came
}

// rowsOf are the rows of these names, in the order of the names.
func rowsOf(rows []Row, names []string) []Row {
	var out []Row
	for _, name := range names {
		if i := slices.IndexFunc(rows, func(r Row) bool { return r.Name == name }); i >= 0 {
			out = append(out, rows[i])
		}
	}
	return out
}
