package practice

import (
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"sync"
	"time"

	"github.com/pkcescope/pkcescope/flow"
)

// How long things live, and how many of each are kept before the oldest is
// dropped.
const (
	codeLifetime       = 10 * time.Minute
	refreshLifetime    = 90 * 24 * time.Hour
	refreshLifetimeSPA = 24 * time.Hour
	sessionLifetime    = 24 * time.Hour

	maxCodes    = 4096
	maxRefresh  = 8192
	maxSessions = 1024
)

// grant is what a user allowed a client, and everything that the tokens made
// from it say. It does not change once it is stored.
type grant struct {
	clientID string
	account  string // user name
	tenant   string // GUID
	platform flow.Platform
	scopes   []string // as asked for
	resource string   // of the v1.0 endpoint
	nonce    string
	session  string
	authTime time.Time
	amr      []string
	issued   time.Time
	// started is when the first token of the family was issued: the 24 hours
	// of a single-page app are counted from it.
	started time.Time

	redirect     string
	redirectSent bool
	challenge    string
	method       string
	// code is the authorization code that all this came of, once it is
	// redeemed.
	code string
}

// code is an authorization code.
type code struct {
	grant
	redeemed bool
}

// session is a signed-in browser.
type session struct {
	account  string
	authTime time.Time
	mfa      bool
}

// grants is everything that the tenant remembers between requests. It is
// bounded, so that a tenant that runs for a week under load does not grow.
type grants struct {
	mu       sync.Mutex
	codes    *bounded[code]
	refresh  *bounded[grant]
	sessions *bounded[session]
	gone     *bounded[struct{}] // codes whose refresh tokens are revoked
}

func newGrants() *grants {
	return &grants{
		codes:    newBounded[code](maxCodes),
		refresh:  newBounded[grant](maxRefresh),
		sessions: newBounded[session](maxSessions),
		gone:     newBounded[struct{}](maxCodes),
	}
}

// addCode stores a grant and returns the code that stands for it. The prefix
// is what Entra's codes look like.
func (g *grants) addCode(v grant) string {
	key := codePrefix + randomText(72)
	g.mu.Lock()
	defer g.mu.Unlock()
	g.codes.add(key, code{grant: v})
	return key
}

const codePrefix = "1.A"

func (g *grants) code(key string) (code, bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	c := g.codes.get(key)
	if c == nil {
		return code{}, false
	}
	return *c, true
}

// redeem marks a code as used. Of several that try, one gets true.
func (g *grants) redeem(key string) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	c := g.codes.get(key)
	if c == nil || c.redeemed {
		return false
	}
	c.redeemed = true
	return true
}

// revoke ends every refresh token that came of a code.
func (g *grants) revoke(code string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.gone.add(code, struct{}{})
}

func (g *grants) revoked(code string) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.gone.get(code) != nil
}

func (g *grants) addRefresh(v grant) string {
	key := codePrefix + "R" + randomText(96)
	g.mu.Lock()
	defer g.mu.Unlock()
	g.refresh.add(key, v)
	return key
}

func (g *grants) refreshToken(key string) (grant, bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	v := g.refresh.get(key)
	if v == nil {
		return grant{}, false
	}
	return *v, true
}

func (g *grants) addSession(v session) string {
	key := randomText(24)
	g.mu.Lock()
	defer g.mu.Unlock()
	g.sessions.add(key, v)
	return key
}

func (g *grants) session(key string, now time.Time) (session, bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	v := g.sessions.get(key)
	if v == nil || now.Sub(v.authTime) > sessionLifetime {
		return session{}, false
	}
	return *v, true
}

// upgradeSession notes that the second factor was given.
func (g *grants) upgradeSession(key string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if v := g.sessions.get(key); v != nil {
		v.mfa = true
	}
}

func (g *grants) endSession(key string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.sessions.remove(key)
}

// bounded is a map that drops its oldest entry when it is full. It is not safe
// for concurrent use.
type bounded[V any] struct {
	entries map[string]*V
	order   []string // a ring of keys; next is the oldest once it is full
	next    int
}

func newBounded[V any](limit int) *bounded[V] {
	return &bounded[V]{entries: map[string]*V{}, order: make([]string, 0, limit)}
}

func (b *bounded[V]) add(key string, v V) {
	if len(b.order) < cap(b.order) {
		b.order = append(b.order, key)
	} else {
		delete(b.entries, b.order[b.next])
		b.order[b.next] = key
		b.next = (b.next + 1) % len(b.order)
	}
	b.entries[key] = &v
}

func (b *bounded[V]) get(key string) *V { return b.entries[key] }

func (b *bounded[V]) remove(key string) { delete(b.entries, key) }

// randomText returns n random octets in base64url.
func randomText(n int) string {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails: crypto/rand
	return base64.RawURLEncoding.EncodeToString(b)
}

// randomGUID returns a version 4 UUID, RFC 9562 section 5.4.
func randomGUID() string {
	var b [16]byte
	_, _ = rand.Read(b[:])
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
