// Package casetest holds the tests of a feature package as data: what is
// submitted on a virtual clock, and what has to be seen then.
//
// Begin with Test. The model is made by configpkg/load; running it is the
// business of whoever has an interpreter and a simulator at hand.
package casetest

import (
	"time"

	"github.com/fiscus-project/fiscus/engine"
	"github.com/fiscus-project/fiscus/engine/formula"
	"github.com/fiscus-project/fiscus/engine/nodes"
	"github.com/fiscus-project/fiscus/engine/reading"
	"github.com/fiscus-project/fiscus/internal/diag"
)

// Test is a case: a script on a virtual clock, or, with Given, a mapping or
// formula alone.
type Test struct {
	Name        string
	File        string
	Pos         diag.Pos
	Document    string // path of the business document, "" if the script names them
	Entity      string // path of the entity's file
	Environment engine.Environment
	Time        time.Time // when it begins, with its offset
	Parameters  []engine.Let
	Script      []Step
	Given       *Given
}

// Given is what a mapping or formula alone is given, and what it must give.
type Given struct {
	Document engine.Expr // nil: none
	Input    []engine.Let
	Mapping  *nodes.Mapping // nil: Reading or Formula
	Reading  []*reading.Reading
	Source   string // path of what is read
	Part     string
	Formula  *formula.Program
	Expect   engine.Expr // nil: Golden alone
	Golden   string      // file inside the package that Mapping or Reading must equal; "" not asked
}

// Step is a step of a script. Exactly one of its fields is set, or State and
// Scenario together.
type Step struct {
	Submit   *Submit
	Receive  *Receive
	Advance  time.Duration
	State    []State
	Scenario string // of the simulator; "none" ends it
	Restart  string // "hard": the engine is killed here; "soft": it is stopped
	Person   *Person
	Expect   *Expect
	Pos      diag.Pos
}

// Submit hands in one document, or each that fits a pattern.
type Submit struct {
	Document string // path inside the package; "" that of the test
	Each     string // pattern of paths inside the package
	As       string // name of the submission in what follows
	Original string // submission it is about
	Scenario string
}

// Receive brings something in through a channel.
type Receive struct {
	Channel *engine.Channel
	File    string // path inside the package
	As      string // name of the submission that is made of it
}

// State sets a mode.
type State struct {
	Name, Value string
}

// Person decides on a parked step.
type Person struct {
	Step   string
	Choose string // "resume", "cancel", "retry"
}

// Expect is what has to be seen. What is not set is not asked.
type Expect struct {
	Flow      string
	Run       engine.RunStatus
	Document  engine.DocStatus
	Of        map[string]engine.DocStatus // by submission; "all"
	Calls     *Calls
	Fields    map[string]*formula.Value // a text "exists" asks only that it is there
	State     map[string]string
	Deadlines map[string]string
	Findings  []string       // rule ids, or rule id and place ("X-1 /lines/0"), exactly these; nil: not asked
	Items     map[string]int // how many items ended so
	Reasons   []string       // rule ids of parked items, exactly these
	Result    *Result
	Check     []*formula.Program
	Pos       diag.Pos
	Places    map[string]diag.Pos // of what stands behind each key
}

// At returns the place of what is expected under a key.
func (x *Expect) At(key string) diag.Pos {
	if p, ok := x.Places[key]; ok {
		return p
	}
	return x.Pos
}

// Calls is the exact list of steps that called, or how often each did.
type Calls struct {
	List  []string
	Count map[string]int
	Apart time.Duration // at least so long between two calls; zero: not asked
}

// Result is what is expected of a result.
type Result struct {
	Name      string
	At        map[string]string // path: text
	Schema    *engine.Artifact  // nil: not asked
	Signature bool
	Golden    string // file inside the package; "" not asked
	File      string // name it is kept under; "" not asked
	Legal     *bool  // nil: not asked
}
