package clients

import (
	"crypto/x509"
	"testing"

	"github.com/AzureAD/microsoft-authentication-library-for-go/apps/confidential"
	"github.com/AzureAD/microsoft-authentication-library-for-go/apps/public"
	"golang.org/x/oauth2"
)

// graph is a scope of which the libraries have no token in their cache after
// the sign-in, so that they must refresh.
const graph = "https://graph.microsoft.com/User.Read"

func TestMSALGoPublic(t *testing.T) {
	s := serve(t)
	app := s.Registrations[native]
	client, err := public.New(app.ClientID, public.WithAuthority(s.authority()), public.WithHTTPClient(s.client))
	must(t, err)
	scopes := []string{"User.Read"}
	redirect := app.RedirectURIs[1]

	verifier := oauth2.GenerateVerifier()
	authorize, err := client.AuthCodeURL(t.Context(), app.ClientID, redirect, scopes)
	must(t, err)
	authorize += "&code_challenge_method=S256&code_challenge=" + oauth2.S256ChallengeFromVerifier(verifier)
	got, err := client.AcquireTokenByAuthCode(t.Context(), s.code(t, authorize), redirect, scopes, public.WithChallenge(verifier))
	must(t, err)
	if got.Account.PreferredUsername != s.Accounts[0].Username {
		t.Errorf("signed in as %q", got.Account.PreferredUsername)
	}
	again, err := client.AcquireTokenSilent(t.Context(), []string{graph}, public.WithSilentAccount(got.Account))
	must(t, err)
	if again.AccessToken == "" || again.AccessToken == got.AccessToken {
		t.Error("the refresh gave no new token")
	}

	// Without the verifier the code is worth nothing, and MSAL says why.
	_, err = client.AcquireTokenByAuthCode(t.Context(), s.code(t, authorize), redirect, scopes)
	if err == nil {
		t.Error("a code was redeemed without its verifier")
	}

	device, err := client.AcquireTokenByDeviceCode(t.Context(), scopes)
	must(t, err)
	s.signIn(t, device.Result.VerificationURL, device.Result.UserCode)
	byDevice, err := device.AuthenticationResult(t.Context())
	must(t, err)
	if byDevice.AccessToken == "" {
		t.Error("the device got no token")
	}
	s.checkDiscovered(t)
}

func TestMSALGoConfidential(t *testing.T) {
	s := serve(t)
	app := s.Registrations[web]
	secret, err := confidential.NewCredFromSecret(*app.Secret)
	must(t, err)
	certificate, err := confidential.NewCredFromCert([]*x509.Certificate{s.cert}, s.key)
	must(t, err)
	for name, credential := range map[string]confidential.Credential{"secret": secret, "certificate": certificate} {
		t.Run(name, func(t *testing.T) {
			client, err := confidential.New(s.authority(), app.ClientID, credential,
				confidential.WithHTTPClient(s.client))
			must(t, err)
			scopes, redirect := []string{"User.Read"}, app.RedirectURIs[0]
			verifier := oauth2.GenerateVerifier()
			authorize, err := client.AuthCodeURL(t.Context(), app.ClientID, redirect, scopes)
			must(t, err)
			authorize += "&code_challenge_method=S256&code_challenge=" + oauth2.S256ChallengeFromVerifier(verifier)
			got, err := client.AcquireTokenByAuthCode(t.Context(), s.code(t, authorize), redirect, scopes, confidential.WithChallenge(verifier))
			must(t, err)
			again, err := client.AcquireTokenSilent(t.Context(), []string{graph}, confidential.WithSilentAccount(got.Account))
			must(t, err)
			if again.AccessToken == "" || again.AccessToken == got.AccessToken {
				t.Error("the refresh gave no new token")
			}
			s.checkDiscovered(t)
		})
	}
}
