package main

import (
	"context"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/rogpeppe/go-internal/txtar"
)

func TestMain(m *testing.M) {
	if file := os.Getenv("FISCUS_TEST_MEMORY"); file != "" {
		os.Exit(measured(file))
	}
	if os.Getenv("FISCUS_TEST_PROGRAM") != "" { // the test binary as the program itself, to be killed
		main()
	}
	testscript.Main(m, map[string]func(){
		"fiscus": func() {
			ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
			defer stop()
			os.Exit(run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
		},
	})
}

// scripts is the folder of scripts, whatever the working folder of one is.
var scripts, _ = filepath.Abs("testdata/script")

// TestScript runs every script of testdata/script: a user's session each.
func TestScript(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Setup: func(e *testscript.Env) error {
			shipped, err := filepath.Abs(filepath.Join("..", "..", "packages"))
			e.Setenv("PACKAGES", shipped)
			return err
		},
		RequireExplicitExec: true,
		UpdateScripts:       os.Getenv("FISCUS_UPDATE") != "",
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"await": await,
			"today": today,
			"count": count,
			"files": files,
			"spoil": spoil,
			"slip":  slip,
			"swap":  swap,

			"relabel": relabel,
			"hides":   hides,
			"keep":    keep,

			"change": change,
			"recode": recode,
			"digits": digits,

			"sameBytes":  sameBytes,
			"submission": submission,
		},
	})
}

// await waits for a file that a command in the background writes and puts its
// text into a variable: await FILE VAR.
func await(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: await FILE VAR")
	}
	deadline := time.Now().Add(time.Minute)
	for {
		data, err := os.ReadFile(ts.MkAbs(args[0]))
		if err == nil {
			ts.Setenv(args[1], string(data))
			return
		}
		if time.Now().After(deadline) {
			ts.Fatalf("%s did not come: %v", args[0], err)
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// today gives documents the present time as their date of issue: today FILE...
func today(ts *testscript.TestScript, _ bool, args []string) {
	for _, file := range args {
		name := ts.MkAbs(file)
		ts.Check(os.WriteFile(name, dated([]byte(ts.ReadFile(file)), time.Now().Add(-time.Second)), 0o600))
	}
}

// count checks how many lines of a file have a text: count N TEXT FILE.
func count(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: count N TEXT FILE")
	}
	n := 0
	for line := range strings.Lines(ts.ReadFile(args[2])) {
		if strings.Contains(line, args[1]) {
			n++
		}
	}
	if want := args[0]; want != strconv.Itoa(n) {
		ts.Fatalf("%d lines of %s have %q, want %s", n, args[2], args[1], want)
	}
}

// files unpacks the files of another script: files NAME.
func files(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: files NAME")
	}
	all, err := packageOf(args[0], "")
	ts.Check(err)
	for name, data := range all {
		ts.Check(writeUnder(ts.MkAbs("."), name, data))
	}
}

// packageOf returns the files of a script whose names begin with prefix.
func packageOf(script, prefix string) (map[string][]byte, error) {
	all, err := txtar.ParseFile(filepath.Join(scripts, script+".txtar"))
	if err != nil {
		return nil, err
	}
	out := map[string][]byte{}
	for _, f := range all.Files {
		if strings.HasPrefix(f.Name, prefix) {
			out[f.Name] = f.Data
		}
	}
	return out, nil
}

// spoil changes one byte in the middle of every file of that pattern: spoil PATTERN.
func spoil(ts *testscript.TestScript, _ bool, args []string) {
	found, err := filepath.Glob(ts.MkAbs(args[0]))
	ts.Check(err)
	if len(found) == 0 {
		ts.Fatalf("no file %s", args[0])
	}
	for _, name := range found {
		data, err := os.ReadFile(name)
		ts.Check(err)
		data[len(data)/2] ^= 1
		ts.Check(os.WriteFile(name, data, 0o600))
	}
}
