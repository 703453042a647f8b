// Package profile finds out what kind of document a file is and judges it by the
// official schemas and rule sets of that kind.
//
// Begin with New, which takes profiles and rule sets as data, the installed
// artifacts, and makers for the kinds of layers ("xsd" is built in; others are
// registered by the caller). Engine.Validate judges one file; it may be called
// from many goroutines, which share what was compiled.
//
// It promises: unknown content is a finding, never a pass; a layer whose files
// are not installed is "skipped" and the result is then not valid; a stand-in
// never makes a result valid; layers are compiled once, or read from the cache.
package profile

// Rule ids of this package.
const (
	RuleUnknown   = "FMT-PROFILE-UNKNOWN"   // no profile is for this content
	RuleAmbiguous = "FMT-PROFILE-AMBIGUOUS" // several profiles fit equally well
	RuleDate      = "FMT-PROFILE-DATE"      // no version of the profile applies on the date of the document
	RuleStandIn   = "ART-STAND-IN"          // a stand-in was used in place of an official file
	RuleReport    = "FMT-REPORT"            // a report of a rule set could not be written
	RuleData      = "ART-PROFILE"           // a profile or rule set that is not usable
)
