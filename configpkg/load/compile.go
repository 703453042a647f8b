package load

// compile compiles everything but package.yaml and the tables, and then makes
// the checks that needed all of it.
func (l *loader) compile() {
	l.fragmentHeads()
	l.flowHeads()
	for _, u := range l.byKind("mapping") {
		l.mapping(u)
	}
	for _, u := range l.byKind("answers") {
		l.answerFile(u)
	}
	for _, u := range l.byKind("rules") {
		l.ruleSet(u)
	}
	for _, u := range l.byKind("reading") {
		l.reading(u)
	}
	for _, f := range l.pkg.Flows {
		l.body(l.flows[f.Name])
	}
	l.channelFiles()
	l.checkFragments(l.base())
	for _, check := range l.checks {
		check()
	}
	l.simulatorFiles()
	l.testFiles()
	l.pkg.Digest = l.digest()
}
