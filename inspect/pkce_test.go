package inspect

import (
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"go/parser"
	"go/token"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/pkcescope/pkcescope/flow"
	"github.com/pkcescope/pkcescope/flow/lab"
)

const unreserved = lowerSet + upperSet + digitSet + "-._~"

// verifiers are n legal verifiers, the same in every run: of random lengths,
// of the shortest and the longest, and as base64url of 32 octets.
func verifiers(n int) []string {
	r := rand.New(rand.NewPCG(7, 636))
	all := make([]string, 0, n)
	for i := range n {
		length := VerifierMin + r.IntN(VerifierMax-VerifierMin+1)
		set := unreserved
		switch i % 5 {
		case 1:
			length = VerifierMin
		case 2:
			length = VerifierMax
		case 3, 4:
			length, set = VerifierMin, lowerSet+upperSet+digitSet+"-_"
		}
		b := make([]byte, length)
		for j := range b {
			b[j] = set[r.IntN(len(set))]
		}
		all = append(all, string(b))
	}
	return all
}

func pair(v, c string) PKCEInput {
	return PKCEInput{Verifier: v, HasVerifier: true, Challenge: c, HasChallenge: true}
}

func ids(r PKCEReport) []MistakeID {
	var all []MistakeID
	for _, m := range r.Mistakes {
		all = append(all, m.ID)
	}
	return all
}

func TestRFC7636AppendixBIsDerivedStageByStage(t *testing.T) {
	r := ReadPKCE(pair(ExampleVerifier, ExampleChallenge))
	// The octets are printed in the appendix.
	octets := []byte{
		19, 211, 30, 150, 26, 26, 216, 236, 47, 22, 177, 12, 76, 152, 46, 8,
		118, 168, 120, 173, 109, 241, 68, 86, 110, 225, 137, 74, 203, 112, 249, 195,
	}
	if got, want := r.Stages.SHA256Hex, hex.EncodeToString(octets); got != want {
		t.Errorf("SHA-256 = %s, want %s", got, want)
	}
	if got, want := r.Stages.Base64, "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw+cM="; got != want {
		t.Errorf("base64 = %s, want %s", got, want)
	}
	if r.Challenge.S256 != ExampleChallenge || r.Stages.Base64URL != ExampleChallenge {
		t.Errorf("challenge = %s and %s, want %s", r.Challenge.S256, r.Stages.Base64URL, ExampleChallenge)
	}
	if r.Challenge.Plain != ExampleVerifier {
		t.Errorf("plain challenge = %s, want the verifier", r.Challenge.Plain)
	}
	if want := []int{40, 43}; !slices.Equal(r.Stages.Changed, want) {
		t.Errorf("changed places = %v, want %v: the plus sign and the padding", r.Stages.Changed, want)
	}
	if got, want := r.Stages.ASCII, "64 42 6a 66 74 4a 65 5a 34 43 56 50 2d 6d 42 39 32 4b 32 37 75 68 62 "+
		"55 4a 55 31 70 31 72 5f 77 57 31 67 46 57 46 4f 45 6a 58 6b"; got != want {
		t.Errorf("ASCII octets = %s, want %s", got, want)
	}
	if r.Match == nil || !*r.Match || len(r.Mistakes) != 0 || !r.OK() {
		t.Errorf("match = %v, mistakes = %v, want a match without mistakes", r.Match, ids(r))
	}
}

func TestACorrectPairNeverYieldsAMistake(t *testing.T) {
	for _, v := range verifiers(2000) {
		for _, in := range []PKCEInput{
			pair(v, s256(v)),
			{Verifier: v, HasVerifier: true, Challenge: s256(v), HasChallenge: true, Method: "S256", OtherVerifiers: []string{ExampleVerifier, v}},
			{Verifier: v, HasVerifier: true, Challenge: v, HasChallenge: true, Method: "plain"},
			{Verifier: v, HasVerifier: true, Challenge: v, HasChallenge: true, Method: "omitted"},
			{Verifier: v, HasVerifier: true, Challenge: s256(v), HasChallenge: true, SentAs: "code_verifier"},
		} {
			if r := ReadPKCE(in); r.Match == nil || !*r.Match || len(r.Mistakes) != 0 || !r.Verifier.Legal {
				t.Fatalf("%s %q: match = %v, mistakes = %v", in.Method, v, r.Match, ids(r))
			}
		}
		for _, in := range []PKCEInput{
			{Verifier: v, HasVerifier: true},
			{Challenge: s256(v), HasChallenge: true},
			{Challenge: v, HasChallenge: true, Method: "plain"},
		} {
			if r := ReadPKCE(in); r.Match != nil || len(r.Mistakes) != 0 {
				t.Fatalf("alone %q: match = %v, mistakes = %v", v, r.Match, ids(r))
			}
		}
	}
}

