// Package xmltree reads XML that comes from outside into a tree that is cheap
// to walk, and writes XML.
//
// Begin with Parse. It gives a Document: one flat array of nodes in document
// order, addressed by Node, an index. An element is followed by its attributes,
// these by its children, so that n+1 .. End(n)-1 is everything inside n. Names
// are integers (NameID) from a shared table (Names), so that a compiled rule
// compares one integer per node.
//
// It promises: no DTD, no external entity, nothing fetched; limits on size,
// depth, names, attributes and nodes; no recursion; strict well-formedness and
// namespace rules (XML 1.0 fifth edition, Namespaces in XML 1.0). Each node
// knows its place and its bytes as received. A Document is read-only and safe
// for concurrent use, apart from Sync and Release.
package xmltree
