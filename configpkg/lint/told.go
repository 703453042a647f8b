package lint

import (
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/fiscus-project/fiscus/engine"
	"github.com/fiscus-project/fiscus/engine/formula"
	"github.com/fiscus-project/fiscus/internal/diag"
)

// told finds what the package does not say: where a check comes from, what to
// do about a refusal, and by which tests it is known to work.
func (c *checker) told() {
	if len(c.bundle.Tests) == 0 && !c.pkg.Library && len(c.pkg.Flows) > 0 {
		c.warn(diag.Pos{File: "package.yaml", Line: 1, Column: 1}, RuleTests, "write tests/first.yaml, or begin with: fiscus package cases", "nothing tests this package")
	}
	for _, file := range slices.Sorted(maps.Keys(c.pkg.Rules)) {
		for _, k := range c.pkg.Rules[file].Checks {
			if k.Source == "" && k.ID != "" {
				c.warn(k.Pos, RuleSource, "add source: clause of the text that asks for it", "check %s does not say where it comes from", k.ID)
			}
		}
	}
	for _, a := range c.answers() {
		for _, code := range slices.Sorted(maps.Keys(a.Codes)) {
			for _, x := range a.Codes[code] {
				c.hinted(code, x)
			}
		}
		for _, code := range slices.Sorted(maps.Keys(a.Table)) {
			c.hinted(code, a.Table[code])
		}
	}
}

func (c *checker) hinted(code string, x *engine.Answer) {
	if x.Class == engine.Verdict && refusal[x.Status] && len(x.Hint) == 0 {
		c.warn(x.Pos, RuleHint, "add hint: what the one who reads it should do", "code %s refuses a document and does not say what to do", code)
	}
}

var refusal = map[engine.DocStatus]bool{engine.DocRejected: true, engine.DocDenied: true}

// drawn finds flows that draw two numbers of a counter for the same key: the
// second would leave a gap.
func (c *checker) drawn() {
	for _, f := range c.pkg.Flows {
		seen := map[string]string{}
		for _, s := range f.Steps {
			for _, name := range slices.Sorted(maps.Keys(s.Refs)) {
				state, ok := s.Refs[name].(*engine.State)
				if !ok || state.Kind != "counter" || s.If != nil {
					continue
				}
				key := state.Name + " " + given(s, "for")
				if first := seen[key]; first != "" {
					c.warn(s.Pos, RuleDrawn, "use steps."+first+".out, or give each its own for", "step %q draws of counter %q what step %q has drawn", s.ID, state.Name, first)
				}
				seen[key] = s.ID
			}
		}
	}
}

// given returns the text of an input of a step.
func given(s *engine.FlowStep, name string) string {
	for _, w := range s.With {
		v, ok := w.Value.(*formula.Value)
		if !ok || w.Name != name {
			continue
		}
		if p := v.Program(); p != nil {
			return p.Source()
		}
		text, _ := v.Constant()
		s, _ := text.(string)
		return s
	}
	return ""
}

// mostRepeated is how often a literal may stand.
const mostRepeated = 3

// word fits what is a name of its own and needs none: media types, names of
// files, dates, words.
var word = regexp.MustCompile(`^([A-Za-z_.:-]*|[a-z]+/[a-z0-9.+-]+|.*\.(yaml|csv|json|xsd|xsl))$`)

// repeated finds long literals that stand more often: what changes must be
// changed at every place.
func (c *checker) repeated() {
	all := literals(c.pkg)
	for _, text := range slices.Sorted(maps.Keys(all)) {
		if at := all[text]; len(at) > mostRepeated {
			c.warn(at[mostRepeated], RuleRepeated, "name it under const, and write =const.name", "%q stands %d times, first at %s", text, len(at), at[0])
		}
	}
}

// long reports whether a literal is worth a name.
func long(text string) bool {
	return len(text) >= 12 && !word.MatchString(text) && !strings.ContainsAny(text, "{}\n")
}
