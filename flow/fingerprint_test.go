package flow

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"testing"
)

// withKey is a run that sent that secret, saved by somebody with that key.
func withKey(t *testing.T, key, secret string) (fingerprint string, saved []byte) {
	t.Helper()
	FingerprintKeyFrom(func() ([]byte, error) { return []byte(key), nil })
	t.Cleanup(func() { FingerprintKeyFrom(nil) })
	s := newStep(StepToken)
	s.Values = []Value{{Name: "client_secret", Value: secret, Secret: true}}
	tr := Transcript{Format: Format, Version: Version, Steps: []Step{s}}.Redacted()
	var b bytes.Buffer
	if err := tr.Encode(&b); err != nil {
		t.Fatal(err)
	}
	fingerprint, _, _ = ParseMask(tr.Steps[0].Values[0].Value)
	return fingerprint, b.Bytes()
}

func TestOnePersonsFilesCanBeComparedAndNobodyElses(t *testing.T) {
	mine, file := withKey(t, "the key of one person", "123456")
	again, _ := withKey(t, "the key of one person", "123456")
	other, _ := withKey(t, "the key of one person", "123457")
	theirs, theirFile := withKey(t, "the key of somebody else", "123456")
	if mine == "" || mine != again {
		t.Errorf("the same secret has the fingerprints %q and %q", mine, again)
	}
	if mine == other || mine == theirs {
		t.Errorf("fingerprints %q, %q, %q: another secret and another person's are to differ", mine, other, theirs)
	}
	a, err := Load(bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	b, err := Load(bytes.NewReader(theirFile))
	if err != nil {
		t.Fatal(err)
	}
	if a.FingerprintKey == "" || a.FingerprintKey == b.FingerprintKey {
		t.Errorf("the files name the keys %q and %q", a.FingerprintKey, b.FingerprintKey)
	}
}

// Whoever has only the file tries every code of six digits, with everything
// that stands in the file as salt.
func TestAShortSecretCannotBeGuessedFromTheFile(t *testing.T) {
	fingerprint, file := withKey(t, "0123456789abcdef0123456789abcdef", "123456")
	if bytes.Contains(file, []byte("0123456789abcdef0123456789abcdef")) {
		t.Fatal("the key is in the file")
	}
	salts := append([]string{""}, strings.FieldsFunc(string(file), func(r rune) bool { return strings.ContainsRune("\" ,:{}[]\n~", r) })...)
	for _, salt := range salts {
		for n := 123000; n < 124000; n++ {
			guess := fmt.Sprintf("%06d", n)
			sum := sha256.Sum256([]byte(salt + guess))
			if hex.EncodeToString(sum[:4]) == fingerprint || hex.EncodeToString(keyed([]byte(salt), guess)[:4]) == fingerprint {
				t.Fatalf("the secret is found: %s, with the salt %q", guess, salt)
			}
		}
	}
}

func TestWithoutAKeyOneIsMadeUp(t *testing.T) {
	for name, load := range map[string]func() ([]byte, error){
		"none": nil, "an error": func() ([]byte, error) { return nil, errors.New("no disk") }, "too short": func() ([]byte, error) { return []byte("x"), nil },
	} {
		FingerprintKeyFrom(load)
		if key := fingerprintKey(); len(key) != 32 || !bytes.Equal(key, fingerprintKey()) {
			t.Errorf("%s: the key has %d octets", name, len(key))
		}
	}
	FingerprintKeyFrom(nil)
}
