// Package cover runs the tests of a feature package: documents through the
// interpreter on a virtual clock, with the package's simulators as authorities
// in the same process, stand-in keys, fixed chance and a log in memory.
// Nothing leaves, nothing is kept, and the same package gives the same result.
//
// Begin with Run. What a test did not find as it expects is a problem with the
// place of the expectation.
package cover

// The rule ids of this room.
const (
	RuleExpect    = "RUN-TEST-EXPECT"    // something is not as expected
	RuleStep      = "RUN-TEST-STEP"      // a step of a script could not be done
	RuleRefused   = "RUN-TEST-REFUSED"   // a document was not taken, and nobody expected that
	RuleSimulator = "RUN-TEST-SIMULATOR" // the simulator file is at fault
	RuleSilent    = "RUN-TEST-SILENT"    // the test asks nothing
	RuleEndless   = "RUN-TEST-ENDLESS"   // something is always due, however often it is done
	RuleNone      = "RUN-TEST-NONE"      // the package has no tests
)
