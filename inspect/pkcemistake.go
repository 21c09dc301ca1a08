package inspect

import (
	"github.com/pkcescope/pkcescope/flow"
)

// MistakeID names a mistake. The names are part of the JSON output.
type MistakeID string

// The mistakes.
const (
	MistakePlainAsS256        MistakeID = "plain-as-s256"
	MistakeS256AsPlain        MistakeID = "s256-as-plain"
	MistakePadded             MistakeID = "padded"
	MistakeStandardBase64     MistakeID = "standard-base64"
	MistakeDeletedPlusSlash   MistakeID = "deleted-plus-slash"
	MistakeBase64OfHex        MistakeID = "base64-of-hex"
	MistakeHexDigest          MistakeID = "hex-digest"
	MistakeTrailingNewline    MistakeID = "trailing-newline"
	MistakeTrailingCRLF       MistakeID = "trailing-crlf"
	MistakeEmbeddedNewline    MistakeID = "embedded-newline"
	MistakeUTF16              MistakeID = "utf-16"
	MistakeURLEncoded         MistakeID = "url-encoded"
	MistakeDoubleHashed       MistakeID = "double-hashed"
	MistakeSHA1               MistakeID = "sha1"
	MistakeSHA384             MistakeID = "sha384"
	MistakeSHA512             MistakeID = "sha512"
	MistakeTruncated          MistakeID = "truncated"
	MistakeHashOfChallenge    MistakeID = "hash-of-challenge"
	MistakeOtherVerifier      MistakeID = "other-verifier"
	MistakeMethodCase         MistakeID = "method-case"
	MistakeVerifierTooShort   MistakeID = "verifier-too-short"
	MistakeVerifierTooLong    MistakeID = "verifier-too-long"
	MistakeIllegalCharacters  MistakeID = "illegal-characters"
	MistakeWeakGenerator      MistakeID = "weak-generator"
	MistakeVerifierMissing    MistakeID = "verifier-missing"
	MistakeUnexpectedVerifier MistakeID = "unexpected-verifier"
	MistakeWrongParameter     MistakeID = "wrong-parameter"
	MistakeMethodOmitted      MistakeID = "method-omitted"
)

// MistakeIDs returns every mistake that can be named. The slice is the
// caller's.
func MistakeIDs() []MistakeID {
	return []MistakeID{
		MistakePlainAsS256, MistakeS256AsPlain, MistakePadded,
		MistakeStandardBase64, MistakeDeletedPlusSlash, MistakeBase64OfHex,
		MistakeHexDigest, MistakeTrailingNewline, MistakeTrailingCRLF,
		MistakeEmbeddedNewline, MistakeUTF16, MistakeURLEncoded,
		MistakeDoubleHashed, MistakeSHA1, MistakeSHA384, MistakeSHA512,
		MistakeTruncated, MistakeHashOfChallenge, MistakeOtherVerifier,
		MistakeMethodCase, MistakeVerifierTooShort, MistakeVerifierTooLong,
		MistakeIllegalCharacters, MistakeWeakGenerator, MistakeVerifierMissing,
		MistakeUnexpectedVerifier, MistakeWrongParameter, MistakeMethodOmitted,
	}
}

// Confidence says how a mistake is known.
type Confidence string

// The two degrees. Certain is proved: the mistake was made again and gave what
// was sent, or it is a matter of counting. Likely is what the shape suggests.
const (
	Certain Confidence = "certain"
	Likely  Confidence = "likely"
)

// Mistake is one mistake in words: what happened, why that matters, what to
// try, and the line of code that makes it beside the line that does not.
type Mistake struct {
	ID         MistakeID  `json:"id"`
	Confidence Confidence `json:"confidence"`
	What       string     `json:"what"`
	Why        string     `json:"why"`
	Try        string     `json:"try"`
	Code       []CodeLine `json:"code"`
}

// CodeLine is the mistake in one programming language.
type CodeLine struct {
	Language string `json:"language"` // "Shell", "C#", "JavaScript", "Python", "Go"
	Wrong    string `json:"wrong"`
	Right    string `json:"right"`
}

// found is a mistake before it is put into words. Detail is a sentence that is
// true of this input alone, put in front of what is true of every case.
type found struct {
	id         MistakeID
	confidence Confidence
	detail     string
}

