package xmltree

// Rule ids of the problems a parser reports.
const (
	RuleSyntax    = "FMT-XML-SYNTAX"    // not well-formed (XML 1.0)
	RuleNamespace = "FMT-XML-NAMESPACE" // against Namespaces in XML 1.0
	RuleEncoding  = "FMT-XML-ENCODING"  // unknown encoding, or bytes that are not in it
	RuleDTD       = "FMT-XML-DTD"       // a document type declaration, refused
	RuleEntity    = "FMT-XML-ENTITY"    // a reference to an entity that XML does not define
	RuleLimit     = "FMT-XML-LIMIT"     // more than the limits allow
)
