package schematron

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/fiscus-project/fiscus/internal/diag"
)

// expand replaces abstract patterns and rules and numbers the checks.
func (r *reader) expand() {
	library := map[string]*Pattern{}
	for _, p := range r.schema.Patterns {
		if p.Abstract {
			library[p.ID] = p
		}
	}
	var out []*Pattern
	for _, p := range r.schema.Patterns {
		switch {
		case p.Abstract:
		case p.IsA != "":
			from := library[p.IsA]
			if from == nil {
				r.problems.Add(diag.Problemf(diag.Pos{}, RuleRead, "abstract pattern %q does not exist", p.IsA))
				continue
			}
			out = append(out, instance(from, p))
		default:
			out = append(out, p)
		}
	}
	r.schema.Patterns = out
	number := 0
	for _, p := range out {
		for _, rule := range p.Rules {
			r.flatten(rule, rule.parts, 0)
			for _, c := range rule.Checks {
				number++
				c.Number = number
			}
		}
	}
}

// flatten resolves extends: lets and checks of the abstract rule take its place.
func (r *reader) flatten(rule *Rule, parts []rulePart, deep int) {
	for _, p := range parts {
		switch {
		case p.let != nil:
			rule.Lets = append(rule.Lets, *p.let)
		case p.check != nil:
			c := *p.check
			rule.Checks = append(rule.Checks, &c)
		case r.abstract[p.extends] == nil:
			r.problems.Add(diag.Problemf(rule.Pos, RuleRead, "abstract rule %q does not exist", p.extends))
		case deep >= maxIncludes:
			r.problems.Add(diag.Problemf(rule.Pos, RuleRead, "abstract rule %q extends itself", p.extends))
		default:
			r.flatten(rule, r.abstract[p.extends].parts, deep+1)
		}
	}
}

// instance makes a pattern from an abstract one: "$name" becomes the value of the parameter.
func instance(from, with *Pattern) *Pattern {
	params := slices.SortedFunc(maps.Keys(with.Params), func(a, b string) int {
		return cmp.Or(cmp.Compare(len(b), len(a)), cmp.Compare(a, b))
	})
	fill := func(s string) string { return substitute(s, params, with.Params) }
	p := &Pattern{ID: with.ID, Title: cmp.Or(with.Title, from.Title), Lets: slices.Clone(with.Lets)}
	for _, l := range from.Lets {
		l.Value = fill(l.Value)
		p.Lets = append(p.Lets, l)
	}
	for _, rule := range from.Rules {
		copied := *rule
		copied.Context = fill(rule.Context)
		copied.parts = nil
		for _, part := range rule.parts {
			if part.let != nil {
				l := *part.let
				l.Value = fill(l.Value)
				part.let = &l
			}
			if part.check != nil {
				c := *part.check
				c.Test = fill(c.Test)
				c.Message = slices.Clone(c.Message)
				for i := range c.Message {
					c.Message[i].Select = fill(c.Message[i].Select)
				}
				part.check = &c
			}
			copied.parts = append(copied.parts, part)
		}
		p.Rules = append(p.Rules, &copied)
	}
	return p
}

// substitute replaces parameters, given the longest name first.
func substitute(s string, names []string, values map[string]string) string {
	if !strings.Contains(s, "$") {
		return s
	}
	var b strings.Builder
	for {
		i := strings.IndexByte(s, '$')
		if i < 0 {
			b.WriteString(s)
			return b.String()
		}
		b.WriteString(s[:i])
		s = s[i+1:]
		at := slices.IndexFunc(names, func(n string) bool { return strings.HasPrefix(s, n) })
		if at < 0 {
			b.WriteByte('$')
			continue
		}
		b.WriteString(values[names[at]])
		s = s[len(names[at]):]
	}
}

func sortedKeys(m map[string]string) []string { return slices.Sorted(maps.Keys(m)) }
