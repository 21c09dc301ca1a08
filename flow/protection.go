package flow

import "fmt"

// JAR is how the authorization request is wrapped into a request object (RFC
// 9101).
type JAR string

// The forms of a request object.
const (
	JARNone      JAR = ""
	JARSigned    JAR = "signed"
	JAREncrypted JAR = "encrypted" // signed, then encrypted to the provider
)

// Protection is what guards the requests and tokens of the flow beyond PKCE.
type Protection struct {
	// PAR pushes the authorization request to the provider first (RFC 9126).
	// It is done without being asked for where the metadata requires it.
	PAR bool `json:"par,omitempty"`
	JAR JAR  `json:"jar,omitempty"`
	// DPoP binds the tokens to a key that is made for the run (RFC 9449).
	DPoP bool `json:"dpop,omitempty"`
}

// checkProtection refuses protections for which this client lacks something.
func (c Config) checkProtection() error {
	switch p := c.Protection; {
	case p.JAR != JARNone && p.JAR != JARSigned && p.JAR != JAREncrypted:
		return &Error{Kind: KindRefused, What: fmt.Sprintf("There is no request object called %q.", p.JAR), Try: "Choose signed or encrypted."}
	case p.JAR != JARNone && !c.Credential.given() && c.ClientSecret == "":
		return &Error{
			Kind: KindRefused, What: "A request object has to be signed, and there is nothing to sign it with.",
			Try: "Give the file of the client's key, or a client secret.",
		}
	case p.JAR == JAREncrypted && c.Issuer == "":
		return &Error{
			Kind: KindRefused, What: "A request object is encrypted with the provider's key, which its metadata names.",
			Why: "There is no issuer whose metadata could be discovered.", Try: "Give the issuer, or sign only.",
		}
	}
	return nil
}
