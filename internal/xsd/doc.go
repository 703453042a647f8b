// Package xsd compiles XML Schema 1.0 documents and judges XML documents by them.
//
// Begin with Compile, which reads schema files from a Source, unchanged and with
// all they include and import, or Decode, which reads what Encode stored. A
// Schema judges documents that were parsed with its names (xmltree.Options.Names).
//
// It promises: nothing is fetched; the content of an element is judged by a
// deterministic automaton with counters, so that the time is linear in the
// document and a large maxOccurs costs nothing; enumerations are hash sets;
// decimals and integers are exact and unbounded; each problem has its line,
// column, path and what was expected. redefine is refused, not ignored.
package xsd
