package clients

import (
	"encoding/json"
	"os"
	"os/exec"
	"testing"
)

// TestMSALNode runs node.mjs, which says what is wrong on standard error.
func TestMSALNode(t *testing.T) {
	s := serve(t)
	setup, err := json.Marshal(map[string]any{
		"authority": s.authority(), "registrations": s.Registrations, "account": s.Accounts[0],
		"certificate": s.certificateFile(), "key": s.keyFile(),
	})
	must(t, err)
	cmd := exec.CommandContext(t.Context(), "node", "--import", "./loopback.mjs", "node.mjs")
	cmd.Env = append(os.Environ(), "NODE_EXTRA_CA_CERTS="+s.Certificate, "PRACTICE="+string(setup))
	out, err := cmd.CombinedOutput()
	t.Logf("%s", out)
	must(t, err)
}
