package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// The demo as a stranger sees it: everything planned happens, the authority's
// own log proves it, and the screen in the docs is the screen.
func TestDemo(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "demo")
	t.Setenv("LANG", "en")
	t.Setenv("FISCUS_ARTIFACTS", filepath.Join(t.TempDir(), "none"))
	var out, errs bytes.Buffer
	if code := run(context.Background(), []string{"demo", "--dir", dir}, nil, &out, &errs); code != exitOK {
		t.Fatalf("exit %d\n%s%s", code, out.String(), errs.String())
	}
	screen := strings.ReplaceAll(out.String(), dir, "./fiscus-demo")
	screen = regexp.MustCompile(`in \d+\.\d s`).ReplaceAllString(screen, "in 1.0 s")
	for line := range strings.Lines(screen) {
		if n := len([]rune(strings.TrimRight(line, "\n"))); n > 80 {
			t.Errorf("%d columns: %s", n, line)
		}
	}
	page(t, "../../docs/demo.txt", screen)
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(readme), "```\n"+screen+"```") {
		t.Error("the screen in README.md is not that of docs/demo.txt")
	}
}

func TestDemoProvesTheLostAnswer(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "demo")
	var out, errs bytes.Buffer
	if code := run(context.Background(), []string{"demo", "--dir", dir, "--format", "json"}, nil, &out, &errs); code != exitOK {
		t.Fatalf("exit %d\n%s", code, errs.String())
	}
	var got struct {
		AsPlanned   bool
		Submissions []struct {
			Title       string
			Sends       int
			Lookups     int
			RecoveredBy string
			Authority   struct{ Sends, Lookups int }
		}
	}
	if err := json.Unmarshal(out.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	recovered := 0
	for _, s := range got.Submissions {
		if s.Authority.Sends > 1 {
			t.Errorf("%s reached the authority %d times", s.Title, s.Authority.Sends)
		}
		if s.RecoveredBy != "" {
			if recovered++; s.Sends != 1 || s.Authority.Sends != 1 || s.Lookups < 1 || s.Authority.Lookups < 1 {
				t.Errorf("%s: %+v", s.Title, s)
			}
		}
	}
	if !got.AsPlanned || recovered == 0 {
		t.Errorf("as planned: %v, recovered: %d", got.AsPlanned, recovered)
	}
	// A second demo replaces its own folder, and nobody else's.
	if code := run(context.Background(), []string{"demo", "--dir", dir}, nil, &out, &errs); code != exitOK {
		t.Errorf("again: exit %d", code)
	}
	mine := t.TempDir()
	if err := os.WriteFile(filepath.Join(mine, "file"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if code := run(context.Background(), []string{"demo", "--dir", mine}, nil, &out, &errs); code != exitEnvironment {
		t.Errorf("another's folder: exit %d", code)
	}
}
