package flow

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"net/url"
	"slices"
	"strings"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
)

// dpop is the key of a run that its tokens are bound to, RFC 9449. It is never
// recorded: the transcript has the proofs, which hold its public part.
type dpop struct {
	key *ecdsa.PrivateKey
	// nonces are those that the servers have handed out, by origin.
	nonces map[string]string
}

func newDPoP() (*dpop, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	return &dpop{key: key, nonces: map[string]string{}}, err
}

// thumbprint is the dpop_jkt of RFC 9449 section 10.
func (d *dpop) thumbprint() string {
	sum, err := (&jose.JSONWebKey{Key: d.key.Public()}).Thumbprint(crypto.SHA256)
	if err != nil {
		panic(err) // it is a key on P-256
	}
	return base64.RawURLEncoding.EncodeToString(sum)
}

// prove puts a proof into the header of a request, RFC 9449 section 4.2. The
// walk must be locked. token is the access token that the request shows, if
// it shows one.
func (w *Walk) prove(r *prepared, id StepID, token string) error {
	if w.dpop == nil {
		return nil
	}
	proof, err := w.once(id, "dpop", func() (string, error) { return w.newProof(r.Request, token) })
	if err != nil {
		return err
	}
	r.Header.Set("Dpop", proof)
	r.values = append(r.values, Value{Name: "header.Dpop", Value: proof, By: ByProgram})
	return nil
}

func (w *Walk) newProof(r Request, token string) (string, error) {
	d := w.dpop
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: d.key},
		(&jose.SignerOptions{EmbedJWK: true}).WithType("dpop+jwt"))
	if err != nil {
		return "", err
	}
	// "without query and fragment parts", RFC 9449 section 4.2
	target, _, _ := cutQuery(r.URL)
	claims := map[string]any{
		"jti": rand.Text(), "htm": r.Method, "htu": target, "iat": jwt.NewNumericDate(w.now()),
	}
	if nonce := d.nonces[originOf(r.URL)]; nonce != "" {
		claims["nonce"] = nonce
	}
	if token != "" {
		sum := sha256.Sum256([]byte(token))
		claims["ath"] = base64.RawURLEncoding.EncodeToString(sum[:])
	}
	return jwt.Signed(signer).Claims(claims).Serialize()
}

func originOf(rawURL string) string {
	u, err := url.Parse(rawURL)
	if err != nil {
		return ""
	}
	return u.Scheme + "://" + u.Host
}

// nonceWanted keeps the nonce of an answer, and reports whether the request is
// to be sent once more because of it: RFC 9449 sections 8 and 9.
func (w *Walk) nonceWanted(r prepared, got *Response) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	nonce := got.Header.Get("Dpop-Nonce")
	if w.dpop == nil || nonce == "" {
		return false
	}
	w.dpop.nonces[originOf(r.URL)] = nonce
	edited := slices.ContainsFunc(r.values, func(v Value) bool { return v.Name == "header.Dpop" && v.Edited })
	return !edited && got.Status/100 == 4 &&
		(readMembers(got)["error"] == "use_dpop_nonce" || strings.Contains(got.Header.Get("Www-Authenticate"), "use_dpop_nonce"))
}

// deliver sends the request of a step, and sends it once more if the server
// wants its nonce in the proof. Both exchanges are recorded.
func (w *Walk) deliver(ctx context.Context, id StepID) (prepared, *Response, error) {
	for again := false; ; again = true {
		r, err := w.ready(id)
		if err != nil {
			return prepared{}, nil, err
		}
		w.note(id, r.values)
		got, err := w.send(ctx, id, r, never)
		w.sent(id)
		if err != nil || again || !w.nonceWanted(r, got) {
			return r, got, err
		}
	}
}

// answered delivers the request of a step, and notes what was sent and the
// members of the answer.
func (w *Walk) answered(ctx context.Context, id StepID) (*Response, map[string]string, error) {
	r, got, err := w.deliver(ctx, id)
	if err != nil {
		return nil, nil, err
	}
	members := readMembers(got)
	w.note(id, append(r.values, responseValues(members, InResponse)...))
	return got, members, nil
}
