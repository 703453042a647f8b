package schematron

import (
	"fmt"
	"io/fs"
	"slices"
	"sync"

	"github.com/fiscus-project/fiscus/internal/diag"
	"github.com/fiscus-project/fiscus/internal/xmltree"
	"github.com/fiscus-project/fiscus/internal/xpath"
)

// Options say how to compile.
type Options struct {
	Names *xmltree.Names // shared with the documents; required
	Phase string         // "" or "#ALL" for all patterns, "#DEFAULT", or the id of a phase
	Files fs.FS          // where document() finds files, relative to the entry file; nil for none

	plain bool // expressions without specialised forms, for tests
}

// RuleSet is a compiled rule set.
type RuleSet struct {
	Title    string
	Version  string
	ns       map[string]string
	Checks   int // asserts and reports
	program  *xpath.Program
	names    *xmltree.Names
	byName   map[trigger][]*rule
	any      [6][]*rule // by kind of node, for names no rule mentions
	beyond   [6]bool    // whether rules can match nodes of a kind
	places   places
	patterns []*Pattern
	pool     sync.Pool
	files    *library
	size     int
}

type trigger struct {
	kind xmltree.Kind
	name xmltree.NameID
}

// rule is a compiled rule.
type rule struct {
	pattern int
	order   int
	source  *Rule
	match   *xpath.Pattern
	scope   *xpath.Scope
	tests   []xpath.Check
	checks  []compiledCheck
}

type compiledCheck struct {
	source *Check
	err    *xpath.Error // the test could not be compiled
	until  int          // the checks from here to until are compiled
	parts  []part
	notes  [][]part // diagnostics
	// operands are the paths the test compares, read from it when first asked for:
	// only a check that failed needs them.
	operands func() [][]string
}

type part struct {
	text string
	expr *xpath.Text
}

// Compile compiles a schema. Problems are wrong expressions; a wrong test is no
// obstacle: it becomes an error finding whenever its rule fires.
func Compile(s *Schema, o Options) (*RuleSet, diag.List) {
	var problems diag.List
	patterns, lets, err := active(s, o.Phase)
	if err != nil {
		problems.Add(diag.Problemf(diag.Pos{}, RuleRead, "%v", err))
		return nil, problems
	}
	c := &compiler{Compiler: xpath.NewCompiler(o.Names), set: &RuleSet{Title: s.Title, Version: s.Version, ns: s.ns, names: o.Names, patterns: patterns,
		byName: map[trigger][]*rule{}}, schema: s}
	if o.plain {
		c.Plain()
	}
	for _, l := range lets {
		c.global(l)
	}
	for _, f := range s.Functions {
		c.note(f.Pos, c.Function(f.Name, f.Params, f.As, f.Body, f.ns))
	}
	for _, p := range patterns {
		for _, l := range p.Lets {
			c.global(l)
		}
	}
	for _, k := range s.Keys {
		c.note(k.Pos, c.Key(k.Name, k.Match, k.Use, k.ns))
	}
	for i, p := range patterns {
		for _, r := range p.Rules {
			c.rule(i, r)
		}
	}
	c.program()
	if c.problems.Grave() {
		return nil, c.problems
	}
	c.set.files = newLibrary(o.Files, s.Base, o.Names)
	c.dispatch()
	return c.set, c.problems
}

// active returns the patterns and schema variables of a phase.
func active(s *Schema, phase string) ([]*Pattern, []Let, error) {
	if phase == "#DEFAULT" {
		phase = s.DefaultPhase
	}
	if phase == "" || phase == "#ALL" {
		return s.Patterns, s.Lets, nil
	}
	at := slices.IndexFunc(s.Phases, func(p Phase) bool { return p.ID == phase })
	if at < 0 {
		return nil, nil, fmt.Errorf("phase %q does not exist", phase)
	}
	var out []*Pattern
	for _, p := range s.Patterns {
		if slices.Contains(s.Phases[at].Active, p.ID) {
			out = append(out, p)
		}
	}
	return out, append(slices.Clone(s.Lets), s.Phases[at].Lets...), nil
}

type compiler struct {
	*xpath.Compiler
	set      *RuleSet
	schema   *Schema
	rules    []*rule
	problems diag.List
}

