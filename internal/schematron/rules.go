package schematron

// The problems this package reports.
const (
	RuleRead        = "ART-SCHEMATRON-READ"        // a file of the rule set is missing or no Schematron
	RuleExpression  = "ART-SCHEMATRON-EXPRESSION"  // an expression is wrong
	RuleUnsupported = "ART-SCHEMATRON-UNSUPPORTED" // a construct that is not supported
)
