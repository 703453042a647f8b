package main

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/fiscus-project/fiscus/internal/sharedtest"
)

// contractData is a data folder for the examples of the page.
var contractData = map[string]string{
	"fiscus-data/entities/nordkant.yaml": "entity: nordkant\ncountry: \"NO\"\nzone: Europe/Oslo\nname: Nordkant Verktøy AS\nvatId: NO991820000MVA\n" +
		"address: {street: Skippergata 4, city: Oslo, postcode: \"0152\", country: \"NO\"}\nparameters:\n  eu/peppol: {participant: \"0192:991820000\", accessPoint: \"https://127.0.0.1:9\", token: =secret(\"token\")}\n",
	"fiscus-data/entities/muestra.yaml": "entity: muestra\ncountry: ES\nzone: Europe/Madrid\nname: Muestra Herramientas SL\nvatId: ESB98602642\n" +
		"address: {street: Calle Prueba 7, city: Madrid, postcode: \"28001\", country: ES}\nparameters:\n  eu/peppol: {participant: \"9920:ESB98602642\", accessPoint: \"https://127.0.0.1:9\", token: =secret(\"token\")}\n  erp/gobl: {exportKey: =secret(\"exports\")}\n",
	"fiscus-data/deployments/all.yaml": "deployment: all\nenvironment: test\nuse:\n  - {package: eu/peppol, entities: [nordkant, muestra]}\n  - {package: erp/gobl, entities: [muestra]}\n",
	"token":                            "secret", "exports": "a key both sides know",
}

// The examples of docs/client-contract.md do what the page says: the command,
// the Go program, the call over HTTP.
func TestClientContract(t *testing.T) {
	gotool := sharedtest.Oracle(t, "go")
	shell := sharedtest.Oracle(t, "sh")
	blocks := map[string][]string{}
	for _, f := range fences(t, filepath.Join("..", "..", "docs", "client-contract.md")) {
		blocks[f.info] = append(blocks[f.info], f.body)
	}
	if len(blocks["sh"]) != 2 || len(blocks["go"]) != 1 {
		t.Fatalf("the page has other examples: %d sh, %d go", len(blocks["sh"]), len(blocks["go"]))
	}
	shipped, err := filepath.Abs(filepath.Join("..", "..", "packages"))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if out, err := exec.Command(gotool, "build", "-o", filepath.Join(dir, "bin", "fiscus"), ".").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	t.Chdir(dir)
	for name, text := range contractData {
		if err := writeUnder(".", name, []byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	copyFile(t, filepath.Join(shipped, "eu/peppol/tests/documents/bad.json"), "invoice.json")
	copyFile(t, filepath.Join(shipped, "erp/gobl/tests/items/invoice.json"), "export.json")
	env := append(os.Environ(), "PATH="+filepath.Join(dir, "bin")+string(os.PathListSeparator)+os.Getenv("PATH"), "EXPORT_KEY="+contractData["exports"])
	command := func(name string, args ...string) (string, int) {
		t.Helper()
		c := exec.Command(name, args...)
		c.Env = env
		out, err := c.CombinedOutput()
		if c.ProcessState == nil {
			t.Fatalf("%s: %v", name, err)
		}
		return string(out), c.ProcessState.ExitCode()
	}
	for _, secret := range []string{"token", "exports"} {
		if out, code := command("bin/fiscus", "secret", "set", secret, secret); code != 0 {
			t.Fatal(out)
		}
	}

	// A document with findings: exit 1, and the result names the fields.
	if out, code := command(shell, "-c", blocks["sh"][0]); code != exitFindings {
		t.Errorf("the command ends with %d: %s", code, out)
	}
	var result struct {
		Status   struct{ Run, Document string }
		Findings []struct{ Rule, Path string }
	}
	data, err := os.ReadFile("result.json")
	if err != nil || json.Unmarshal(data, &result) != nil || result.Status.Run != "failed" || len(result.Findings) < 4 || result.Findings[0].Path == "" {
		t.Errorf("%v: %s", err, data)
	}
	if err := writeUnder(".", "client/main.go", []byte(blocks["go"][0])); err != nil {
		t.Fatal(err)
	}
	out, code := command(gotool, "run", "client/main.go")
	if code != 0 || !strings.Contains(out, "failed ") || !strings.Contains(out, "BR-CO-13 ") {
		t.Errorf("the program ends with %d: %s", code, out)
	}
	overHTTP(t, env, shell, blocks["sh"][1])
}

// overHTTP listens, sends an export as the page says, and sends it again.
func overHTTP(t *testing.T, env []string, shell, script string) {
	t.Helper()
	c := exec.Command("bin/fiscus", "receive", "--listen", "127.0.0.1:0", "--entity", "muestra", "--channel", "exports", "--patience", "1s", "--format", "ndjson")
	c.Env = env
	pipe, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		_ = c.Process.Signal(os.Interrupt)
		_ = c.Wait()
	}()
	var served struct{ URL string }
	if err := json.NewDecoder(pipe).Decode(&served); err != nil || served.URL == "" {
		t.Fatalf("nothing is served: %v", err)
	}
	if _, err := exec.LookPath("curl"); err == nil {
		x := exec.Command(shell, "-c", script)
		x.Env = append(env, "FISCUS="+strings.TrimSuffix(served.URL, "/exports"))
		if out, err := x.CombinedOutput(); err != nil || !strings.Contains(string(out), `"item"`) {
			t.Errorf("curl: %v %s", err, out)
		}
	} else {
		t.Log("curl is not installed: the call is made by Go alone")
	}
	body, err := os.ReadFile("export.json")
	if err != nil {
		t.Fatal(err)
	}
	for key, want := range map[string]int{contractData["exports"]: http.StatusAccepted, "another": http.StatusUnauthorized} {
		m := hmac.New(sha256.New, []byte(key))
		_, _ = m.Write(body)
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, served.URL, strings.NewReader(string(body)))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("X-Signature", hex.EncodeToString(m.Sum(nil)))
		client := http.Client{Timeout: 20 * time.Second}
		answer, err := client.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		text, _ := io.ReadAll(answer.Body)
		_ = answer.Body.Close()
		if answer.StatusCode != want {
			t.Errorf("%d %s, want %d", answer.StatusCode, text, want)
		}
	}
}

func copyFile(t *testing.T, from, to string) {
	t.Helper()
	data, err := os.ReadFile(from)
	if err == nil {
		err = os.WriteFile(to, data, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}
