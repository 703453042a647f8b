package engine

// The rule ids of runs that wait, are parked or have ended otherwise than done.
const (
	RuleWaiting      = "RUN-WAITING"      // a step waits for its time to come
	RulePending      = "RUN-PENDING"      // the authority has it and has not decided
	RuleTransient    = "RUN-TRANSIENT"    // it was not taken, and has been tried as often as it may be
	RulePrecondition = "RUN-PRECONDITION" // the set-up is wrong, not the document
	RuleQuota        = "RUN-QUOTA"        // too many calls
	RuleDuplicate    = "RUN-DUPLICATE"    // the authority knows it already, and nothing asks for the earlier verdict
	RuleVerdict      = "RUN-VERDICT"      // the authority has refused it for good
	RuleMissing      = "RUN-MISSING"      // the authority never got it, and nothing can be sent again
	RuleUnknown      = "RUN-UNKNOWN"      // it may be with the authority: nobody knows yet
	RuleFailed       = "RUN-FAILED"       // a step found faults or broke
	RuleExpired      = "RUN-EXPIRED"      // the time to try, to repeat or to wait has run out
)

// reasons gives each class the rule a run is parked or ended under.
var reasons = map[Class]string{Pending: RulePending, Transient: RuleTransient, Precondition: RulePrecondition, Quota: RuleQuota,
	Duplicate: RuleDuplicate, Verdict: RuleVerdict, Missing: RuleMissing, Unknown: RuleUnknown, Failed: RuleFailed, Expired: RuleExpired}
