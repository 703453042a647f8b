// Package overlay makes a package of an unmodified one and a small file of
// changes, and carries such a file over to a new version of the base.
//
// Begin with Open: the folder of an overlay in, the files of a package out,
// which loads as any other. What changes there are is a closed list
// (operations.go); what would let more through than the vendor does is judged
// in widen.go. Derive begins an overlay, Plan tells what becomes of it on
// another base.
//
// It promises: the base is the one whose digest the overlay names; nothing but
// the changes is different; a change that widens stands there only with a
// waiver that is signed for and not past its day; every node of the result says
// the file and place where it was written, base or overlay.
package overlay

// The rule ids of this room.
const (
	RuleForm     = "CFG-OVERLAY-FORM"     // an overlay or one of its changes is not well formed
	RuleFile     = "CFG-OVERLAY-FILE"     // a file that an overlay may not have: it holds overlay.yaml, tests and docs
	RuleBase     = "CFG-OVERLAY-BASE"     // the base of an overlay is not there, or is not the one it names
	RulePlace    = "CFG-OVERLAY-PLACE"    // a change of something that the base does not have
	RuleRefused  = "CFG-OVERLAY-REFUSED"  // a change that no overlay may make, whoever signs for it
	RuleWaiver   = "CFG-OVERLAY-WAIVER"   // a waiver that does not fit its change, or is past its day
	RuleSeverity = "CFG-OVERLAY-SEVERITY" // a change lowers the severity of a rule, which needs a waiver
	RuleClause   = "CFG-OVERLAY-CLAUSE"   // a change has a rule asked less often, which needs a waiver
	RuleDefault  = "CFG-OVERLAY-DEFAULT"  // a change of a default that rules, clauses or conditions of steps go by, which needs a waiver
	RuleEndpoint = "CFG-OVERLAY-ENDPOINT" // a change sends elsewhere in production, or less safely, which needs a waiver
	RuleMapping  = "CFG-OVERLAY-MAPPING"  // a change leaves out what the base writes, or makes it depend on a condition, which needs a waiver
)