// findMistakes collects the mistakes, the cause of a mismatch first, then what
// is wrong with the verifier whatever the challenge is. Each id occurs once; a
// proof replaces a guess.
func findMistakes(in PKCEInput, r PKCEReport) []found {
	var all []found
	if !properMethod(in.Method) {
		all = append(all, found{MistakeMethodCase, Certain, misspelled(in.Method)})
	}
	switch {
	case in.noChallenge():
		if in.HasVerifier && in.Verifier != "" {
			all = append(all, found{MistakeUnexpectedVerifier, Certain, ""})
		}
	case in.HasVerifier && in.Verifier == "" && (in.HasChallenge || in.SentAs == ""):
		all = append(all, found{MistakeVerifierMissing, Certain, ""})
		all = append(all, challengeShape(in)...)
	case in.HasVerifier && !in.sentRight():
		all = append(all, wrongParameter(in)...)
	case in.HasVerifier && in.HasChallenge && in.expected(in.Verifier) != in.Challenge:
		all = append(all, mismatch(in)...)
	case in.HasChallenge && !in.HasVerifier:
		all = append(all, challengeShape(in)...)
	}
	if in.HasVerifier && in.Verifier != "" {
		all = append(all, verifierMistakes(in.Verifier, r)...)
	}
	return onlyOnce(all)
}

// mismatch explains a pair that does not match: by recomputation if that
// succeeds, by its shape if not. A challenge that any verifier could have
// leaves one reading: it belongs to another verifier.
func mismatch(in PKCEInput) []found {
	if ids := recompute(in); ids != nil {
		return certainly(ids)
	}
	if shape := challengeShape(in); len(shape) > 0 {
		return shape
	}
	return []found{{MistakeOtherVerifier, Likely, "The pair is well-formed, and no known mistake turns this verifier into this challenge."}}
}

// wrongParameter is a verifier that was sent under another name. The server
// does not look there, so the name is the cause; whether the value would have
// matched is a second question.
func wrongParameter(in PKCEInput) []found {
	all := []found{{MistakeWrongParameter, Certain, "It was sent as " + quoteName(in.SentAs) + "."}}
	if in.HasChallenge && in.expected(in.Verifier) != in.Challenge {
		all = append(all, mismatch(in)...)
	}
	return all
}

// verifierMistakes is what is wrong with a verifier by itself.
func verifierMistakes(verifier string, r PKCEReport) []found {
	var all []found
	switch {
	case r.Verifier.Length < VerifierMin:
		all = append(all, found{MistakeVerifierTooShort, Certain, "It has " + countOf(r.Verifier.Length, "character") + "."})
	case r.Verifier.Length > VerifierMax:
		all = append(all, found{MistakeVerifierTooLong, Certain, "It has " + countOf(r.Verifier.Length, "character") + "."})
	}
	if len(r.Verifier.Illegal) > 0 {
		all = append(all, found{MistakeIllegalCharacters, Certain, listIllegal(r.Verifier.Illegal)})
		all = append(all, certainly(newlines(verifier))...)
		if percentEncoded(verifier) {
			all = append(all, found{MistakeURLEncoded, Likely, ""})
		}
	}
	if why := r.Entropy.weak; why != "" {
		all = append(all, found{MistakeWeakGenerator, Likely, why})
	}
	return all
}

func certainly(ids []MistakeID) []found {
	var all []found
	for _, id := range ids {
		all = append(all, found{id, Certain, ""})
	}
	return all
}

func onlyOnce(all []found) []found {
	var kept []found
	place := map[MistakeID]int{}
	for _, f := range all {
		i, seen := place[f.id]
		switch {
		case !seen:
			place[f.id] = len(kept)
			kept = append(kept, f)
		case kept[i].confidence == Likely && f.confidence == Certain:
			kept[i] = f
		}
	}
	return kept
}

// Finding is the mistake as a finding of a run. What is only likely is a
// warning; row names the parameter it is about.
func (m Mistake) Finding() Finding {
	f := Finding{
		Code: "pkce-" + string(m.ID), Severity: SeverityError,
		What: m.What, Why: m.Why, Try: m.Try,
		Refs: []Ref{{Text: "RFC 7636 section 4.6", URL: "https://datatracker.ietf.org/doc/html/rfc7636#section-4.6"}},
		Row:  m.row(),
	}
	if m.Confidence == Likely {
		f.Severity = SeverityWarning
	}
	return f
}

// proof reports whether the mistake was made again and led from the verifier to
// the challenge that was sent. The others are about one of the two alone.
func (m Mistake) proof() bool {
	return m.Confidence == Certain && m.row() == "code_challenge"
}

func (m Mistake) row() string {
	switch m.ID {
	case MistakeMethodCase, MistakeMethodOmitted:
		return "code_challenge_method"
	case MistakeVerifierTooShort, MistakeVerifierTooLong, MistakeIllegalCharacters,
		MistakeWeakGenerator, MistakeVerifierMissing, MistakeUnexpectedVerifier,
		MistakeOtherVerifier, MistakeWrongParameter:
		return "code_verifier"
	default:
		return "code_challenge"
	}
}

// method returns the id of comparing in the wrong way, when the challenge was
// made for another method than the one that was announced.
func (in PKCEInput) wrongWay() MistakeID {
	switch {
	case in.Method == string(flow.MethodOmitted):
		return MistakeMethodOmitted
	case in.plain():
		return MistakeS256AsPlain
	}
	return MistakePlainAsS256
}
