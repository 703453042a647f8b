// Package load reads a feature package: YAML and CSV files in, a compiled
// *engine.Package and all problems out, each with file, line, column, a stable
// rule id and a way out.
//
// Begin with Load (the package alone) or LoadAll (with its simulators and
// tests), and LoadEntity and LoadDeployment for the files of a data folder.
// What may stand where is written down once, in the shapes (Shapes): the
// loader checks by them, and reference pages are made from them. What the
// language has and this version does not is refused at its place as
// CFG-NOT-BUILT (NotBuilt lists it). Every rule id is in Rules.
//
// A package with a grave problem is never returned: what was loaded is whole,
// its references are resolved, its formulas compiled.
package load
