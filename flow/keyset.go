package flow

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// fetchKeys gets the provider's key set, RFC 7517 section 5.
func (w *Walk) fetchKeys(ctx context.Context) error {
	r, err := w.ready(StepKeys)
	if err != nil {
		return err
	}
	w.note(StepKeys, r.values)
	got, err := w.send(ctx, StepKeys, r, secureRedirects)
	if err != nil {
		return err
	}
	_, err = readKeySet(got)
	return err
}

// keySetsAddress is what answers with the keys.
const keySetsAddress = "key set's address"

// FetchKeySet gets a key set (RFC 7517 section 5) for whoever has no walk, as it
// is written, from an https address or one of this machine. The error is an
// [*Error], or the context's.
func FetchKeySet(ctx context.Context, address string) ([]byte, error) {
	req, err := get(address, ByYou).httpRequest(ctx)
	if err != nil {
		return nil, err
	}
	r := &recorder{next: http.DefaultTransport, now: time.Now, done: func(Exchange) {}}
	resp, err := (&http.Client{Transport: r, CheckRedirect: secureRedirects}).Do(req)
	if err != nil {
		return nil, exchangeError(err)
	}
	if _, err := readKeySet(r.last); err != nil {
		return nil, errors.Join(err, resp.Body.Close())
	}
	return r.last.Body, resp.Body.Close()
}

// readKeySet returns the keys of a key set, each as it is written.
func readKeySet(got *Response) ([]json.RawMessage, error) {
	var set struct {
		Keys []json.RawMessage `json:"keys"`
	}
	if got.Status/100 != 2 || json.Unmarshal(got.Body, &set) != nil || set.Keys == nil {
		return nil, unexpected(keySetsAddress, got, readMembers(got))
	}
	return set.Keys, nil
}

// fetchKeySet gets the provider's keys for a step that needs them before the
// keys step has its turn.
func (w *Walk) fetchKeySet(ctx context.Context, id StepID) (jose.JSONWebKeySet, error) {
	w.mu.Lock()
	keys, at := w.keys, w.t.Config.Provider.JWKSURI
	w.mu.Unlock()
	if len(keys.Keys) > 0 {
		return keys, nil
	}
	if at == "" {
		return keys, missingEndpoint("jwks_uri")
	}
	got, err := w.send(ctx, id, get(at, ByProvider), secureRedirects)
	if err != nil {
		return keys, err
	}
	set, err := readKeySet(got)
	if err != nil {
		return keys, err
	}
	for _, raw := range set {
		var k jose.JSONWebKey
		if k.UnmarshalJSON(raw) == nil { // a key of a kind that is not known is of no use here
			keys.Keys = append(keys.Keys, k)
		}
	}
	w.mu.Lock()
	w.keys = keys
	w.mu.Unlock()
	return keys, nil
}
