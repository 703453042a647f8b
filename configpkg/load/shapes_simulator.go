package load

import (
	"github.com/fiscus-project/fiscus/engine"
	"github.com/fiscus-project/fiscus/engine/simulator"
)

var simulatorShapes = []Shape{
	{Name: "simulator", Doc: "An authority as data.", Keys: []Key{
		{Name: "simulator", Type: Word, Required: true, Doc: "name of the simulator"},
		{Name: "tls", Type: Object, Of: "simulator tls", Doc: "what the connection asks for"},
		{Name: "keep", Type: Names, Doc: "maps it remembers"},
		{Name: "keys", Type: AnyValue, NotBuilt: "simulator keys", Doc: "keys it owns"},
		{Name: "scenarios", Type: ObjectMap, Of: "scenario", Doc: "ways it behaves"},
		{Name: "routes", Type: ObjectList, Of: "route", Required: true, Doc: "its operations"},
	}},
	{Name: "simulator tls", Doc: "What the connection of a simulator asks for.", Keys: []Key{{Name: "client", Type: Word, Values: []string{"required"}, Doc: "a client certificate is asked for"}}},
	{Name: "scenario", Doc: "A way the authority behaves; without when it is chosen by name only.", Keys: []Key{{Name: "when", Type: Cond, Doc: "what the request says"}}},
	{Name: "route", Doc: "An operation of the authority.", Keys: []Key{
		{Name: "name", Type: Word, Required: true, Doc: "name of the operation; tests count calls by it"},
		{Name: "match", Type: Object, Of: "match", Required: true, Doc: "which requests it takes"},
		{Name: "limits", Type: AnyValue, Doc: "how many requests it takes"},
		{Name: "let", Type: Names, Doc: "named formulas"},
		{Name: "checks", Type: ObjectList, Of: "simulator check", Doc: "what is asked of the request or its documents"},
		{Name: "each", Type: Object, Of: "each", Doc: "once for every document of the request"},
		{Name: "cases", Type: ObjectList, Of: "case", Required: true, Doc: "the first that holds answers"},
	}},
	{Name: "match", Doc: "Which requests a route takes.", Keys: []Key{
		{Name: "method", Type: Word, Doc: "HTTP method"}, {Name: "path", Type: Word, Doc: "{id} stands for a part, seen as path.id"}, {Name: "soapAction", Type: Word, Doc: "\"*\" at the beginning or end stands for anything"},
	}},
	{Name: "limit", Doc: "Answers when more requests come.", Keys: []Key{
		{Name: "count", Type: Int, Required: true, Doc: "how many requests"}, {Name: "in", Type: Span, Required: true, Doc: "within what time"}, {Name: "reply", Type: Object, Of: "reply", Required: true, Doc: "what is answered then"},
	}},
	{Name: "simulator check", Doc: "Gives its code to what it does not hold for.", Keys: []Key{
		{Name: "schema", Type: Word, Doc: "artifact"}, {Name: "signature", Type: Word, Values: []string{"valid"}, Doc: "the enveloped signature is right"},
		{Name: "that", Type: Cond, Doc: "what must hold"}, {Name: "sealed", Type: Object, Of: "sealed", Doc: "the seal over a list of fields is right"},
		{Name: "each", Type: Form, Doc: "nodes it is asked of"}, {Name: "of", Type: AnyValue, Doc: "bytes or tree inside the request that it is asked of"},
		{Name: "code", Type: Word, Required: true, Doc: "code it gives"}, {Name: "text", Type: Val, Doc: "text it gives"},
	}},
	{Name: "sealed", Doc: "A seal over the text that a list makes of the document, by the certificate inside it.", Keys: []Key{
		{Name: "mapping", Type: Word, Required: true, Doc: "mapping of format list; its inputs are the document"},
		{Name: "seal", Type: Word, Required: true, Doc: "path of the seal, in base64"},
		{Name: "certificate", Type: Word, Required: true, Doc: "path of the certificate, in base64"},
		{Name: "method", Type: Word, Values: simulator.SealMethods(), Doc: "rsa-sha256 if left out"},
	}},
	{Name: "each", Doc: "Decides on every document of a request.", Keys: []Key{
		{Name: "in", Type: Form, Required: true, Doc: "the documents of the request"}, {Name: "key", Type: Form, Required: true, Doc: "key of a document"},
		{Name: "let", Type: Names, Doc: "named formulas, which see member and key"}, {Name: "cases", Type: ObjectList, Of: "case", Required: true, Doc: "the first that holds decides"},
	}},
	{Name: "case", Doc: "What happens when when holds.", Keys: []Key{
		{Name: "when", Type: Cond, Doc: "what must hold"}, {Name: "code", Type: Word, Doc: "code of the document"}, {Name: "text", Type: Val, Doc: "text of the document"}, {Name: "put", Type: Names, Doc: "what is remembered, by map"},
		{Name: "lose", Type: Bool, Doc: "done, but the line breaks before the answer"},
		{Name: "refuse", Type: Word, Values: []string{"connection"}, Doc: "the line breaks, nothing is done"},
		{Name: "delay", Type: Span, Doc: "time before the answer"}, {Name: "garble", Type: Bool, Doc: "the answer is cut"},
		{Name: "reply", Type: Object, Of: "reply", Doc: "the answer"}, {Name: "later", Type: AnyValue, NotBuilt: "simulator news", Doc: "news that come later"},
	}},
	{Name: "put", Doc: "What is remembered. Other maps are the value itself, under the key of the member.", Open: true, Keys: []Key{
		{Name: "key", Type: Val, Doc: "key in the map"}, {Name: "value", Type: AnyValue, Doc: "what is remembered"}, {Name: "ready", Type: Span, Doc: "visible after so long"},
	}},
	{Name: "reply", Doc: "An answer.", Keys: []Key{
		{Name: "status", Type: Int, Doc: "200 if left out"}, {Name: "headers", Type: Names, Doc: "headers of the answer"},
		{Name: "xml", Type: AnyValue, Doc: "content in the node language, or file#part"}, {Name: "soap", Type: AnyValue, Doc: "the same in an envelope"}, {Name: "json", Type: AnyValue, Doc: "content in the node language, or file#part"}, {Name: "text", Type: AnyValue, Doc: "a text with holes"},
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
		{Name: "reading", Type: Words, Doc: "reading files that are tested alone; the first whose match fits"},
		{Name: "formula", Type: Form, Doc: "formula that is tested alone"},
		{Name: "expect", Type: AnyValue, Doc: "with given: what comes out"},
		{Name: "golden", Type: Word, Doc: "with a mapping or reading: file, beside the test, that what comes out must equal as a whole"},
	}},
	{Name: "given", Doc: "What a formula or mapping alone is given.", Keys: []Key{{Name: "document", Type: AnyValue, Doc: "fields of the document"}, {Name: "source", Type: Word, Doc: "of a reading: the file that is read"}, {Name: "input", Type: Names, Doc: "the inputs"}}},
	{Name: "script step", Doc: "One thing that happens in a test.", Keys: []Key{
		{Name: "submit", Type: Object, Of: "submit", Doc: "hand a document in"}, {Name: "advance", Type: Span, Doc: "move the clock"}, {Name: "receive", Type: Object, Of: "receive", Doc: "something comes in through a channel"},
		{Name: "state", Type: Names, Doc: "set modes"}, {Name: "simulator", Type: Object, Of: "script simulator", Doc: "choose a scenario"}, {Name: "restart", Type: Word, Values: []string{"hard", "soft"}, Doc: "end the engine here and begin it again"},
		{Name: "person", Type: Object, Of: "person", Doc: "decide on a parked step"}, {Name: "expect", Type: Object, Of: "expect", Doc: "what must be seen now"},
	}},
	{Name: "script simulator", Doc: "How the simulator behaves from here on.", Keys: []Key{{Name: "scenario", Type: Word, Required: true, Doc: "name of a scenario, or none"}}},
	{Name: "submit", Doc: "A document that is handed in.", Keys: []Key{
		{Name: "document", Type: Word, Doc: "document, beside the test"}, {Name: "as", Type: Word, Doc: "name of the submission"}, {Name: "original", Type: Word, Doc: "submission it is about"}, {Name: "scenario", Type: Word, Doc: "scenario of the simulator for it"}, {Name: "each", Type: Word, Doc: "pattern of documents, beside the test"},
	}},
	{Name: "receive", Doc: "Something that comes in through a channel.", Keys: []Key{
		{Name: "channel", Type: Word, Required: true, Doc: "name of the channel"}, {Name: "file", Type: Word, Required: true, Doc: "what comes in, beside the test"}, {Name: "as", Type: Word, Doc: "name of the submission that is made of it; an event that is named is the one spoken of from there on, else its original"},
	}},
	{Name: "person", Doc: "What a person decides.", Keys: []Key{{Name: "step", Type: Word, Doc: "the parked step"}, {Name: "choose", Type: Word, Required: true, Values: []string{"resume", "cancel", "retry"}, Doc: "what the person does"}}},
	{Name: "expect", Doc: "What must be seen; what is not named is not asked.", Keys: []Key{
		{Name: "flow", Type: Word, Doc: "flow that was chosen"}, {Name: "run", Type: Word, Values: []string{"scheduled", "running", "waiting", "parked", "completed", "failed", "canceled"}, Doc: "status of the run"},
		{Name: "document", Type: Word, Values: texts(engine.DocStatuses), Doc: "status of the document"}, {Name: "of", Type: Names, Doc: "status by submission"}, {Name: "calls", Type: AnyValue, Doc: "the exact list of calls, or how many by name"}, {Name: "fields", Type: Names, Doc: "published fields; exists asks only that it is there"},
		{Name: "state", Type: Names, Doc: "values of modes"}, {Name: "items", Type: Names, Doc: "how many items were done, duplicate, parked"}, {Name: "reasons", Type: WordList, Doc: "exactly these rules of parked items"}, {Name: "deadlines", Type: Names, Doc: "state of deadlines by name"}, {Name: "findings", Type: WordList, Doc: "exactly these rules"},
		{Name: "result", Type: Object, Of: "expected result", Doc: "what a result must be"}, {Name: "check", Type: ObjectList, Of: "expected check", Doc: "formulas over of, fields and results"},
	}},
	{Name: "expected result", Doc: "What a result must be.", Keys: []Key{
		{Name: "name", Type: Word, Required: true, Doc: "the result"}, {Name: "at", Type: Names, Doc: "texts by path"}, {Name: "schema", Type: Word, Doc: "artifact it must fit"}, {Name: "signature", Type: Word, Values: []string{"valid"}, Doc: "its signature must be right"},
		{Name: "golden", Type: Word, Doc: "file it must equal"},
		{Name: "file", Type: Word, Doc: "name of the file it is kept as"}, {Name: "legal", Type: Bool, Doc: "whether it is the document of law"},
	}},
	{Name: "expected check", Doc: "A formula that must hold.", Keys: []Key{{Name: "assert", Type: Cond, Required: true, Doc: "what must hold"}}},
}
