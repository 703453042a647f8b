// Package yml reads YAML as text nodes with places, never as decoded values:
// 1.10 stays 1.10, NO and 012 stay text. It refuses what YAML readers disagree
// about or take silently: duplicate keys, tags, merges, tabs, anchors that hold
// themselves, formulas that YAML would cut.
//
// Begin with Parse, which gives the documents of a file, then compile values
// of the package language with Value and Condition. All problems of a file are
// collected, each with line and column; no input makes it panic or grow beyond
// the bounds below.
package yml

// Bounds of what Parse accepts.
const (
	MaxBytes = 1 << 20 // of a file
	MaxDepth = 100     // maps and lists inside each other
	MaxNodes = 200_000 // with every alias written out
)

// The rule ids this package raises.
const (
	RuleEmpty     = "CFG-YAML-EMPTY"     // nothing is in the file
	RuleSyntax    = "CFG-YAML-SYNTAX"    // no YAML reader can read it
	RuleDuplicate = "CFG-YAML-DUPLICATE" // a key stands twice in one map
	RuleAnchor    = "CFG-YAML-ANCHOR"    // an anchor holds itself
	RuleMerge     = "CFG-YAML-MERGE"     // the merge key "<<"
	RuleTag       = "CFG-YAML-TAG"       // a tag such as !x
	RuleTab       = "CFG-YAML-TAB"       // a tab character
	RuleFolded    = "CFG-YAML-FOLDED"    // a formula folded over lines
	RuleQuote     = "CFG-YAML-QUOTE"     // a formula or key that needs quotation marks
	RuleComment   = "CFG-YAML-COMMENT"   // a formula cut at " #"
	RuleKey       = "CFG-YAML-KEY"       // a key that is no text, or that other readers take for a boolean
	RuleSize      = "CFG-YAML-SIZE"      // too long, too deep or too many nodes
	RuleEncoding  = "CFG-YAML-ENCODING"  // not UTF-8
)
