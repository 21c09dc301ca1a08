package lesson

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"math"
	"net/http"
	"net/url"
	"time"

	"github.com/pkcescope/pkcescope/flow"
)

// These are the apps of the lessons: what they do outside the walk, as
// published samples do it.

// post has the app repeat a recorded form request with some values changed, and
// returns the answer's body. The exchange is recorded under step.
func (s *Session) post(ctx context.Context, was flow.Request, step flow.StepID, change url.Values) ([]byte, error) {
	form, err := url.ParseQuery(string(was.Body))
	if err != nil {
		return nil, err
	}
	for name, values := range change {
		form[name] = values
	}
	return s.request(ctx, step, http.MethodPost, was.URL, was.Header.Clone(), []byte(form.Encode()))
}

func (s *Session) request(ctx context.Context, step flow.StepID, method, address string, header http.Header, body []byte) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, method, address, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	header.Del("Content-Length")
	req.Header = header
	client := http.Client{Transport: flow.Record(http.DefaultTransport, func(x flow.Exchange) {
		x.Actor, x.Channel = flow.ActorApp, flow.ChannelBack
		s.mu.Lock()
		defer s.mu.Unlock()
		s.later[step] = append(s.later[step], x)
	})}
	res, err := client.Do(req)
	if err != nil {
		return nil, err
	}
	defer func() { _ = res.Body.Close() }()
	return io.ReadAll(res.Body)
}

// sent is the last request that the app sent in a step of its walk.
func (s *Session) sent(step flow.StepID) (flow.Request, error) {
	all := s.walk.Transcript().Step(step).Exchanges
	for i := len(all) - 1; i >= 0; i-- {
		if all[i].Actor == flow.ActorApp {
			return all[i].Request, nil
		}
	}
	return flow.Request{}, errors.New("lesson: nothing was sent in the step " + string(step))
}

// tokenManager keeps an app's tokens as a widespread sample does, in which
// nobody looks at the status of the answer. Its numbers are JavaScript's: a
// missing expires_in makes NaN, and nothing is ever later than NaN.
type tokenManager struct {
	s            *Session
	accessToken  string
	refreshToken string
	expiresAt    float64 // milliseconds
}

// undefined is what a missing member becomes in a JavaScript string.
const undefined = "undefined"

// token returns the access token, renewed if the manager takes it to be over.
func (m *tokenManager) token(ctx context.Context) (string, error) {
	now := float64(m.s.now().UnixMilli())
	if !(now >= m.expiresAt-60_000) {
		return m.accessToken, nil
	}
	was, err := m.s.sent(flow.StepToken)
	if err != nil {
		return "", err
	}
	was.Body = flow.Body(url.Values{
		"client_id": {m.s.walk.Transcript().Config.ClientID}, "grant_type": {"refresh_token"}, "refresh_token": {m.refreshToken},
	}.Encode())
	body, err := m.s.post(ctx, was, flow.StepRefresh, nil)
	if err != nil {
		return "", err
	}
	var answer struct {
		AccessToken *string  `json:"access_token"`
		ExpiresIn   *float64 `json:"expires_in"`
	}
	if err := json.Unmarshal(body, &answer); err != nil {
		return "", err
	}
	m.accessToken, m.expiresAt = undefined, math.NaN()
	if answer.AccessToken != nil {
		m.accessToken = *answer.AccessToken
	}
	if answer.ExpiresIn != nil {
		m.expiresAt = now + *answer.ExpiresIn*float64(time.Second/time.Millisecond)
	}
	return m.accessToken, nil
}

// call has the app ask the API who the user is.
func (m *tokenManager) call(ctx context.Context) error {
	token, err := m.token(ctx)
	if err != nil {
		return err
	}
	_, err = m.s.request(ctx, flow.StepUserInfo, http.MethodGet, m.s.server.URL+"/oidc/userinfo",
		http.Header{"Authorization": {"Bearer " + token}}, nil)
	return err
}
