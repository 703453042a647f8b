// Package xmldsig signs and verifies XML by XML Signature.
//
// Begin with Decode, which reads a Profile: which algorithms, what is
// referenced, where the signature stands, what it says about the key. Sign
// splices a Signature into the given bytes; nothing else moves. Verify checks
// one Signature and says which element it covers.
//
// Verify promises: a reference leads to exactly one element of the same
// document and nothing else; an identifier that occurs twice, an external
// reference, an unknown transform or an unknown algorithm is an error, never
// passed over; SHA-1 is refused unless allowed. Whoever uses a verified
// document must use the element that Verified names.
//
// Source: W3C XML Signature Syntax and Processing 1.1.
package xmldsig

import (
	"fmt"

	"github.com/fiscus-project/fiscus/internal/diag"
)

// Namespace is that of XML Signature.
const Namespace = "http://www.w3.org/2000/09/xmldsig#"

// Rules of problems that this package raises.
const (
	RuleProfile   = "SIG-PROFILE"          // a profile that means nothing
	RuleElement   = "SIG-ELEMENT"          // what shall be signed is not there, or not once
	RuleID        = "SIG-ID"               // identifier missing, unfit, or not unique
	RuleKey       = "SIG-KEY-METHOD"       // the key is of another kind than the method
	RuleSign      = "SIG-SIGN"             // the key did not sign
	RuleEncoding  = "SIG-ENCODING"         // an encoding into which no signature is spliced
	RuleAbsent    = "SIG-VERIFY-ABSENT"    // no signature
	RuleStructure = "SIG-VERIFY-STRUCTURE" // not the structure of a Signature
	RuleAlgorithm = "SIG-VERIFY-ALGORITHM" // algorithm or transform unknown or not allowed
	RuleReference = "SIG-VERIFY-REFERENCE" // reference leads elsewhere, to nothing, or to several elements
	RuleDigest    = "SIG-VERIFY-DIGEST"    // the element was changed
	RuleValue     = "SIG-VERIFY-VALUE"     // SignedInfo was changed, or another key signed
	RuleCoverage  = "SIG-VERIFY-COVERAGE"  // valid, but not about the element in question
	RuleSigner    = "SIG-VERIFY-SIGNER"    // no certificate, or one that is not trusted
)

func problem(rule, format string, args ...any) diag.Problem {
	return diag.Problem{Rule: rule, Message: fmt.Sprintf(format, args...)}
}

func caused(rule string, err error, format string, args ...any) diag.Problem {
	p := problem(rule, format, args...)
	p.Err = err
	return p
}
