package nodes

// The rule ids this package raises.
const (
	RuleName      = "CFG-NODE-NAME"      // an element or attribute name that cannot be written
	RulePrefix    = "CFG-NODE-PREFIX"    // a prefix without namespace
	RuleTwice     = "CFG-NODE-TWICE"     // an attribute stands twice in one element
	RuleNode      = "CFG-NODE"           // a construct that does not fit its place
	RuleAllow     = "CFG-TEXT-ALLOW"     // the allowed characters cannot be read
	RuleReplace   = "CFG-TEXT-REPLACE"   // a replacement is not allowed itself
	RuleNamespace = "CFG-NODE-NAMESPACE" // a namespace that cannot be declared

	RuleCharacter = "FMT-CHARACTER"     // a text holds a character the format does not have
	RuleDecimals  = "FMT-DECIMALS"      // a number has more decimals than the format
	RulePattern   = "FMT-PATTERN"       // a date or time lacks what its pattern asks for
	RuleValue     = "FMT-VALUE"         // a value that has no text
	RuleSecret    = "FMT-SECRET"        // a secret would be written in the open
	RuleEmpty     = "FMT-EMPTY"         // nothing is left of the document
	RuleRoots     = "FMT-ROOT"          // more than one outermost element
	RuleCase      = "FMT-CASE"          // a value has no case
	RuleRaw       = "FMT-RAW"           // bytes that cannot be put in this place
	RuleSize      = "FMT-SIZE"          // more is written than the limit
	RuleMissing   = "FMT-MISSING"       // a list asks for a value that is not there, or there twice
	RuleWidth     = "FMT-WIDTH"         // a value is longer than its column
	RulePart      = "RUN-MAPPING-PART"  // the mapping has no such part
	RuleInput     = "RUN-MAPPING-INPUT" // an input is missing or unknown
)
