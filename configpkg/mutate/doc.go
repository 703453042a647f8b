// Package mutate shows whether the tests of a feature package would notice a
// mistake: it makes one in a copy of the package, a mutant, and looks whether
// the loader or lint refuses it or a test fails. What passes unnoticed is a
// survivor: a test is missing, or the change makes no difference.
//
// Begin with Run; Mutants lists what can be changed. The operators below are
// published in docs/mutation.md and never change what they do.
package mutate

// An Operator is a way to make a mistake.
type Operator string

// The operators.
const (
	DropEntry  Operator = "drop-entry" // a map loses an entry
	DropItem   Operator = "drop-item"  // a list loses an item
	SwapItems  Operator = "swap-items" // two neighbours of a list of which the first that holds counts change places
	SwapNodes  Operator = "swap-nodes" // two neighbouring elements of a mapping change places
	Negate     Operator = "negate"     // a condition becomes its opposite
	Compare    Operator = "compare"    // == and !=, < and <=, > and >= change places
	Logic      Operator = "logic"      // and, or change places; not is left out
	Arithmetic Operator = "arithmetic" // + and -, * and / change places
	Number     Operator = "number"     // a number in a formula grows by one
	Text       Operator = "text"       // a text in a formula gets one more letter
	Literal    Operator = "literal"    // a literal value gets one more letter, a number grows by one
	Word       Operator = "word"       // a class, status or deed becomes another
	Flag       Operator = "flag"       // true and false change places
	Cell       Operator = "cell"       // a cell of a table gets one more letter, a number grows by one
	DropRow    Operator = "drop-row"   // a table loses a row
)

// Operators lists the operators with what they do, in the order of the docs.
var Operators = []struct {
	Name Operator
	Does string
}{
	{DropEntry, "a map loses an entry"},
	{DropItem, "a list loses an item"},
	{SwapItems, "two neighbours change places in a list of which the first that holds counts"},
	{SwapNodes, "two neighbouring elements of a mapping change places"},
	{Negate, "a condition becomes its opposite"},
	{Compare, "== and !=, < and <=, > and >= change places"},
	{Logic, "and, or change places; not is left out"},
	{Arithmetic, "+ and -, * and / change places"},
	{Number, "a number in a formula grows by one"},
	{Text, "a text in a formula gets one more letter"},
	{Literal, "a literal value gets one more letter, a number grows by one"},
	{Word, "a class, status or deed becomes another"},
	{Flag, "true and false change places"},
	{Cell, "a cell of a table gets one more letter, a number grows by one"},
	{DropRow, "a table loses a row"},
}

// silent are keys whose values are for people or only tell who and what the
// package is: no test can depend on them, so they are not changed.
var silent = map[string]bool{"title": true, "doc": true, "says": true, "hint": true, "source": true, "glossary": true, "provider": true,
	"package": true, "version": true, "engine": true, "artifacts": true, "allow": true}

// conditions are keys whose value is always a formula that says whether
// something holds.
var conditions = map[string]bool{"when": true, "if": true, "until": true, "assert": true, "$if": true}

// words become others. What is not here is changed like any literal.
var words = map[string]map[string]string{
	"class":  {"done": "verdict", "verdict": "done", "pending": "transient", "transient": "precondition", "precondition": "transient", "quota": "transient", "duplicate": "verdict", "missing": "verdict", "unknown": "precondition", "failed": "verdict", "expired": "verdict"},
	"status": {"accepted": "rejected", "acceptedWithNotes": "accepted", "rejected": "denied", "denied": "rejected", "pending": "submitted", "submitted": "pending", "canceled": "rejected"},
	"deed":   {"continue": "stop", "stop": "continue", "park": "stop", "resend": "park"},
	"gaps":   {"none": "allowed", "allowed": "none"},
	"missed": {"continue": "park", "park": "continue", "stop": "continue"},
}
