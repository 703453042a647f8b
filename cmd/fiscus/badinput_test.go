package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/rogpeppe/go-internal/testscript"
)

// change makes one mistake in a file, after mending the one made before:
// change FILE OLD NEW. Both may hold escapes of Go texts; an empty OLD is the whole file.
func change(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: change FILE OLD NEW")
	}
	mend(ts)
	file := ts.MkAbs(args[0])
	text := ts.ReadFile(args[0])
	old, fresh := unescaped(ts, args[1]), unescaped(ts, args[2])
	if !strings.Contains(text, old) {
		ts.Fatalf("%s has no %q", args[0], old)
	}
	ts.Check(os.WriteFile(ts.MkAbs("mended"), []byte(args[0]+"\n"+text), 0o600))
	if old == "" {
		text = fresh
	} else {
		text = strings.Replace(text, old, fresh, 1)
	}
	ts.Check(os.WriteFile(file, []byte(text), 0o600))
}

func unescaped(ts *testscript.TestScript, text string) string {
	out, err := strconv.Unquote(`"` + strings.ReplaceAll(text, `"`, `\"`) + `"`)
	ts.Check(err)
	return out
}

func mend(ts *testscript.TestScript) {
	data, err := os.ReadFile(ts.MkAbs("mended"))
	if err != nil {
		return
	}
	name, text, _ := strings.Cut(string(data), "\n")
	ts.Check(os.WriteFile(ts.MkAbs(name), []byte(text), 0o600))
}

// digits gives the amounts of a document many digits: digits FILE N.
func digits(ts *testscript.TestScript, _ bool, args []string) {
	n, err := strconv.Atoi(args[1])
	ts.Check(err)
	long := strings.ReplaceAll(ts.ReadFile(args[0]), `"12.50"`, "12."+strings.Repeat("5", n))
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(long), 0o600))
}

// recode writes a UTF-8 file in another encoding: recode ENCODING FILE.
func recode(ts *testscript.TestScript, _ bool, args []string) {
	text := ts.ReadFile(args[1])
	var b bytes.Buffer
	switch args[0] {
	case "utf16":
		for _, u := range utf16.Encode([]rune("\ufeff" + text)) {
			b.Write([]byte{byte(u), byte(u >> 8)})
		}
	case "latin1":
		for _, r := range text {
			b.WriteByte(byte(r))
		}
	default:
		ts.Fatalf("no encoding %q", args[0])
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), b.Bytes(), 0o600))
}

var highWater = regexp.MustCompile(`VmHWM:\s+(\d+) kB`)

// measured runs the program and writes how many KiB of memory it had at most.
// What wait reports of a child would hold that of its parent as well.
func measured(file string) int {
	code := run(context.Background(), os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
	status, err := os.ReadFile("/proc/self/status")
	if m := highWater.FindSubmatch(status); err == nil && m != nil {
		_ = os.WriteFile(file, m[1], 0o600)
	}
	return code
}

// What is far too deep is refused at its place, in little memory and at once,
// as a document and as a file of a package.
func TestDeepInputTakesLittleMemory(t *testing.T) {
	t.Parallel()
	const million, most = 1_000_000, 100 << 20
	dir := t.TempDir()
	files, err := packageOf("country", "atlantis/")
	if err != nil {
		t.Fatal(err)
	}
	for name, data := range files {
		if err := writeUnder(dir, name, data); err != nil {
			t.Fatal(err)
		}
	}
	tests := []struct {
		name, file string
		data       []byte
		args       []string
		want       string
	}{
		{"lists in a document", "deep.json", []byte(`{"note":` + strings.Repeat("[", million) + strings.Repeat("]", million) + "}"),
			[]string{"dry-run", "deep.json", "--package", "atlantis", "--entity", "pearl"}, "deep.json:1:72: lists and objects are nested deeper than 64 [DOC-SIZE]"},
		{"objects in a document", "deep.json", []byte(strings.Repeat(`{"note":`, million) + "1" + strings.Repeat("}", million)),
			[]string{"dry-run", "deep.json", "--package", "atlantis", "--entity", "pearl"}, "deep.json:1:513: lists and objects are nested deeper than 64 [DOC-SIZE]"},
		{"brackets in a package", "atlantis/flows/deep.yaml", []byte("flow: " + strings.Repeat("[", million)),
			[]string{"package", "lint", "atlantis"}, "atlantis/flows/deep.yaml:1:1007: more than 100 maps and lists inside each other [CFG-YAML-SIZE]"},
		{"items in a package", "atlantis/flows/deep.yaml", []byte(strings.Repeat("- ", million/2) + "a"),
			[]string{"package", "lint", "atlantis"}, "atlantis/flows/deep.yaml:1: more than 100 maps and lists inside each other [CFG-YAML-SIZE]"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if err := os.WriteFile(filepath.Join(dir, tt.file), tt.data, 0o600); err != nil {
				t.Fatal(err)
			}
			c := program(t, dir, tt.args...)
			peak := filepath.Join(dir, "peak")
			c.Env = append(c.Env, "GOMEMLIMIT=64MiB", "FISCUS_TEST_MEMORY="+peak)
			out, _ := c.CombinedOutput()
			if code := c.ProcessState.ExitCode(); code != exitFindings {
				t.Errorf("ends with %d, want %d", code, exitFindings)
			}
			if !strings.HasPrefix(string(out), tt.want+"\n") {
				t.Errorf("want %s\ngot  %s", tt.want, tail(string(out)))
			}
			text, err := os.ReadFile(peak)
			if err != nil {
				t.Skipf("this system does not tell the memory of a process: %v", err)
			}
			if used, err := strconv.Atoi(string(text)); err != nil || used > most>>10 {
				t.Errorf("%d KiB of memory, at most %d (%v)", used, most>>10, err)
			} else {
				t.Logf("%d KiB of memory", used)
			}
		})
	}
}
