package main

import (
	"context"
	"os"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	if os.Getenv("FISCUS_TEST_PROGRAM") != "" { // the test binary as the program itself, to be killed
		main()
	}
	testscript.Main(m, map[string]func(){
		"fiscus": func() {
			os.Exit(run(context.Background(), os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
		},
	})
}

// TestScript runs every script of testdata/script: a user's session each.
func TestScript(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		UpdateScripts:       os.Getenv("FISCUS_UPDATE") != "",
	})
}
