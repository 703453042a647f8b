package load

var dataShapes = []Shape{
	{Name: "entity", Doc: "A legal entity: who, with which parameters.", Open: true, Keys: []Key{
		{Name: "entity", Type: Word, Required: true, Doc: "id of the legal entity"},
		{Name: "country", Type: Word, Required: true, Doc: "ISO 3166-1 alpha-2"},
		{Name: "region", Type: Word, Doc: "region or state"}, {Name: "name", Type: Word, Required: true, Doc: "legal name"}, {Name: "taxId", Type: Word, Doc: "tax id"}, {Name: "vatId", Type: Word, Doc: "VAT id"},
		{Name: "zone", Type: Word, Doc: "time zone"}, {Name: "groups", Type: WordList, Doc: "groups it belongs to"},
		{Name: "parameters", Type: Names, Doc: "by package and name"},
		{Name: "environments", Type: Names, Doc: "parameters for one environment, which go before those for both: by test or production, package and name"},
		{Name: "tables", Type: Names, Doc: "rows replaced, by package and table"},
		{Name: "texts", Type: Names, Doc: "own words, by package and code of the authority or rule"},
	}},
	{Name: "words", Doc: "What a legal entity says of a code or rule in place of the package.", Keys: []Key{
		{Name: "says", Type: People, Doc: "what it means; the authority's own words are kept beside it"},
		{Name: "hint", Type: People, Doc: "what to do about it"},
	}},
	{Name: "layer", Doc: "Parameters of several legal entities, or of some documents: package < group < country < legal entity < branch < channel < receiver.", Keys: []Key{
		{Name: "layer", Type: Word, Required: true, Doc: "name of the group or channel, code of the country, or any name"},
		{Name: "of", Type: Word, Required: true, Values: []string{"group", "country", "branch", "channel", "receiver"}, Doc: "which layer"},
		{Name: "entity", Type: Word, Doc: "the only legal entity it is for"},
		{Name: "when", Type: Cond, Doc: "which documents it is for: branch and receiver ask for it, channel goes by its name without it"},
		{Name: "parameters", Type: Names, Doc: "by package and name"},
		{Name: "environments", Type: Names, Doc: "parameters for one environment: by test or production, package and name"},
	}},
	{Name: "deployment", Doc: "What is in force for whom.", Keys: []Key{
		{Name: "deployment", Type: Word, Required: true, Doc: "name of the deployment"},
		{Name: "environment", Type: Word, Required: true, Values: []string{"test", "production"}, Doc: "what it is for"},
		{Name: "use", Type: ObjectList, Of: "use", Required: true, Doc: "packages in force"},
	}},
	{Name: "use", Doc: "Deploys one package version for entities from a date on.", Keys: []Key{
		{Name: "package", Type: Word, Required: true, Doc: "xx/name@version"}, {Name: "entities", Type: WordList, Required: true, Doc: "legal entities or groups"}, {Name: "from", Type: Word, Doc: "first document date"},
	}},
}
