package tui

import "testing"

func TestAChoiceThatWasMadeElsewhereIsKept(t *testing.T) {
	offered := []option{{"", "automatic"}, {"none", "none"}}
	for value, want := range map[string]string{"": "", "none": "none", "private_key_jwt": "private_key_jwt"} {
		if got := choiceField("auth", "Client authentication", value, "", offered...).value(); got != want {
			t.Errorf("the form makes %q of %q", got, value)
		}
	}
	if len(offered) != 2 {
		t.Error("the list of choices has grown")
	}
}
