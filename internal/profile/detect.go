package profile

import (
	"slices"
	"strings"

	"github.com/fiscus-project/fiscus/internal/diag"
	"github.com/fiscus-project/fiscus/internal/treepath"
	"github.com/fiscus-project/fiscus/internal/xmltree"
)

// Detect returns the profile for the document below n by its content: name and
// namespace of the outermost element, then conditions, then date. Of several
// the one with most conditions wins. The error is a diag.Problem.
func (e *Engine) Detect(doc *xmltree.Document, n xmltree.Node) (*Profile, error) {
	local, space := doc.Local(n), doc.Space(n)
	var fit, dated []*Profile
	for _, p := range e.byRoot[local] {
		if !p.ByName && p.namespace(local) == space && p.holds(doc, n) {
			fit = append(fit, p)
			if ok, _ := p.inForce(doc, n); ok {
				dated = append(dated, p)
			}
		}
	}
	if len(fit) == 0 {
		return nil, e.unknown(doc, n)
	}
	if len(dated) == 0 {
		_, day := fit[0].inForce(doc, n)
		return nil, diag.Problemf(doc.Pos(n), RuleDate, "no version of profile %s applies on %s", fit[0].Name, day)
	}
	slices.SortStableFunc(dated, func(a, b *Profile) int { return len(b.Where) - len(a.Where) })
	if len(dated) > 1 && len(dated[0].Where) == len(dated[1].Where) {
		return nil, diag.Problemf(doc.Pos(n), RuleAmbiguous, "profiles %s and %s fit equally well", dated[0].Name, dated[1].Name).
			WithHint("choose one with --profile")
	}
	return dated[0], nil
}

// inForce reports whether p applies on the date of the document, and that date.
// A document without date is judged by the version that has no end.
func (p *Profile) inForce(doc *xmltree.Document, n xmltree.Node) (ok bool, day string) {
	for _, text := range p.Date {
		path, err := treepath.Compile(text, nil)
		if err != nil {
			continue
		}
		if found := path.XML(doc, n); len(found) > 0 {
			if day = strings.TrimSpace(doc.Text(found[0])); len(day) > 10 {
				day = day[:10]
			}
			break
		}
	}
	if day == "" {
		return p.To == "", ""
	}
	return (p.From == "" || p.From <= day) && (p.To == "" || day <= p.To), day
}

// unknown says that no profile fits, and what comes nearest.
func (e *Engine) unknown(doc *xmltree.Document, n xmltree.Node) error {
	local := doc.Local(n)
	p := diag.Problemf(doc.Pos(n), RuleUnknown, "no profile is for element %s", doc.NameOf(doc.Name(n)))
	list := e.byRoot[local]
	switch {
	case len(list) == 0:
		var roots []string
		for r := range e.byRoot {
			roots = append(roots, r)
		}
		slices.Sort(roots)
		if near := diag.Suggest(local, roots); near != "" {
			return p.WithHint("did you mean %q?", near)
		}
		return p.WithHint("choose a profile with --profile; fiscus validate --list shows them")
	case list[0].namespace(local) != doc.Space(n) || len(list[0].Where) == 0:
		return p.WithHint("profile %s expects the namespace %q", list[0].Name, list[0].namespace(local))
	}
	return p.WithHint("profile %s expects %s", list[0].Name, list[0].Where[0].expects())
}

func (c *Condition) expects() string {
	switch {
	case len(c.In) > 0:
		return c.Path + " to be " + strings.Join(c.In, " or ")
	case len(c.Prefixes) > 0:
		return c.Path + " to begin with " + strings.Join(c.Prefixes, " or ")
	case c.Absent:
		return "no " + c.Path
	}
	return c.Path
}
