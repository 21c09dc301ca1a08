package inspect

import (
	"net/http"
	"slices"
	"strings"

	"github.com/pkcescope/pkcescope/flow"
)

// Weight says how much a difference between two runs matters.
type Weight string

// The weights.
const (
	// WeightMatters is a difference that can make one run fail.
	WeightMatters Weight = "matters"
	// WeightDetail is one that hardly can: a version of a client, a duration.
	WeightDetail Weight = "detail"
	// WeightFresh is a value that is new in every run, as it should.
	WeightFresh Weight = "fresh"
)

// localRows are the values made here that the requests do not show again.
func localRows(rows []Row) []Row {
	return slices.DeleteFunc(slices.Clone(rows), func(r Row) bool {
		return r.Name != "code_verifier" && r.Name != "code_challenge_method"
	})
}

func localWeight(name string) Weight {
	if name == "code_challenge_method" {
		return WeightMatters
	}
	return WeightFresh // the verifier
}

func parameterWeight(r Row) Weight {
	if slices.Contains(freshNames, r.Name) {
		return WeightFresh
	}
	return WeightMatters
}

// requestHeaderWeight weighs what a provider decides by, and what it does not.
func requestHeaderWeight(r Row) Weight {
	switch http.CanonicalHeaderKey(r.Name) {
	case "Authorization":
		if strings.HasPrefix(r.Value, "Bearer ") || strings.HasPrefix(r.Value, "DPoP ") {
			return WeightFresh // an access token, which the answer has given
		}
		return WeightMatters
	case "Origin", "Content-Type":
		return WeightMatters
	case "Content-Length", "Cookie", "Dpop", "Host", "Date", "Client-Request-Id":
		return WeightFresh
	}
	return WeightDetail
}

func answerWeight(id flow.StepID, r Row) Weight {
	switch {
	case slices.Contains(freshNames, r.Name), r.Name == "error_uri":
		return WeightFresh
	case id == flow.StepKeys:
		return WeightDetail // keys are rolled over by and by
	case id == flow.StepDiscovery && !slices.Contains(metadataThatMatters, r.Name):
		return WeightDetail
	}
	return WeightMatters
}

// metadataThatMatters are the members that decide what the client does.
var metadataThatMatters = []string{
	"issuer", "authorization_endpoint", "token_endpoint", "code_challenge_methods_supported",
	"authorization_response_iss_parameter_supported", "require_pushed_authorization_requests",
}
