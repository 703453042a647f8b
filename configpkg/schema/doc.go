// Package schema makes JSON Schemas of the files of feature packages, for
// editors: completion, descriptions, and most mistakes while typing. They come
// from the shapes the loader itself checks by and the specs of actions.
//
// Begin with All. schemas/config holds them as files, embedded; Header is the
// line by which an editor finds the schema of a file.
package schema

import "slices"

// Kinds are the kinds of file that have a schema, by the first key of the file.
var Kinds = []string{"answers", "channel", "deployment", "entity", "flow", "layer", "mapping", "package", "reading", "rules", "simulator", "tables", "test"}

// Header returns the comment by which editors with yaml-language-server find
// the schema at a path or address.
func Header(address string) string { return "# yaml-language-server: $schema=" + address + "\n" }

// Known reports whether a kind of file has a schema.
func Known(kind string) bool { return slices.Contains(Kinds, kind) }
