package main

import (
	"embed"
	"io/fs"
	"os"

	"github.com/rogpeppe/go-internal/testscript"
)

//go:embed all:testdata/slip
var testdata embed.FS

// slip copies the small package that many scripts use: slip DIR.
func slip(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: slip DIR")
	}
	files, err := fs.Sub(testdata, "testdata/slip")
	ts.Check(err)
	ts.Check(os.CopyFS(ts.MkAbs(args[0]), files))
}
