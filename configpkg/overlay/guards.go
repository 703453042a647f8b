package overlay

import (
	"regexp"
	"slices"

	"github.com/fiscus-project/fiscus/configpkg/yml"
)

// conditions are the keys behind which something is decided.
var conditions = []string{"if", "when", "until", "assert", "applies", "$if", "skip"}

// guarding tells for each parameter of the base what goes by it: a rule, the
// choice of a flow, or the condition of a step; also by way of named values.
func (t *tree) guarding() map[string]string {
	var texts []guard // everything that decides
	named := map[string][]string{}
	for _, p := range t.kind("rules", "flow", "answers", "mapping", "fragments", "package") {
		t.decides(p.node, kindOf(p.node), p.node.Entries[0].Value.Text, kindOf(p.node) == "rules", &texts, named)
	}
	out := map[string]string{}
	for _, p := range parameters(t) {
		names := []string{`param\.` + regexp.QuoteMeta(p)}
		for i := 0; i < len(names); i++ { // named values that read it, and those that read them
			is := word(names[i])
			for name, values := range named {
				if slices.ContainsFunc(values, is.MatchString) && !slices.Contains(names, name) {
					names = append(names, name)
				}
			}
		}
		for _, g := range texts {
			if out[p] == "" && slices.ContainsFunc(names, func(n string) bool { return word(n).MatchString(g.text) }) {
				out[p] = g.what
			}
		}
	}
	return out
}

type guard struct{ what, text string }

func word(name string) *regexp.Regexp {
	return regexp.MustCompile(`(^|[^\w.])(const\.)?` + name + `\b`)
}

func parameters(t *tree) (names []string) {
	pkg := t.in("package.yaml", "package")
	if pkg == nil || pkg.Get("parameters") == nil {
		return nil
	}
	for _, p := range pkg.Get("parameters").Items {
		names = append(names, said(p, "name"))
	}
	return names
}

// decides collects what decides something below a node, and named values.
func (t *tree) decides(n *yml.Node, kind, title string, all bool, out *[]guard, named map[string][]string) {
	if id := said(n, "id"); id != "" {
		title = id
	}
	if all && n.Kind == yml.Scalar {
		*out = append(*out, guard{map[string]string{"rules": "rule", "flow": "a condition of flow", "answers": "a condition of answers"}[kind] + " " + title, n.Text})
	}
	for _, x := range n.Entries {
		if x.Key == "let" || x.Key == "const" || x.Key == "$let" {
			for _, v := range x.Value.Entries {
				named[v.Key] = append(named[v.Key], v.Value.Line())
			}
		}
		t.decides(x.Value, kind, title, all || slices.Contains(conditions, x.Key), out, named)
	}
	for _, i := range n.Items {
		t.decides(i, kind, title, all, out, named)
	}
}
