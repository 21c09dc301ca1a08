package inspect

import (
	"crypto/sha1" //nolint:gosec // The tests make the mistakes they recognise.
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

const unreserved = lowerSet + upperSet + digitSet + "-._~"

// verifiers are n legal verifiers, the same in every run: of random lengths,
// of the shortest and the longest, and as base64url of 32 octets.
func verifiers(n int) []string {
	r := rand.New(rand.NewPCG(7, 636)) //nolint:gosec // Repeatable on purpose.
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
	if r.Stages.ASCII[0] != 'd' || len(r.Stages.ASCII) != 43 {
		t.Errorf("ASCII octets = %v", r.Stages.ASCII)
	}
	if r.Match == nil || !*r.Match || len(r.Mistakes) != 0 || !r.OK() {
		t.Errorf("match = %v, mistakes = %v, want a match without mistakes", r.Match, ids(r))
	}
}

func TestACorrectPairNeverYieldsAMistake(t *testing.T) {
	for _, v := range verifiers(4000) {
		for _, in := range []PKCEInput{
			pair(v, s256(v)),
			{Verifier: v, HasVerifier: true, Challenge: s256(v), HasChallenge: true, Method: "S256", OtherVerifiers: []string{ExampleVerifier, v}},
			{Verifier: v, HasVerifier: true, Challenge: v, HasChallenge: true, Method: "plain"},
			{Verifier: v, HasVerifier: true, Challenge: v, HasChallenge: true, Method: "omitted"},
			{Verifier: v, HasVerifier: true, Challenge: s256(v), HasChallenge: true, SentAs: "code_verifier"},
		} {
			if r := ReadPKCE(in); r.Match == nil || !*r.Match || len(r.Mistakes) != 0 {
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
			d := sha1.Sum([]byte(v)) //nolint:gosec // See the import.
			return pair(v, url(d[:]))
		}},
		{"SHA-1 in hex", MistakeSHA1, func(v string) PKCEInput {
			return pair(v, fmt.Sprintf("%x", sha1.Sum([]byte(v)))) //nolint:gosec // See the import.
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
			for _, v := range verifiers(150) {
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
				if slices.Contains(ids(r), MistakeOtherVerifier) && tt.id != MistakeOtherVerifier {
					t.Fatalf("verifier %q, challenge %q: mistakes = %v", in.Verifier, in.Challenge, ids(r))
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
