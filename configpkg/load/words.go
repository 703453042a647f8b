package load

import (
	"slices"

	"github.com/fiscus-project/fiscus/configpkg/yml"
	"github.com/fiscus-project/fiscus/engine"
	"github.com/fiscus-project/fiscus/engine/formula"
	"github.com/fiscus-project/fiscus/internal/diag"
)

// entityTexts reads what a legal entity says of codes and rules of a package.
// Holes see the legal entity alone.
func (l *loader) entityTexts(e *engine.Entity, of yml.Entry) {
	if of.Value.Kind != yml.Map {
		l.fault(of.Value.Pos, RuleKind, "", "the texts of a package are a map of codes and rules")
		return
	}
	s := l.bare().with("entity", formula.Any)
	for _, x := range of.Value.Entries {
		o := l.object(x.Value, "words")
		if !o.ok() {
			continue
		}
		w := engine.Words{Says: l.people(s, o.get("says")), Hint: l.people(s, o.get("hint")), Pos: x.KeyPos}
		if e.Texts == nil {
			e.Texts = map[string]map[string]engine.Words{}
		}
		if e.Texts[of.Key] == nil {
			e.Texts[of.Key] = map[string]engine.Words{}
		}
		e.Texts[of.Key][x.Key] = w
	}
}

// entityWords warns of words about what the package at hand does not name: an
// authority may answer with codes that no list has, but a slip is likelier.
func (l *loader) entityWords(e *engine.Entity) {
	texts := e.Texts[l.pkg.Family()]
	if len(texts) == 0 {
		return
	}
	known := l.pkg.Codes()
	for _, name := range sortedNames(texts) {
		if !transport(name) && !slices.Contains(known, name) {
			p := diag.Problemf(texts[name].Pos, RuleWords, "package %s names no code or rule %q", l.pkg.Family(), name)
			p.Severity, p.Hint = diag.Warning, diag.DidYouMean(name, known)
			l.problems.Add(p)
		}
	}
}