func sum(s string) []byte {
	d := sha256.Sum256([]byte(s))
	return d[:]
}

// Each mistake is made for many verifiers, and must be named as a certainty;
// where making it changes nothing there is no mistake to be named.
func TestEveryMistakeIsProvedByMakingItAgain(t *testing.T) {
	std := base64.StdEncoding.EncodeToString
	url := base64.RawURLEncoding.EncodeToString
	tests := []struct {
		name string
		id   MistakeID
		make func(v string) PKCEInput
	}{
		{"plain sent as S256", MistakePlainAsS256, func(v string) PKCEInput { return pair(v, v) }},
		{"S256 sent as plain", MistakeS256AsPlain, func(v string) PKCEInput {
			in := pair(v, s256(v))
			in.Method = "plain"
			return in
		}},
		{"padding left on", MistakePadded, func(v string) PKCEInput { return pair(v, base64.URLEncoding.EncodeToString(sum(v))) }},
		{"standard base64 without padding", MistakeStandardBase64, func(v string) PKCEInput {
			return pair(v, base64.RawStdEncoding.EncodeToString(sum(v)))
		}},
		{"standard base64 with padding", MistakePadded, func(v string) PKCEInput { return pair(v, std(sum(v))) }},
		{"plus and slash deleted", MistakeDeletedPlusSlash, func(v string) PKCEInput {
			return pair(v, strings.NewReplacer("+", "", "/", "", "=", "").Replace(std(sum(v))))
		}},
		{"base64 of hex, 88 characters", MistakeBase64OfHex, func(v string) PKCEInput {
			return pair(v, std([]byte(hex.EncodeToString(sum(v)))))
		}},
		{"base64 of hex, 86 characters", MistakeBase64OfHex, func(v string) PKCEInput {
			return pair(v, url([]byte(hex.EncodeToString(sum(v)))))
		}},
		{"base64 of hex in capitals", MistakeBase64OfHex, func(v string) PKCEInput {
			return pair(v, url([]byte(strings.ToUpper(hex.EncodeToString(sum(v))))))
		}},
		{"base64 of the line that sha256sum prints", MistakeBase64OfHex, func(v string) PKCEInput {
			return pair(v, std([]byte(hex.EncodeToString(sum(v))+"  -\n")))
		}},
		{"base64 of a line of hex", MistakeBase64OfHex, func(v string) PKCEInput {
			return pair(v, std([]byte(hex.EncodeToString(sum(v))+"\n")))
		}},
		{"hex digest", MistakeHexDigest, func(v string) PKCEInput { return pair(v, hex.EncodeToString(sum(v))) }},
		{"hex digest in capitals", MistakeHexDigest, func(v string) PKCEInput { return pair(v, strings.ToUpper(hex.EncodeToString(sum(v)))) }},
		{"line feed hashed along", MistakeTrailingNewline, func(v string) PKCEInput { return pair(v, s256(v+"\n")) }},
		{"line feed sent along", MistakeTrailingNewline, func(v string) PKCEInput { return pair(v+"\n", s256(v)) }},
		{"line feed after the challenge", MistakeTrailingNewline, func(v string) PKCEInput { return pair(v, s256(v)+"\n") }},
		{"line feed in both", MistakeTrailingNewline, func(v string) PKCEInput { return pair(v+"\n", s256(v+"\n")) }},
		{"CRLF hashed along", MistakeTrailingCRLF, func(v string) PKCEInput { return pair(v, s256(v+"\r\n")) }},
		{"CRLF sent along", MistakeTrailingCRLF, func(v string) PKCEInput { return pair(v+"\r\n", s256(v)) }},
		{"CRLF after the challenge", MistakeTrailingCRLF, func(v string) PKCEInput { return pair(v, s256(v)+"\r\n") }},
		{"line feed inside, hashed", MistakeEmbeddedNewline, func(v string) PKCEInput { return pair(v, s256(v[:40]+"\n"+v[40:])) }},
		{"line feed inside, sent", MistakeEmbeddedNewline, func(v string) PKCEInput { return pair(v[:20]+"\n"+v[20:], s256(v)) }},
		{"line feed inside, in both", MistakeEmbeddedNewline, func(v string) PKCEInput {
			v = v[:20] + "\n" + v[20:]
			return pair(v, s256(v))
		}},
		{"CRLF inside, hashed", MistakeEmbeddedNewline, func(v string) PKCEInput { return pair(v, s256(v[:7]+"\r\n"+v[7:])) }},
		{"UTF-16 little endian", MistakeUTF16, func(v string) PKCEInput { return pair(v, s256(inUTF16(v)[0])) }},
		{"UTF-16 big endian", MistakeUTF16, func(v string) PKCEInput { return pair(v, s256(inUTF16(v)[1])) }},
		{"UTF-16 with byte order mark", MistakeUTF16, func(v string) PKCEInput { return pair(v, s256(inUTF16(v)[2])) }},
		{"UTF-16 sent", MistakeUTF16, func(v string) PKCEInput { return pair(inUTF16(v)[0], s256(v)) }},
		{"tilde encoded before hashing", MistakeURLEncoded, func(v string) PKCEInput {
			return pair(v, s256(strings.ReplaceAll(v, "~", "%7E")))
		}},
		{"tilde encoded in lower case", MistakeURLEncoded, func(v string) PKCEInput {
			return pair(v, s256(strings.ReplaceAll(v, "~", "%7e")))
		}},
		{"tilde encoded when sent", MistakeURLEncoded, func(v string) PKCEInput {
			return pair(strings.ReplaceAll(v, "~", "%7E"), s256(v))
		}},
		{"padding encoded in the challenge", MistakeURLEncoded, func(v string) PKCEInput {
			return pair(v, s256(v)+"%3D")
		}},
		{"digest hashed again", MistakeDoubleHashed, func(v string) PKCEInput { return pair(v, url(sum(string(sum(v))))) }},
		{"hex digest hashed again", MistakeDoubleHashed, func(v string) PKCEInput { return pair(v, url(sum(hex.EncodeToString(sum(v))))) }},
		{"SHA-1", MistakeSHA1, func(v string) PKCEInput {
			d := sha1.Sum([]byte(v))
			return pair(v, url(d[:]))
		}},
		{"SHA-1 in hex", MistakeSHA1, func(v string) PKCEInput {
			return pair(v, fmt.Sprintf("%x", sha1.Sum([]byte(v))))
		}},
		{"SHA-384", MistakeSHA384, func(v string) PKCEInput {
			d := sha512.Sum384([]byte(v))
			return pair(v, url(d[:]))
		}},
		{"SHA-512", MistakeSHA512, func(v string) PKCEInput {
			d := sha512.Sum512([]byte(v))
			return pair(v, url(d[:]))
		}},
		{"SHA-512 in standard base64", MistakeSHA512, func(v string) PKCEInput {
			d := sha512.Sum512([]byte(v))
			return pair(v, std(d[:]))
		}},
		{"SHA-512 cut at 43", MistakeTruncated, func(v string) PKCEInput {
			d := sha512.Sum512([]byte(v))
			return pair(v, url(d[:])[:43])
		}},
		{"verifier cut at 43 before hashing", MistakeTruncated, func(v string) PKCEInput { return pair(v, s256(v[:43])) }},
		{"verifier cut when sent", MistakeTruncated, func(v string) PKCEInput {
			in := pair(v[:43], s256(v))
			in.OtherVerifiers = []string{v}
			return in
		}},
		{"hex digest cut at 43", MistakeTruncated, func(v string) PKCEInput { return pair(v, hex.EncodeToString(sum(v))[:43]) }},
		{"challenge cut at 40", MistakeTruncated, func(v string) PKCEInput { return pair(v, s256(v)[:40]) }},
		{"challenge hashed again", MistakeHashOfChallenge, func(v string) PKCEInput { return pair(v, s256(s256(v))) }},
		{"the two have changed places", MistakeHashOfChallenge, func(v string) PKCEInput { return pair(s256(v), v) }},
		{"verifier of another run", MistakeOtherVerifier, func(v string) PKCEInput {
			in := pair(ExampleVerifier, s256(v))
			in.OtherVerifiers = []string{"something else", v}
			return in
		}},
		{"verifier of another run, and padding", MistakeOtherVerifier, func(v string) PKCEInput {
			in := pair(ExampleVerifier, s256(v)+"=")
			in.OtherVerifiers = []string{v}
			return in
		}},
		{"method in lower case", MistakeMethodCase, func(v string) PKCEInput {
			in := pair(v, s256(v))
			in.Method = "s256"
			return in
		}},
		{"plain in capitals", MistakeMethodCase, func(v string) PKCEInput {
			in := pair(v, v)
			in.Method = "PLAIN"
			return in
		}},
		{"method called SHA256", MistakeMethodCase, func(v string) PKCEInput {
			in := pair(v, s256(v))
			in.Method = "SHA256"
			return in
		}},
		{"method omitted", MistakeMethodOmitted, func(v string) PKCEInput {
			in := pair(v, s256(v))
			in.Method = "omitted"
			return in
		}},
		{"verifier too short", MistakeVerifierTooShort, func(v string) PKCEInput { return pair(v[:42], s256(v[:42])) }},
		{"verifier too long", MistakeVerifierTooLong, func(v string) PKCEInput {
			v = strings.Repeat(v, 4)[:129]
			return pair(v, s256(v))
		}},
		{"illegal characters", MistakeIllegalCharacters, func(v string) PKCEInput { return pair(v[:42]+"+", s256(v[:42]+"+")) }},
		{"verifier missing", MistakeVerifierMissing, func(v string) PKCEInput { return pair("", s256(v)) }},
		{"verifier without a challenge", MistakeUnexpectedVerifier, func(v string) PKCEInput { return pair(v, "") }},
		{"verifier with PKCE off", MistakeUnexpectedVerifier, func(v string) PKCEInput {
			return PKCEInput{Verifier: v, HasVerifier: true, Method: "none"}
		}},
		{"sent as client_secret", MistakeWrongParameter, func(v string) PKCEInput {
			in := pair(v, s256(v))
			in.SentAs = "client_secret"
			return in
		}},
	}
	seen := map[MistakeID]bool{MistakeWeakGenerator: true} // never certain; see below
	for _, tt := range tests {
		seen[tt.id] = true
		t.Run(tt.name, func(t *testing.T) {
			made := 0
			for _, v := range verifiers(100) {
				in := tt.make(v)
				r := ReadPKCE(in)
				if in.Challenge == s256(in.Verifier) && in.Verifier == v && in.Method == "" && in.SentAs == "" {
					// The mistake has no effect on this verifier.
					if len(r.Mistakes) != 0 {
						t.Fatalf("%q: a correct pair yields %v", v, ids(r))
					}
					continue
				}
				made++
				i := slices.Index(ids(r), tt.id)
				if i < 0 {
					t.Fatalf("verifier %q, challenge %q: mistakes = %v, want %s", in.Verifier, in.Challenge, ids(r), tt.id)
				}
				if r.Mistakes[i].Confidence != Certain {
					t.Fatalf("verifier %q, challenge %q: %s is %s, want certain", in.Verifier, in.Challenge, tt.id, r.Mistakes[i].Confidence)
				}
				// A mistake that has a name of its own is not taken for another.
				for _, other := range []MistakeID{MistakeOtherVerifier, MistakeEmbeddedNewline} {
					if slices.Contains(ids(r), other) && tt.id != other {
						t.Fatalf("verifier %q, challenge %q: mistakes = %v", in.Verifier, in.Challenge, ids(r))
					}
				}
				if tt.id == MistakeMethodCase && (r.Match == nil || *r.Match) {
					t.Fatalf("match = %v with the method %q", r.Match, in.Method)
				}
			}
			if made < 10 {
				t.Errorf("the mistake had an effect on %d verifiers only", made)
			}
		})
	}
	for _, id := range MistakeIDs() {
		if !seen[id] {
			t.Errorf("no test makes the mistake %s", id)
		}
	}
}

