package engine

import (
	"encoding/json"
	"iter"
	"maps"
	"slices"

	"github.com/fiscus-project/fiscus/engine/formula"
	"github.com/fiscus-project/fiscus/internal/diag"
)

// Words are what a legal entity says in place of a package: of a code of the
// authority, or of a rule of the package. Its text without a language takes
// the place of all texts of the package, one of a language that of this
// language; what it leaves out is said by the package.
type Words struct {
	Says Text // of a code: beside the authority's own words, which are kept
	Hint Text
	Pos  diag.Pos
}

// wordsOf returns what the legal entity of a scope says of a code or rule of
// the package whose formulas see the scope.
func wordsOf(s *formula.Scope, name string) Words {
	h, ok := s.Host().(*host)
	if !ok || h.entity == nil {
		return Words{}
	}
	return h.entity.Texts[h.pkg.Family()][name]
}

// over returns the texts of the package with those of the legal entity over
// them.
func (t Text) over(under Text) Text {
	if len(t) == 0 {
		return under
	}
	if _, all := t[""]; all {
		return t
	}
	out := make(Text, len(t)+len(under))
	for lang, v := range under {
		out[lang] = v
	}
	for lang, v := range t {
		out[lang] = v
	}
	return out
}

// own lets the words of the legal entity about a code win.
func (o *Outcome) own(s *formula.Scope, w Words) {
	for _, x := range []struct {
		text Text
		to   *map[string]string
	}{{w.Hint, &o.Hint}, {w.Says, &o.Says}} {
		if len(x.text) == 0 {
			continue
		}
		said, err := texts(x.text, s)
		if o.trouble(err); err != nil {
			continue
		}
		if _, all := said[""]; all || *x.to == nil {
			*x.to = said
			continue
		}
		for lang, v := range said {
			(*x.to)[lang] = v
		}
	}
}

// Codes returns the codes of authorities and the rules that the files of a
// package give a meaning, sorted.
func (p *Package) Codes() []string {
	all := map[string]bool{}
	for _, a := range p.Answers {
		for _, of := range []iter.Seq[string]{maps.Keys(a.Codes), maps.Keys(a.Table), maps.Keys(a.List)} {
			for c := range of {
				all[c] = true
			}
		}
	}
	for _, r := range p.Rules {
		for i := range r.Checks {
			all[r.Checks[i].ID] = true
		}
	}
	return slices.Sorted(maps.Keys(all))
}

// LastAnswer returns the last answer that stands in a journal: its code, text,
// field, hint and the words of the legal entity. Answers about held objects
// are sealed and passed over.
func LastAnswer(journal []Entry) (o Outcome, ok bool) {
	last := 0
	for _, en := range journal {
		if en.Kind != EntryOutcome || en.Seq < last {
			continue
		}
		var m struct {
			Class             Class
			Code, Text, Field string
			Hint, Says        map[string]string
		}
		if json.Unmarshal(en.Data, &m) == nil && m.Class != "" {
			last, ok = en.Seq, true
			o = Outcome{Class: m.Class, Code: m.Code, Text: m.Text, Field: m.Field, Hint: m.Hint, Says: m.Says, At: en.At}
		}
	}
	return o, ok
}
