package main

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"encoding/json"
	"io/fs"
	"os"

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
