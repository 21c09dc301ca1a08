//go:build interop

package interop

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"
)

// clientSecret has characters that form encoding changes, so that a client
// that forgets it is refused (RFC 6749 section 2.3.1), and the 32 octets that
// client_secret_jwt signs with (RFC 7518 section 3.2). oddID is an id of that
// kind, and oddSecret a secret that has more than RFC 6749 appendix A allows,
// which some providers take all the same.
const (
	clientSecret = "it is a +100% s3cr/t: one=two&\"three\"?"
	oddID        = "of 100%: one+two/three?"
	oddSecret    = clientSecret + "Gr\u00f6\u00dfe \u20ac"
)

// serve starts a server that ends with the test, and with it whatever it has
// started. The channel is closed when it has ended.
func serve(t *testing.T, cmd *exec.Cmd) (ended <-chan struct{}) {
	t.Helper()
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		_ = cmd.Wait()
		close(done)
	}()
	t.Cleanup(func() {
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
		<-done
	})
	return done
}

// startNode starts one of the scripts of .ci/providers with the Node.js of its
// lock file, and returns the issuer that it names.
func startNode(t *testing.T, script []string, environment ...string) string {
	t.Helper()
	dir := required(t, "PKCESCOPE_PROVIDERS")
	cmd := exec.Command(filepath.Join(dir, "node_modules", ".bin", "node"), script...)
	cmd.Dir = dir
	cmd.Env = append(append(os.Environ(), "CLIENT_SECRET="+clientSecret, "ODD_ID="+oddID), environment...)
	return servedIssuer(t, cmd)
}

// servedIssuer starts a server whose first line is JSON that names its issuer.
func servedIssuer(t *testing.T, cmd *exec.Cmd) string {
	t.Helper()
	// The pipe is ours: Wait would close one of the command's while it is read.
	out, in, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stdout, cmd.Stderr = in, t.Output()
	serve(t, cmd)
	in.Close()
	line, err := bufio.NewReader(out).ReadBytes('\n')
	go func() { // until the server ends: it may say more
		_, _ = io.Copy(io.Discard, out)
		out.Close()
	}()
	var started struct{ Issuer string }
	if err != nil || json.Unmarshal(line, &started) != nil || started.Issuer == "" {
		t.Fatalf("%v did not start: %v: %q", cmd.Args, err, line)
	}
	return started.Issuer
}

// startKeycloak starts the distribution that .ci/interop unpacked, in
// development mode, with the realm of .ci/providers, and returns the realm's
// issuers on http and on https, where it has a certificate of ca and asks for
// one. jwks is the public key of the client "guarded".
func startKeycloak(t *testing.T, jwks string, ca *authority) (plain, secure string) {
	t.Helper()
	home := required(t, "PKCESCOPE_KEYCLOAK")
	realm, err := os.ReadFile(filepath.Join(required(t, "PKCESCOPE_PROVIDERS"), "keycloak-realm.json"))
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range map[string]string{"$CLIENT_SECRET": clientSecret, "$CLIENT_JWKS": jwks, "$ODD_ID": oddID, "$ODD_SECRET": oddSecret} {
		quoted, _ := json.Marshal(value)
		realm = bytes.ReplaceAll(realm, []byte(`"`+name+`"`), quoted)
	}
	if err := os.MkdirAll(filepath.Join(home, "data", "import"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(home, "data", "import", "interop-realm.json"), realm, 0o600); err != nil {
		t.Fatal(err)
	}
	port, securePort := freePort(t), freePort(t)
	cert, key := ca.server(t)
	cmd := exec.Command(filepath.Join(home, "bin", "kc.sh"), "start-dev",
		"--db=dev-mem", "--import-realm", "--features=dpop", "--http-host=127.0.0.1", "--http-port="+port,
		"--https-port="+securePort, "--https-certificate-file="+cert, "--https-certificate-key-file="+key,
		"--https-client-auth=request", "--https-trust-store-file="+ca.file)
	// It is started once and asked little: the quick compiler is enough.
	cmd.Env = append(os.Environ(), "JAVA_OPTS_APPEND=-XX:TieredStopAtLevel=1")
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	ended := serve(t, cmd)
	plain = "http://127.0.0.1:" + port + "/realms/interop"
	began := time.Now()
	if !awaitServer(t, plain+"/.well-known/openid-configuration", 5*time.Minute, ended) {
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
		<-ended
		t.Fatalf("Keycloak did not start:\n%s", &out)
	}
	t.Logf("Keycloak needed %s to start", time.Since(began).Round(time.Second))
	return plain, "https://127.0.0.1:" + securePort + "/realms/interop"
}

// freePort is a port on which nobody listens.
func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return strconv.Itoa(l.Addr().(*net.TCPAddr).Port)
}

// awaitServer waits until an address answers with 200.
func awaitServer(t *testing.T, address string, patience time.Duration, ended <-chan struct{}) bool {
	t.Helper()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(200 * time.Millisecond) {
		select {
		case <-ended:
			return false
		default:
		}
		if response, err := http.Get(address); err == nil {
			response.Body.Close()
			if response.StatusCode == http.StatusOK {
				return true
			}
		}
	}
	return false
}
