package lesson

import (
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"math"
	"strings"
	"testing"

	"golang.org/x/oauth2"

	"github.com/pkcescope/pkcescope/flow"
)

func TestAnUnknownLessonIsRefusedWithTheOnesThereAre(t *testing.T) {
	_, err := Start("no-such-lesson")
	refused, ok := errors.AsType[*flow.Error](err)
	if !ok || refused.Kind != flow.KindRefused || !strings.Contains(refused.Try, "verifier, challenge") {
		t.Errorf("Start = %v", err)
	}
}

// The line of the shell pipeline is right exactly when the hash has neither of
// the characters that it deletes.
func TestThePipelineIsWrongWhereItDeletes(t *testing.T) {
	right := 0
	for range 2000 {
		v := oauth2.GenerateVerifier()
		sum := sha256.Sum256([]byte(v))
		std := base64.StdEncoding.EncodeToString(sum[:])
		same := brokenChallenge(v) == oauth2.S256ChallengeFromVerifier(v)
		if same == strings.ContainsAny(std, "+/") {
			t.Fatalf("%s: %s", std, brokenChallenge(v))
		}
		if same {
			right++
		}
	}
	// (62/64)^42 is 26 in 100.
	if right < 400 || right > 650 {
		t.Errorf("right %d times in 2000, want some 527", right)
	}
}

// Nothing is later than NaN: the published manager believes in its token.
func TestTheManagerNeverTakesANaNForPassed(t *testing.T) {
	s, err := Start("manager")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	m := &tokenManager{s: s, accessToken: undefined, expiresAt: math.NaN()}
	s.pass(1000 * 24 * 3600 * 1e9)
	if got, err := m.token(t.Context()); got != undefined || err != nil {
		t.Errorf("token = %q, %v", got, err)
	}
}
