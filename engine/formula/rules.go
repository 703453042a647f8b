package formula

// The rule ids this package raises.
const (
	RuleSyntax = "CFG-FORMULA-SYNTAX" // the text is no formula
	RuleName   = "CFG-FORMULA-NAME"   // a name, field or function is not known at this place
	RuleType   = "CFG-FORMULA-TYPE"   // operands or arguments do not fit
	RuleValue  = "CFG-FORMULA-VALUE"  // a constant argument cannot be right
	RuleBanned = "CFG-FORMULA-BANNED" // a construct that is not part of the language
	RuleSize   = "CFG-FORMULA-SIZE"   // too long, too deep or too many nodes
	RuleMaybe  = "CFG-FORMULA-ABSENT" // arithmetic on what may be absent
	RuleSchema = "CFG-SCHEMA-STRUCTURAL"

	RuleFuel       = "RUN-FORMULA-FUEL"   // took too many steps
	RuleBytes      = "RUN-FORMULA-BYTES"  // built too much
	RuleAbsent     = "RUN-FORMULA-ABSENT" // something needed is absent
	RuleRunValue   = "RUN-FORMULA-VALUE"  // a value does not fit the function
	RuleRunType    = "RUN-FORMULA-TYPE"   // a value is of the wrong type
	RuleHost       = "RUN-FORMULA-HOST"   // the place of use cannot answer
	RuleCycle      = "RUN-FORMULA-CYCLE"  // a let needs itself
	RuleConversion = "DOC-VALUE"          // a value of a document does not fit its type
)