func TestShapeAloneIsNeverCertain(t *testing.T) {
	sha512of := func(v string) []byte {
		d := sha512.Sum512([]byte(v))
		return d[:]
	}
	v := verifiers(1)[0]
	tests := []struct {
		name, challenge string
		id              MistakeID
	}{
		{"86 characters of base64 over hex", base64.RawURLEncoding.EncodeToString([]byte(hex.EncodeToString(sum(v)))), MistakeBase64OfHex},
		{"88 characters of base64 over hex", base64.StdEncoding.EncodeToString([]byte(hex.EncodeToString(sum(v)))), MistakeBase64OfHex},
		{"80 characters over 60 hex digits", base64.StdEncoding.EncodeToString([]byte(hex.EncodeToString(sum(v)[:30]))), MistakeBase64OfHex},
		{"base64 over a line of hex", base64.StdEncoding.EncodeToString([]byte(hex.EncodeToString(sum(v)) + "  -\n")), MistakeBase64OfHex},
		{"64 hex digits", hex.EncodeToString(sum(v)), MistakeHexDigest},
		{"40 hex digits", hex.EncodeToString(sum(v)[:20]), MistakeSHA1},
		{"27 characters", base64.RawURLEncoding.EncodeToString(sum(v)[:20]), MistakeSHA1},
		{"86 characters", base64.RawURLEncoding.EncodeToString(sha512of(v)), MistakeSHA512},
		{"64 characters", base64.RawURLEncoding.EncodeToString(sha512of(v)[:48]), MistakeSHA384},
		{"padding", s256(v) + "=", MistakePadded},
		{"padding in URL encoding", s256(v) + "%3D", MistakeURLEncoded},
		{"plus and slash", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw+cM", MistakeStandardBase64},
		{"a plus that became a space", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw cM", MistakeStandardBase64},
		{"42 characters", s256(v)[:42], MistakeDeletedPlusSlash},
		{"12 characters", s256(v)[:12], MistakeTruncated},
		{"a tilde", s256(v)[:40] + "~bc", MistakePlainAsS256},
		{"100 characters", strings.Repeat("aB3_", 25), MistakePlainAsS256},
		{"a last character that no 32 octets give", s256(v)[:42] + "B", MistakePlainAsS256},
		{"line feed", s256(v) + "\n", MistakeTrailingNewline},
		{"CRLF", s256(v) + "\r\n", MistakeTrailingCRLF},
		{"line feed inside", s256(v)[:20] + "\n" + s256(v)[20:], MistakeEmbeddedNewline},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			alone := ReadPKCE(PKCEInput{Challenge: tt.challenge, HasChallenge: true})
			if alone.Match != nil || alone.OK() {
				t.Errorf("match = %v, ok = %v, want not known and not well", alone.Match, alone.OK())
			}
			// A verifier that has nothing to do with it proves nothing either.
			for _, r := range []PKCEReport{alone, ReadPKCE(pair(verifiers(2)[1], tt.challenge))} {
				i := slices.Index(ids(r), tt.id)
				if i < 0 {
					t.Fatalf("mistakes = %v, want %s", ids(r), tt.id)
				}
				if m := r.Mistakes[i]; m.Confidence != Likely || !strings.HasPrefix(m.What, "Likely, not proved: ") {
					t.Errorf("%s is %s: %s", m.ID, m.Confidence, m.What)
				}
			}
		})
	}
}

