// Package tidy writes YAML of the package language in one form, without
// touching what it says: comments stay, places of line breaks stay.
//
// Begin with Format. What it does: formulas that YAML would cut get quotation
// marks; two blanks stand before a comment and one after "#"; brackets and
// commas of { } and [ ] have the same blanks everywhere; blocks are indented by
// two; no blanks at the end of a line, one empty line at most, one line break
// at the end. A file whose nodes would not be the same afterwards is left as it
// is and reported.
package tidy

// The rule ids this package raises.
const (
	RuleChanged = "CFG-FORMAT-CHANGED" // a file that would say something else afterwards
)
