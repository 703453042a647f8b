package load

import "github.com/fiscus-project/fiscus/engine"

var answerShapes = []Shape{
	{Name: "answers", Doc: "What the codes of an authority mean.", Keys: append([]Key{
		{Name: "answers", Type: Word, Required: true, Doc: "name of the file"}}, answersKeys...)},
	{Name: "inline answers", Doc: "Answers that stand in their step.", Keys: append([]Key{
		{Name: "input", Type: Names, Doc: "values of its inputs"}}, answersKeys...)},
	{Name: "answer", Doc: "What one code means.", Keys: []Key{
		{Name: "if", Type: Cond, Doc: "the first alternative that holds is taken"},
		{Name: "class", Type: Word, Required: true, Values: texts(engine.Classes), Doc: "the engine's word for the outcome"},
		{Name: "status", Type: Word, Values: texts(engine.DocStatuses), Doc: "status of the document"},
		{Name: "wait", Type: Val, Doc: "time before it is tried again"},
		{Name: "raise", Type: Word, Doc: "event that modes count"},
		{Name: "field", Type: Word, Doc: "business field the authority complains of"},
		{Name: "hint", Type: People, Doc: "what to do about it"},
	}},
	{Name: "range", Doc: "A meaning for numeric codes; never a status.", Keys: []Key{
		{Name: "from", Type: Int, Required: true, Doc: "first code"}, {Name: "to", Type: Int, Required: true, Doc: "last code"},
		{Name: "class", Type: Word, Required: true, Values: texts(engine.Classes), Doc: "the engine's word for the outcome"},
		{Name: "status", Type: Word, Doc: "never: a verdict is listed code by code"},
		{Name: "wait", Type: Val, Doc: "time before it is tried again"}, {Name: "raise", Type: Word, Doc: "event that modes count"}, {Name: "field", Type: Word, Doc: "business field the authority complains of"}, {Name: "hint", Type: People, Doc: "what to do about it"},
	}},
	{Name: "rules", Doc: "Checks on the business document.", Keys: []Key{
		{Name: "rules", Type: Word, Required: true, Doc: "name of the file"},
		{Name: "inputs", Type: Names, Doc: "declared inputs with their types"},
		{Name: "let", Type: Names, Doc: "named formulas or structures"},
		{Name: "checks", Type: ObjectList, Of: "check", Required: true, Doc: "the checks, in order"},
	}},
	{Name: "check", Doc: "One rule in the sender's words.", Keys: []Key{
		{Name: "id", Type: Word, Required: true, Doc: "id of the finding"},
		{Name: "each", Type: Word, Doc: "line in document.lines: once for each"},
		{Name: "let", Type: Names, Doc: "named formulas of this rule"},
		{Name: "when", Type: Cond, Doc: "whether it is asked"},
		{Name: "assert", Type: Cond, Required: true, Doc: "what must hold"},
		{Name: "fatal", Type: Bool, Doc: "true if left out"},
		{Name: "field", Type: Word, Doc: "business field, as a path"},
		{Name: "source", Type: Word, Doc: "clause that asks for it"},
		{Name: "says", Type: People, Required: true, Doc: "what is wrong"},
		{Name: "hint", Type: People, Doc: "what to do about it"},
	}},
	{Name: "tables", Doc: "Code lists, endpoints, calendars: tables/tables.yaml.", Keys: []Key{
		{Name: "tables", Type: ObjectMap, Of: "table", Required: true, Doc: "the tables by name"}}},
	{Name: "table", Doc: "A table whose rows stand in a CSV file.", Keys: []Key{
		{Name: "file", Type: Word, Required: true, Doc: "CSV file, beside tables.yaml"},
		{Name: "key", Type: WordList, Required: true, Doc: "columns that choose a row"},
		{Name: "columns", Type: Names, Doc: "types of the other columns"},
		{Name: "match", Type: Word, Values: []string{"prefix"}, Doc: "prefix: the longest prefix of the last key"},
	}},
}

var answersKeys = []Key{
	{Name: "include", Type: Words, Doc: "answers files whose entries count where this one has none"},
	{Name: "inputs", Type: Names, Doc: "declared inputs with their types"},
	{Name: "let", Type: Names, Doc: "named formulas"},
	{Name: "code", Type: Val, Doc: "the authority's code; absent: the transport code"},
	{Name: "text", Type: Val, Doc: "the authority's words, kept as they are"},
	{Name: "part", Type: Form, Doc: "bytes as received"},
	{Name: "fields", Type: Names, Doc: "what is read from the answer"},
	{Name: "pause", Type: Span, Doc: "closes the pace of the step for so long"},
	{Name: "members", Type: AnyValue, NotBuilt: "members of answers", Doc: "what each member of a batch got"},
	{Name: "codes", Type: Names, Doc: "what each code means; several codes with comma and blank"},
	{Name: "table", Type: Word, Doc: "CSV file of codes: code, class, status, wait, field, hint, lang"},
	{Name: "list", Type: Word, Doc: "CSV file of every code the authority documents"},
	{Name: "ranges", Type: ObjectList, Of: "range", Doc: "numeric codes from, to"},
	{Name: "default", Type: Object, Of: "answer", Doc: "all other codes"},
}
