// Package xpath compiles XPath 2.0 expressions, as the rule sets of electronic
// invoicing use them, to Go functions over the arena tree of internal/xmltree.
//
// Begin with NewCompiler: it takes global variables, functions, keys and the
// scopes of rules; Program ends it; a Run evaluates on one document. Each
// expression is analysed once (kinds and number of items, what it reads of its
// surroundings) and then compiled in the form its surroundings need: a truth
// value, one text, nodes, or a whole sequence.
//
// It promises: decimals are exact; binary doubles appear only where XPath itself
// demands xs:double (untyped values beside numbers, fn:number, casts); errors
// carry the codes of the standard; an expression it can't do is refused as
// unsupported when it is compiled, never computed wrongly. What has one value in
// a document is computed once. Code lists become hash sets.
//
// Not supported: collations, schema-aware types, current dates (the clock enters
// no verdict), back-references in regular expressions, fn:id and fn:collection.
// Source: XPath 2.0 (second edition), XQuery 1.0 and XPath 2.0 Functions and
// Operators (second edition), and of XSLT 2.0 patterns, keys, current() and document().
package xpath
