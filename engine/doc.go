// Package engine is the generic interpreter of feature packages: it selects
// the flow a business document goes through and runs its steps, knowing no
// country, authority or format.
//
// Begin with Package (what a loaded feature package is), Spec (what an action
// declares) and Outcome (how a step ends). Everything that touches the world
// reaches a step through the hands the caller gives: clock, randomness, keys,
// transport and log.
//
// The model in this package is made by configpkg/load and is read-only once
// loaded: it may be shared by any number of runs.
package engine
