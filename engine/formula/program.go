package formula

import (
	"github.com/fiscus-project/fiscus/internal/diag"
)

// Decl says which names and functions are in sight at a place, and their
// types. It is read only while compiling.
type Decl struct {
	Names     map[string]Type
	Reader    bool              // one-argument at, nodes, source, has and header read the response
	Simulator bool              // serial, uuid, decrypt and the name now
	Strict    bool              // a field that a closed type does not have is an error
	Tables    map[string]Table  // tables in sight; nil: not checked
	TablesOf  string            // stands in front of the names of tables: "ubl:" in a file of a package imported as ubl
	Spaces    map[string]string // namespaces of the prefixes in paths
	Present   map[string]bool   // paths of what is there wherever this is worked out
	Facts     map[string]Fact   // what is known of names
	Lenient   bool              // arithmetic on what is absent gives unknown here: no problem
}

// Table describes a table to the checker.
type Table struct {
	Keys int  // how many keys table and tableOr take
	Row  Type // type of a row
}

// Program is a compiled formula. It is safe for concurrent use.
type Program struct {
	src      string
	at       source
	typ      Type
	refs     [][]string
	calls    []Call
	run      evalFn
	path     []string // a plain dotted path: followed without a frame
	places   []int    // of its names
	constant bool
	value    any
	holds    []string // what is there when it is true
	gaps     []string // what it reads that may be absent
}

// Call is a use of a function whose first argument is a constant text: the
// name of a table, calendar or sequence.
type Call struct {
	Function string
	Name     string
	Args     int
	Pos      diag.Pos
}

// Source returns the text of the formula, without a leading "=".
func (p *Program) Source() string { return p.src }

// Pos returns the place of the first character of Source.
func (p *Program) Pos() diag.Pos { return p.at.pos }

// Type returns the static type of the result.
func (p *Program) Type() Type { return p.typ }

// Constant returns the value of a formula that is a literal.
func (p *Program) Constant() (any, bool) { return p.value, p.constant }

// Path returns the names of a formula that is nothing but a dotted path.
func (p *Program) Path() ([]string, bool) { return p.path, p.path != nil }

// Refs returns the names the formula reads, each with the constant path
// behind it: {"steps", "send", "fields", "protocol"}. Sorted, unique; what is
// local to a predicate is not in it. The caller must not change it.
func (p *Program) Refs() [][]string { return p.refs }

// Calls returns the uses of functions whose first argument is a constant
// text, or that name a calendar, in order of the text. The caller must not change it.
func (p *Program) Calls() []Call { return p.calls }
