package main

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"encoding/json"
	"io/fs"
	"os"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/fiscus-project/fiscus/service/plan"
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

// swap puts one text for another in a file, once and for good: swap FILE OLD NEW.
func swap(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: swap FILE OLD NEW")
	}
	text, old := ts.ReadFile(args[0]), unescaped(ts, args[1])
	if !strings.Contains(text, old) {
		ts.Fatalf("%s has no %q", args[0], old)
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(strings.Replace(text, old, unescaped(ts, args[2]), 1)), 0o600))
}

// sameBytes checks that the only request in an authority's log brought the
// bytes of a plan: sameBytes PLAN LOG.
func sameBytes(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: sameBytes PLAN LOG")
	}
	sum := sha256.Sum256(planOf(ts, args[0]).Planned.Body)
	var seen struct{ SHA256 string }
	ts.Check(json.Unmarshal([]byte(ts.ReadFile(args[1])), &seen))
	if want := hex.EncodeToString(sum[:]); seen.SHA256 != want {
		ts.Fatalf("the authority got bytes with digest %s, the plan has %s", seen.SHA256, want)
	}
}

// submission puts the submission of a plan into a variable: submission PLAN VAR.
func submission(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: submission PLAN VAR")
	}
	ts.Setenv(args[1], planOf(ts, args[0]).Planned.Submission)
}

func planOf(ts *testscript.TestScript, file string) (p plan.Plan) {
	ts.Check(json.Unmarshal([]byte(ts.ReadFile(file)), &p))
	return p
}

// relabel replaces the first text in a file of any kind: relabel FILE OLD NEW.
func relabel(ts *testscript.TestScript, _ bool, args []string) {
	data := strings.Replace(ts.ReadFile(args[0]), args[1], args[2], 1)
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(data), 0o600))
}
