//go:build unix

package export

import (
	"os/exec"
	"strings"
	"testing"

	"github.com/pkcescope/pkcescope/flow"
	"github.com/pkcescope/pkcescope/inspect/internal/walked"
)

// A shell is on every Unix, so what it makes of a word is asked of it.
func TestTheShellReadsBackEveryText(t *testing.T) {
	for _, text := range awkwardTexts {
		if awkward(text) {
			continue // written octet by octet instead
		}
		out, err := exec.CommandContext(t.Context(), "/bin/sh", "-c", "printf %s "+quoteSh(text)).Output()
		if err != nil || string(out) != text {
			t.Errorf("%q became %q (%v)", text, out, err)
		}
	}
}

func TestAnExportedScriptIsShell(t *testing.T) {
	texts := []string{}
	for _, text := range awkwardTexts {
		texts = append(texts, written(t)(Step(tokenStep("code", "c", text, text, "scope", text), flow.StepToken, Curl)))
	}
	for _, client := range []string{"", webClient(t), spaClient(t)} {
		tr := walked.Walk(t, client, func(c *flow.Config) { c.LoginHint = "o'brien $(id) `id`@contoso.example" })
		texts = append(texts, written(t)(Flow(tr, Curl)), written(t)(Step(tr, flow.StepAuthorize, Curl)), written(t)(Step(tr, flow.StepCallback, Curl)))
	}
	texts = append(texts, written(t)(Flow(pushing(t), Curl)))
	for _, text := range texts {
		cmd := exec.CommandContext(t.Context(), "/bin/sh", "-n")
		cmd.Stdin = strings.NewReader(text)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%v: %s\n%s", err, out, text)
		}
	}
}
