package inspect

import (
	"encoding/json"
	"fmt"
	"strings"
)

// serialized finds tokens in the JSON serialization of RFC 7515 section 7.2 or
// RFC 7516 section 7.2, anywhere in a document: each signature and each
// recipient is a token of its own, in the compact form that it stands for. A
// document that was cut off gives what stands before the cut.
func serialized(pairs []field) []sighted {
	value := map[string]string{}
	for _, p := range pairs {
		if _, twice := value[p.Name]; !twice {
			value[p.Name] = p.Value
		}
	}
	var all []sighted
	for _, p := range pairs {
		at := strings.LastIndexByte(p.Name, '.') + 1
		prefix, leaf := p.Name[:at], p.Name[at:]
		switch _, cipher := value[prefix+"ciphertext"]; {
		case leaf == "ciphertext":
			all = append(all, sealedFor(prefix, pairs, value)...)
		case leaf == "payload" && !cipher:
			all = append(all, signedBy(prefix, pairs, value)...)
		}
	}
	return all
}

// signedBy reads a JWS whose members begin with prefix.
func signedBy(prefix string, pairs []field, value map[string]string) []sighted {
	payload := value[prefix+"payload"]
	one := func(at, form string) sighted {
		return sighted{
			value: value[at+"protected"] + "." + payload + "." + value[at+"signature"],
			loose: membersBelow(at+"header.", pairs),
			form:  form,
		}
	}
	if n := howMany(prefix+"signatures", pairs); n > 0 {
		var all []sighted
		for i := range n {
			all = append(all, one(fmt.Sprintf("%ssignatures[%d].", prefix, i),
				fmt.Sprintf("it is a JWS in the general JSON serialization, and this is signature %d of %d; a JWT is always compact (RFC 7519 section 1)", i+1, n)))
		}
		return all
	}
	_, signed := value[prefix+"signature"]
	if _, protected := value[prefix+"protected"]; !signed && !protected {
		return nil // some other document has a payload
	}
	return []sighted{one(prefix, "it is a JWS in the flattened JSON serialization; a JWT is always compact (RFC 7519 section 1)")}
}

// sealedFor reads a JWE whose members begin with prefix.
func sealedFor(prefix string, pairs []field, value map[string]string) []sighted {
	shared := membersBelow(prefix+"unprotected.", pairs)
	one := func(at, form string) sighted {
		loose := membersBelow(at+"header.", pairs)
		for k, v := range shared {
			if loose == nil {
				loose = map[string]any{}
			}
			loose[k] = v
		}
		if _, ok := value[prefix+"aad"]; ok {
			form += "; it comes with additional authenticated data (aad)"
		}
		var parts []string
		for _, name := range []string{prefix + "protected", at + "encrypted_key", prefix + "iv", prefix + "ciphertext", prefix + "tag"} {
			parts = append(parts, value[name])
		}
		return sighted{value: strings.Join(parts, "."), loose: loose, form: form}
	}
	if n := howMany(prefix+"recipients", pairs); n > 0 {
		var all []sighted
		for i := range n {
			all = append(all, one(fmt.Sprintf("%srecipients[%d].", prefix, i),
				fmt.Sprintf("it is a JWE in the general JSON serialization, and this is recipient %d of %d", i+1, n)))
		}
		return all
	}
	if value[prefix+"iv"] == "" && value[prefix+"protected"] == "" {
		return nil
	}
	return []sighted{one(prefix, "it is a JWE in the flattened JSON serialization")}
}

// howMany counts the objects of an array.
func howMany(name string, pairs []field) int {
	n := 0
	for _, p := range pairs {
		if strings.HasPrefix(p.Name, fmt.Sprintf("%s[%d].", name, n)) {
			n++
		}
	}
	return n
}

// membersBelow are the members of a header that no signature protects.
func membersBelow(prefix string, pairs []field) map[string]any {
	var out map[string]any
	for _, p := range pairs {
		if name, ok := strings.CutPrefix(p.Name, prefix); ok {
			if out == nil {
				out = map[string]any{}
			}
			out[name] = p.Value
		}
	}
	return out
}

// flattened writes a compact token with its unprotected header as the flattened
// JSON serialization has them, for go-jose.
func (j *jwt) flattened() string {
	doc := map[string]any{"payload": j.parts[1], "signature": j.parts[2], "header": j.loose}
	if j.parts[0] != "" {
		doc["protected"] = j.parts[0]
	}
	b, err := json.Marshal(doc)
	if err != nil { // it was read from JSON
		return ""
	}
	return string(b)
}