func (c *compiler) note(pos diag.Pos, err error) {
	if err != nil {
		c.problems.Add(diag.Problem{Pos: pos, Rule: ruleOf(err), Message: err.Error(), Err: err})
	}
}

func ruleOf(err error) string {
	if e, ok := err.(*xpath.Error); ok && e.Unsupported() {
		return RuleUnsupported
	}
	return RuleExpression
}

func (c *compiler) global(l Let) { c.note(l.Pos, c.Global(l.Name, l.Value, l.ns)) }

func (c *compiler) rule(pattern int, src *Rule) {
	r := &rule{pattern: pattern, order: len(c.rules), source: src}
	var err error
	if r.match, err = c.Pattern(src.Context, src.ns); err != nil {
		c.note(src.Pos, err)
		return
	}
	r.scope = c.Rule(r.match)
	for _, l := range src.Lets {
		r.scope.Let(l.Name, l.Value, l.ns) // a wrong variable fails the checks that read it
	}
	for _, check := range src.Checks {
		c.check(r, check)
	}
	until := len(r.checks)
	for i := until - 1; i >= 0; i-- {
		r.checks[i].until = until
		if r.checks[i].err != nil {
			until = i
		}
	}
	c.rules = append(c.rules, r)
}

func (c *compiler) check(r *rule, src *Check) {
	out := compiledCheck{source: src, operands: sync.OnceValue(func() [][]string { return xpath.Operands(src.Test) })}
	test, err := r.scope.Test(src.Test, src.ns)
	if err != nil {
		out.err, _ = err.(*xpath.Error)
		c.problems.Add(diag.Problem{Pos: src.Pos, Rule: ruleOf(err), Severity: diag.Warning, Message: err.Error(), Err: err})
	}
	out.parts = c.parts(r, src.Message)
	for _, id := range src.Diagnostics {
		out.notes = append(out.notes, c.parts(r, c.schema.Diagnostics[id]))
	}
	r.tests = append(r.tests, xpath.Check{Test: test, Stop: src.Report})
	r.checks = append(r.checks, out)
	c.set.Checks++
}

func (c *compiler) parts(r *rule, message []Part) []part {
	var out []part
	for _, p := range message {
		if p.Select == "" && !p.Name {
			out = append(out, part{text: p.Text})
			continue
		}
		src := p.Select
		if p.Name {
			if src == "" {
				src = "."
			}
			src = "name(" + src + ")"
		}
		t, err := r.scope.Text(src, p.ns)
		if err != nil {
			out = append(out, part{text: "{" + p.Select + "}"}) // shown as written
			continue
		}
		out = append(out, part{expr: t})
	}
	return out
}

func (c *compiler) program() {
	p, err := c.Program()
	if err != nil {
		c.note(diag.Pos{}, err)
		return
	}
	c.set.program = p
	c.set.size = c.set.names.Len()
}

// dispatch sorts the rules under the names they can match. Rules for any name are
// merged in, so that one list in the order of the rule set serves a node.
func (c *compiler) dispatch() {
	set := c.set
	var wild [6][]*rule
	named := map[trigger][]*rule{}
	for _, r := range c.rules {
		for _, t := range r.match.Triggers() {
			switch {
			case t.All:
				for k := range wild {
					wild[k] = addRule(wild[k], r)
				}
			case t.Name == 0:
				wild[t.Kind] = addRule(wild[t.Kind], r)
			default:
				key := trigger{t.Kind, t.Name}
				named[key] = addRule(named[key], r)
			}
		}
	}
	for k := range wild {
		set.any[k] = merge(nil, wild[k])
		set.beyond[k] = len(wild[k]) > 0
	}
	for key, rules := range named {
		set.byName[key] = merge(rules, wild[key.kind])
		set.beyond[key.kind] = true
	}
}

func addRule(list []*rule, r *rule) []*rule {
	if slices.Contains(list, r) {
		return list
	}
	return append(list, r)
}

func merge(a, b []*rule) []*rule {
	all := slices.Clone(a)
	for _, r := range b {
		all = addRule(all, r)
	}
	slices.SortFunc(all, func(x, y *rule) int { return x.order - y.order })
	return all
}
