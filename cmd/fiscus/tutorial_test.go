package main

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// fence is a block of a Markdown page: its info string and its lines.
type fence struct {
	info string
	body string
}

var fenced = regexp.MustCompile("(?ms)^```([^\n]*)\n(.*?)^```$")

func fences(t *testing.T, page string) (out []fence) {
	t.Helper()
	data, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range fenced.FindAllStringSubmatch(string(data), -1) {
		out = append(out, fence{m[1], m[2]})
	}
	return out
}

// The tutorial does what it says: every file of it is written, every command
// run, every output compared. It stays short.
func TestTutorial(t *testing.T) {
	page := fences(t, filepath.Join("..", "..", "docs", "tutorial-your-first-country.md"))
	t.Chdir(t.TempDir())
	steps, own := 0, map[string]int{}
	for _, f := range page {
		kind, file, _ := strings.Cut(f.info, " ")
		switch {
		case kind == "console":
			steps += converse(t, f.body)
		case file != "":
			steps++
			if kind == "yaml" {
				own[file] = strings.Count(f.body, "\n")
			}
			if err := writeUnder(".", file, []byte(f.body)); err != nil {
				t.Fatal(err)
			}
		}
	}
	lines := 0
	for _, n := range own {
		lines += n
	}
	if steps > 40 || lines > 150 {
		t.Errorf("%d steps (at most 40), %d lines of YAML (at most 150)", steps, lines)
	}
	t.Logf("%d steps, %d lines of YAML", steps, lines)
}

// converse runs the commands of a block and compares what they print. "! "
// before a command says that it fails; "..." stands for any lines.
func converse(t *testing.T, body string) (commands int) {
	t.Helper()
	for _, part := range strings.Split("\n"+body, "\n$ ")[1:] {
		command, want, _ := strings.Cut(part, "\n")
		commands++
		fails := strings.HasPrefix(command, "! ")
		args := arguments(strings.TrimPrefix(strings.TrimPrefix(command, "! "), "fiscus "))
		var out bytes.Buffer
		code := run(t.Context(), args, strings.NewReader(""), &out, &out)
		if (code != 0) != fails {
			t.Errorf("$ %s\nends with %d:\n%s", command, code, out.String())
		}
		pattern := strings.ReplaceAll(regexp.QuoteMeta(strings.TrimSpace(want)), `\.\.\.`, `(?s:.*)`)
		if !regexp.MustCompile("^" + pattern + "$").MatchString(strings.TrimSpace(out.String())) {
			t.Errorf("$ %s\nwant\n%s\ngot\n%s", command, want, out.String())
		}
	}
	return commands
}

// arguments cuts a command line at blanks; a text in single quotation marks is
// one argument.
func arguments(line string) (args []string) {
	for i, part := range strings.Split(line, "'") {
		if i%2 == 1 {
			args = append(args, part)
		} else {
			args = append(args, strings.Fields(part)...)
		}
	}
	return args
}