// A few characters agree by chance.
func TestAShortPieceOfTheChallengeProvesNothing(t *testing.T) {
	for n := 1; n <= 21; n++ { // at most 126 bits
		r := ReadPKCE(pair(ExampleVerifier, ExampleChallenge[:n]))
		for _, m := range r.Mistakes {
			if m.Confidence == Certain {
				t.Errorf("%d characters: %s is certain", n, m.ID)
			}
		}
	}
}

func TestAProofTakesThePlaceOfAGuess(t *testing.T) {
	r := ReadPKCE(pair(ExampleVerifier+"\n", s256("of another")+"\n"))
	n := 0
	for _, m := range r.Mistakes {
		if m.ID == MistakeTrailingNewline {
			n++
			if m.Confidence != Certain {
				t.Errorf("%s is %s, though the verifier ends in a line feed", m.ID, m.Confidence)
			}
		}
	}
	if n != 1 {
		t.Errorf("mistakes = %v, want the line feed once", ids(r))
	}
}

func TestWhatAThiefSentIsNotTakenForTheRun(t *testing.T) {
	run := sentRun("code_challenge_method=S256&code_challenge="+ExampleChallenge, "code_verifier="+ExampleVerifier, ExampleVerifier)
	last := &run.Steps[len(run.Steps)-1]
	last.Exchanges = append(last.Exchanges, flow.Exchange{
		Actor:   flow.ActorAttacker,
		Request: flow.Request{Method: "POST", URL: "https://idp.example/token", Body: flow.Body("grant_type=authorization_code&code_verifier=guess")},
	})
	if r := ReadPKCE(PKCEOfTranscript(run)); r.Match == nil || !*r.Match {
		t.Errorf("match = %v, mistakes = %v", r.Match, ids(r))
	}
}

