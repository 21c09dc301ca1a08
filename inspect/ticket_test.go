package inspect_test

import (
	"strings"
	"testing"

	"github.com/pkcescope/pkcescope/flow"
	"github.com/pkcescope/pkcescope/inspect"
)

func TestATicketHasWhatAnAdministratorNeedsAndNoSecret(t *testing.T) {
	const secret = "practice-secret-that-nobody-may-read"
	tr := walk(t, func(c *flow.Config) {
		c.Edits = append(c.Edits,
			flow.Edit{Step: flow.StepToken, Name: "code_verifier", Value: inspect.ExampleVerifier},
			flow.Edit{Step: flow.StepToken, Name: "header.Authorization", Value: "Bearer " + secret})
	})
	text, ok := inspect.Ticket(tr, flow.StepToken)
	if !ok {
		t.Fatal("the token step failed and has no ticket")
	}
	token := tr.Step(flow.StepToken)
	trace, _ := token.Value("trace_id")
	correlation, _ := token.Value("correlation_id")
	if trace == "" || correlation == "" {
		t.Fatal("the practice tenant named no trace and correlation id")
	}
	for _, want := range []string{
		"# Sign-in fails: AADSTS501481", "- Trace id: `" + trace + "`", "- Correlation id: `" + correlation + "`",
		"Z`\n", "## What to do", "It is fixed when: ", "```http\nPOST ", "grant_type=authorization_code", "- Client id: `" + tr.Config.ClientID,
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the ticket lacks %q:\n%s", want, text)
		}
	}
	code, _ := tr.Step(flow.StepCallback).Value("code")
	for name, hidden := range map[string]string{"code": code, "verifier": inspect.ExampleVerifier, "header": secret} {
		if hidden == "" || strings.Contains(text, hidden) {
			t.Errorf("the ticket shows the %s:\n%s", name, text)
		}
	}
	if _, ok := inspect.Ticket(tr, flow.StepAuthorize); ok {
		t.Error("a step that did not fail has a ticket")
	}
}

func TestATicketOfAPastedErrorReadsItsIdentifiersAndRepeatsNothing(t *testing.T) {
	for name, raw := range map[string]string{
		"JSON":     `{"error":"invalid_grant","error_description":"AADSTS50011: The redirect URI 'x' does not match. Trace ID: 3f0c1d52-0000-4000-8000-00000000a001 Correlation ID: 3f0c1d52-0000-4000-8000-00000000a002 Timestamp: 2025-03-04 05:06:07Z","code":"SECRETCODE"}`,
		"redirect": `http://localhost/?code=SECRETCODE&error=invalid_request&error_description=AADSTS50011%3a+The+redirect+URI+%27x%27+does+not+match.%0d%0aTrace+ID%3a+3f0c1d52-0000-4000-8000-00000000a001%0d%0aCorrelation+ID%3a+3f0c1d52-0000-4000-8000-00000000a002%0d%0aTimestamp%3a+2025-03-04+05%3a06%3a07Z`,
	} {
		t.Run(name, func(t *testing.T) {
			text := inspect.TicketOf(inspect.Input{Raw: raw})
			for _, want := range []string{"`3f0c1d52-0000-4000-8000-00000000a001`", "`3f0c1d52-0000-4000-8000-00000000a002`", "`2025-03-04 05:06:07Z`", "AADSTS50011"} {
				if !strings.Contains(text, want) {
					t.Errorf("the ticket lacks %s:\n%s", want, text)
				}
			}
			if strings.Contains(text, "SECRETCODE") {
				t.Errorf("the ticket repeats what was pasted:\n%s", text)
			}
		})
	}
}

func TestWhatAServerSaysIsNoMarkupInATicket(t *testing.T) {
	tr := flow.Transcript{Steps: []flow.Step{{
		ID: flow.StepToken, Status: flow.StatusFailed,
		Error: &flow.Error{Kind: flow.KindServer, What: "refused", Why: "```\n# owned\n````\n<script>alert(1)</script>"},
	}}}
	text, ok := inspect.Ticket(tr, flow.StepToken)
	if !ok {
		t.Fatal("no ticket")
	}
	_, quoted, opened := strings.Cut(text, "`````\n")
	inside, _, closed := strings.Cut(quoted, "\n`````\n")
	if !opened || !closed || !strings.Contains(inside, "# owned") {
		t.Errorf("the server's text can leave its fence:\n%s", text)
	}
}
