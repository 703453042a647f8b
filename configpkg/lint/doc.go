// Package lint judges a package that loads: what would park or send twice some
// day, and what is written and does nothing.
//
// Begin with Check. An error is something the language reference refuses; a
// warning is something nobody reads, reaches or gives. DOT and SVG draw the
// flows of a package.
package lint

import (
	"github.com/fiscus-project/fiscus/configpkg/load"
	"github.com/fiscus-project/fiscus/internal/diag"
)

// The rule ids this package raises.
const (
	RuleUnknown   = "CFG-LINT-UNKNOWN"   // a send whose unknown outcome nobody handles
	RulePending   = "CFG-LINT-PENDING"   // pending without repeat
	RuleDuplicate = "CFG-LINT-DUPLICATE" // duplicate that nobody handles
	RuleCode      = "CFG-LINT-CODE"      // a documented code without an entry
	RuleSecret    = "CFG-LINT-SECRET"    // a secret stands in the package
	RuleReached   = "CFG-LINT-REACHED"   // a step, deed or flow that is never reached
	RuleUnused    = "CFG-LINT-UNUSED"    // something that nothing reads
	RuleGiven     = "CFG-LINT-GIVEN"     // an input that nobody gives

	RuleSource   = "CFG-LINT-SOURCE"   // a check that does not say where it comes from
	RuleHint     = "CFG-LINT-HINT"     // a refusal that does not say what to do
	RuleTests    = "CFG-LINT-TESTS"    // a package that nothing tests
	RuleDrawn    = "CFG-LINT-DRAWN"    // one submission draws two numbers of a counter
	RuleRepeated = "CFG-LINT-REPEATED" // a literal that stands many times

	RuleOverlap     = "CFG-OVERLAP"     // two flows of one priority take one document
	RuleUnreachable = "CFG-UNREACHABLE" // a flow that never gets a document
	RuleGap         = "CFG-GAP"         // a document that no flow takes: see Gaps
)

// Check returns what is doubtful in a package, sorted by place.
func Check(b *load.Bundle) diag.List {
	c := &checker{bundle: b, pkg: b.Package}
	c.outcomes()
	c.codes()
	c.secrets()
	c.reached()
	c.unused()
	c.given()
	c.applies()
	c.told()
	c.drawn()
	c.repeated()
	c.problems.Sort()
	return c.problems
}
