// Package formula is the one formula language of the package language: it
// compiles a formula once, checks it against declared types, and evaluates it
// exactly, without clock, chance or input and output, bounded by fuel and
// bytes.
//
// Begin with Compile (one formula) or CompileText (a YAML scalar by the value
// rule), then evaluate the Program or Value in a Scope. The grammar is that of
// expr-lang/expr; meaning, types and functions are those of the package
// language: numbers are exact decimals, a path through something absent is
// absent, and what needs the run (tables, certificates, secrets, the response
// being read) is asked from the Host of the Scope.
//
// Values of formulas are: nil (absent), string, bool, decimal.Decimal,
// civil.Date, civil.Clock (time of day), time.Time (instant), time.Duration,
// []byte, Node (tree), Secret, Fields (a record worked out on demand), []any
// and map[string]any. Never int or float.
package formula
