package main

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"encoding/xml"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// disguises are the forms in which a secret would still be one.
func disguises(secret string) map[string][]byte {
	var x, wide bytes.Buffer
	_ = xml.EscapeText(&x, []byte(secret))
	for _, r := range secret {
		wide.Write([]byte{byte(r), 0})
	}
	quoted, _ := json.Marshal(secret)
	out := map[string][]byte{
		"clear": []byte(secret), "XML": x.Bytes(), "JSON": quoted[1 : len(quoted)-1], "UTF-16": wide.Bytes(),
		"URL query": []byte(url.QueryEscape(secret)), "URL path": []byte(url.PathEscape(secret)),
		"hex": []byte(hex.EncodeToString([]byte(secret))), "HEX": []byte(strings.ToUpper(hex.EncodeToString([]byte(secret)))),
		"entities": []byte(strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;", "'", "&apos;").Replace(secret)),
	}
	for shift := range 3 { // wherever in a longer text it begins
		text := base64.RawStdEncoding.EncodeToString([]byte(strings.Repeat("x", shift) + secret))
		from, to := (shift*4+2)/3+1, len(text)-2
		out["base64 "+string(rune('0'+shift))] = []byte(text[from:to])
		out["base64url "+string(rune('0'+shift))] = []byte(strings.NewReplacer("+", "-", "/", "_").Replace(text[from:to]))
	}
	return out
}

func betrayed(data, secret []byte) (how []string) {
	for name, form := range disguises(string(secret)) {
		if bytes.Contains(data, form) {
			how = append(how, name)
		}
	}
	return how
}

// hides checks that no file below the paths has a secret in any form:
// hides SECRET-FILE PATH...
func hides(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: hides SECRET-FILE PATH...")
	}
	secret := []byte(strings.TrimRight(ts.ReadFile(args[0]), "\n"))
	if len(secret) < 12 {
		ts.Fatalf("the secret is too short to be looked for")
	}
	n := 0
	for _, root := range args[1:] {
		ts.Check(filepath.WalkDir(ts.MkAbs(root), func(name string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			data, err := os.ReadFile(name)
			if how := betrayed(data, secret); len(how) > 0 {
				ts.Fatalf("%s holds the secret: %v", name, how)
			}
			n++
			return err
		}))
	}
	if n == 0 {
		ts.Fatalf("nothing was looked at")
	}
}

// keep appends what the last command printed to a file: keep FILE.
func keep(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: keep FILE")
	}
	f, err := os.OpenFile(ts.MkAbs(args[0]), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	ts.Check(err)
	_, err = f.WriteString(ts.ReadFile("stdout") + ts.ReadFile("stderr"))
	ts.Check(err)
	ts.Check(f.Close())
}

// The search finds a secret in each of its forms, wherever it begins.
func TestDisguises(t *testing.T) {
	t.Parallel()
	secret := `Ca<na&ry+"zed/9'~`
	for _, text := range []string{secret, `a=Ca%3Cna%26ry%2B%22zed%2F9%27~`, "Ca&lt;na&amp;ry+&quot;zed/9&apos;~", hex.EncodeToString([]byte("user:" + secret)),
		base64.StdEncoding.EncodeToString([]byte("u:" + secret)), base64.StdEncoding.EncodeToString([]byte("us:" + secret + "!")), base64.URLEncoding.EncodeToString([]byte("usr:" + secret))} {
		if len(betrayed([]byte("before "+text+" after"), []byte(secret))) == 0 {
			t.Errorf("%s hides it", text)
		}
	}
	if how := betrayed([]byte("Canary"), []byte(secret)); len(how) > 0 {
		t.Error(how)
	}
}
