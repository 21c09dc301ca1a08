package practice

import (
	"crypto/rand"
	"crypto/sha256"
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
	maxFailures = 256
)

// grant is what a user allowed a client, and everything that the tokens made
// from it say. It does not change once it is stored.
type grant struct {
	family   string // names the authorization that all its tokens come from
	clientID string
	account  string // user name
	tenant   string // GUID
	platform flow.Platform
	scopes   []string // as asked for
	resource string   // the client id of the API
	named    string   // as the client wrote it, "" if it did not
	nonce    string
	session  string
	authTime time.Time
	maxAge   bool // max_age was asked for
	amr      []string
	issued   time.Time
	// started is when the first token of the family was issued: the 24 hours
	// of a single-page app are counted from it.
	started time.Time
	// by is how the client authenticated: the value of azpacr.
	by string

	redirect     string
	redirectSent bool
	challenge    string
	method       string
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

// failures counts wrong passwords.
type failures struct {
	count int
	last  time.Time
}

// grants is everything that the tenant remembers between requests. It is
// bounded, so that a tenant that runs for a week under load does not grow.
type grants struct {
	mu        sync.Mutex
	codes     *bounded[code]
	refresh   *bounded[grant]
	sessions  *bounded[session]
	devices   *bounded[device] // by device code
	userCodes *bounded[string] // user code to device code
	failed    *bounded[failures]
	revoked   *bounded[bool] // families
}

func newGrants() *grants {
	return &grants{
		codes:     newBounded[code](maxCodes),
		refresh:   newBounded[grant](maxRefresh),
		sessions:  newBounded[session](maxSessions),
		devices:   newBounded[device](maxDevices),
		userCodes: newBounded[string](maxDevices),
		failed:    newBounded[failures](maxFailures),
		revoked:   newBounded[bool](maxCodes),
	}
}

// codePrefix is what Entra's codes and refresh tokens begin with.
const codePrefix = "1.A"

// addCode stores a grant and returns the code that stands for it.
func (g *grants) addCode(v grant) string {
	key := codePrefix + randomText(72)
	g.mu.Lock()
	defer g.mu.Unlock()
	g.codes.add(key, code{grant: v})
	return key
}

func (g *grants) code(key string) (code, bool) { return lookUp(g, g.codes, key) }

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

func (g *grants) addRefresh(v grant) string {
	key := codePrefix + "R" + randomText(96)
	g.mu.Lock()
	defer g.mu.Unlock()
	g.refresh.add(key, v)
	return key
}

func (g *grants) refreshToken(key string) (grant, bool) { return lookUp(g, g.refresh, key) }

func (g *grants) dropRefresh(key string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.refresh.remove(key)
}

// revoke kills every refresh token of a family.
func (g *grants) revoke(family string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.revoked.add(family, true)
}

func (g *grants) isRevoked(family string) bool {
	v, ok := lookUp(g, g.revoked, family)
	return ok && v
}

func (g *grants) addSession(v session) string {
	key := randomText(24)
	g.mu.Lock()
	defer g.mu.Unlock()
	g.sessions.add(key, v)
	return key
}

func (g *grants) session(key string, now time.Time) (session, bool) {
	v, ok := lookUp(g, g.sessions, key)
	return v, ok && now.Sub(v.authTime) <= sessionLifetime
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

func (g *grants) addDevice(d device) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.devices.add(d.code, d)
	g.userCodes.add(d.userCode, d.code)
}

func (g *grants) device(key string) (device, bool) { return lookUp(g, g.devices, key) }

func (g *grants) deviceByUserCode(typed string) (device, bool) {
	key, ok := lookUp(g, g.userCodes, typed)
	if !ok {
		return device{}, false
	}
	return g.device(key)
}

// answerDevice notes the user's answer.
func (g *grants) answerDevice(userCode string, state deviceState, v grant) {
	g.mu.Lock()
	defer g.mu.Unlock()
	key := g.userCodes.get(userCode)
	if key == nil {
		return
	}
	if d := g.devices.get(*key); d != nil && d.state == devicePending {
		d.state, d.grant = state, v
	}
}

// redeemDevice marks an approved device as served. Of several that try, one
// gets true.
func (g *grants) redeemDevice(key string) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	d := g.devices.get(key)
	if d == nil || d.state != deviceApproved {
		return false
	}
	d.state = deviceRedeemed
	return true
}

// Smart lockout: after that many wrong passwords the account waits.
const (
	lockoutAfter = 10
	lockoutFor   = time.Minute
)

// passwordFailed counts a wrong password.
func (g *grants) passwordFailed(username string, now time.Time) {
	g.mu.Lock()
	defer g.mu.Unlock()
	f := g.failed.get(username)
	if f == nil {
		g.failed.add(username, failures{1, now})
		return
	}
	f.count, f.last = f.count+1, now
}

// locked says whether an account must wait.
func (g *grants) locked(username string, now time.Time) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	f := g.failed.get(username)
	if f != nil && now.Sub(f.last) > lockoutFor {
		f.count = 0
	}
	return f != nil && f.count >= lockoutAfter
}

// lookUp returns a copy of an entry.
func lookUp[V any](g *grants, b *bounded[V], key string) (V, bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	v := b.get(key)
	if v == nil {
		var none V
		return none, false
	}
	return *v, true
}

// bounded is a map that drops its oldest entry when it is full. It is not safe
// for concurrent use.
type bounded[V any] struct {
	entries map[string]*V
	order   []string // a ring of keys; next is the oldest once it is full
	next    int
	limit   int
}

func newBounded[V any](limit int) *bounded[V] {
	return &bounded[V]{entries: map[string]*V{}, limit: limit}
}

func (b *bounded[V]) add(key string, v V) {
	if old := b.entries[key]; old != nil { // it keeps its place among the others
		*old = v
		return
	}
	if len(b.order) < b.limit {
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
	return formatGUID(b)
}

// guidFrom returns a GUID that is always the same for the same text.
func guidFrom(text string) string {
	sum := sha256.Sum256([]byte(text))
	return formatGUID([16]byte(sum[:16]))
}

func formatGUID(b [16]byte) string {
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