func TestAWellFormedPairWithoutAKnownMistakeIsLikelyOfTwoRuns(t *testing.T) {
	all := verifiers(120)
	for i, v := range all[1:] {
		r := ReadPKCE(pair(all[i], s256(v)))
		if len(r.Mistakes) != 1 || r.Mistakes[0].ID != MistakeOtherVerifier || r.Mistakes[0].Confidence != Likely {
			t.Fatalf("%q with the challenge of %q: %v", all[i], v, ids(r))
		}
	}
}

func TestWeakGeneratorsAreSuspectedAndGoodOnesAreNot(t *testing.T) {
	weak := map[string]string{
		"43 different characters":   "qwErTyUiOpAsDfGhJkLzXcVbNm1234567890-._~aBd",
		"one character":             strings.Repeat("a", 43),
		"a pattern":                 strings.Repeat("abc123", 8),
		"the alphabet":              "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHIJ",
		"the keyboard":              "qwertyuiopasdfghjklzxcvbnmqwertyuiopasdfghjkl",
		"words":                     "ThisIsntRandomButItNeedsToBe43CharactersLong",
		"words with marks":          "my-super-secret-code-verifier-for-testing-pkce",
		"digits":                    "17561234561756123459175612345817561234571756",
		"few different characters":  "abXbaXXabbXaabXabbXabXbbaXabXabbaXXbaXbabXa",
		"the time and a fixed tail": "1756123456789-000000000000000000000000000000",
	}
	for name, v := range weak {
		t.Run(name, func(t *testing.T) {
			r := ReadPKCE(pair(v, s256(v)))
			i := slices.Index(ids(r), MistakeWeakGenerator)
			if i < 0 {
				t.Fatalf("mistakes = %v (entropy %d: %s)", ids(r), r.Entropy.Bits, r.Entropy.Reason)
			}
			if r.Mistakes[i].Confidence != Likely {
				t.Errorf("confidence = %s", r.Mistakes[i].Confidence)
			}
			if !r.OK() || r.Entropy.Bits >= EntropyAsked || r.Entropy.Reason == "" {
				t.Errorf("ok = %v, entropy = %+v", r.OK(), r.Entropy)
			}
		})
	}
	for _, v := range verifiers(1000) {
		if r := ReadPKCE(PKCEInput{Verifier: v, HasVerifier: true}); r.Entropy.Bits < EntropyAsked {
			t.Fatalf("%q: %d bits: %s", v, r.Entropy.Bits, r.Entropy.Reason)
		}
	}
	if e := estimateEntropy("f36b1d0c5a9e27844e0f9c0d7e5b1a8f3c6e2d4b9a7f"); e.Bits != 176 || e.weak != "" {
		t.Errorf("44 hex digits: %+v, want 176 bits", e)
	}
}

