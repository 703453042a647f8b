package load

import "github.com/fiscus-project/fiscus/engine"

var simulatorShapes = []Shape{
	{Name: "simulator", Doc: "An authority as data.", Keys: []Key{
		{Name: "simulator", Type: Word, Required: true, Doc: "name of the simulator"},
		{Name: "tls", Type: Object, Of: "simulator tls", Doc: "what the connection asks for"},
		{Name: "keep", Type: Names, Doc: "maps it remembers"},
		{Name: "keys", Type: AnyValue, NotBuilt: "simulator keys", Doc: "keys it owns"},
		{Name: "scenarios", Type: ObjectMap, Of: "scenario", Doc: "ways it behaves"},
		{Name: "routes", Type: ObjectList, Of: "route", Required: true, Doc: "its operations"},
	}},
	{Name: "simulator tls", Keys: []Key{{Name: "client", Type: Word, Values: []string{"required"}, Doc: "a client certificate is asked for"}}},
	{Name: "scenario", Doc: "A way the authority behaves; without when it is chosen by name only.", Keys: []Key{{Name: "when", Type: Cond}}},
	{Name: "route", Doc: "An operation of the authority.", Keys: []Key{
		{Name: "name", Type: Word, Required: true},
		{Name: "match", Type: Object, Of: "match", Required: true},
		{Name: "limits", Type: AnyValue, Doc: "how many requests it takes"},
		{Name: "let", Type: Names},
		{Name: "checks", Type: ObjectList, Of: "simulator check"},
		{Name: "each", Type: Object, Of: "each", Doc: "once for every document of the request"},
		{Name: "cases", Type: ObjectList, Of: "case", Required: true, Doc: "the first that holds answers"},
	}},
	{Name: "match", Doc: "Which requests a route takes.", Keys: []Key{
		{Name: "method", Type: Word}, {Name: "path", Type: Word, Doc: "{id} stands for a part, seen as path.id"}, {Name: "soapAction", Type: Word},
	}},
	{Name: "limit", Doc: "Answers when more requests come.", Keys: []Key{
		{Name: "count", Type: Int, Required: true}, {Name: "in", Type: Span, Required: true}, {Name: "reply", Type: Object, Of: "reply", Required: true},
	}},
	{Name: "simulator check", Doc: "Gives its code to what it does not hold for.", Keys: []Key{
		{Name: "schema", Type: Word, Doc: "artifact"}, {Name: "signature", Type: Word, Values: []string{"valid"}},
		{Name: "that", Type: Cond}, {Name: "sealed", Type: AnyValue, NotBuilt: "sealed checks of simulators"},
		{Name: "each", Type: Form, Doc: "nodes it is asked of"}, {Name: "of", Type: AnyValue, NotBuilt: "checks of parts in simulators"},
		{Name: "code", Type: Word, Required: true}, {Name: "text", Type: Val},
	}},
	{Name: "each", Doc: "Decides on every document of a request.", Keys: []Key{
		{Name: "in", Type: Form, Required: true}, {Name: "key", Type: Form, Required: true},
		{Name: "let", Type: Names}, {Name: "cases", Type: ObjectList, Of: "case", Required: true},
	}},
	{Name: "case", Doc: "What happens when when holds.", Keys: []Key{
		{Name: "when", Type: Cond}, {Name: "code", Type: Word}, {Name: "text", Type: Val}, {Name: "put", Type: Names, Doc: "what is remembered, by map"},
		{Name: "lose", Type: Bool, Doc: "done, but the line breaks before the answer"},
		{Name: "refuse", Type: Word, Values: []string{"connection"}, Doc: "the line breaks, nothing is done"},
		{Name: "delay", Type: Span}, {Name: "garble", Type: Bool, Doc: "the answer is cut"},
		{Name: "reply", Type: Object, Of: "reply"}, {Name: "later", Type: AnyValue, NotBuilt: "simulator news"},
	}},
	{Name: "put", Doc: "What is remembered. Other maps are the value itself, under the key of the member.", Open: true, Keys: []Key{
		{Name: "key", Type: Val}, {Name: "value", Type: AnyValue}, {Name: "ready", Type: Span, Doc: "visible after so long"},
	}},
	{Name: "reply", Doc: "An answer.", Keys: []Key{
		{Name: "status", Type: Int, Doc: "200 if left out"}, {Name: "headers", Type: Names},
		{Name: "xml", Type: AnyValue}, {Name: "soap", Type: AnyValue}, {Name: "json", Type: AnyValue}, {Name: "text", Type: AnyValue},
	}},
	{Name: "test", Doc: "A case on a virtual clock, or of a mapping alone.", Keys: []Key{
		{Name: "test", Type: Word, Required: true, Doc: "what it shows"},
		{Name: "document", Type: Word, Doc: "business document, beside the test"},
		{Name: "entity", Type: Word, Doc: "entity, beside the test"},
		{Name: "time", Type: Word, Doc: "when it begins"},
		{Name: "environment", Type: Word, Values: []string{"test", "production"}, Doc: "test if left out"},
		{Name: "parameters", Type: Names, Doc: "parameters that differ from those of the entity"},
		{Name: "script", Type: ObjectList, Of: "script step", Doc: "what happens"},
		{Name: "given", Type: Object, Of: "given", Doc: "what a formula or mapping alone is given"},
		{Name: "mapping", Type: Word, Doc: "mapping that is tested alone: file or file#part"},
		{Name: "formula", Type: Form, Doc: "formula that is tested alone"},
		{Name: "expect", Type: AnyValue, Doc: "with given: what comes out"},
	}},
	{Name: "given", Keys: []Key{{Name: "document", Type: AnyValue}, {Name: "input", Type: Names}}},
	{Name: "script step", Keys: []Key{
		{Name: "submit", Type: Object, Of: "submit"}, {Name: "advance", Type: Span}, {Name: "receive", Type: AnyValue, NotBuilt: "news in tests"},
		{Name: "state", Type: Names}, {Name: "simulator", Type: Object, Of: "script simulator"}, {Name: "restart", Type: Word, Values: []string{"hard", "soft"}},
		{Name: "person", Type: Object, Of: "person"}, {Name: "expect", Type: Object, Of: "expect"},
	}},
	{Name: "script simulator", Keys: []Key{{Name: "scenario", Type: Word, Required: true, Doc: "name of a scenario, or none"}}},
	{Name: "submit", Keys: []Key{
		{Name: "document", Type: Word}, {Name: "as", Type: Word}, {Name: "original", Type: Word}, {Name: "scenario", Type: Word}, {Name: "each", Type: Word},
	}},
	{Name: "person", Keys: []Key{{Name: "step", Type: Word}, {Name: "choose", Type: Word, Required: true, Values: []string{"resume", "cancel", "retry"}}}},
	{Name: "expect", Keys: []Key{
		{Name: "flow", Type: Word}, {Name: "run", Type: Word, Values: []string{"scheduled", "running", "waiting", "parked", "completed", "failed", "canceled"}},
		{Name: "document", Type: Word, Values: texts(engine.DocStatuses)}, {Name: "of", Type: Names}, {Name: "calls", Type: AnyValue}, {Name: "fields", Type: Names},
		{Name: "state", Type: Names}, {Name: "items", Type: Names, NotBuilt: "channels"}, {Name: "reasons", Type: WordList, NotBuilt: "channels"}, {Name: "deadlines", Type: Names}, {Name: "findings", Type: WordList},
		{Name: "result", Type: Object, Of: "expected result"}, {Name: "check", Type: ObjectList, Of: "expected check"},
	}},
	{Name: "expected result", Keys: []Key{
		{Name: "name", Type: Word, Required: true}, {Name: "at", Type: Names}, {Name: "schema", Type: Word}, {Name: "signature", Type: Word, Values: []string{"valid"}},
		{Name: "golden", Type: Word},
	}},
	{Name: "expected check", Keys: []Key{{Name: "assert", Type: Cond, Required: true}}},
}
