package load

var dataShapes = []Shape{
	{Name: "entity", Doc: "A legal entity: who, with which parameters.", Open: true, Keys: []Key{
		{Name: "entity", Type: Word, Required: true, Doc: "id of the legal entity"},
		{Name: "country", Type: Word, Required: true, Doc: "ISO 3166-1 alpha-2"},
		{Name: "region", Type: Word}, {Name: "name", Type: Word, Required: true}, {Name: "taxId", Type: Word}, {Name: "vatId", Type: Word},
		{Name: "zone", Type: Word, Doc: "time zone"}, {Name: "groups", Type: WordList},
		{Name: "parameters", Type: Names, Doc: "by package and name"},
		{Name: "tables", Type: Names, Doc: "rows replaced, by package and table"},
	}},
	{Name: "deployment", Doc: "What is in force for whom.", Keys: []Key{
		{Name: "deployment", Type: Word, Required: true},
		{Name: "environment", Type: Word, Required: true, Values: []string{"test", "production"}},
		{Name: "use", Type: ObjectList, Of: "use", Required: true},
	}},
	{Name: "use", Doc: "Deploys one package version for entities from a date on.", Keys: []Key{
		{Name: "package", Type: Word, Required: true, Doc: "xx/name@version"}, {Name: "entities", Type: WordList, Required: true}, {Name: "from", Type: Word},
	}},
}