func TestProblemsOfAVerifierSayWhichCharacterAndWhere(t *testing.T) {
	v := ExampleVerifier[:40] + "+/\n"
	r := ReadPKCE(PKCEInput{Verifier: v, HasVerifier: true})
	if r.Verifier.Legal || r.Verifier.Length != 43 {
		t.Errorf("legal = %v, length = %d", r.Verifier.Legal, r.Verifier.Length)
	}
	want := []IllegalCharacter{{40, "'+'"}, {41, "'/'"}, {42, "U+000A line feed"}}
	if !slices.Equal(r.Verifier.Illegal, want) {
		t.Errorf("illegal = %v, want %v", r.Verifier.Illegal, want)
	}
	if got := ids(r); !slices.Equal(got, []MistakeID{MistakeIllegalCharacters, MistakeTrailingNewline}) {
		t.Errorf("mistakes = %v", got)
	}
	for v, length := range map[string]int{"ééé": 3, "\xff\xfe": 2, "日本": 2} {
		if got := ReadPKCE(PKCEInput{Verifier: v, HasVerifier: true}).Verifier; got.Length != length || len(got.Illegal) != length {
			t.Errorf("%q: length %d with %d illegal, want %d", v, got.Length, len(got.Illegal), length)
		}
	}
}

func TestEveryMistakeIsInWordsAndInFiveLanguages(t *testing.T) {
	texts := pkceTexts()
	if got, want := len(texts.Mistake), len(MistakeIDs()); got != want {
		t.Errorf("%d texts for %d mistakes", got, want)
	}
	for _, id := range MistakeIDs() {
		m := found{id, Certain, ""}.mistake()
		if m.What == "" || m.Why == "" || m.Try == "" || len(m.Code) != 5 {
			t.Errorf("%s: %+v", id, m)
		}
		for _, c := range m.Code {
			if c.Wrong == "" || c.Right == "" || c.Wrong == c.Right || strings.Contains(c.Wrong+c.Right, "\n") {
				t.Errorf("%s in %s: %q and %q", id, c.Language, c.Wrong, c.Right)
			}
		}
		for _, line := range []string{m.Code[4].Wrong, m.Code[4].Right} {
			if _, err := parser.ParseFile(token.NewFileSet(), "", "package p\nfunc f() {\n"+line+"\n}", parser.SkipObjectResolution); err != nil {
				t.Errorf("%s: %q is not Go: %v", id, line, err)
			}
		}
		if m.Finding().Row == "" || m.Finding().Code != "pkce-"+string(id) {
			t.Errorf("%s: finding = %+v", id, m.Finding())
		}
	}
}

func TestTheReportHasThePromisedShapeInJSON(t *testing.T) {
	data, err := json.Marshal(ReadPKCE(PKCEInput{}))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`"verifier":{"value":"","length":0,"legal":false,"problems":[]`, `"challenge":{"S256":"","plain":""}`,
		`"stages":{"ascii":"","sha256_hex":"","base64":"","base64url":""`, `"match":null`, `"mistakes":[]`,
	} {
		if !strings.Contains(string(data), want) {
			t.Errorf("%s lacks %s", data, want)
		}
	}
}

