// Package engine is the generic interpreter of feature packages: it selects
// the flow a business document goes through and runs its steps, knowing no
// country, authority or format.
//
// Begin with Engine.Submit, which takes a document, and Engine.Advance, which
// takes its run as far as it goes. Package is what a loaded feature package is,
// Spec what an action declares, Outcome how a step ends. Everything that touches the world
// reaches a step through the hands the caller gives: clock, randomness, keys,
// transport and log.
//
// A run is gone through from its first step every time it is advanced: what
// the log knows is taken from it, what is pure is worked out again, what is new
// is done and logged. So it may be killed at any moment. What sends passes a
// fence: nothing that may stand with the authority is ever sent a second time
// unless the authority was asked and never got it, or the package vouches that
// the receiver sorts doubles out.
//
// The model in this package is made by configpkg/load and is read-only once
// loaded: it may be shared by any number of runs.
package engine
