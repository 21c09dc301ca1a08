package broken

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/pkcescope/pkcescope/flow"
	"github.com/pkcescope/pkcescope/flow/practice"
)

// Session is a lab being worked on. Its methods may be called from many
// goroutines.
type Session struct {
	Lab Lab // with its texts filled in

	server *practice.Server

	mu     sync.Mutex
	client Client
	hints  int
}

// Start starts a lab: a practice tenant of its own, with the lab's app and
// circumstances. Close ends it.
func Start(lab Lab) (*Session, error) {
	server, err := practice.Start(practice.Options{})
	if err != nil {
		return nil, err
	}
	s := &Session{server: server}
	if s.Lab, err = fill(lab, server); err == nil {
		err = server.Update(func(t *practice.Tenant) {
			t.Registrations = slices.Insert(t.Registrations, 0, s.Lab.Registration)
			t.Circumstances = s.Lab.Circumstances
		})
	}
	if err != nil {
		_ = server.Close()
		return nil, fmt.Errorf("broken: lab %q: %w", lab.ID, err)
	}
	s.client = s.Lab.Client
	return s, nil
}

// fill puts in what is only known when a lab starts.
func fill(lab Lab, server *practice.Server) (Lab, error) {
	port, err := freePort()
	if err != nil {
		return lab, err
	}
	text, err := json.Marshal(lab)
	if err != nil {
		return lab, err
	}
	tenant := strings.TrimSuffix(strings.TrimPrefix(server.Issuer(), server.URL+"/"), "/v2.0")
	filled := strings.NewReplacer("{port}", port, "{tenant}", tenant).Replace(string(text))
	var out Lab
	if err := json.Unmarshal([]byte(filled), &out); err != nil {
		return lab, err
	}
	if out.Client.Authority == "" {
		out.Client.Authority = tenant
	}
	if out.Client.Scopes == "" {
		out.Client.Scopes = "openid profile offline_access User.Read"
	}
	if out.Client.Method == "" {
		out.Client.Method = flow.MethodS256
	}
	return out, nil
}

// freePort finds a port on which both a registration and its client can agree
// beforehand. Another program may take it before the walk listens; the walk
// then says so.
func freePort() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // gone at once
	if flow.LacksAddress(err) {
		l, err = net.Listen("tcp", "[::1]:0") //nolint:noctx // gone at once
	}
	if err != nil {
		return "", err
	}
	defer func() { _ = l.Close() }()
	_, port, err := net.SplitHostPort(l.Addr().String())
	return port, err
}

// Server is the lab's tenant.
func (s *Session) Server() *practice.Server { return s.server }

// Close ends the lab's tenant.
func (s *Session) Close() error { return s.server.Close() }

// Hint returns the next hint, and false when there is none left. The last one
// is the way out.
func (s *Session) Hint() (string, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.hints == len(s.Lab.Hints) {
		return "", false
	}
	s.hints++
	return s.Lab.Hints[s.hints-1], true
}

// Config is the client as it is set up now.
func (s *Session) Config() (flow.Config, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := flow.Config{
		Name: s.Lab.Title, Practice: true,
		Issuer:       s.server.URL + "/" + s.client.Authority + "/v2.0",
		ClientID:     s.Lab.Registration.ClientID,
		ClientSecret: s.client.Secret,
		AuthMethod:   flow.AuthNone,
		Platform:     s.client.Platform,
		RedirectURI:  s.client.RedirectURI,
		Scopes:       strings.Fields(s.client.Scopes),
		Method:       s.client.Method,
		ResponseMode: s.client.ResponseMode,
		Prompt:       s.client.Prompt,
		Verifier:     s.client.Verifier,
	}
	if c.ClientSecret != "" {
		c.AuthMethod = flow.AuthPost
	}
	for _, line := range s.client.Edits {
		text, unset := strings.CutPrefix(line, "-")
		e, err := flow.ParseEdit(text, unset)
		if err != nil {
			return flow.Config{}, err
		}
		c.Edits = append(c.Edits, e)
	}
	return c, nil
}

// Options are what a walk of this lab needs: the app's clock, and its manner of
// sending requests. The browser signs in by itself; another may be put in.
func (s *Session) Options() flow.Options {
	return flow.Options{Browser: s.server.Browser(), Now: s.now, Transport: repeating{s}}
}

// Walk returns a walk of the lab as it is set up now.
func (s *Session) Walk() (*flow.Walk, error) {
	c, err := s.Config()
	if err != nil {
		return nil, err
	}
	return flow.New(c, s.Options())
}

// now is the app's clock.
func (s *Session) now() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	ahead, _ := time.ParseDuration(s.client.Clock) // checked when it was set; "" is 0
	return time.Now().Add(ahead)
}

// repeating sends the token request as often as the app does, and like the app
// it looks at the last answer only.
type repeating struct{ s *Session }

func (r repeating) RoundTrip(req *http.Request) (*http.Response, error) {
	r.s.mu.Lock()
	times := r.s.client.TokenRequests
	r.s.mu.Unlock()
	if req.Method == http.MethodPost && req.GetBody != nil {
		for range times - 1 {
			again := req.Clone(req.Context())
			body, err := req.GetBody()
			if err != nil {
				return nil, err
			}
			again.Body = body
			res, err := http.DefaultTransport.RoundTrip(again)
			if err != nil {
				return nil, err
			}
			_ = res.Body.Close()
		}
	}
	return http.DefaultTransport.RoundTrip(req)
}
