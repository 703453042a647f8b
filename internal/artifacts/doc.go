// Package artifacts keeps the official schemas, rule sets and code lists that
// documents are judged by. They are other people's work: imported by the user,
// never shipped, never fetched while judging.
//
// Begin with Open, which gives a Store over a folder: either one that Import
// filled (content-addressed files, a manifest per bundle and version), or a
// plain folder of bundles with an OASIS catalog.xml, used in place. Library
// chooses the version of each bundle by date or digest and is the source that
// schemas and rules are compiled from.
//
// It promises: what Import stored never changes and Verify proves it; absolute
// addresses resolve by the catalog or not at all; a stand-in (a file below a
// folder named "derived") says so.
package artifacts

// Rule ids of this package.
const (
	RuleAbsent   = "ART-BUNDLE-ABSENT"   // a bundle or one of its files is not installed
	RuleDigest   = "ART-BUNDLE-DIGEST"   // content differs from its digest
	RuleManifest = "ART-BUNDLE-MANIFEST" // a manifest that cannot be used
	RuleCatalog  = "ART-BUNDLE-CATALOG"  // a catalog that cannot be used
	RuleImport   = "ART-BUNDLE-IMPORT"   // something that cannot be imported
)
