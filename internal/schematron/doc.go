// Package schematron reads ISO Schematron (ISO/IEC 19757-3) with the query
// language xslt2 and runs it natively: rules are compiled once to functions over
// the arena tree of internal/xmltree, no XSLT is involved.
//
// Begin with Read, which resolves includes, abstract patterns and rules, then
// Compile, then RuleSet.Validate. A RuleSet is immutable and safe for concurrent use.
//
// It promises: for each node and pattern the first matching rule fires; one walk
// of the document serves all patterns; variables are computed on first use; an
// error inside one assert is a finding of that assert and the others still run;
// other documents are opened from the bundle of the rule set only; a run in which
// no rule fires is not a pass.
package schematron