// sentRun is the least of a transcript that sent something.
func sentRun(authorize, token string, made string) flow.Transcript {
	t := flow.Transcript{Steps: []flow.Step{
		{ID: flow.StepVerifier, Values: []flow.Value{{Name: "code_verifier", Value: made}}},
		{ID: flow.StepAuthorize, Exchanges: []flow.Exchange{{
			Actor: flow.ActorBrowser, Channel: flow.ChannelFront,
			Request: flow.Request{Method: "GET", URL: "https://idp.example/authorize?client_id=c&" + authorize},
		}, {Request: flow.Request{Method: "GET", URL: "https://idp.example/favicon.ico"}}}},
	}}
	if token != "" {
		t.Steps = append(t.Steps, flow.Step{ID: flow.StepToken, Exchanges: []flow.Exchange{{
			Actor: flow.ActorApp, Channel: flow.ChannelBack,
			Request: flow.Request{Method: "POST", URL: "https://idp.example/token", Body: flow.Body("grant_type=authorization_code&" + token)},
		}}})
	}
	return t
}

func TestATranscriptIsReadAsItWasSent(t *testing.T) {
	v, c := ExampleVerifier, ExampleChallenge
	s256Sent := "code_challenge_method=S256&code_challenge=" + c
	tests := []struct {
		name                   string
		authorize, token, made string
		match                  string
		id                     MistakeID
	}{
		{"a sound run", s256Sent, "code_verifier=" + v, v, "true", ""},
		{"before the token request", s256Sent, "", v, "true", ""},
		{"plain", "code_challenge_method=plain&code_challenge=" + v, "code_verifier=" + v, v, "true", ""},
		{"plain by omission", "code_challenge=" + v, "code_verifier=" + v, v, "true", ""},
		{"without PKCE", "state=s", "code=x", "", "null", ""},
		{"verifier not sent", s256Sent, "code=x", v, "false", MistakeVerifierMissing},
		{"verifier sent as client_secret", s256Sent, "client_secret=" + v, v, "false", MistakeWrongParameter},
		{"verifier under another spelling, and not known", s256Sent, "codeVerifier=" + v, "", "false", MistakeWrongParameter},
		{"verifier though no challenge", "state=s", "code_verifier=" + v, v, "false", MistakeUnexpectedVerifier},
		{"method left out", "code_challenge=" + c, "code_verifier=" + v, v, "false", MistakeMethodOmitted},
		{"verifier of another run", s256Sent, "code_verifier=" + verifiers(1)[0], v, "false", MistakeOtherVerifier},
		{"standard base64 whose plus became a space", "code_challenge_method=S256&code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw+cM", "code_verifier=" + v, v, "false", MistakeStandardBase64},
		{"masked in the file", s256Sent, "code_verifier=~redacted.0123abcd.43~", "~redacted.0123abcd.43~", "null", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := ReadPKCE(PKCEOfTranscript(sentRun(tt.authorize, tt.token, tt.made)))
			match := "null"
			if r.Match != nil {
				match = fmt.Sprint(*r.Match)
			}
			if match != tt.match {
				t.Errorf("match = %s, want %s (%v)", match, tt.match, ids(r))
			}
			switch {
			case tt.id == "" && len(r.Mistakes) > 0:
				t.Errorf("mistakes = %v, want none", ids(r))
			case tt.id != "" && (len(r.Mistakes) == 0 || r.Mistakes[0].ID != tt.id || r.Mistakes[0].Confidence != Certain):
				t.Errorf("mistakes = %v, want %s for certain", ids(r), tt.id)
			}
		})
	}
}

func FuzzReadPKCE(f *testing.F) {
	f.Add(ExampleVerifier, ExampleChallenge, "S256", "")
	f.Add(ExampleVerifier, ExampleVerifier, "plain", "client_secret")
	f.Add("\xff\xfe%7", "%zz\r\n=+/ ", "s256", "\x1b]52;")
	f.Add("", "", "none", "")
	f.Fuzz(func(t *testing.T, verifier, challenge, method, sentAs string) {
		in := PKCEInput{
			Verifier: verifier, HasVerifier: true, Challenge: challenge, HasChallenge: true, Method: method, SentAs: sentAs,
		}
		r := ReadPKCE(in)
		matched := r.Match != nil && *r.Match
		if want := verifier != "" && challenge != "" && in.expected(verifier) == challenge &&
			properMethod(method) && method != "none" && in.sentRight(); matched != want {
			t.Errorf("match = %v, want %v", matched, want)
		}
		if r.Match != nil && !matched && len(r.Mistakes) == 0 {
			t.Error("a mismatch without a mistake")
		}
		for _, m := range r.Mistakes {
			for _, text := range []string{m.What, m.Why, m.Try} {
				if strings.ContainsFunc(text, func(c rune) bool { return c < ' ' || c == 0x7f || c >= 0x80 && c < 0xa0 }) || !utf8.ValidString(text) {
					t.Errorf("%s: %q holds what must not reach a terminal", m.ID, text)
				}
			}
		}
		in.HasVerifier, in.Verifier = false, ""
		for _, m := range ReadPKCE(in).Mistakes {
			if m.Confidence == Certain && m.ID != MistakeMethodCase && !in.plain() {
				t.Errorf("%s is certain of a challenge alone", m.ID)
			}
		}
	})
}

