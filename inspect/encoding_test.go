package inspect_test

import (
	"encoding/base64"
	"encoding/json"
	"strings"
)

func b64(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) }

// jsonText escapes s for the inside of a JSON string.
func jsonText(s string) string {
	b, _ := json.Marshal(s)
	return strings.Trim(string(b), `"`)
}
