package inspect

import (
	"encoding/json"
	"strings"
	"testing"
)

// Brackets inside brackets cost as many blanks as they are deep, each: they are
// shown as they came, and a document that holds them is written without blanks.
func TestDeeplyNestedJSONIsNotIndented(t *testing.T) {
	deep := strings.Repeat("[", 5000) + strings.Repeat("]", 5000)
	text, said := pretty("json", []byte(deep))
	if text != deep || !strings.Contains(said, "200 levels") {
		t.Errorf("%d octets became %d, and it says %q", len(deep), len(text), said)
	}
	var claim any
	if err := json.Unmarshal([]byte(deep), &claim); err != nil {
		t.Fatal(err)
	}
	document, err := encode(map[string]any{"claim": claim})
	if err != nil || len(document) > 2*len(deep) {
		t.Errorf("%d octets make a document of %d (%v)", len(deep), len(document), err)
	}
}
