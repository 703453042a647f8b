package load

import "github.com/fiscus-project/fiscus/engine"

var flowShapes = []Shape{
	{Name: "flow", Doc: "Which document, and which steps it goes through.", Keys: []Key{
		{Name: "flow", Type: Word, Required: true, Doc: "name of the flow"},
		{Name: "title", Type: People, Doc: "for people"},
		{Name: "kind", Type: Word, Values: []string{"outbound", "event", "inbound", "part", "probe"},
			Later: map[string]string{"batch": "batch flows", "setup": "setup flows"}, Doc: "what it is for; outbound if left out"},
		{Name: "applies", Type: Object, Of: "clause", Doc: "which documents it is for"},
		{Name: "when", Type: Cond, Doc: "what must hold besides applies"},
		{Name: "priority", Type: Int, Doc: "the greater wins among flows of a package"},
		{Name: "role", Type: Word, Doc: "part: called by what it does; applies says where"},
		{Name: "about", Type: Object, Of: "about", Doc: "event: which documents are original"},
		{Name: "ask", Type: ObjectList, NotBuilt: "setup flows", Doc: "setup: what a person is asked"},
		{Name: "inputs", Type: Names, Doc: "part, probe: declared inputs with their types"},
		{Name: "let", Type: Names, Doc: "named formulas or structures, in any order"},
		{Name: "steps", Type: ObjectList, Of: "step", Required: true, Doc: "what is done"},
		{Name: "gives", Type: Words, Doc: "part, probe: the step whose answer is this flow's answer; of a list the last that ran"},
		{Name: "outputs", Type: Names, Doc: "part: what the caller sees"},
		{Name: "link", Type: Names, NotBuilt: "chain links", Doc: "part in a chain: what the next one sees as previous"},
		{Name: "fields", Type: Names, Doc: "published on the document"},
		{Name: "deadlines", Type: ObjectList, Of: "deadline", Doc: "instants by which something must have happened"},
		{Name: "results", Type: ObjectList, Of: "result", Doc: "what is kept of a submission"},
	}},
	{Name: "about", Doc: "The documents an event flow speaks of.", Keys: []Key{
		{Name: "flow", Type: Word, Required: true, Doc: "flow that issued them"},
		{Name: "status", Type: Words, Values: texts(engine.DocStatuses), Doc: "what their status may be"},
	}},
	{Name: "clause", Doc: "A part of applies: a comparison of a field, or all, any, not.", Keys: []Key{
		{Name: "all", Type: ObjectList, Of: "clause", Doc: "every one holds"},
		{Name: "any", Type: ObjectList, Of: "clause", Doc: "at least one holds"},
		{Name: "not", Type: Object, Of: "clause", Doc: "it does not hold"},
		{Name: "field", Type: Word, Doc: "path of what is compared: document.type"},
		{Name: "is", Type: Word, Doc: "equals"}, {Name: "isNot", Type: Word, Doc: "does not equal"},
		{Name: "in", Type: WordList, Doc: "equals one of"}, {Name: "notIn", Type: WordList, Doc: "equals none of"},
		{Name: "startsWith", Type: Word, Doc: "begins with"}, {Name: "endsWith", Type: Word, Doc: "ends with"},
		{Name: "matches", Type: Word, Doc: "regular expression"},
		{Name: "lt", Type: Word, Doc: "less"}, {Name: "lte", Type: Word, Doc: "less or equal"},
		{Name: "gt", Type: Word, Doc: "greater"}, {Name: "gte", Type: Word, Doc: "greater or equal"},
		{Name: "between", Type: WordList, Doc: "from the first to the second, both included"},
		{Name: "exists", Type: Bool, Doc: "whether it is there"}, {Name: "empty", Type: Bool, Doc: "whether it is absent or has no content"},
	}},
	{Name: "step", Doc: "Exactly one of action, use and wait is given.", Keys: []Key{
		{Name: "id", Type: Word, Required: true, Doc: "name of the step, seen as steps.id"},
		{Name: "title", Type: People, Doc: "for people"},
		{Name: "needs", Type: Words, Doc: "steps that come first, without data"},
		{Name: "finally", Type: Bool, Doc: "true: run at the end whatever happened"},
		{Name: "action", Type: Word, Doc: "action to run"},
		{Name: "use", Type: AnyValue, Doc: "flow to run, or {role: x}: the one flow of that role that applies"},
		{Name: "wait", Type: Object, Of: "wait", Doc: "something from outside: an event, an instant, so long"},
		{Name: "with", Type: Names, Doc: "parameters of the action, inputs of the flow"},
		{Name: "if", Type: Cond, Doc: "false: skipped, its outputs are absent"},
		{Name: "effect", Type: Word, Values: []string{"reads"}, Doc: "the author's word that a call changes nothing"},
		{Name: "answer", Type: AnyValue, Doc: "answers file, inline answers, or {file, input}"},
		{Name: "handle", Type: Names, Doc: "what to do for each class or code"},
		{Name: "retry", Type: Object, Of: "retry", Doc: "how transient is tried again"},
		{Name: "repeat", Type: Object, Of: "repeat", Doc: "asks again while the answer is not final"},
		{Name: "pace", Type: Word, Doc: "state object of kind pace in whose lane the call waits"},
		{Name: "chain", Type: Word, NotBuilt: "step key chain", Doc: "with use: runs alone on that chain"},
		{Name: "forEach", Type: Object, Of: "forEach", Doc: "with use: once for each member of a list"},
		{Name: "batch", Type: AnyValue, NotBuilt: "step key batch", Doc: "with use of a batch flow"},
		{Name: "cache", Type: AnyValue, NotBuilt: "step key cache", Doc: "with use of a flow that only reads"},
	}},
	{Name: "wait", Doc: "What a step waits for: exactly one of event, until and for.", Keys: []Key{
		{Name: "event", Type: Word, Doc: "event that a channel of the package brings; it may have come before"},
		{Name: "key", Type: Val, Doc: "event: the key both sides know it by"},
		{Name: "or", Type: Val, Doc: "event: another key"},
		{Name: "within", Type: Span, Doc: "event: so long at most, then expired; 30 days if left out"},
		{Name: "until", Type: Form, Doc: "an instant"},
		{Name: "for", Type: Span, Doc: "so long"},
		{Name: "state", Type: AnyValue, NotBuilt: "waiting for a state or a person", Doc: "a state object that has a value"},
		{Name: "is", Type: AnyValue, NotBuilt: "waiting for a state or a person", Doc: "of state: the value"},
		{Name: "order", Type: AnyValue, NotBuilt: "waiting for a state or a person", Doc: "of state: who goes first"},
		{Name: "person", Type: AnyValue, NotBuilt: "waiting for a state or a person", Doc: "a person's word"},
	}},
	{Name: "role use", Doc: "Which flow is used: the one of that role, of any deployed package, whose applies holds here.", Keys: []Key{
		{Name: "role", Type: Word, Required: true, Doc: "what the flow does"},
	}},
	{Name: "forEach", Doc: "Runs the used flow once for each member of a list.", Keys: []Key{
		{Name: "in", Type: Form, Required: true, Doc: "the list"},
		{Name: "as", Type: Word, Required: true, Doc: "name of the member"},
		{Name: "parallel", Type: Int, Doc: "how many at once; 1"},
	}},
	{Name: "retry", Doc: "How a transient outcome is tried again.", Keys: retryKeys},
	{Name: "repeat", Doc: "Asks again while the answer is not final.", Keys: append([]Key{
		{Name: "until", Type: Cond, Doc: `when it ends; class != "pending" if left out`},
		{Name: "deadline", Type: Form, Doc: "instant at which it ends as expired"},
	}, retryKeys...)},
	{Name: "deed", Doc: "What to do about an outcome: a word, a class, or this map.", Keys: []Key{
		{Name: "use", Type: Word, Doc: "flow whose answer becomes this step's"},
		{Name: "with", Type: Names, Doc: "its inputs"},
		{Name: "renew", Type: Words, Doc: "held objects to drop before the flow runs again, once"},
		{Name: "wait", Type: Span, Doc: "tried again after so long"},
	}},
	{Name: "alternative", Doc: "One of a list of deeds; the first whose if holds.", Keys: []Key{
		{Name: "if", Type: Cond, Doc: "what must hold"},
		{Name: "then", Type: AnyValue, Required: true, Doc: "the deed"},
	}},
	{Name: "answer reference", Doc: "An answers file with its inputs.", Keys: []Key{
		{Name: "file", Type: Word, Required: true, Doc: "answers file"}, {Name: "input", Type: Names, Doc: "its inputs"},
	}},
	{Name: "deadline", Doc: "An instant by which something must have happened.", Keys: []Key{
		{Name: "name", Type: Word, Required: true, Doc: "for people"},
		{Name: "if", Type: Cond, Doc: "whether it counts"},
		{Name: "at", Type: Form, Required: true, Doc: "the instant"},
		{Name: "met", Type: Word, Required: true, Doc: "a step, or resubmission"},
		{Name: "warn", Type: Span, Doc: "so long before"},
		{Name: "missed", Type: Word, Values: []string{"continue", "park", "stop"}, Doc: "what happens then; continue if left out"},
	}},
	{Name: "result", Doc: "A named outcome of a submission that is kept.", Keys: []Key{
		{Name: "name", Type: Word, Required: true, Doc: "name of the result"}, {Name: "from", Type: Form, Required: true, Doc: "bytes, or a list of them"},
		{Name: "file", Type: Val, Required: true, Doc: "file name, with holes"}, {Name: "legal", Type: Bool, Doc: "true: it is the legal document"},
	}},
}

var retryKeys = []Key{
	{Name: "attempts", Type: Int, Doc: "how often at most"},
	{Name: "first", Type: Span, Doc: "time before the second attempt"},
	{Name: "factor", Type: Val, Doc: "growth from attempt to attempt"},
	{Name: "max", Type: Span, Doc: "longest time between two attempts"},
	{Name: "within", Type: Span, Doc: "time for all attempts"},
}

func texts[T ~string](all []T) []string {
	out := make([]string, len(all))
	for i, x := range all {
		out[i] = string(x)
	}
	return out
}
