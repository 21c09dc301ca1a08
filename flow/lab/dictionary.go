package lab

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"encoding/hex"
	"math/big"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// dictionaryText is what people type when a program asks for 43 characters.
//
//go:embed dictionary.txt
var dictionaryText string

// published are verifiers that stand in specifications and documentation, and
// are copied from there into code: RFC 7636 appendix B, Microsoft's page on
// the authorization code flow.
var published = []string{
	"dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk",
	"ThisIsntRandomButItNeedsToBe43CharactersLong",
}

// Dictionary is the verifiers that a thief tries first: those that are
// published, and guessable words brought to a legal length in the ways in
// which people do it. It makes them as they are asked for.
type Dictionary struct {
	forms []string // words, with a year or a number behind them
}

// The ways to bring a form to a legal length: written again and again or
// filled up, each to a few lengths, and hashed, because a hash of something
// guessable is as guessable as that.
var (
	lengths = []int{43, 44, 48, 50, 64, 100, 128}
	pads    = []byte("01xa-._~")
	hashes  = 2
	ways    = len(lengths)*(1+len(pads)) + hashes
)

// NewDictionary returns the dictionary.
func NewDictionary() Dictionary {
	var d Dictionary
	for word := range strings.FieldsSeq(dictionaryText) {
		for _, w := range []string{word, strings.ToUpper(word), strings.ToUpper(word[:1]) + word[1:]} {
			d.forms = append(d.forms, w)
			for year := 2012; year <= 2026; year++ {
				d.forms = append(d.forms, w+strconv.Itoa(year), w+"-"+strconv.Itoa(year))
			}
			for n := range 100 {
				d.forms = append(d.forms, w+strconv.Itoa(n))
			}
		}
	}
	return d
}

// Len returns how many verifiers there are.
func (d Dictionary) Len() int { return len(published) + len(d.forms)*ways }

// At returns the verifier with that number, from 0. It is written into buf if
// that has room for 128 characters.
func (d Dictionary) At(i int, buf []byte) []byte {
	if i < len(published) {
		return append(buf[:0], published[i]...)
	}
	i -= len(published)
	form, way := d.forms[i/ways], i%ways
	buf = append(buf[:0], form...)
	switch way -= hashes; way {
	case -2:
		sum := sha256.Sum256([]byte(form))
		return base64.RawURLEncoding.AppendEncode(buf[:0], sum[:])
	case -1:
		sum := sha256.Sum256([]byte(form))
		return hex.AppendEncode(buf[:0], sum[:])
	}
	length, filler := lengths[way%len(lengths)], way/len(lengths)
	for n := len(buf); n < length; n++ {
		if filler == 0 {
			buf = append(buf, form[n%len(form)])
		} else {
			buf = append(buf, pads[filler-1])
		}
	}
	return buf
}

// pick returns one of the verifiers, as a careless developer might.
func (d Dictionary) pick() (string, error) {
	n, err := rand.Int(rand.Reader, big.NewInt(int64(d.Len())))
	if err != nil {
		return "", err
	}
	return string(d.At(int(n.Int64()), nil)), nil
}

// Search looks for the verifier behind an S256 challenge, on every core.
// progress, if not nil, is called about ten times a second, from one
// goroutine. When ctx ends the search stops and returns its error.
func (d Dictionary) Search(ctx context.Context, challenge string, progress func(tried, total uint64, elapsed time.Duration)) (verifier string, s Search, err error) {
	raw, err := base64.RawURLEncoding.Strict().DecodeString(challenge)
	if err != nil || len(raw) != sha256.Size {
		return "", Search{}, ErrNoChallenge
	}
	want := [sha256.Size]byte(raw)
	started := time.Now()
	var next, tried, found atomic.Int64
	found.Store(-1)
	var workers sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		workers.Go(func() {
			buf := make([]byte, 0, 128)
			for ctx.Err() == nil && found.Load() < 0 {
				from := int(next.Add(chunk) - chunk)
				to := min(from+chunk, d.Len())
				for i := from; i < to; i++ {
					if sha256.Sum256(d.At(i, buf)) == want {
						found.Store(int64(i))
						to = i + 1
					}
				}
				if from >= to {
					return
				}
				tried.Add(int64(to - from))
			}
		})
	}
	await(&workers, func() {
		if progress != nil {
			progress(uint64(tried.Load()), uint64(d.Len()), time.Since(started)) //nolint:gosec // counts
		}
	})
	n := uint64(tried.Load()) //nolint:gosec // a count
	s = Search{Over: "dictionary", Tried: n, Rate: float64(n) / max(time.Since(started).Seconds(), 1e-9)}
	if i := found.Load(); i >= 0 {
		s.Found = true
		return string(d.At(int(i), nil)), s, nil
	}
	return "", s, ctx.Err()
}