func BenchmarkReadPKCE(b *testing.B) {
	v := verifiers(3)[2] // 128 characters
	for name, in := range map[string]PKCEInput{
		"a match":             pair(v, s256(v)),
		"a mistake":           pair(v, s256(v)+"="),
		"no explanation":      pair(v, ExampleChallenge),
		"derivation by plain": {Verifier: v, HasVerifier: true, Challenge: v, HasChallenge: true, Method: "plain"},
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				ReadPKCE(in)
			}
		})
	}
}

func TestAClockSeededVerifierIsTracedToItsSeed(t *testing.T) {
	v := lab.ClockSeededVerifier(432_626_567, lab.ClockAlphabet)
	r := TraceSeed(ReadPKCE(pair(v, s256(v))))
	if len(r.Mistakes) != 1 || r.Mistakes[0].ID != MistakeWeakGenerator || r.Mistakes[0].Confidence != Certain {
		t.Fatalf("mistakes = %v, want a weak generator for certain", ids(r))
	}
	for _, want := range []string{"the seed 432626567", "5 days and 0 hours"} {
		if !strings.Contains(r.Mistakes[0].What, want) {
			t.Errorf("what = %q, want it to say %q", r.Mistakes[0].What, want)
		}
	}
	if r.Entropy.Bits != 31 || !r.OK() {
		t.Errorf("entropy = %+v, ok = %v", r.Entropy, r.OK())
	}
	for _, v := range append(verifiers(5), "", "x") {
		in := PKCEInput{Verifier: v, HasVerifier: true}
		if got, want := ids(TraceSeed(ReadPKCE(in))), ids(ReadPKCE(in)); !slices.Equal(got, want) {
			t.Errorf("%q: mistakes = %v, want %v", v, got, want)
		}
	}
}

// The pipeline of a published page deletes the characters that base64url
// changes, in the verifier and in the challenge. It fails in most runs, for one
// of two reasons, and each is named for certain.
func TestThePublishedShellPipelineIsRecognisedWheneverItFails(t *testing.T) {
	r := rand.New(rand.NewChaCha8([32]byte{1}))
	strip := strings.NewReplacer("+", "", "/", "", "=", "")
	const runs = 1000
	var short, wrong, sound int
	for range runs {
		octets := make([]byte, 32)
		for i := range octets {
			octets[i] = byte(r.Uint32())
		}
		v := strip.Replace(base64.StdEncoding.EncodeToString(octets))
		c := strip.Replace(base64.StdEncoding.EncodeToString(sum(v)))
		got := ReadPKCE(pair(v, c))
		all := ids(got)
		if len(v) < VerifierMin {
			short++
			if !slices.Contains(all, MistakeVerifierTooShort) {
				t.Fatalf("%q: mistakes = %v", v, all)
			}
		}
		if c != s256(v) {
			wrong++
			if got.Mistakes[0].ID != MistakeDeletedPlusSlash || got.Mistakes[0].Confidence != Certain {
				t.Fatalf("%q and %q: mistakes = %v", v, c, all)
			}
		}
		if len(all) == 0 {
			sound++
		}
	}
	// 1-(62/64)^42 = 73.6 % of each; the two are independent.
	if wrong < 690 || wrong > 780 || short < 690 || short > 780 || sound < 45 || sound > 95 {
		t.Errorf("of %d: %d verifiers too short, %d challenges wrong, %d sound", runs, short, wrong, sound)
	}
}

// Its sibling for long verifiers prints two lines and hashes them as they are.
func TestTheLineEndInsideALongVerifierIsSeen(t *testing.T) {
	v := verifiers(3)[2]
	wrapped := v[:60] + "\n" + v[60:120]
	for _, in := range []PKCEInput{pair(wrapped, s256(wrapped)), pair(v[:120], s256(wrapped)), pair(wrapped, s256(v[:120]))} {
		r := ReadPKCE(in)
		i := slices.Index(ids(r), MistakeEmbeddedNewline)
		if i < 0 || r.Mistakes[i].Confidence != Certain {
			t.Errorf("mistakes = %v", ids(r))
		}
	}
}
