package engine

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/fiscus-project/fiscus/engine/formula"
	"github.com/fiscus-project/fiscus/internal/diag"
)

// CheckRules judges a document by a rule set. The scope is that of the package
// with "input" set. All findings are returned, each with the JSON Pointer of
// its business field; a check that is not fatal is a warning. A rule set in
// which nothing fired is a finding itself: silence proves nothing.
func CheckRules(rs *RuleSet, s *formula.Scope) (diag.List, error) {
	s = s.Child()
	setLets(s, rs.Let)
	var list diag.List
	fired := 0
	for i := range rs.Checks {
		n, err := rs.Checks[i].judge(s, &list)
		if err != nil {
			return list, fmt.Errorf("rule %s: %w", rs.Checks[i].ID, err)
		}
		fired += n
	}
	if fired == 0 {
		list.Add(diag.Problem{Rule: "DOC-RULES-SILENT", Severity: diag.Fatal, Message: fmt.Sprintf("no rule of %q applied to the document", rs.Name),
			Hint: "a rule set must judge something; check its when and each"})
	}
	return list, nil
}

// judge returns how often the check fired.
func (c *Check) judge(s *formula.Scope, list *diag.List) (int, error) {
	if c.Each == nil {
		return c.once(s.Child(), -1, list)
	}
	v, err := c.Each.Eval(s)
	if err != nil {
		return 0, err
	}
	members, _ := v.([]any)
	fired := 0
	for i, m := range members {
		in := s.Child()
		in.Set(c.Item, m)
		if c.Index != "" {
			in.Set(c.Index, number(i))
		}
		n, err := c.once(in, i, list)
		if err != nil {
			return fired, err
		}
		fired += n
	}
	return fired, nil
}

func (c *Check) once(s *formula.Scope, i int, list *diag.List) (int, error) {
	setLets(s, c.Let)
	if c.When != nil {
		if on, _, err := c.When.EvalBool(s); err != nil || !on {
			return 0, err
		}
	}
	ok, _, err := c.Assert.EvalBool(s)
	if err != nil || ok {
		return 1, err
	}
	p := diag.Problem{Rule: c.ID, Severity: diag.Fatal, Path: c.pointer(i), Ref: c.Source}
	if !c.Fatal {
		p.Severity = diag.Warning
	}
	own := wordsOf(s, c.ID)
	if p.Message, err = oneText(own.Says.over(c.Says), s); err != nil {
		return 1, err
	}
	if p.Message == "" {
		p.Message = "does not hold: " + c.Assert.Source()
	}
	p.Hint, err = oneText(own.Hint.over(c.Hint), s)
	list.Add(p)
	return 1, err
}

// oneText fills a text in the language that is not said, else English, else
// the first.
func oneText(t Text, s *formula.Scope) (string, error) {
	all, err := texts(t, s)
	return PickText(all, ""), err
}

// PickText returns the text in a language, else the one without language, else
// English, else the first by language.
func PickText(all map[string]string, lang string) string {
	for _, l := range []string{lang, "", "en"} {
		if t, ok := all[l]; ok {
			return t
		}
	}
	first := ""
	for l := range all {
		if first == "" || l < first {
			first = l
		}
	}
	return all[first]
}

// pointer returns the JSON Pointer of the field the check speaks of.
func (c *Check) pointer(i int) string {
	path := strings.Split(c.Field, ".")
	if c.Field == "" {
		path = c.firstRef()
	}
	if len(path) > 0 && path[0] == c.Item && c.Each != nil {
		each, plain := c.Each.Path()
		if !plain {
			return ""
		}
		path = append(append(slices.Clone(each), strconv.Itoa(i)), path[1:]...)
	}
	if len(path) < 2 || path[0] != "document" {
		return ""
	}
	var b strings.Builder
	for _, name := range path[1:] {
		b.WriteString("/" + strings.NewReplacer("~", "~0", "/", "~1").Replace(name))
	}
	return b.String()
}

// firstRef returns the field Assert speaks of: of the loop's member if there
// is one, else of the document.
func (c *Check) firstRef() []string {
	refs := c.Assert.Refs()
	for _, want := range []string{c.Item, "document"} {
		for _, r := range refs {
			if want != "" && len(r) > 1 && r[0] == want {
				return r
			}
		}
	}
	return nil
}
