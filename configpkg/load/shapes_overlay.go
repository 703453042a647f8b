package load

var overlayShapes = []Shape{
	{Name: "overlay", Doc: "Changes of an unmodified package: overlay.yaml in a folder of its own.", Keys: []Key{
		{Name: "overlay", Type: Word, Required: true, Doc: "id of the package it makes: xx/name"},
		{Name: "version", Type: Word, Required: true, Doc: "of the overlay, compared as numbers"},
		{Name: "base", Type: Word, Required: true, Doc: "package it changes: xx/name@version"},
		{Name: "digest", Type: Word, Required: true, Doc: "h1 digest of that package"},
		{Name: "change", Type: AnyValue, Doc: "list of changes, in order"},
	}},
	{Name: "overlay change", Doc: "One operation of an overlay; file, at with one of replace, put, before, after is short for setMapping, parameter with default for setDefault.", Keys: []Key{
		{Name: "addRule", Type: AnyValue, Doc: "a check, as in a file of rules; with file"},
		{Name: "raiseSeverity", Type: Word, Doc: "id of a rule that becomes fatal"},
		{Name: "addClause", Type: AnyValue, Doc: "with rule: a condition that must hold too; with flow: a clause or condition that must hold too"},
		{Name: "setDefault", Type: AnyValue, Doc: "default of a parameter"},
		{Name: "setEndpoint", Type: Word, Doc: "address in the row of a table; with table, key, environment"},
		{Name: "setMapping", Type: Word, Doc: "file of a mapping; with at and one of replace, put, before, after"},
		{Name: "addHint", Type: People, Doc: "with rule, or answers and code: what to do about it"},
		{Name: "setText", Type: People, Doc: "a text for people; with file and at"},
		{Name: "file", Type: Word, Doc: "file of the base"}, {Name: "at", Type: Word, Doc: "path in the file; members of lists by id or name"},
		{Name: "replace", Type: AnyValue, Doc: "new content"}, {Name: "put", Type: AnyValue, Doc: "attributes and children that are added or set"},
		{Name: "before", Type: AnyValue, Doc: "elements before it"}, {Name: "after", Type: AnyValue, Doc: "elements after it"},
		{Name: "parameter", Type: Word, Doc: "name of a parameter"}, {Name: "default", Type: AnyValue, Doc: "its default"},
		{Name: "rule", Type: Word, Doc: "id of a rule"}, {Name: "flow", Type: Word, Doc: "name of a flow"},
		{Name: "when", Type: Cond, Doc: "of addClause: a condition under which the rule is asked, which widens"},
		{Name: "to", Type: Word, Values: []string{"fatal", "warning"}, Doc: "of raiseSeverity: fatal if left out; warning widens"},
		{Name: "answers", Type: Word, Doc: "file of answers"}, {Name: "code", Type: Word, Doc: "code of the authority"},
		{Name: "table", Type: Word, Doc: "name of a table"}, {Name: "key", Type: WordList, Doc: "key of the row"},
		{Name: "environment", Type: Word, Values: []string{"test", "production"}, Doc: "environment of the row"}, {Name: "column", Type: Word, Doc: "column of the address; url if left out"},
		{Name: "waive", Type: Object, Of: "waiver", Doc: "who answers for a change that widens"},
	}},
	{Name: "waiver", Doc: "Who answers for a change that widens, why and until when.", Keys: []Key{
		{Name: "rule", Type: Word, Required: true, Doc: "rule id of the refusal"}, {Name: "reason", Type: Word, Required: true, Doc: "why"},
		{Name: "signer", Type: Word, Required: true, Doc: "who answers for it"}, {Name: "until", Type: Word, Required: true, Doc: "last day on which it counts"},
	}},
}
