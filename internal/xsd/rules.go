package xsd

// Rule ids of problems with a schema itself.
const (
	RuleSchema = "ART-XSD-SCHEMA" // the schema is not correct, or uses what is not supported
	RuleAbsent = "ART-XSD-ABSENT" // a file that the schema includes or imports is not there
	RuleCache  = "ART-XSD-CACHE"  // a stored compiled schema cannot be used
)

// Rule ids of problems with a document.
const (
	RuleRoot      = "FMT-XSD-ROOT"      // no declaration for the outermost element
	RuleElement   = "FMT-XSD-ELEMENT"   // an element that is not expected here
	RuleMissing   = "FMT-XSD-MISSING"   // an element ends before its content is complete
	RuleText      = "FMT-XSD-TEXT"      // text where only elements may be
	RuleAttribute = "FMT-XSD-ATTRIBUTE" // an attribute that is not allowed, or missing
	RuleValue     = "FMT-XSD-VALUE"     // a value that does not fit its type
	RuleType      = "FMT-XSD-TYPE"      // xsi:type or xsi:nil that is not allowed, or an abstract type
	RuleIdentity  = "FMT-XSD-IDENTITY"  // a key, unique, keyref, ID or IDREF that does not hold
	RuleProblems  = "FMT-XSD-MORE"      // more problems than are listed
)
