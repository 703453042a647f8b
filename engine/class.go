package engine

// Class is the engine's word for how a step ended. It is what handle maps to
// a deed; authorities' codes are mapped to it by answers files.
type Class string

// The classes, with what each does when nothing handles it.
const (
	Done         Class = "done"         // as wished: go on
	Pending      Class = "pending"      // taken, no verdict yet: refused by lint unless repeat asks again
	Transient    Class = "transient"    // not taken, try later: retry, then park
	Precondition Class = "precondition" // the set-up is wrong, not the document: park
	Quota        Class = "quota"        // too much; the lane is closed for the wait: again, not an attempt
	Duplicate    Class = "duplicate"    // the authority knows it already: must ask for the earlier verdict
	Verdict      Class = "verdict"      // final refusal: stop
	Missing      Class = "missing"      // look-up only, the authority never got it: the same bytes again
	Unknown      Class = "unknown"      // sent, no usable answer: ask; never resend
	Failed       Class = "failed"       // a pure step found faults or broke: run failed
	Expired      Class = "expired"      // repeat, wait or retry.within ran out: park
)

// Classes lists all classes in the order of the language reference.
var Classes = []Class{Done, Pending, Transient, Precondition, Quota, Duplicate, Verdict, Missing, Unknown, Failed, Expired}

// The transport codes: codes the engine itself gives to an exchange that
// brought no code of the authority. An answers file may give them a class,
// except that it may not touch Timeout, Broken and Unreadable of a step that
// sends.
const (
	CodeConnect    = "CONNECT"    // nothing was sent: refused, name not resolved, TLS handshake failed, gate closed
	CodeTimeout    = "TIMEOUT"    // sent, at least in part, and no answer in time
	CodeBroken     = "BROKEN"     // sent, at least in part, and the line broke
	CodeUnreadable = "UNREADABLE" // an answer came that cannot be read
	CodeNoName     = "DNS-NONE"   // the name authoritatively does not exist
	CodeFault      = "FAULT"      // SOAP fault without own code
	CodeHTTP       = "HTTP-"      // + status: an answer without a code of the authority
)
